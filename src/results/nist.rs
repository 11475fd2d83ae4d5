//! A second face: NIST SP 1500-100 version 2 (election results reporting), one report an il, for programs that know it.
//!
//! Each race is an election of its own in the report, because the ballots cast belong to a race. Objections and reasons have
//! no place in it. What was taken back is not in it, and a figure that was not typed has no element. A report holds one il,
//! so its rows are at hand together: the format wants counts choice by choice.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use jiff::civil::Date;

use super::text::{element, escape, time};
use super::{Answer, Row, Unit};
use crate::domain::{Choice, ChoiceKind, Race};

/// Namespace of the format.
pub const NAMESPACE: &str = "http://itl.nist.gov/ns/voting/1500-100/v2";

/// What a report is of.
#[derive(Clone, Debug)]
pub struct Report<'a> {
    /// The answer's election, position and time.
    pub answer: &'a Answer,
    /// The election's name.
    pub name: &'a str,
    /// Polling day.
    pub polling_date: Date,
    /// The il.
    pub il: &'a Unit,
    /// Whether every box of it has a result.
    pub complete: bool,
    /// Whether it is a rehearsal.
    pub rehearsal: bool,
    /// Current results.
    pub rows: &'a [Row],
}

/// Ids of the report's own: the registry's may hold letters that an XML id cannot.
struct Ids<'a> {
    places: BTreeMap<&'a str, usize>,
}

impl<'a> Ids<'a> {
    fn of(report: &Report<'a>) -> Self {
        let mut ids = BTreeSet::from([report.il.id.as_str()]);
        for row in report.rows {
            ids.extend([&row.place.ilce, &row.place.cevre].into_iter().flatten().map(|unit| unit.id.as_str()));
        }
        Self { places: ids.into_iter().enumerate().map(|(at, id)| (id, at + 1)).collect() }
    }

    fn place(&self, id: &str) -> String {
        format!("yer-{}", self.places.get(id).copied().unwrap_or(0))
    }
}

/// Writes a report.
pub fn write(out: &mut String, report: &Report<'_>) {
    let answer = report.answer;
    let current: Vec<&Row> = report.rows.iter().filter(|row| !row.result.void).collect();
    let ids = Ids::of(report);
    let _ = write!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ElectionReport xmlns=\"{NAMESPACE}\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n"
    );
    let mut races: BTreeMap<Race, Vec<&Row>> = BTreeMap::new();
    for row in &current {
        races.entry(row.result.race).or_default().push(row);
    }
    for (race, rows) in &races {
        election(out, report, &ids, *race, rows);
    }
    element(out, "Format", "precinct-level");
    element(out, "GeneratedDate", &time(answer.at, &answer.zone));
    units(out, report, &ids, &current);
    element(out, "Issuer", "Tutanak");
    element(out, "IssuerAbbreviation", "TUTANAK");
    element(out, "IsTest", if report.rehearsal { "true" } else { "false" });
    element(out, "Notes", &format!("konum={} kok={}", answer.position, hex::encode(answer.root)));
    parties(out, &current);
    element(out, "SequenceStart", "1");
    element(out, "SequenceEnd", "1");
    let corrected = current.iter().any(|row| row.result.version > 1);
    let status = match (report.complete, corrected) {
        (false, _) => "unofficial-partial",
        (true, true) => "correction",
        (true, false) => "unofficial-complete",
    };
    element(out, "Status", status);
    element(out, "VendorApplicationId", concat!("tutanak ", env!("CARGO_PKG_VERSION")));
    out.push_str("</ElectionReport>\n");
}

fn text(out: &mut String, name: &str, text: &str) {
    let _ = write!(out, "<{name}><Text Language=\"tr\">");
    escape(out, text);
    let _ = write!(out, "</Text></{name}>");
}

