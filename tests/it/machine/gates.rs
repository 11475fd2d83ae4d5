//! What takes operators at the machine takes their second factor too, where they have one.

use jiff::{SignedDuration, Timestamp};
use tutanak::access::enrol::{self, Login};
use tutanak::access::totp;
use tutanak::domain::Gate;

use super::{Ended, Machine};
use crate::house::settled;

struct Operators {
    all: [Login; 2],
    secret: String,
}

impl Operators {
    /// Two, of whom the second has an app.
    async fn of(machine: &Machine) -> Self {
        let ledger = &machine.ledger;
        let first = settled(ledger, enrol::operator(ledger, "skgm-1", "Birinci").await.unwrap()).await;
        let second = settled(ledger, enrol::operator(ledger, "skgm-2", "İkinci").await.unwrap()).await;
        let secret = totp::generate().unwrap();
        assert!(ledger.person_set_totp("skgm-2", Some(&secret), 0).await.unwrap());
        Self { all: [first, second], secret }
    }

    /// Gives a command that takes both; the second with this code.
    fn both(&self, machine: &Machine, arguments: &[&str], code: &str) -> Ended {
        let [first, second] = &self.all;
        let environment = [
            ("TUTANAK_USER", first.user.as_str()),
            ("TUTANAK_PASSWORD", &first.password),
            ("TUTANAK_SECOND_USER", &second.user),
            ("TUTANAK_SECOND_PASSWORD", &second.password),
            ("TUTANAK_SECOND_CODE", code),
        ];
        machine.run_with(arguments, &environment)
    }

    /// Gives a command that takes the second one alone.
    fn alone(&self, machine: &Machine, arguments: &[&str], code: &str) -> Ended {
        let second = &self.all[1];
        let environment =
            [("TUTANAK_USER", second.user.as_str()), ("TUTANAK_PASSWORD", &second.password), ("TUTANAK_CODE", code)];
        machine.run_with(arguments, &environment)
    }

    /// The app's code, so many steps from now. One step early or late works as well.
    fn code(&self, step: i64) -> String {
        totp::code(&self.secret, Timestamp::now() + SignedDuration::from_secs(30 * step)).unwrap()
    }

    /// The app's code of this moment, as if none had been used before.
    async fn unused_code(&self, machine: &Machine) -> String {
        assert!(machine.ledger.person_set_totp("skgm-2", Some(&self.secret), 0).await.unwrap());
        self.code(0)
    }
}

#[tokio::test]
async fn an_operator_with_a_second_factor_moves_a_gate_with_its_code_and_once() {
    for machine in Machine::all().await {
        let (name, operators) = (machine.name, Operators::of(&machine).await);
        let lift = ["gate", "lift-ban", "--reason", "YSK kararı 2024/1"];
        let wrong = if operators.code(0) == "000000" { "000001" } else { "000000" };
        for code in ["", wrong] {
            let refused = operators.both(&machine, &lift, code);
            assert!(!refused.ok && refused.err.contains("skgm-2"), "{name}: {refused:?}");
        }
        assert!(machine.ledger.gate_changes().await.unwrap().is_empty(), "{name}");
        let code = operators.code(0);
        let lifted = operators.both(&machine, &lift, &code);
        assert!(lifted.ok, "{name}: {lifted:?}");
        let changes = machine.ledger.gate_changes().await.unwrap();
        assert_eq!(
            (changes.len(), changes[0].change.gate, changes[0].change.open),
            (1, Gate::BanLifted, true),
            "{name}"
        );
        assert_eq!(changes[0].change.by, ["skgm-1", "skgm-2"], "{name}");
        let close = ["gate", "close", "ban-lifted", "--reason", "Geri alındı"];
        assert!(!operators.both(&machine, &close, &code).ok, "{name}: a code works once");
        let closed = operators.both(&machine, &close, &operators.code(1));
        assert!(closed.ok, "{name}: {closed:?}");
        let rows = machine.ledger.audit_after(0, 1000).await.unwrap();
        let gates: Vec<_> = rows
            .iter()
            .filter(|row| row.act == "gate")
            .map(|row| (row.principal.as_str(), row.object.as_str(), row.reason.as_str()))
            .collect();
        let both = "skgm-1 + skgm-2";
        assert_eq!(
            gates,
            [
                (both, "ban-lifted open", "unknown-credential"),
                (both, "ban-lifted open", "unknown-credential"),
                (both, "ban-lifted open", ""),
                (both, "ban-lifted close", "unknown-credential"),
                (both, "ban-lifted close", ""),
            ],
            "{name}"
        );
        for secret in [operators.all[0].password.as_str(), &operators.all[1].password, &operators.secret] {
            assert!(rows.iter().all(|row| !format!("{row:?}").contains(secret)), "{name}");
        }
    }
}

#[tokio::test]
async fn a_medium_is_asked_for_agreed_to_and_written_with_the_code_as_well() {
    for machine in Machine::all().await {
        let (name, operators) = (machine.name, Operators::of(&machine).await);
        let independent = ["candidate", "add-independent", "aday-7", "--name", "Aday", "--place", "34"];
        assert!(machine.run(&independent).ok);
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
        let refused = operators.both(&machine, &write, "");
        assert!(!refused.ok && refused.err.contains("no operator"), "{name}: {refused:?}");
        let refused = operators.both(&machine, &write, &operators.unused_code(&machine).await);
        assert!(
            !refused.ok && refused.err.contains("approvals"),
            "{name}: with the code one gets further: {refused:?}"
        );
        let rows = machine.ledger.audit_after(0, 1000).await.unwrap();
        let refused = rows.iter().filter(|row| row.act.starts_with("export-") && row.reason == "unknown-credential");
        assert_eq!(refused.count(), 3, "{name}");
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
