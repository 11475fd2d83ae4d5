//! What lets anybody in takes two operators at the machine as well, once there are two; and is set up alone before.

use tutanak::cli::consent::{Asks, COMMANDS};
use tutanak::ledger::Ledger;

use super::Machine;
use super::gates::Operators;

const HEX: &str = "abababababababababababababababababababababababababababababababab";
const LATER: &str = "2099-01-01T00:00:00Z";

/// Every command that lets somebody in, at the machine that [`furnish`] made.
const OPENS: [&[&str]; 41] = [
    &["party", "add", "yeni", "--name", "Yeni", "--from", "192.0.2.0/28"],
    &["party", "new-secret", "isik", "--channel", "bulk"],
    &["party", "new-secret", "isik", "--channel", "service"],
    &["party", "ftp", "isik", "--plain-until", LATER],
    &["party", "ftp", "uyuyan"],
    &["party", "activate", "uyuyan"],
    &["party", "set-addresses", "isik", "192.0.2.0/28", "198.51.100.7"],
    &["board", "add", "yeni-kurul", "--name", "Kurul", "--place", "34-k-1"],
    &["board", "bind", "kadikoy-1", "--fingerprint", HEX],
    &["board", "unbind", "kadikoy-2", "--fingerprint", HEX],
    &["board", "new-secret", "kadikoy-1"],
    &["board", "activate", "uyuyan-kurul"],
    &["board", "set-addresses", "kadikoy-2"],
    &["feed", "add", "yeni-secsis", "--name", "SEÇSİS", "--from", "192.0.2.0/28"],
    &["feed", "bind", "secsis", "--fingerprint", HEX],
    &["feed", "unbind", "secsis-2", "--fingerprint", HEX],
    &["feed", "new-secret", "secsis"],
    &["feed", "activate", "uyuyan-secsis"],
    &["feed", "set-addresses", "secsis-2", "192.0.2.0/28"],
    &["candidate", "add-presidential", "yeni-aday", "--name", "Yeni", "--from", "192.0.2.0/28"],
    &["candidate", "add-independent", "bagimsiz", "--name", "Yeni", "--place", "34"],
    &["candidate", "new-secret", "aday", "--channel", "bulk"],
    &["candidate", "activate", "uyuyan-aday"],
    &["candidate", "set-addresses", "aday", "192.0.2.0/28", "198.51.100.7"],
    &["user", "import", "FORM", "--slips", "SLIPS"],
    &["user", "add", "isik", "--name", "Bir Kişi", "--phone", "05321234567", "--email", "yeni@a.tr"],
    &["user", "activate", "isik-2"],
    &["user", "set-role", "isik-3", "representative"],
    &["user", "new-slip", "isik-1"],
    &["user", "remove-totp", "isik-1"],
    &["operator", "add", "skgm-9", "--name", "Yeni"],
    &["operator", "new-slip", "skgm-3"],
    &["operator", "remove-totp", "skgm-3"],
    &["operator", "activate", "skgm-4"],
    &["operator", "set-addresses", "skgm-3"],
    &["auditor", "add", "denetci-9", "--name", "Yeni"],
    &["auditor", "new-slip", "denetci-1"],
    &["auditor", "remove-totp", "denetci-1"],
    &["auditor", "activate", "denetci-2"],
    &["auditor", "set-addresses", "denetci-1"],
    &["party", "set-addresses", "isik", "192.0.2.0/24"],
];

