//! Accounts of every kind: added, listed, bound to addresses, taken out of use; and their machines' secrets, changed over.

use jiff::{SignedDuration, Timestamp};

use super::Machine;

const HERE: [u8; 4] = [192, 0, 2, 1];

#[tokio::test]
async fn accounts_of_every_kind_are_added_listed_bound_and_taken_out_of_use() {
    for machine in Machine::all().await {
        let name = machine.name;
        for (noun, add, id) in [
            ("party", vec!["add", "--from", "192.0.2.0/28", "--from", "2001:db8::7"], "isik"),
            ("party", vec!["add", "--from", "192.0.2.0/28", "--takes-no-part"], "disarida"),
            ("candidate", vec!["add-presidential", "--from", "192.0.2.0/28"], "aday"),
            ("board", vec!["add", "--place", "34-k-1", "--from", "192.0.2.0/28"], "kadikoy-1"),
            ("operator", vec!["add"], "skgm-1"),
            ("auditor", vec!["add"], "denetci-1"),
        ] {
            let arguments = [&[noun, add[0], id, "--name", "Bir Ad", "--json"], &add[1..]].concat();
            machine.run(&arguments).json();
            let again = machine.run(&arguments);
            assert!(!again.ok && again.err.contains(id), "{name}: {again:?}");

            let listed = machine.run(&[noun, "list", "--json"]).json();
            let shown = machine.run(&[noun, "show", id, "--json"]).json();
            let found = listed.as_array().unwrap().iter().find(|account| account["id"] == id).unwrap();
            assert_eq!((&found["name"], &found["active"]), (&"Bir Ad".into(), &true.into()), "{name}");
            assert_eq!(found["addresses"], shown["addresses"]);
            assert!(machine.run(&[noun, "list"]).out.contains(id) && machine.run(&[noun, "show", id]).out.contains(id));
            assert_eq!(found["takes_part"], id != "disarida", "{name}: {id}");

            assert!(machine.run(&[noun, "set-addresses", id, "198.51.100.7", "2001:db8:1::/64"]).ok);
            let shown = machine.run(&[noun, "show", id, "--json"]).json();
            assert_eq!(shown["addresses"], serde_json::json!(["198.51.100.7/32", "2001:db8:1::/64"]), "{name}");
            assert!(!machine.run(&[noun, "set-addresses", id, "300.1.1.1"]).ok);

            assert!(machine.run(&[noun, "passivate", id]).ok);
            assert_eq!(machine.run(&[noun, "show", id, "--json"]).json()["active"], false, "{name}");
            assert!(machine.run(&[noun, "activate", id]).ok);
            assert_eq!(machine.run(&[noun, "show", id, "--json"]).json()["active"], true, "{name}");
            for verb in ["show", "passivate", "activate", "set-addresses"] {
                let nobody = machine.run(&[noun, verb, "kimse"]);
                assert!(!nobody.ok && nobody.err.contains("kimse"), "{name}: {nobody:?}");
            }

            let rows = machine.commands(&format!("{id} {noun} ")).await;
            let outcome = |outcome: &str| rows.iter().filter(|row| row.outcome == outcome).count();
            assert_eq!((outcome("ok"), outcome("failed")), (9, 2), "{name}: {rows:#?}");
            assert!(rows.iter().all(|row| row.principal == "os:ayse" && !row.object.contains("--config")));
        }
        let place = ["candidate", "add-independent", "bagimsiz", "--name", "Bağımsız", "--place"];
        assert!(!machine.run(&[&place[..], &["34-k-m1"]].concat()).ok, "no seçim çevresi");
        assert!(machine.run(&[&place[..], &["34"]].concat()).ok, "{name}");
        let candidates = machine.run(&["candidate", "list", "--json"]).json();
        let kinds: Vec<&str> =
            candidates.as_array().unwrap().iter().map(|account| account["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["candidate", "independent"], "{name}");
        assert!(!machine.run(&["party", "show", "aday"]).ok, "a candidate is no party");
    }
}

#[tokio::test]
async fn a_passive_account_opens_nothing_and_an_active_one_opens_again() {
    for machine in Machine::all().await {
        let add = ["party", "add", "isik", "--name", "Işık", "--from", "192.0.2.0/28", "--json"];
        let given = machine.run(&add).json();
        let password = given["bulk"]["password"].as_str().unwrap();
        let active = async || {
            let found = machine.door(Timestamp::now()).bulk("isik", password, HERE.into()).await.unwrap();
            found.principal.active
        };
        assert!(active().await, "{}", machine.name);
        assert!(machine.run(&["party", "passivate", "isik"]).ok);
        assert!(!active().await, "{}", machine.name);
        assert!(machine.run(&["party", "activate", "isik"]).ok);
        assert!(active().await, "{}", machine.name);
    }
}

/// Whether the door knows these secrets of an account's machine, at an instant.
async fn known(machine: &Machine, account: &str, channel: &str, secrets: &[&str], at: Timestamp) -> Vec<bool> {
    let door = machine.door(at);
    let mut known = Vec::new();
    for secret in secrets {
        known.push(match channel {
            "bulk" => door.bulk(account, secret, HERE.into()).await.is_ok(),
            "service" => door.service(secret, HERE.into()).await.is_ok(),
            _ => door.board(secret, None, HERE.into()).await.is_ok(),
        });
    }
    known
}

#[tokio::test]
async fn secrets_of_parties_candidates_and_boards_are_changed_over_with_an_overlap() {
    for machine in Machine::all().await {
        let party = machine.run(&["party", "add", "isik", "--name", "Işık", "--from", "192.0.2.0/28", "--json"]).json();
        let add = ["candidate", "add-presidential", "aday", "--name", "Aday", "--from", "192.0.2.0/28", "--json"];
        let candidate = machine.run(&add).json();
        let add = ["board", "add", "kadikoy-1", "--name", "Kurul", "--place", "34-k-1", "--json"];
        let board = machine.run(&add).json();
        for (noun, id, channel, old) in [
            ("party", "isik", "bulk", &party["bulk"]["password"]),
            ("party", "isik", "service", &party["service"]["token"]),
            ("candidate", "aday", "bulk", &candidate["bulk"]["password"]),
            ("candidate", "aday", "service", &candidate["service"]["token"]),
            ("board", "kadikoy-1", "board", &board["token"]),
        ] {
            let name = format!("{}: {id} {channel}", machine.name);
            let old = old.as_str().unwrap();
            let of_channel = if channel == "board" { vec![] } else { vec!["--channel", channel] };
            let new = |overlap: &str| {
                let arguments = [&[noun, "new-secret", id, "--overlap", overlap, "--json"], &of_channel[..]].concat();
                let given = machine.run(&arguments).json();
                assert_eq!((&given["account"], &given["channel"]), (&id.into(), &channel.into()), "{name}");
                let until: Timestamp = given["old_until"].as_str().unwrap().parse().unwrap();
                (given["secret"].as_str().unwrap().to_owned(), until)
            };
            let (first, until) = new("1h");
            let before = until - SignedDuration::from_millis(1);
            assert_eq!(known(&machine, id, channel, &[old, &first], before).await, [true, true], "{name}");
            assert_eq!(known(&machine, id, channel, &[old, &first], until).await, [false, true], "{name}");
            // A third while the second is being brought out: the oldest goes at once.
            let (second, until) = new("30m");
            let before = until - SignedDuration::from_millis(1);
            let all = [old, first.as_str(), second.as_str()];
            assert_eq!(known(&machine, id, channel, &all, before).await, [false, true, true], "{name}");
            // After a leak nothing overlaps.
            let (third, _) = new("0s");
            let all = [first.as_str(), second.as_str(), third.as_str()];
            let now = Timestamp::now();
            assert_eq!(known(&machine, id, channel, &all, now).await, [false, false, true], "{name}");
            for secret in [old, &first, &second, &third] {
                let written = machine.ledger.audit_after(0, 1000).await.unwrap();
                assert!(
                    written.iter().all(|row| !format!("{row:?}").contains(secret)),
                    "{name}: a secret is on record"
                );
            }
            assert_eq!(machine.commands(&format!("{id} {noun} new-secret ")).await.len() % 3, 0, "{name}");
        }
        let none = machine.run(&["party", "new-secret", "kimse", "--channel", "bulk"]);
        assert!(!none.ok && none.err.contains("kimse"), "{none:?}");
        assert!(!machine.run(&["board", "new-secret", "isik"]).ok, "a party is no board");
        assert!(!machine.run(&["party", "new-secret", "isik", "--channel", "bulk", "--overlap", "-1h"]).ok);
    }
}

#[tokio::test]
async fn no_address_of_a_party_may_be_a_trusted_proxys() {
    for machine in Machine::all().await {
        let trusted =
            "[proxy]\ntrusted = [\"10.1.0.0/16\", \"2001:db8:f::/48\"]\nhttps = \"x-forwarded-for\"\n\n[https]";
        machine.configure("[https]", trusted);
        assert!(machine.run(&["party", "add", "isik", "--name", "Işık", "--from", "192.0.2.0/28", "--json"]).ok);
        let add = ["--name", "X", "--from"];
        for range in ["10.1.2.3", "10.1.0.0/16", "2001:db8:f:1::/64"] {
            let refused = [
                machine.run(&[&["party", "add", "x"], &add[..], &[range]].concat()),
                machine.run(&[&["candidate", "add-presidential", "x"], &add[..], &[range]].concat()),
                machine.run(&["party", "set-addresses", "isik", "192.0.2.0/28", range]),
            ];
            for refused in refused {
                let said = "that party could claim to be any other";
                assert!(!refused.ok && refused.err.contains(said), "{}: {refused:?}", machine.name);
            }
        }
        let form = machine.dir.path().join("form.csv");
        let line =
            |range: &str| format!("party;name;phone;email;ips\nisik;Ali Ak;05321234567;ali@a.tr;192.0.2.1 {range}\n");
        std::fs::write(&form, line("10.1.0.9")).unwrap();
        let slips = machine.dir.path().join("slips");
        let import = ["user", "import", form.to_str().unwrap(), "--slips", slips.to_str().unwrap()];
        let refused = machine.run(&import);
        assert!(!refused.ok && refused.err.contains("could claim to be any other"), "{refused:?}");
        assert_eq!(machine.ledger.account("isik").await.unwrap().unwrap().addresses, "192.0.2.0/28");
        assert_eq!(machine.ledger.people(Some("isik")).await.unwrap().len(), 1, "nobody was defined");
        assert!(machine.ledger.account("x").await.unwrap().is_none());
        std::fs::write(&form, line("10.2.0.9")).unwrap();
        assert!(machine.run(&import).ok, "{}", machine.name);
        // A board sees nothing: it may stand behind the balancer itself.
        let board = ["board", "add", "kadikoy-1", "--name", "Kurul", "--place", "34-k-1", "--from", "10.1.2.3"];
        assert!(machine.run(&board).ok);
    }
}

#[tokio::test]
async fn no_party_comes_from_half_of_the_internet() {
    for machine in Machine::all().await {
        let name = machine.name;
        assert!(machine.run(&["party", "add", "isik", "--name", "Işık", "--from", "::ffff:192.0.2.7", "--json"]).ok);
        let kept = async || machine.ledger.account("isik").await.unwrap().unwrap().addresses;
        assert_eq!(kept().await, "192.0.2.7/32", "{name}: an IPv4 address, however it is written");
        for range in [
            "0.0.0.0/0",
            "::/0",
            "0.0.0.0",
            "203.0.0.0/8",
            "2001::/16",
            "::ffff:0.0.0.0/96",
            "::/80",
            "224.0.0.1",
            "::",
        ] {
            let refused = [
                machine.run(&["party", "add", "x", "--name", "X", "--from", range]),
                machine.run(&["candidate", "add-presidential", "x", "--name", "X", "--from", range]),
                machine.run(&["party", "set-addresses", "isik", "192.0.2.0/28", range]),
            ];
            for refused in refused {
                let why = ["too wide a range", "not the address of a computer"];
                assert!(!refused.ok && why.iter().any(|why| refused.err.contains(why)), "{name}: {range}: {refused:?}");
            }
        }
        assert_eq!(kept().await, "192.0.2.7/32", "{name}");
        assert!(machine.ledger.account("x").await.unwrap().is_none(), "{name}");
        assert!(machine.run(&["party", "set-addresses", "isik", "203.0.113.5/28", "::ffff:198.51.100.0/120"]).ok);
        assert_eq!(kept().await, "203.0.113.0/28 198.51.100.0/24", "{name}");
        // A board sends from within a network of its own, however wide that is.
        let board = ["board", "add", "kadikoy-1", "--name", "Kurul", "--place", "34-k-1", "--from", "10.0.0.0/8"];
        assert!(machine.run(&board).ok, "{name}");
    }
}
