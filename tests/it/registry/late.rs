//! Boxes that come late: added by another process while the service looks codes up.

use tutanak::registry::{self, ImportError};

use super::town::{Town, everything, form, key, refused};
use crate::engines::Engine;

const LATE: &str = "\
box_id;place_id;number;kind
3717530;34-k-m;1003;0
3717531;34-k-1;1101;2
";

#[tokio::test]
async fn a_late_box_is_known_at_the_next_lookup_of_a_running_service() {
    for engine in Engine::all().await {
        let town = Town::new();
        let (service, office) = (engine.open().await, engine.open().await);
        town.import(&office).await.unwrap();
        assert_eq!(form(&service, "1063717530").await, None, "{}", engine.name);
        let late = town.write("ek.csv", LATE);
        let first = registry::add_boxes(&office, &late, &mut |_| {}).await.unwrap();
        assert_eq!(first.boxes.added, 2);
        assert_eq!(key(&service, "1063717530").await, "34-istanbul/kadikoy-1/caferaga-mah/1003-bbb-sonuc");
        assert_eq!(key(&service, "1023717531").await, "34-istanbul/kadikoy-1/1100-1199/1101-bb-sonuc");
        let second = registry::add_boxes(&office, &late, &mut |_| {}).await.unwrap();
        assert_eq!((second.boxes.added, second.boxes.known, second.digest), (0, 2, first.digest), "{}", engine.name);
        // The first import's files say nothing of the late boxes, and that is no contradiction.
        assert!(!town.import(&office).await.unwrap().changed());
    }
}

#[tokio::test]
async fn a_late_box_with_a_taken_id_or_number_is_refused_and_none_is_added() {
    let rows = [
        ("3717530;34-k-m;1003", "3717526;34-k-m;1003", "ek.csv:2 (number): \"1001\" is stored, the file says \"1003\""),
        ("1003", "1002", "ek.csv:2 (number): number 1002 of 34-k belongs to the stored box 3717527"),
        ("1101", "1003", "ek.csv:3 (number): box 1003 of 34-k is on line 2 already"),
        ("34-k-1;1101", "34-k-9;1101", "ek.csv:3 (place_id): no place is called 34-k-9"),
    ];
    for engine in Engine::all().await {
        let (town, ledger) = (Town::new(), engine.open().await);
        let none = registry::add_boxes(&ledger, &town.write("ek.csv", LATE), &mut |_| {}).await;
        assert!(matches!(none, Err(ImportError::NoElection)), "{none:?}");
        town.import(&ledger).await.unwrap();
        let before = everything(&ledger).await;
        for (from, to, complaint) in rows {
            let late = town.write("ek.csv", LATE.replace(from, to));
            let bad = refused(registry::add_boxes(&ledger, &late, &mut |_| {}).await);
            assert_eq!(bad.list[0].to_string(), complaint, "{}", engine.name);
            assert_eq!(everything(&ledger).await, before, "{}", engine.name);
        }
    }
}

#[tokio::test]
async fn lookups_go_on_while_boxes_are_added() {
    for engine in Engine::all().await {
        let town = Town::new();
        let (service, office) = (engine.open().await, engine.open().await);
        town.import(&office).await.unwrap();
        let mut late = "box_id,place_id,number\n".to_owned();
        for number in 0..3_000 {
            late.push_str(&format!("{},34-k-2,{}\n", 5_000_000 + number, 10_000 + number));
        }
        let late = town.write("ek.csv", late);
        let adding = tokio::spawn(async move { registry::add_boxes(&office, &late, &mut |_| {}).await.unwrap() });
        let mut lookups = 0;
        while !adding.is_finished() {
            assert!(form(&service, "1063717526").await.is_some());
            lookups += 1;
            tokio::task::yield_now().await;
        }
        assert_eq!(adding.await.unwrap().boxes.added, 3_000);
        assert!(lookups > 0 && form(&service, "1065002999").await.is_some(), "{}", engine.name);
    }
}
