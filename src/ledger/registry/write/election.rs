//! Binding a database to its election, and holding off other imports meanwhile.

use sha2::{Digest as _, Sha256};

use crate::domain::election::CodeRule;
use crate::domain::{Digest, Election};
use crate::ledger::election::{ELECTION, stored_election};

use super::WriteError;
use super::compare::Contradictions;
use super::tx::{Tx, on_tx};

/// What the election row says once it is locked.
pub(super) struct Bound {
    /// Whether this transaction made it, so that all tables are empty.
    pub fresh: bool,
    /// The registry's digest: of this import where it is the first, else the stored one.
    pub digest: Digest,
    /// Code rules that came to those of an earlier import.
    pub rules_added: u64,
    /// Lines of what it says about results that came to those of an earlier import.
    pub settings_added: u64,
}

const BIND: &str = "INSERT INTO election (one, id, file, digest) VALUES (1, $1, $2, $3) ON CONFLICT (one) DO NOTHING";
// Changes nothing but the lock: it is held until the commit.
const LOCK: &str = "UPDATE election SET id = id WHERE one = 1";
const ADD_RULE: &str = "INSERT INTO code_rule (prefix, kind, many_pages) VALUES ($1, $2, $3)";

/// Makes the election row, or locks the one that is there and compares it.
pub(super) async fn bind(
    tx: &mut Tx,
    new: Option<&Election>,
    listing: &str,
    bad: &mut Contradictions,
) -> Result<Bound, WriteError> {
    if let Some(new) = new {
        let digest = Digest::of(listing.as_bytes());
        let (file, raw) = (file(new), &digest.as_bytes()[..]);
        let made = on_tx!(tx, |connection, Engine| {
            sqlx::query(BIND).bind(new.id()).bind(&file).bind(raw).execute(connection).await?.rows_affected()
        });
        if made == 1 {
            add_rules(tx, new.code_rules()).await?;
            return Ok(Bound { fresh: true, digest, rules_added: 0, settings_added: 0 });
        }
    }
    on_tx!(tx, |connection, Engine| sqlx::query(LOCK).execute(connection).await.map(drop)?);
    let raw: Option<(String, Vec<u8>)> =
        on_tx!(tx, |connection, Engine| sqlx::query_as(ELECTION).fetch_optional(connection).await?);
    let (file, digest) = raw.ok_or(WriteError::NoElection)?;
    let stored = stored_election(&file, &digest)?;
    let (mut rules, mut settings_added) = (Vec::new(), 0);
    if let Some(new) = new {
        if new.id() != stored.election.id() {
            return Err(WriteError::OtherElection(stored.election.id().to_owned()));
        }
        rules = bad.election(&stored.election, new);
        settings_added = bad.results(&stored.election, new);
        add_rules(tx, &rules).await?;
    }
    Ok(Bound { fresh: false, digest: stored.digest, rules_added: rules.len() as u64, settings_added })
}

/// Makes the digest cover an addition too, and stores the file where it brought new rules or settings.
pub(super) async fn extend(
    tx: &mut Tx,
    bound: &Bound,
    new: Option<&Election>,
    listing: &str,
) -> Result<Digest, WriteError> {
    let digest = Digest::finish(Sha256::new().chain_update(format!("{}\n", bound.digest)).chain_update(listing));
    let file = new.filter(|_| bound.rules_added + bound.settings_added > 0).map(file);
    on_tx!(tx, |connection, Engine| {
        sqlx::query("UPDATE election SET digest = $1, file = COALESCE($2, file) WHERE one = 1")
            .bind(&digest.as_bytes()[..])
            .bind(&file)
            .execute(connection)
            .await
            .map(drop)?;
    });
    Ok(digest)
}

async fn add_rules(tx: &mut Tx, rules: &[CodeRule]) -> Result<(), WriteError> {
    for rule in rules {
        on_tx!(tx, |connection, Engine| {
            let add = sqlx::query(ADD_RULE).bind(&rule.prefix).bind(rule.kind.slug()).bind(rule.many_pages);
            add.execute(connection).await.map(drop)?;
        });
    }
    Ok(())
}

fn file(election: &Election) -> String {
    serde_json::to_string(election.file()).expect("an election is plain text")
}