/// The contests of a race: one for each seçim çevresi, in each the rows whose ballot it is.
fn contests<'r>(report: &Report<'r>, rows: &[&'r Row]) -> BTreeMap<&'r str, (&'r Unit, Vec<&'r Row>)> {
    let mut contests: BTreeMap<&str, (&Unit, Vec<&Row>)> = BTreeMap::new();
    for row in rows {
        let unit = row.place.cevre.as_ref().unwrap_or(report.il);
        contests.entry(unit.id.as_str()).or_insert_with(|| (unit, Vec::new())).1.push(row);
    }
    contests
}

/// The choices of rows: of their ballots, and numbers that no ballot explains.
fn choices(rows: &[&Row]) -> BTreeMap<u16, Option<Choice>> {
    let mut choices: BTreeMap<u16, Option<Choice>> = BTreeMap::new();
    for row in rows {
        for no in row.result.figures.votes.keys() {
            choices.entry(*no).or_default();
        }
        for choice in row.ballot.iter().flat_map(|ballot| ballot.iter()) {
            choices.insert(choice.no, Some(choice.clone()));
        }
    }
    choices
}

/// Whether a choice is an organisation rather than a person or an answer.
fn is_party(choice: &Choice) -> bool {
    matches!(choice.kind, ChoiceKind::Party | ChoiceKind::Alliance)
}

fn box_id(row: &Row) -> String {
    format!("sandik-{}", row.result.box_id)
}

fn election(out: &mut String, report: &Report<'_>, ids: &Ids<'_>, race: Race, rows: &[&Row]) {
    out.push_str("<Election>\n");
    for row in rows {
        let figures = &row.result.figures;
        if figures.voted.is_none() && figures.invalid.is_none() {
            continue;
        }
        let _ = write!(out, "<BallotCounts><GpUnitId>{}</GpUnitId><Type>total</Type>", box_id(row));
        for (name, figure) in [("BallotsCast", figures.voted), ("BallotsRejected", figures.invalid)] {
            if let Some(figure) = figure {
                let _ = write!(out, "<{name}>{figure}</{name}>");
            }
        }
        out.push_str("</BallotCounts>\n");
    }
    let contests = contests(report, rows);
    for (at, (_, rows)) in contests.values().enumerate() {
        for (no, choice) in choices(rows) {
            if choice.as_ref().is_some_and(is_party) {
                continue;
            }
            let _ = write!(out, "<Candidate ObjectId=\"aday-{}-{at}-{no}\">", race.code());
            text(out, "BallotName", &choice.map_or_else(|| format!("{no}. seçenek"), |choice| choice.name));
            out.push_str("</Candidate>\n");
        }
    }
    for (at, (unit, rows)) in contests.values().enumerate() {
        contest(out, ids, race, at, unit, rows);
    }
    let _ = write!(out, "<ElectionScopeId>{}</ElectionScopeId>", ids.place(&report.il.id));
    text(out, "Name", report.name);
    let date = report.polling_date;
    let _ = writeln!(out, "<StartDate>{date}</StartDate><EndDate>{date}</EndDate><Type>general</Type></Election>");
}

fn contest(out: &mut String, ids: &Ids<'_>, race: Race, at: usize, unit: &Unit, rows: &[&Row]) {
    let code = race.code();
    let _ = writeln!(out, "<Contest xsi:type=\"CandidateContest\" ObjectId=\"yaris-{code}-{at}\">");
    for (order, (no, choice)) in choices(rows).into_iter().enumerate() {
        let party = choice.as_ref().filter(|choice| is_party(choice));
        let kind = if party.is_some() { "PartySelection" } else { "CandidateSelection" };
        let _ = write!(out, "<ContestSelection xsi:type=\"{kind}\" ObjectId=\"secenek-{code}-{at}-{no}\">");
        let _ = writeln!(out, "<SequenceOrder>{}</SequenceOrder>", order + 1);
        for row in rows {
            if let Some(votes) = row.result.figures.votes.get(&no) {
                let _ = writeln!(
                    out,
                    "<VoteCounts><GpUnitId>{}</GpUnitId><Type>total</Type><Count>{votes}</Count></VoteCounts>",
                    box_id(row)
                );
            }
        }
        match party {
            Some(party) => element(out, "PartyIds", &format!("parti-{}", party.id)),
            None => element(out, "CandidateIds", &format!("aday-{code}-{at}-{no}")),
        }
        out.push_str("</ContestSelection>\n");
    }
    let _ = write!(out, "<ElectionDistrictId>{}</ElectionDistrictId>", ids.place(&unit.id));
    element(out, "Name", &format!("{race}, {}", unit.name));
    let _ = writeln!(out, "<VotesAllowed>1</VotesAllowed></Contest>");
}

fn units(out: &mut String, report: &Report<'_>, ids: &Ids<'_>, rows: &[&Row]) {
    let mut boxes: BTreeMap<String, &Row> = BTreeMap::new();
    let mut inside: BTreeMap<&str, (&Unit, &str, BTreeSet<String>)> = BTreeMap::new();
    for row in rows {
        boxes.entry(box_id(row)).or_insert(row);
        for (unit, kind) in [(&row.place.ilce, "ilçe"), (&row.place.cevre, "seçim çevresi")] {
            if let Some(unit) = unit.as_ref().filter(|unit| unit.id != report.il.id) {
                inside.entry(&unit.id).or_insert_with(|| (unit, kind, BTreeSet::new())).2.insert(box_id(row));
            }
        }
    }
    let il = (report.il, "il", boxes.keys().cloned().collect());
    for (unit, kind, boxes) in std::iter::once(&il).chain(inside.values()) {
        let _ = write!(out, "<GpUnit xsi:type=\"ReportingUnit\" ObjectId=\"{}\">", ids.place(&unit.id));
        if !boxes.is_empty() {
            let all: Vec<&str> = boxes.iter().map(String::as_str).collect();
            element(out, "ComposingGpUnitIds", &all.join(" "));
        }
        external(out, kind, &unit.id);
        text(out, "Name", &unit.name);
        let _ = writeln!(out, "<Type>other</Type><OtherType>{kind}</OtherType></GpUnit>");
    }
    for (id, row) in boxes {
        let _ = write!(out, "<GpUnit xsi:type=\"ReportingUnit\" ObjectId=\"{id}\">");
        external(out, "sandık", row.result.box_id.as_str());
        let _ = write!(out, "<Number>{}</Number><Type>precinct</Type>", row.number);
        let figures = &row.result.figures;
        for (name, figure) in [("VotersParticipated", figures.voted), ("VotersRegistered", figures.registered)] {
            if let Some(figure) = figure {
                let _ = write!(out, "<{name}>{figure}</{name}>");
            }
        }
        out.push_str("</GpUnit>\n");
    }
}

fn external(out: &mut String, kind: &str, id: &str) {
    out.push_str("<ExternalIdentifier><Type>other</Type>");
    element(out, "OtherType", kind);
    element(out, "Value", id);
    out.push_str("</ExternalIdentifier>");
}

/// Parties and alliances; an alliance names its members.
fn parties(out: &mut String, rows: &[&Row]) {
    let mut parties: BTreeMap<&str, &Choice> = BTreeMap::new();
    for choice in rows.iter().flat_map(|row| row.ballot.iter()).flat_map(|ballot| ballot.iter()) {
        if is_party(choice) {
            parties.entry(&choice.id).or_insert(choice);
        }
    }
    for (id, choice) in &parties {
        let alliance = choice.kind == ChoiceKind::Alliance;
        let kind = if alliance { " xsi:type=\"Coalition\"" } else { "" };
        let _ = write!(out, "<Party{kind} ObjectId=\"parti-{id}\">");
        text(out, "Abbreviation", &choice.short_name);
        text(out, "Name", &choice.name);
        let member = |other: &&&Choice| alliance && other.alliance.as_deref() == Some(*id);
        let members: Vec<String> =
            parties.values().filter(member).map(|member| format!("parti-{}", member.id)).collect();
        if !members.is_empty() {
            element(out, "PartyIds", &members.join(" "));
        }
        out.push_str("</Party>\n");
    }
}
