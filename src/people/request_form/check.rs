//! Rows of cells as people: every line is looked at, and every mistake is told.

use std::collections::BTreeMap;

use ipnet::IpNet;

use super::sheet::{Cell, Row};
use super::{Form, FormError, Mistake};
use crate::access::addresses;
use crate::domain::naming::slug;
use crate::domain::person::{BadDetail, Email, Role, SEATS};
use crate::domain::words::shown_short;
use crate::ledger::people::Person;
use crate::ledger::secrets::Account;
use crate::people::Wanted;

/// Mistakes that are told at most; a form with more is the wrong file.
const MISTAKES: usize = 500;

/// The columns, with the headers they may have, folded by [`slug`].
const COLUMNS: [(Column, &[&str]); 6] = [
    (Column::Party, &["siyasi-parti", "parti", "parti-adi", "siyasi-parti-adi", "siyasi-parti-aday", "aday", "party"]),
    (Column::Name, &["adi-soyadi", "ad-soyad", "adi-ve-soyadi", "ad-soyadi", "isim", "name"]),
    (Column::Phone, &["telefon", "telefon-no", "telefonu", "cep-telefonu", "telefon-numarasi", "phone"]),
    (Column::Email, &["e-posta", "eposta", "e-posta-adresi", "e-mail", "email", "mail"]),
    (
        Column::Addresses,
        &["sabit-ip-adresleri", "sabit-ip-adresi", "ip-adresleri", "ip-adresi", "sabit-ip", "ip", "ips"],
    ),
    (Column::Role, &["gorev", "gorevi", "rol", "role", "yetki"]),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Party,
    Name,
    Phone,
    Email,
    Addresses,
    Role,
}

impl Column {
    /// The header that the empty form has.
    fn turkish(self) -> &'static str {
        match self {
            Self::Party => "Siyasi parti",
            Self::Name => "Adı soyadı",
            Self::Phone => "Telefon",
            Self::Email => "E-posta",
            Self::Addresses => "Sabit IP adresleri",
            Self::Role => "Görev",
        }
    }
}

#[derive(Default)]
struct Mistakes(Vec<Mistake>);

impl Mistakes {
    fn add(&mut self, line: usize, text: impl Into<String>) {
        let mistake = Mistake { line, text: text.into() };
        if self.0.len() < MISTAKES && !self.0.contains(&mistake) {
            self.0.push(mistake);
        }
    }

    /// What was read, or none and a mistake.
    fn take<T>(&mut self, line: usize, read: Result<T, BadDetail>) -> Option<T> {
        read.map_err(|BadDetail(text)| self.add(line, text)).ok()
    }
}

pub(super) fn check(rows: Vec<Row>, accounts: &[Account], people: &[Person]) -> Result<Form, FormError> {
    let mut mistakes = Mistakes::default();
    let mut rows = rows.into_iter();
    let header = rows.next().map(|row| columns(&row, &mut mistakes)).unwrap_or_default();
    if !mistakes.0.is_empty() {
        return Err(FormError::Mistakes(mistakes.0)); // without its columns every line would be wrong
    }
    let parties: Vec<&Account> =
        accounts.iter().filter(|account| matches!(account.kind.as_str(), "party" | "candidate")).collect();
    let mut wanted: Vec<(usize, Wanted)> = Vec::new();
    let mut addresses: BTreeMap<String, Vec<IpNet>> = BTreeMap::new();
    for row in rows {
        line(&row, &header, &parties, &mut wanted, &mut addresses, &mut mistakes);
    }
    if wanted.is_empty() && mistakes.0.is_empty() {
        mistakes.add(1, "başlıkların altında kimse yok");
    }
    unique(&wanted, &mut mistakes);
    seats(&wanted, people, &mut mistakes);
    if !mistakes.0.is_empty() {
        mistakes.0.sort_by_key(|mistake| mistake.line);
        return Err(FormError::Mistakes(mistakes.0));
    }
    let list = |ranges: Vec<IpNet>| ranges.iter().map(IpNet::to_string).collect::<Vec<_>>().join(" ");
    let addresses = addresses.into_iter().filter(|(_, ranges)| !ranges.is_empty());
    Ok(Form {
        people: wanted.into_iter().map(|(_, person)| person).collect(),
        addresses: addresses.map(|(account, ranges)| (account, list(ranges))).collect(),
    })
}

/// Which column stands where.
fn columns(header: &Row, mistakes: &mut Mistakes) -> Vec<Option<Column>> {
    if let Some(instead) = no_header(header) {
        mistakes.add(header.line, instead);
        return Vec::new();
    }
    let mut found: Vec<Option<Column>> = Vec::new();
    for cell in &header.cells {
        let Cell::Text(text) = cell else {
            mistakes.add(header.line, "başlık satırında formül var");
            continue;
        };
        let name = slug(text);
        let column = COLUMNS.iter().find(|(_, names)| names.contains(&name.as_str())).map(|(column, _)| *column);
        match column {
            None if name.is_empty() => found.push(None),
            None => {
                mistakes.add(header.line, format!("{text:?} diye bir sütun yok"));
                found.push(None);
            }
            Some(column) if found.contains(&Some(column)) => {
                mistakes.add(header.line, format!("{text:?} sütunu iki kez var"));
                found.push(None);
            }
            column => found.push(column),
        }
    }
    for (column, _) in COLUMNS {
        if !found.contains(&Some(column)) && column != Column::Role {
            mistakes.add(header.line, format!("{:?} sütunu yok", column.turkish()));
        }
    }
    found
}

