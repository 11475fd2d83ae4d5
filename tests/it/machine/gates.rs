//! What takes operators at the machine takes their second factor too.

use jiff::{SignedDuration, Timestamp};
use tutanak::access::totp;
use tutanak::clock::Clock;
use tutanak::domain::Gate;
use tutanak::people::enrol::Login;

use super::{Ended, Machine};
use crate::house::Operator;

pub struct Operators {
    pub all: [Operator; 2],
}

impl Operators {
    pub async fn of(machine: &Machine) -> Self {
        let ledger = &machine.ledger;
        Self { all: [Operator::new(ledger, "skgm-1").await, Operator::new(ledger, "skgm-2").await] }
    }

    /// Gives a command that takes both; the second with this code.
    pub async fn both(&self, machine: &Machine, arguments: &[&str], code: &str) -> Ended {
        let [first, second] = &self.all;
        let first_code = first.code(&machine.ledger, &Clock::system()).await;
        let environment = [
            ("TUTANAK_USER", first.login.user.as_str()),
            ("TUTANAK_PASSWORD", &first.login.password),
            ("TUTANAK_CODE", &first_code),
            ("TUTANAK_SECOND_USER", &second.login.user),
            ("TUTANAK_SECOND_PASSWORD", &second.login.password),
            ("TUTANAK_SECOND_CODE", code),
        ];
        machine.run_with(arguments, &environment)
    }

    /// Gives a command that takes the second one alone.
    pub fn alone(&self, machine: &Machine, arguments: &[&str], code: &str) -> Ended {
        let Login { user, password } = &self.all[1].login;
        let environment = [("TUTANAK_USER", user.as_str()), ("TUTANAK_PASSWORD", password), ("TUTANAK_CODE", code)];
        machine.run_with(arguments, &environment)
    }

    /// The app's code, so many steps from now. One step early or late works as well.
    fn code(&self, step: i64) -> String {
        totp::code(&self.all[1].secret, Timestamp::now() + SignedDuration::from_secs(30 * step)).unwrap()
    }

    /// The app's code of this moment, as if none had been used before.
    pub async fn unused_code(&self, machine: &Machine) -> String {
        self.all[1].code(&machine.ledger, &Clock::system()).await
    }
}

#[tokio::test]
async fn an_operator_with_a_second_factor_moves_a_gate_with_its_code_and_once() {
    for machine in Machine::all().await {
        let (name, operators) = (machine.name, Operators::of(&machine).await);
        let lift = ["gate", "lift-ban", "--reason", "YSK kararı 2024/1"];
        let wrong = if operators.code(0) == "000000" { "000001" } else { "000000" };
        for code in ["", wrong] {
            let refused = operators.both(&machine, &lift, code).await;
            assert!(!refused.ok && refused.err.contains("skgm-2"), "{name}: {refused:?}");
        }
        assert!(machine.ledger.gate_changes().await.unwrap().is_empty(), "{name}");
        let code = operators.code(0);
        let lifted = operators.both(&machine, &lift, &code).await;
        assert!(lifted.ok, "{name}: {lifted:?}");
        let changes = machine.ledger.gate_changes().await.unwrap();
        assert_eq!(
            (changes.len(), changes[0].change.gate, changes[0].change.open),
            (1, Gate::BanLifted, true),
            "{name}"
        );
        assert_eq!(changes[0].change.by, ["skgm-1", "skgm-2"], "{name}");
        let close = ["gate", "close", "ban-lifted", "--reason", "Geri alındı"];
        assert!(!operators.both(&machine, &close, &code).await.ok, "{name}: a code works once");
        let closed = operators.both(&machine, &close, &operators.code(1)).await;
        assert!(closed.ok, "{name}: {closed:?}");
        let rows = machine.ledger.audit_after(0, 1000).await.unwrap();
        let gates: Vec<_> = rows
            .iter()
            .filter(|row| row.act == "gate")
            .map(|row| (row.principal.as_str(), row.object.as_str(), row.reason.as_str()))
            .collect();
        let moves = [
            ("ban-lifted open", "unknown-credential"),
            ("ban-lifted open", "unknown-credential"),
            ("ban-lifted open", ""),
            ("ban-lifted close", "unknown-credential"),
            ("ban-lifted close", ""),
        ];
        let of_both = moves.iter().flat_map(|(what, why)| ["skgm-1", "skgm-2"].map(|who| (who, *what, *why)));
        assert_eq!(gates, of_both.collect::<Vec<_>>(), "{name}: each is found by either operator");
        let [first, second] = &operators.all;
        for secret in [&first.login.password, &first.secret, &second.login.password, &second.secret] {
            assert!(rows.iter().all(|row| !format!("{row:?}").contains(secret)), "{name}");
        }
    }
}

