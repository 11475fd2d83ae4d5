//! The command that lets entries carry the right time again: seen beforehand by `check-config`, and on record.

use jiff::{SignedDuration, Timestamp};
use tutanak::domain::{Digest, Entry, EntryKind};

use super::Machine;

#[tokio::test]
async fn entries_dated_in_the_future_are_found_by_check_config_and_passed_by_clock_resume() {
    for machine in Machine::all().await {
        let name = machine.name;
        let mut entry = Entry::bare(Timestamp::now() + SignedDuration::from_hours(24), EntryKind::Parked);
        (entry.sha256, entry.reason) = (Some(Digest::of(b"tomorrow")), Some("no-code".into()));
        machine.ledger.replay(0, vec![entry.line()]).await.unwrap();
        let check = machine.run(&["check-config"]).out;
        assert!(check.contains("WRONG  clock: the newest entry is dated"), "{name}: {check}");
        assert!(machine.run(&["clock", "show"]).out.contains("WRONG"), "{name}");
        assert!(!machine.run(&["clock", "resume", "--reason", " "]).ok, "{name}");
        let resumed = machine.run(&["clock", "resume", "--reason", "saat bir gün ilerideydi"]);
        assert!(resumed.ok && resumed.out.contains("the next one gets the time of the clock"), "{name}: {resumed:?}");
        let check = machine.run(&["check-config"]).out;
        assert!(check.contains("ok     clock"), "{name}: {check}");
        let rows = machine.commands("clock resume").await;
        assert!(rows.iter().any(|row| row.outcome == "ok" && row.object.contains("ilerideydi")), "{name}: {rows:?}");
    }
}
