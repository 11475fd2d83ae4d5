//! Certificates of boards: none is bound that has ended, and one that soon will is told of.

use jiff::{SignedDuration, Timestamp};

use super::Machine;
use crate::edges::certificates::made;

#[tokio::test]
async fn a_certificate_that_ends_soon_is_warned_of_and_one_that_has_ended_is_not_bound() {
    for machine in Machine::all().await {
        let name = machine.name;
        for id in ["kadikoy-1", "kadikoy-2"] {
            let place = id.replace("kadikoy", "34-k");
            machine.run(&["board", "add", id, "--name", "Kurul", "--place", &place, "--json"]).json();
        }
        let now = Timestamp::now();
        let days = |n: i64| now + SignedDuration::from_hours(24 * n);
        let write = |file: &str, until: Timestamp| {
            let path = machine.dir.path().join(file);
            std::fs::write(&path, made(days(-400), until).certificate).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let (ended, soon, later) = (write("a.pem", days(-1)), write("b.pem", days(10)), write("c.pem", days(300)));
        let refused = machine.run(&["board", "bind", "kadikoy-1", "--certificate", &ended]);
        assert!(!refused.ok && refused.err.contains("ended on"), "{name}: {refused:?}");
        let bound = machine.run(&["board", "bind", "kadikoy-1", "--certificate", &soon]);
        assert!(bound.ok && bound.out.contains("WARNING"), "{name}: {bound:?}");
        assert!(machine.run(&["board", "bind", "kadikoy-2", "--certificate", &later]).ok);
        let fingerprint = "ab".repeat(32);
        assert!(machine.run(&["board", "bind", "kadikoy-2", "--fingerprint", &fingerprint]).ok);

        let list = machine.run(&["board", "list"]).out;
        assert_eq!(list.matches("WARNING").count(), 1, "{name}: {list}");
        assert!(list.contains("ends in 9 days") || list.contains("ends in 10 days"), "{name}: {list}");
        let list = machine.run(&["board", "list", "--json"]).json();
        assert_eq!(list[0]["certificates"][0]["ends"].as_str().unwrap()[..10], days(10).to_string()[..10], "{name}");
        let of_second = list[1]["certificates"].as_array().unwrap();
        assert_eq!(of_second.iter().filter(|bound| bound["ends"].is_null()).count(), 1, "{name}");
        assert!(machine.run(&["board", "show", "kadikoy-1"]).out.contains("WARNING"), "{name}");
        let certificates = machine.run(&["board", "certificates", "kadikoy-2"]).out;
        assert!(certificates.contains("end not known yet") && certificates.contains("valid until"), "{name}");
        let check = machine.run(&["check-config"]).out;
        assert!(check.contains("kadikoy-1: WARNING") && !check.contains("kadikoy-2: WARNING"), "{name}: {check}");
        assert_eq!(machine.commands("kadikoy-1 board bind").await.len(), 2, "{name}");
    }
}