/// Accounts of every kind, in use and not, by whoever has the machine: there are no operators yet.
async fn furnish(machine: &Machine) {
    let from = ["--from", "192.0.2.0/28"];
    let set_up = |arguments: &[&str]| {
        let done = machine.run(arguments);
        assert!(done.ok, "{}: {arguments:?}: {done:?}", machine.name);
    };
    for id in ["isik", "uyuyan"] {
        set_up(&[&["party", "add", id, "--name", "Parti"], &from[..]].concat());
    }
    for id in ["aday", "uyuyan-aday"] {
        set_up(&[&["candidate", "add-presidential", id, "--name", "Aday"], &from[..]].concat());
    }
    for (id, place) in [("kadikoy-1", "34-k-1"), ("kadikoy-2", "34-k-2"), ("uyuyan-kurul", "34-k-2")] {
        set_up(&["board", "add", id, "--name", "Kurul", "--place", place, "--from", "192.0.2.1"]);
    }
    for id in ["secsis", "secsis-2", "uyuyan-secsis"] {
        set_up(&["feed", "add", id, "--name", "SEÇSİS", "--from", "192.0.2.1"]);
    }
    set_up(&["board", "bind", "kadikoy-2", "--fingerprint", HEX]);
    set_up(&["feed", "bind", "secsis-2", "--fingerprint", HEX]);
    set_up(&["party", "ftp", "uyuyan", "--require-tls"]);
    for n in ["2", "3"] {
        let email = format!("k{n}@a.tr");
        set_up(&["user", "add", "isik", "--name", "Bir Kişi", "--phone", "05321234560", "--email", &email]);
    }
    for id in ["skgm-3", "skgm-4"] {
        set_up(&["operator", "add", id, "--name", "İşletmen"]);
    }
    for id in ["denetci-1", "denetci-2"] {
        set_up(&["auditor", "add", id, "--name", "Denetçi"]);
    }
    for id in ["skgm-3", "denetci-1"] {
        let noun = if id == "skgm-3" { "operator" } else { "auditor" };
        set_up(&[noun, "set-addresses", id, "192.0.2.1"]);
        machine.ledger.person_set_totp(id, Some("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), 0).await.unwrap();
    }
    machine.ledger.person_set_totp("isik-1", Some("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), 0).await.unwrap();
    for (noun, id) in [
        ("party", "uyuyan"),
        ("candidate", "uyuyan-aday"),
        ("board", "uyuyan-kurul"),
        ("feed", "uyuyan-secsis"),
        ("operator", "skgm-4"),
        ("auditor", "denetci-2"),
    ] {
        set_up(&[noun, "passivate", id]);
    }
    set_up(&["user", "passivate", "isik-2"]);
    let form = "party;name;phone;email;ips\nisik;Ali Ak;05321234568;b@a.tr;192.0.2.9\n";
    std::fs::write(machine.dir.path().join("form.csv"), form).unwrap();
}

/// The arguments with the form's and the slips' places.
fn placed(machine: &Machine, arguments: &[&str]) -> Vec<String> {
    let place = |name: &str| machine.dir.path().join(name).to_str().unwrap().to_owned();
    let one = |argument: &&str| match *argument {
        "FORM" => place("form.csv"),
        "SLIPS" => place("slips"),
        other => other.to_owned(),
    };
    arguments.iter().map(one).collect()
}

/// All that decides who gets in.
async fn rights(ledger: &Ledger) -> String {
    let (accounts, people) = (ledger.accounts(None).await.unwrap(), ledger.people(None).await.unwrap());
    let mut logins = Vec::new();
    for person in &people {
        let login = ledger.person_login(&person.id).await.unwrap().unwrap();
        logins.push((login.password, login.totp.is_some()));
    }
    let bulk = ledger.bulk_secrets().await.unwrap();
    let bulk: Vec<_> = bulk.into_iter().map(|row| (row.account, row.secret, row.expires_ms)).collect();
    let (ftp, certificates) = (ledger.rights_of_parties().await.unwrap(), ledger.certificates(None).await.unwrap());
    format!("{accounts:?} {people:?} {logins:?} {bulk:?} {ftp:?} {certificates:?}")
}

#[test]
fn every_command_that_lets_somebody_in_is_tried() {
    for (name, asks) in COMMANDS {
        let opens = matches!(asks, Asks::Two | Asks::AsItTurnsOut);
        let tried = OPENS.iter().any(|arguments| arguments[..2].join(" ") == name);
        assert_eq!(opens, tried, "{name} asks for {asks:?}");
    }
}

#[tokio::test]
async fn before_there_are_two_operators_whoever_has_the_machine_sets_up_and_it_is_on_record_as_such() {
    for machine in Machine::all().await {
        furnish(&machine).await;
        let rows = machine.commands("isik party add").await;
        let done: Vec<_> = rows.iter().filter(|row| row.outcome == "ok").collect();
        assert_eq!(done.len(), 1, "{}", machine.name);
        assert_eq!((done[0].principal.as_str(), done[0].reason.as_str()), ("os:ayse", "set-up"), "{}", machine.name);
        let closed = machine.commands("uyuyan party passivate").await;
        assert!(closed.iter().all(|row| row.reason.is_empty()), "{}: closing is not letting in", machine.name);
    }
}

#[tokio::test]
async fn with_two_operators_no_command_lets_anybody_in_without_both() {
    for machine in Machine::all().await {
        furnish(&machine).await;
        let operators = Operators::of(&machine).await;
        let name = machine.name;
        let before = rights(&machine.ledger).await;
        for arguments in OPENS {
            let arguments = placed(&machine, arguments);
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            assert!(!machine.run(&arguments).ok, "{name}: {arguments:?} by nobody");
            let code = operators.unused_code(&machine).await;
            assert!(!operators.alone(&machine, &arguments, &code).ok, "{name}: {arguments:?} by one");
        }
        let code = operators.unused_code(&machine).await;
        let wrong = operators.both(&machine, OPENS[0], if code == "000000" { "000001" } else { "000000" }).await;
        assert!(!wrong.ok && wrong.err.contains("no operator"), "{name}: {wrong:?}");
        // Taking the other one out of use does not make anybody alone enough.
        assert!(machine.run(&["operator", "passivate", "skgm-1"]).ok, "{name}");
        assert!(!machine.run(OPENS[0]).ok, "{name}");
        machine.ledger.account_set_active("operator", "skgm-1", true).await.unwrap();
        assert_eq!(rights(&machine.ledger).await, before, "{name}: somebody was let in");
    }
}

#[tokio::test]
async fn two_operators_let_in_by_every_command_and_both_are_on_record() {
    for machine in Machine::all().await {
        furnish(&machine).await;
        let operators = Operators::of(&machine).await;
        let name = machine.name;
        for arguments in OPENS {
            let arguments = placed(&machine, arguments);
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let before = rights(&machine.ledger).await;
            let code = operators.unused_code(&machine).await;
            let done = operators.both(&machine, &arguments, &code).await;
            assert!(done.ok, "{name}: {arguments:?}: {done:?}");
            let of_tokens = arguments.ends_with(&["service"])
                || (arguments[1] == "new-secret" && ["board", "feed"].contains(&arguments[0]));
            assert!(of_tokens || rights(&machine.ledger).await != before, "{name}: {arguments:?} changes nothing");
        }
        for subject in ["yeni party add", "skgm-9 operator add", "kadikoy-2 board unbind", "isik party set-addresses"] {
            let rows = machine.commands(subject).await;
            for principal in ["skgm-1", "skgm-2"] {
                let signed = rows.iter().filter(|row| row.principal == principal && row.outcome == "ok");
                assert!(signed.count() > 0, "{name}: {subject} by {principal}: {rows:#?}");
            }
            assert!(rows.iter().all(|row| row.reason.is_empty()), "{name}: {rows:#?}");
        }
    }
}

#[tokio::test]
async fn a_second_factor_that_two_took_away_leaves_nobody_alone_enough() {
    for machine in Machine::all().await {
        furnish(&machine).await;
        let operators = Operators::of(&machine).await;
        let code = operators.unused_code(&machine).await;
        let removed = operators.both(&machine, &["operator", "remove-totp", "skgm-1"], &code).await;
        assert!(removed.ok, "{}: {removed:?}", machine.name);
        assert!(!machine.run(OPENS[0]).ok, "{}", machine.name);
        let code = operators.unused_code(&machine).await;
        assert!(!operators.alone(&machine, OPENS[0], &code).ok, "{}", machine.name);
    }
}
