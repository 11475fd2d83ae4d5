//! What the state machine asks for, done.

use std::net::{IpAddr, SocketAddrV4};
use std::sync::Arc;

use tokio::time::{sleep, timeout};

use super::{Seated, Talk};
use crate::command::Algorithm;
use crate::entry::EntryKind;
use crate::reply::Reply;
use crate::shelf::{Attempt, Leaving, LoginError, Shelf};
use crate::state::{Effect, Port, Question};

/// Wrong passwords in one connection before it is closed.
const MOST_FAILURES: u32 = 10;

impl<S: Shelf> Talk<'_, S> {
    pub(super) async fn act(&mut self, effect: Effect) -> Result<(), Leaving> {
        match effect {
            Effect::Say(reply) => self.say(&reply).await,
            Effect::Refuse(attempt, reply) => {
                self.tell(attempt).await;
                self.say(&reply).await
            }
            Effect::Bye(reply) => {
                self.say(&reply).await?;
                Err(Leaving::Quit)
            }
            // Only while something is sent, which is `carry`'s.
            Effect::Later | Effect::Abort | Effect::QuitLater => Ok(()),
            Effect::Handshake(reply) => self.encrypt(&reply).await,
            Effect::MayBePlain(user) => {
                let question = self.server.shelf.may_be_plain(&self.visitor, &user);
                let may = timeout(self.server.settings.stall, question).await;
                let may = may.unwrap_or_else(|_| Err("Try again later".to_owned()));
                let reply = self.session.named(user, may);
                self.say(&reply).await
            }
            Effect::LogIn { user, password } => self.log_in(&user, &password).await,
            Effect::Listen { extended } => self.listen(extended).await,
            Effect::Look { path, question } => self.look(&path, question).await,
            Effect::Sum { path, algorithm, said } => self.sum(&path, algorithm, said.as_deref()).await,
            Effect::Send(transfer) => self.send(transfer).await,
        }
    }

    /// The exact handover: nothing that came in the clear before the handshake is taken for a command afterwards, and
    /// nothing of the handshake for a command before it.
    async fn encrypt(&mut self, reply: &Reply) -> Result<(), Leaving> {
        if self.lines.has_more() || !self.waiting.is_empty() {
            self.say(&Reply::new(421, "Nothing may follow AUTH before its answer")).await?;
            return Err(Leaving::Protocol);
        }
        if self.server.settings.tls.is_none() {
            return Err(Leaving::Protocol);
        }
        self.say(reply).await?;
        self.shake_hands().await?;
        self.session.encrypted();
        self.visitor.encrypted = true;
        Ok(())
    }

    async fn log_in(&mut self, user: &str, password: &str) -> Result<(), Leaving> {
        let (server, address) = (self.server, self.visitor.address);
        // While a password is looked at, those that say nothing make room first.
        let _busy = self.permit.busy();
        let question = server.shelf.log_in(&self.visitor, user, password);
        let answer = timeout(server.settings.stall, question).await;
        let answer = answer.unwrap_or_else(|_| Err(LoginError::Unavailable("Try again later".to_owned())));
        match answer {
            Ok(reader) => {
                server.throttle.right(address, user);
                self.let_in(reader).await
            }
            Err(error @ LoginError::Unavailable(_)) => self.refuse(&error).await,
            Err(error @ LoginError::Refused(_)) => {
                let penalty = server.throttle.wrong(address, user);
                self.failures += 1;
                tokio::select! {
                    () = sleep(penalty) => {}
                    () = server.stop.cancelled() => {}
                }
                self.refuse(&error).await
            }
        }
    }

    async fn refuse(&mut self, error: &LoginError) -> Result<(), Leaving> {
        let reply = self.session.not_logged_in(error);
        self.say(&reply).await?;
        if self.failures < MOST_FAILURES {
            return Ok(());
        }
        self.say(&Reply::new(421, "Too many failed logins")).await?;
        Err(Leaving::TooMany)
    }

    async fn let_in(&mut self, reader: S::Reader) -> Result<(), Leaving> {
        let terms = self.server.shelf.terms(&reader);
        let Some(member) = self.server.parties.join(&terms) else {
            let shelf = &self.server.shelf;
            let told = shelf.attempted(&self.visitor, Some(&reader), Attempt::TooMany);
            let _ = timeout(self.server.settings.stall, told).await; // it is turned away, on record or not
            self.say(&Reply::new(421, "Too many sessions of this account")).await?;
            return Err(Leaving::TooMany);
        };
        if !self.permit.prove() {
            self.say(&Reply::new(421, "Too many sessions, try again later")).await?;
            return Err(Leaving::TooMany);
        }
        let must_resume = terms.require_session_reuse;
        let guard = self.server.watch.over(self.visitor.clone(), reader.clone());
        self.reader = Some(Seated { reader, member, must_resume, guard });
        let reply = self.session.logged_in(&terms);
        self.say(&reply).await
    }

    async fn listen(&mut self, extended: bool) -> Result<(), Leaving> {
        // An older port goes first, so that a small range does for many sessions.
        self.port = None;
        self.tell_of_strangers().await;
        self.port = match self.server.ports.listen(self.local) {
            Ok(port) => Some(port),
            Err(error) => {
                tracing::error!(%error, "Could not open a port for a data connection");
                None
            }
        };
        let place = self.port.as_ref().and_then(|port| self.place(port.number, extended));
        let reply = self.session.listens(place);
        self.say(&reply).await
    }

    /// Where a port is, as the client is to be told.
    fn place(&self, number: u16, extended: bool) -> Option<Port> {
        if extended {
            return Some(Port::Extended(number));
        }
        match self.server.settings.advertised.unwrap_or(self.local) {
            IpAddr::V4(address) => Some(Port::Plain(SocketAddrV4::new(address, number))),
            IpAddr::V6(_) => None,
        }
    }

    async fn look(&mut self, path: &str, question: Question) -> Result<(), Leaving> {
        let seated = self.seated()?;
        let shelf = &self.server.shelf;
        let found = self.ask(shelf.stat(&self.visitor, &seated.reader, path)).await;
        let directory = found.as_ref().is_ok_and(|entry| entry.kind == EntryKind::Directory);
        let reply = if directory && question == Question::Status {
            match self.ask(shelf.list(&self.visitor, &seated.reader, path)).await {
                Ok(listing) => self.session.listed(&listing),
                Err(error) => self.session.refused(&error),
            }
        } else {
            self.session.looked_up(path, question, found.as_ref())
        };
        self.say(&reply).await
    }

    async fn sum(&mut self, path: &str, algorithm: Algorithm, said: Option<&str>) -> Result<(), Leaving> {
        let seated = self.seated()?;
        let sums = self.ask(self.server.shelf.sums(&self.visitor, &seated.reader, path)).await;
        let reply = self.session.summed(algorithm, said, sums.as_ref());
        self.say(&reply).await
    }

    /// Tells the shelf what was tried. The answer does not wait longer for it than for anything else.
    pub(super) async fn tell(&self, attempt: Attempt) {
        let reader = self.reader.as_ref().map(|seated| &seated.reader);
        let told =
            timeout(self.server.settings.stall, self.server.shelf.attempted(&self.visitor, reader, attempt)).await;
        if told.is_err() {
            tracing::error!(session = self.visitor.session, ?attempt, "The shelf did not take note in time");
        }
    }

    /// Tells the shelf who else came to our data connections.
    pub(super) async fn tell_of_strangers(&mut self) {
        for stranger in self.strangers.new_ones() {
            self.tell(Attempt::Stranger(stranger)).await;
        }
    }

    /// What the sessions of this party share, and how patient we are.
    pub(super) fn manner(&self) -> crate::transfer::Manner {
        let bucket = self.reader.as_ref().and_then(|seated| seated.member.bucket.as_ref().map(Arc::clone));
        crate::transfer::Manner { stall: self.server.settings.stall, bucket }
    }
}
