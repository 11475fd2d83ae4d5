//! Links by hand, for what no code can say: one person of the board says which form a parked scan shows, and why; a second
//! one agrees. The same two steps take such a link back.
//!
//! It must never let one person do both, nor link a board's scan to a form that is not its own. Of a form of many pages
//! they say which page it shows; which revision that makes is found by the rules of every scan.

use super::{Intake, IntakeError};
use crate::domain::routing::{Claim, Finding};
use crate::domain::words::BadWords;
use crate::domain::{BoardId, Digest, Entry, Form, Karekod, ScanFacts, Sender, Words};
use crate::ledger::LedgerError;
use crate::ledger::append::{Recorded, Submission};
use crate::ledger::entries::parse;
use crate::ledger::hand_links::{HandAct, NewWish, NotAgreed, Wish};
use crate::registry;

/// Longest reason, in letters. It stands in the public log.
pub const REASON: usize = 500;

/// Somebody of a board.
#[derive(Clone, Copy, Debug)]
pub struct Person<'a> {
    /// The board.
    pub sender: &'a Sender,
    /// The login.
    pub login: &'a str,
}

/// Why nothing was wished, or nothing done. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum ByHandError {
    /// Nothing of this board waits there.
    #[error("no scan of this board waits there")]
    NoScan,
    /// The code names no form that this board sends.
    #[error("{0} names no form of this board")]
    NoForm(Karekod),
    /// The scan that it is to replace is not linked to this form, or its link was taken back.
    #[error("the form has no such page")]
    NoPage,
    /// No reason, or one that is too long or breaks lines.
    #[error("the reason cannot be taken: {0}")]
    NoReason(BadWords),
    /// Another wish about it waits.
    #[error("another wish about it waits")]
    Waits,
    /// Why agreeing came to nothing.
    #[error(transparent)]
    NotAgreed(#[from] NotAgreed),
    /// The rooms below did not answer.
    #[error("it could not be done")]
    Intake(#[from] IntakeError),
}

impl From<LedgerError> for ByHandError {
    fn from(error: LedgerError) -> Self {
        Self::Intake(error.into())
    }
}

impl Intake {
    /// Wishes that a parked scan of the board is linked to the form that `code` names: as the next revision of the page
    /// that the scan `replaces` shows; without, as a further page of a form of many. Gives the wish's number.
    ///
    /// # Errors
    /// See [`ByHandError`].
    pub async fn wish_link(
        &self,
        who: Person<'_>,
        position: u64,
        code: &Karekod,
        replaces: Option<Digest>,
        reason: &str,
    ) -> Result<u64, ByHandError> {
        let reason = checked(reason)?;
        let line = self.ledger.parked_at(&who.sender.board, position).await?.ok_or(ByHandError::NoScan)?;
        let form = self.own_form(who.sender, code).await?;
        let replaces = match replaces {
            Some(digest) => {
                let pages = self.ledger.pages_now(&form.key()).await?;
                let page = pages.iter().find(|page| page.digest == digest).ok_or(ByHandError::NoPage)?;
                Some(page.digest)
            }
            // Which page it is was left to them who see it; what its sender had said goes on where there is but one.
            None if form.many_pages => None,
            None => parse(line.position, &line.line)?.replaces,
        };
        self.wish(who, HandAct::Link, position, (code.clone(), replaces), reason).await
    }

    /// Wishes that a link by hand is taken back. Gives the wish's number.
    ///
    /// # Errors
    /// See [`ByHandError`].
    pub async fn wish_undo(&self, who: Person<'_>, position: u64, reason: &str) -> Result<u64, ByHandError> {
        let reason = checked(reason)?;
        let link = self.link_at(&who.sender.board, position).await?.ok_or(ByHandError::NoScan)?;
        let code = link.entry.form.ok_or(ByHandError::NoScan)?;
        self.wish(who, HandAct::Undo, position, (code, None), reason).await
    }

    async fn wish(
        &self,
        Person { sender, login }: Person<'_>,
        act: HandAct,
        position: u64,
        (code, replaces): (Karekod, Option<Digest>),
        reason: String,
    ) -> Result<u64, ByHandError> {
        let (board, proposer) = (sender.board.clone(), login.to_owned());
        let new = NewWish { board, act, position, code, replaces, reason, proposer };
        self.ledger.hand_wish(&new, self.clock.now()).await?.ok_or(ByHandError::Waits)
    }

    /// Agrees to a wish: what was wished is entered. Returns when the entry is durable.
    ///
    /// # Errors
    /// See [`ByHandError`].
    pub async fn agree(&self, who: Person<'_>, wish: u64) -> Result<Recorded, ByHandError> {
        let Person { sender, login } = who;
        let wish = self.ledger.hand_wish_at(&sender.board, wish).await?.ok_or(NotAgreed::Gone)?;
        if wish.proposer == login {
            return Err(NotAgreed::SamePerson.into());
        }
        let link = match wish.act {
            HandAct::Undo => None,
            HandAct::Link => Some(self.submission(sender, &wish).await?),
        };
        let done = self.ledger.hand_agree(&sender.board, wish.id, login, link, self.clock.now()).await??;
        let position = done.position;
        tracing::info!(position, act = wish.act.name(), board = %sender.board, "Two people of a board entered {position} by hand");
        Ok(done)
    }

    /// Gives a wish up, be it one's own or another's.
    ///
    /// # Errors
    /// See [`ByHandError`].
    pub async fn give_up(&self, Person { sender, login }: Person<'_>, wish: u64) -> Result<(), ByHandError> {
        let waits = i64::try_from(wish).is_ok();
        match waits && self.ledger.hand_refuse(&sender.board, wish, login, self.clock.now()).await? {
            true => Ok(()),
            false => Err(NotAgreed::Gone.into()),
        }
    }

    /// The link by hand at a position, if it is the board's and stands.
    ///
    /// # Errors
    /// The ledger did not answer.
    pub async fn link_at(&self, board: &BoardId, position: u64) -> Result<Option<Recorded>, LedgerError> {
        let Some(after) = position.checked_add(1) else { return Ok(None) };
        let found = self.ledger.links_by_hand(board, Some(after), 1).await?;
        Ok(found.into_iter().next().filter(|link| link.position == position))
    }

    /// What the parked entry brought, as a submission of the form that was wished. The proof that the bytes are there is
    /// asked for anew.
    async fn submission(&self, sender: &Sender, wish: &Wish) -> Result<Submission, ByHandError> {
        let line = self.ledger.parked_at(&sender.board, wish.position).await?.ok_or(NotAgreed::Overtaken)?;
        let entry = parse(line.position, &line.line)?;
        let Entry { sha256: Some(digest), size: Some(size), crc32: Some(crc32), .. } = entry else {
            return Err(NotAgreed::Overtaken.into());
        };
        let finding = Finding::Form { form: self.own_form(sender, &wish.code).await?, own: true, strange: vec![] };
        let (width, height) = (entry.width.unwrap_or(0), entry.height.unwrap_or(0));
        let facts = ScanFacts { digest, size, crc32, width, height };
        let kept = self.vault.kept_already(facts).await.map_err(IntakeError::from)?;
        let claim = Claim { digest, board: sender.board.clone(), finding, replaces: wish.replaces, module: None };
        Ok(Submission::new(&kept, claim, entry.note))
    }

    async fn own_form(&self, sender: &Sender, code: &Karekod) -> Result<Form, ByHandError> {
        match registry::resolve(&self.ledger, std::slice::from_ref(code), &sender.place).await? {
            Finding::Form { own: true, form, .. } => Ok(form),
            _ => Err(ByHandError::NoForm(code.clone())),
        }
    }
}

fn checked(reason: &str) -> Result<String, ByHandError> {
    Words::of_at_most(REASON, reason).map(String::from).map_err(ByHandError::NoReason)
}
