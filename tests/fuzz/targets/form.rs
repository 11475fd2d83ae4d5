//! A request form: whatever file comes, no panic and bounded memory; and what is taken names only parties there are, nobody
//! twice, at most ten of a party, and nothing that a spreadsheet would take for a formula but telephone numbers.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use tutanak::people::request_form;
use tutanak::ledger::secrets::Account;

fuzz_target!(|bytes: &[u8]| {
    let account = |id: &str, name: &str| Account {
        id: id.into(),
        kind: "party".into(),
        name: name.into(),
        place: None,
        addresses: String::new(),
        opens_with: "parties-open".into(),
        active: true,
    };
    let accounts = [account("a", "A Partisi"), account("b", "B Partisi")];
    let Ok(form) = request_form::read(bytes, &accounts, &[]) else { return };
    let (mut each, mut emails) = (BTreeMap::new(), Vec::new());
    for person in &form.people {
        assert!(["a", "b"].contains(&person.account.as_str()));
        *each.entry(&person.account).or_insert(0) += 1;
        emails.push(person.email.as_str());
        for text in [person.name.as_str(), person.email.as_str()] {
            assert!(!text.starts_with(['=', '+', '-', '@', '\t', '\r']) && !text.contains(char::is_control));
        }
        assert!(person.phone.as_str()[1..].bytes().all(|digit| digit.is_ascii_digit()));
    }
    assert!(each.values().all(|count| *count <= 10));
    emails.sort_unstable();
    let all = emails.len();
    emails.dedup();
    assert_eq!(emails.len(), all);
});
