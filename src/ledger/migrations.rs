//! The steps that bring a database's tables up to date, in their order. Each is a file of the same name for either engine;
//! a step that was ever released is never edited, for every database remembers the checksum of what it ran.

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// One step: its name, and its text for SQLite and for PostgreSQL.
type Step = (&'static str, &'static str, &'static str);

macro_rules! steps {
    ($($name:literal,)*) => {
        &[$((
            $name,
            include_str!(concat!("../../storage-config/sqlite/", $name, ".sql")),
            include_str!(concat!("../../storage-config/postgres/", $name, ".sql")),
        ),)*]
    };
}

const STEPS: &[Step] = steps![
    "0001_ledger",
    "0002_accounts",
    "0003_registry",
    "0004_log",
    "0005_archive",
    "0006_gates",
    "0007_audit_log",
    "0008_people",
    "0009_ftp",
    "0010_edges",
    "0012_exports",
    "0013_board",
    "0015_tries",
    "0016_hand_pages",
    "0019_seal",
    "0021_ftp_terms",
    "0023_scrub",
    "0027_tries_again",
    "0028_consent",
    "0029_quota",
    "0030_choices",
    "0031_results",
    "0032_rule_of_two",
    "0038_filled",
    "0039_notice",
];

/// The steps of SQLite.
pub(super) fn sqlite() -> Migrator {
    Migrator::with_migrations(STEPS.iter().map(|(name, sqlite, _)| migration(name, sqlite)).collect())
}

/// The steps of PostgreSQL.
pub(super) fn postgres() -> Migrator {
    Migrator::with_migrations(STEPS.iter().map(|(name, _, postgres)| migration(name, postgres)).collect())
}

/// `0007_audit_log` is version 7, described as `audit log`.
fn migration(name: &str, sql: &'static str) -> Migration {
    let (number, words) = name.split_once('_').expect("a step is named number_words");
    let version = number.parse().expect("a step begins with its number");
    Migration::new(version, words.replace('_', " ").into(), MigrationType::Simple, sql.into_sql_str(), false)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[tokio::test]
    async fn every_file_of_either_folder_is_a_step_with_the_checksum_that_databases_remember() {
        for (engine, ours) in [("sqlite", sqlite()), ("postgres", postgres())] {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("storage-config").join(engine);
            let files = Migrator::new(folder).await.unwrap();
            let facts = |steps: &Migrator| -> Vec<_> {
                let fact = |step: &Migration| {
                    (step.version, step.description.clone(), step.migration_type, step.checksum.clone(), step.no_tx)
                };
                steps.iter().map(fact).collect()
            };
            assert!(files.iter().len() > 10, "the files were not found");
            assert_eq!(format!("{:?}", facts(&ours)), format!("{:?}", facts(&files)), "{engine}");
        }
    }
}