#[tokio::test]
async fn a_medium_is_asked_for_agreed_to_and_written_with_the_code_as_well() {
    for machine in Machine::all().await {
        let (name, operators) = (machine.name, Operators::of(&machine).await);
        let independent = ["candidate", "add-independent", "aday-7", "--name", "Aday", "--place", "34"];
        assert!(operators.both(&machine, &independent, &operators.unused_code(&machine).await).await.ok, "{name}");
        let request = ["export", "request", "--candidate", "aday-7", "--reason", "Dilekçe 2024/15"];
        assert!(!operators.alone(&machine, &request, "").ok, "{name}");
        let asked = operators.alone(&machine, &request, &operators.unused_code(&machine).await);
        assert!(asked.ok, "{name}: {asked:?}");
        let id = asked.out.split([' ', ':']).nth(1).unwrap().to_owned();
        let approve = ["export", "approve", id.as_str()];
        assert!(!operators.alone(&machine, &approve, "").ok, "{name}");
        assert!(operators.alone(&machine, &approve, &operators.unused_code(&machine).await).ok, "{name}");
        let to = machine.dir.path().join("usb");
        std::fs::create_dir(&to).unwrap();
        let write = ["export", "--candidate", "aday-7", "--to", to.to_str().unwrap()];
        let refused = operators.both(&machine, &write, "").await;
        assert!(!refused.ok && refused.err.contains("no operator"), "{name}: {refused:?}");
        let refused = operators.both(&machine, &write, &operators.unused_code(&machine).await).await;
        assert!(
            !refused.ok && refused.err.contains("approvals"),
            "{name}: with the code one gets further: {refused:?}"
        );
        let rows = machine.ledger.audit_after(0, 1000).await.unwrap();
        let refused = rows.iter().filter(|row| row.act.starts_with("export-") && row.reason == "unknown-credential");
        assert_eq!(refused.count(), 4, "{name}: to ask, to agree, and for both to write");
    }
}

#[tokio::test]
async fn what_is_typed_for_a_name_is_not_written_down_unless_it_is_one() {
    for machine in Machine::all().await {
        let typed = "yedi uyurlar mağarada";
        let environment = [("TUTANAK_USER", typed), ("TUTANAK_PASSWORD", "x")];
        assert!(!machine.run_with(&["gate", "end-embargo", "--reason", "Karar"], &environment).ok);
        let request = ["export", "request", "--candidate", "aday-7", "--reason", "Dilekçe"];
        assert!(!machine.run_with(&request, &environment).ok);
        let rows = machine.ledger.audit_after(0, 1000).await.unwrap();
        let principals: Vec<&str> = rows.iter().map(|row| row.principal.as_str()).collect();
        assert_eq!(principals, ["-", "-"], "{}", machine.name);
        assert!(rows.iter().all(|row| !format!("{row:?}").contains("uyurlar")), "{rows:?}");
    }
}

#[tokio::test]
async fn a_first_operator_sets_password_and_second_factor_up_at_the_machine() {
    for machine in Machine::all().await {
        let name = machine.name;
        let slip = machine.run(&["operator", "add", "skgm-1", "--name", "Birinci", "--json"]).json();
        let (slip, own) = (slip["password"].as_str().unwrap(), "yedi uyurlar mağarada");
        let secret = totp::generate().unwrap();
        let code = |step: i64| totp::code(&secret, Timestamp::now() + SignedDuration::from_secs(30 * step)).unwrap();
        let set = |password: &str, secret: &str, code: &str| {
            let environment = [("TUTANAK_PASSWORD", password), ("TUTANAK_TOTP_SECRET", secret), ("TUTANAK_CODE", code)];
            machine.run_with(&["operator", "set-totp", "skgm-1"], &environment)
        };
        let early = set(slip, &secret, &code(0));
        assert!(!early.ok && early.err.contains("still the one that was given out"), "{name}: {early:?}");
        let environment = [("TUTANAK_PASSWORD", slip), ("TUTANAK_NEW_PASSWORD", own)];
        assert!(machine.run_with(&["operator", "change-password", "skgm-1"], &environment).ok, "{name}");
        let end = ["gate", "end-embargo", "--reason", "YSK kararı 2024/3"];
        let sign = |code: &str| {
            let environment = [("TUTANAK_USER", "skgm-1"), ("TUTANAK_PASSWORD", own), ("TUTANAK_CODE", code)];
            machine.run_with(&end, &environment)
        };
        let without = sign("");
        assert!(!without.ok && without.err.contains("tutanak operator set-totp skgm-1"), "{name}: {without:?}");
        let wrong = if code(0) == "000000" { "000001" } else { "000000" };
        assert!(!set("yanlış bir parola", &secret, &code(0)).ok, "{name}");
        assert!(!set(own, &secret, wrong).ok && !set(own, "KISA", &code(0)).ok, "{name}");
        let nothing_to_show_it_at = set(own, "", &code(0));
        assert!(!nothing_to_show_it_at.ok && nothing_to_show_it_at.err.contains("terminal"), "{name}");
        let done = set(own, &secret, &code(0));
        assert!(done.ok, "{name}: {done:?}");
        assert!(!sign(&code(0)).ok, "{name}: the code of the set-up once more");
        let ended = sign(&code(1));
        assert!(ended.ok, "{name}: {ended:?}");
        assert!(!set(own, &totp::generate().unwrap(), &code(0)).ok, "{name}: nobody sets another in its place here");
        assert!(machine.run(&["operator", "remove-totp", "skgm-1"]).ok && !sign(&code(1)).ok, "{name}");
        let rows = machine.ledger.audit_after(0, 1000).await.unwrap();
        for secret in [slip, own, &secret] {
            assert!(rows.iter().all(|row| !format!("{row:?}").contains(secret)), "{name}");
        }
        assert_eq!(machine.commands("skgm-1 operator set-totp skgm-1").await.len(), 7, "{name}");
    }
}