/// What stands where the names of the columns should, if none of them is there: said once, and not once for each column.
fn no_header(row: &Row) -> Option<String> {
    let texts = row.cells.iter().filter_map(|cell| match cell {
        Cell::Text(text) if !text.trim().is_empty() => Some(text.trim()),
        _ => None,
    });
    let texts: Vec<&str> = texts.collect();
    let known = |text: &&str| COLUMNS.iter().any(|(_, names)| names.contains(&slug(text).as_str()));
    if texts.is_empty() || texts.iter().any(known) {
        return None;
    }
    let names: Vec<String> = COLUMNS.iter().map(|(_, names)| names[0].replace('-', " ")).collect();
    let first = shown_short(texts[0], 60);
    let what = match texts.as_slice() {
        [_] => format!("bu bir başlık (tablo adı) satırı: {first:?}; o satırı silin,"),
        _ => format!("bu satırda sütun adları yok ({first:?} ile başlıyor);"),
    };
    Some(format!("{what} ilk satırda sütun adları olmalı: {}", names.join(", ")))
}

fn line(
    row: &Row,
    header: &[Option<Column>],
    parties: &[&Account],
    wanted: &mut Vec<(usize, Wanted)>,
    addresses: &mut BTreeMap<String, Vec<IpNet>>,
    mistakes: &mut Mistakes,
) {
    let line = row.line;
    if row.cells.contains(&Cell::Formula) {
        return mistakes.add(line, "bir hücrede formül var; formüller hesaplanmaz, değeri yazın");
    }
    let text = |wanted: Column| {
        let at = header.iter().position(|column| *column == Some(wanted));
        match at.and_then(|at| row.cells.get(at)) {
            Some(Cell::Text(text)) => text.trim(),
            _ => "",
        }
    };
    let extra = row.cells.iter().zip(header.iter().map(Some).chain(std::iter::repeat(None)));
    if extra.into_iter().any(|(cell, column)| !matches!(column, Some(Some(_))) && *cell != Cell::Text(String::new())) {
        mistakes.add(line, "başlığı olmayan bir sütunda yazı var");
    }
    let party = party(text(Column::Party), parties).map_err(|text| mistakes.add(line, text)).ok();
    let name = mistakes.take(line, text(Column::Name).parse());
    let phone = mistakes.take(line, text(Column::Phone).parse());
    let email: Option<Email> = mistakes.take(line, text(Column::Email).parse());
    let role = role(text(Column::Role)).map_err(|text| mistakes.add(line, text)).ok();
    let mut ranges = Vec::new();
    for word in text(Column::Addresses).split([' ', ',', ';', '\n', '\r', '\t']).filter(|word| !word.is_empty()) {
        match addresses::range(word).and_then(addresses::reported) {
            Ok(range) => ranges.push(range),
            Err(bad) => mistakes.add(line, bad.turkish()),
        }
    }
    let (Some(party), Some(name), Some(phone), Some(email), Some(role)) = (party, name, phone, email, role) else {
        return;
    };
    let list = addresses.entry(party.id.clone()).or_default();
    list.extend(ranges);
    list.sort();
    list.dedup();
    wanted.push((line, Wanted { account: party.id.clone(), role, name, phone, email }));
}

fn party<'a>(text: &str, parties: &[&'a Account]) -> Result<&'a Account, String> {
    if text.is_empty() {
        return Err("siyasi parti yazılmamış".to_owned());
    }
    let folded = slug(text);
    let found = parties.iter().find(|party| party.id == text || slug(&party.name) == folded);
    match found {
        Some(party) if !party.active => Err(format!("{text:?} pasif durumda")),
        Some(party) => Ok(party),
        None => Err(format!("{text:?} tanımlı değil; önce tanımlanmalı (tutanak party add)")),
    }
}

fn role(text: &str) -> Result<Role, String> {
    match slug(text).as_str() {
        "" | "kullanici" | "user" => Ok(Role::User),
        "temsilci" | "parti-temsilcisi" | "representative" => Ok(Role::Representative),
        _ => Err(format!("görev \"temsilci\" ya da \"kullanıcı\" olabilir: {text:?}")),
    }
}

/// Nobody twice.
fn unique(wanted: &[(usize, Wanted)], mistakes: &mut Mistakes) {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (line, person) in wanted {
        let email = person.email.as_str();
        match seen.get(email) {
            Some(first) => mistakes.add(*line, format!("{email} {first}. satırda da var")),
            None => {
                seen.insert(email, *line);
            }
        }
    }
}

/// No eleventh: those of the form, and those who are active already and not in it.
fn seats(wanted: &[(usize, Wanted)], people: &[Person], mistakes: &mut Mistakes) {
    let mut taken: BTreeMap<&str, usize> = BTreeMap::new();
    for person in people.iter().filter(|person| person.seat.is_some()) {
        let named =
            wanted.iter().any(|(_, wanted)| wanted.account == person.account && wanted.email.as_str() == person.email);
        *taken.entry(&person.account).or_default() += usize::from(!named);
    }
    for (line, person) in wanted {
        let count = taken.entry(&person.account).or_default();
        *count += 1;
        if *count > SEATS {
            mistakes.add(*line, format!("{} için {count}. kullanıcı; en çok {SEATS} olabilir", person.account));
        }
    }
}
