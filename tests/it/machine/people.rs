//! People of a party: by form and one by one, representatives and others, and what ends their sessions.

use jiff::Timestamp;
use tutanak::access::own_password;
use tutanak::access::passwords::Passwords;
use tutanak::ledger::sessions::{NewSession, Proof};

use super::Machine;

const OWN: &str = "yedi uyurlar mağarada";

impl Machine {
    fn import(&self, lines: &[&str]) -> super::Ended {
        let form = self.dir.path().join("form.csv");
        let text = format!("party;name;phone;email;ips;role\n{}\n", lines.join("\n"));
        std::fs::write(&form, text).unwrap();
        let slips = self.dir.path().join("slips");
        let (form, slips) = (form.to_str().unwrap(), slips.to_str().unwrap());
        self.run(&["user", "import", form, "--slips", slips, "--json"])
    }

    /// Begins a session of somebody who has chosen a password.
    async fn begin(&self, login: &str, n: u8) {
        let password = self.ledger.person_login(login).await.unwrap().unwrap().password;
        let (person, address, agent) = (login.to_owned(), "192.0.2.1".to_owned(), String::new());
        let ends_ms = Timestamp::now().as_millisecond() + 1_000_000;
        let new = NewSession { token: [n; 32], person, address, agent, began_ms: 1000 + i64::from(n), ends_ms };
        let proof = Proof { password, totp_step: None };
        assert!(self.ledger.session_begin(&new, &proof).await.unwrap());
    }

    async fn sessions(&self, login: &str) -> usize {
        self.ledger.sessions_of(login, 0, 0).await.unwrap().len()
    }
}

#[tokio::test]
async fn another_role_or_address_list_ends_that_persons_sessions_however_it_comes() {
    for machine in Machine::all().await {
        let name = machine.name;
        let add = ["party", "add", "isik", "--name", "Işık", "--from", "192.0.2.0/28", "--json"];
        machine.run(&add).json();
        let ayse = |ips: &str, role: &str| format!("isik;Ayşe Öz;05321234567;ayse@a.tr;{ips};{role}");
        let ali = "isik;Ali Ak;05321234568;ali@a.tr;;kullanıcı";
        assert!(machine.import(&[&ayse("", "kullanıcı"), ali]).ok);
        for login in ["isik-2", "isik-3"] {
            let slip = machine.run(&["user", "new-slip", login, "--json"]).json();
            let slip = slip["password"].as_str().unwrap();
            own_password::change(&machine.ledger, &Passwords::new(), login, slip, OWN, Timestamp::now()).await.unwrap();
        }
        let mut n = 0;
        let mut both = async || {
            n += 2;
            for (login, n) in [("isik-2", n), ("isik-3", n + 1)] {
                machine.begin(login, n).await;
            }
        };
        let left = async || (machine.sessions("isik-2").await, machine.sessions("isik-3").await);

        both().await;
        assert!(machine.import(&[&ayse("", "kullanıcı"), ali]).ok);
        assert_eq!(left().await, (1, 1), "{name}: the same form again changes nothing");
        assert!(machine.import(&[&ayse("", "temsilci"), ali]).ok);
        assert_eq!(left().await, (0, 1), "{name}: another role by a form");
        assert!(machine.run(&["user", "set-role", "isik-3", "user"]).ok);
        assert_eq!(left().await, (0, 1), "{name}: the same role again changes nothing");
        assert!(machine.run(&["user", "set-role", "isik-3", "representative"]).ok);
        assert_eq!(left().await, (0, 0), "{name}: another role by the command");
        assert_eq!(machine.run(&["user", "show", "isik-3", "--json"]).json()["role"], "representative");

        both().await;
        assert!(machine.import(&[&ayse("192.0.2.0/28", "temsilci")]).ok);
        assert_eq!(left().await, (1, 1), "{name}: the same list again changes nothing");
        assert!(machine.import(&[&ayse("192.0.2.7", "temsilci")]).ok);
        assert_eq!(left().await, (0, 0), "{name}: another list by a form");
        both().await;
        assert!(machine.run(&["party", "set-addresses", "isik", "192.0.2.9"]).ok);
        assert_eq!(left().await, (0, 0), "{name}: another list by the command");

        both().await;
        assert!(machine.run(&["user", "passivate", "isik-2"]).ok);
        assert_eq!(left().await, (0, 1), "{name}");
        assert!(machine.run(&["user", "new-slip", "isik-3", "--json"]).ok);
        assert_eq!(left().await, (0, 0), "{name}: a new slip");
        assert!(!machine.run(&["user", "set-role", "kimse", "user"]).ok);
        assert!(!machine.run(&["user", "set-role", "isik-2", "kral"]).ok);
        assert_eq!(machine.commands("isik-3 user set-role isik-3 representative").await.len(), 1, "{name}");
        assert_eq!(
            machine.commands("isik-2 user import ").await.len(),
            5,
            "{name}: each form has a row for each person"
        );
    }
}

#[tokio::test]
async fn only_a_new_form_brings_back_whom_an_election_made_passive() {
    for machine in Machine::all().await {
        let name = machine.name;
        machine.run(&["party", "add", "isik", "--name", "Işık", "--from", "192.0.2.0/28", "--json"]).json();
        let person = ["--name", "Ayşe Öz", "--phone", "05321234567", "--email", "ayse@a.tr", "--json"];
        let add = [&["user", "add", "isik"], &person[..]].concat();
        let slip = machine.run(&add).json();
        assert_eq!(slip["login"], "isik-2", "{name}");
        let again = machine.run(&add);
        assert!(!again.ok && again.err.contains("ayse@a.tr"), "{name}: {again:?}");
        assert!(!machine.run(&["user", "passivate-all"]).ok, "it has to be meant");
        let passive = machine.run(&["user", "passivate-all", "--before-election", "--json"]).json();
        assert_eq!(passive, serde_json::json!(["isik-2"]), "{name}");
        assert!(!machine.run(&["user", "activate", "isik-2"]).ok, "{name}");
        assert!(!machine.run(&add).ok, "{name}: nor by being added again");
        assert_eq!(machine.run(&["user", "show", "isik-2", "--json"]).json()["active"], false);
        assert!(machine.import(&["isik;Ayşe Öz;05321234567;ayse@a.tr;;"]).ok);
        let list = machine.run(&["user", "list", "--account", "isik", "--json"]).json();
        let active: Vec<bool> =
            list.as_array().unwrap().iter().map(|person| person["active"].as_bool().unwrap()).collect();
        assert_eq!(active, [true, true], "{name}");
        assert!(machine.run(&["user", "passivate", "isik-2"]).ok && machine.run(&["user", "activate", "isik-2"]).ok);
        assert!(machine.run(&["user", "form"]).out.contains("Siyasi parti"));
        assert_eq!(machine.commands("isik-2 user passivate-all").await.len(), 1, "{name}");
    }
}
