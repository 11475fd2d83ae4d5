//! One transaction of the ledger: lock the head, load the earlier entries that matter, decide, write, move the head.
//!
//! The order is the design. The head row is locked by a statement of its own, *before* anything is read: a statement
//! that locks and reads at once would still see the state from before it waited.

use jiff::Timestamp;

use super::bind::{self, Binding};
use super::brake::in_time;
use super::plan;
use super::rows::{add_rows, locked_head};
use super::sequence::known;
use super::submission::{Recorded, Submission};
use crate::ledger::db::in_tx;
use crate::ledger::election::ELECTION;
use crate::ledger::results::{Filing, Receipt, add_results, read_precedents_of_figures};
use crate::ledger::{Ledger, LedgerError};

/// What is entered together: scans first, then result lines.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Group<'a> {
    pub scans: &'a [Submission],
    pub figures: &'a [&'a Filing],
}

impl Group<'_> {
    fn is_empty(self) -> bool {
        self.scans.is_empty() && self.figures.is_empty()
    }
}

/// What a group came to.
#[derive(Debug)]
pub(super) struct Written {
    /// One for each submission, in their order.
    pub recorded: Vec<Result<Recorded, LedgerError>>,
    /// One for each result line, in their order.
    pub receipts: Vec<Receipt>,
    /// The new number of entries, if any was added.
    pub size: Option<u64>,
}

pub(super) const SAME_BYTES: &str =
    "SELECT position, kind, sha256, board, form_key, parked FROM entry WHERE sha256 IN (";
pub(super) const ON_FILE: &str = "SELECT form_key, page, revision, sha256, line FROM entry WHERE form_key IN (";

/// Loads the earlier entries that affect this group into the plan, as of the lock.
macro_rules! read_precedents {
    ($tx:ident, $engine:ident, $plan:ident, $group:expr) => {{
        use std::collections::HashSet;

        use sqlx::Row as _;

        use $crate::domain::Digest;
        use $crate::ledger::entries::{batch, plan};

        let group = $group;
        let digests: HashSet<Digest> = group.iter().map(|one| one.claim.digest).collect();
        if !digests.is_empty() {
            let mut same = sqlx::QueryBuilder::<$engine>::new(batch::SAME_BYTES);
            let mut list = same.separated(", ");
            for digest in &digests {
                list.push_bind(digest.as_bytes().to_vec());
            }
            same.push(") ORDER BY position");
            for row in same.build().fetch_all(&mut *$tx).await? {
                let digest: Vec<u8> = row.try_get("sha256")?;
                $plan.saw_bytes(
                    &digest,
                    row.try_get::<i64, _>("position")?,
                    &row.try_get::<String, _>("kind")?,
                    row.try_get("board")?,
                    row.try_get("form_key")?,
                    row.try_get("parked")?,
                )?;
            }
        }
        let forms: HashSet<String> = group.iter().filter_map(plan::named_form).map(|key| key.to_string()).collect();
        if !forms.is_empty() {
            let mut pages = sqlx::QueryBuilder::<$engine>::new(batch::ON_FILE);
            let mut list = pages.separated(", ");
            for form in &forms {
                list.push_bind(form.clone());
            }
            pages.push(") ORDER BY position");
            for row in pages.build().fetch_all(&mut *$tx).await? {
                let digest: Vec<u8> = row.try_get("sha256")?;
                let line: String = row.try_get("line")?;
                let (page, revision) = (row.try_get("page")?, row.try_get("revision")?);
                $plan.saw_page(row.try_get("form_key")?, page, revision, &digest, &line)?;
            }
        }
    }};
}

pub(super) use read_precedents;

/// Writes a group. An empty one only binds the election where that is still to be done.
pub(super) async fn write(
    ledger: &Ledger,
    group: Group<'_>,
    binding: Option<&Binding>,
    now: Timestamp,
) -> Result<Written, LedgerError> {
    ledger.may_enter()?;
    let decided = in_tx!(&*ledger.db, |tx, Engine| {
        // 1. From here to the commit nobody else adds an entry.
        let mut plan = plan::Plan::new(locked_head!(tx))?;

        // 2. The log's first entries say whose log it is.
        if let Some(binding) = binding
            && (group.is_empty() || plan.is_first())
        {
            let election = sqlx::query_as(ELECTION).fetch_optional(&mut *tx).await?;
            let said: Vec<String> = sqlx::query_scalar(bind::SAID).fetch_all(&mut *tx).await?;
            plan.bind(binding.unsaid(election, &said)?, now);
        }

        // 3. What is there already, as of now: two questions for the whole group.
        read_precedents!(tx, Engine, plan, group.scans);
        if !group.figures.is_empty() {
            read_precedents_of_figures!(tx, Engine, &mut plan.results, group.figures);
        }

        // 4. Decide, without the database.
        for submission in group.scans {
            plan.take(submission, now);
        }
        for filing in group.figures {
            plan.file(filing, now)?;
        }

        // 5. Write the entries at head, head+1, … and move the head with its frontier.
        if !plan.rows.is_empty() {
            in_time!(ledger, tx, plan.rows, now);
            add_rows!(tx, Engine, plan.rows, plan.roots, plan.head());
        }
        if !plan.results.rows.is_empty() {
            add_results!(tx, Engine, &mut plan.results);
        }
        plan.finish()
        // 6. The commit that follows makes all of it visible at once, and durable.
    });
    // The group is durable now. An earlier entry that cannot be read concerns only who asked for it.
    let mut recorded = Vec::with_capacity(group.scans.len());
    for outcome in decided.outcomes {
        recorded.push(match outcome {
            plan::Outcome::New(new) => Ok(*new),
            plan::Outcome::Known(position) => known(ledger, position).await,
        });
    }
    Ok(Written { recorded, receipts: decided.receipts, size: decided.size })
}

impl Ledger {
    /// Says in the log what it does not say yet about the election and the keys. Gives the new number of entries, if any
    /// was added.
    ///
    /// # Errors
    /// The database did not answer; nothing was added.
    pub async fn bind(&self, binding: &Binding, now: Timestamp) -> Result<Option<u64>, LedgerError> {
        Ok(write(self, Group::default(), Some(binding), now).await?.size)
    }
}
