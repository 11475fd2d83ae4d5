//! Results as XML: namespace `urn:tutanak:sonuc:1`, described by [`SCHEMA`]. Elements are only ever added to it, and readers
//! pass over what they do not know. A figure that was not typed has no element.

use std::fmt::Write as _;

use super::text::{attribute, element, escape, time};
use super::{Answer, Row};
use crate::domain::figures::checks;
use crate::domain::{Choice, ChoiceKind, PlaceId, Race};

/// The namespace, for ever.
pub const NAMESPACE: &str = "urn:tutanak:sonuc:1";

/// XML Schema 1.0 with a word about every element.
pub const SCHEMA: &str = include_str!("sonuc.xsd");

/// Writes the beginning: the root and the ballots that the rows refer to, each with the race and the constituency.
pub fn begin<'a>(
    out: &mut String,
    answer: &Answer,
    ballots: impl IntoIterator<Item = (Race, Option<&'a PlaceId>, &'a [Choice])>,
) {
    out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Sonuclar");
    attribute(out, "xmlns", NAMESPACE);
    attribute(out, "surum", "1.0");
    attribute(out, "secim", &answer.election);
    if let Some(race) = answer.race {
        attribute(out, "tur", &race.code().to_string());
    }
    attribute(out, "konum", &answer.position.to_string());
    attribute(out, "zaman", &time(answer.at, &answer.zone));
    attribute(out, "kok", &hex::encode(answer.root));
    out.push_str(">\n");
    for (race, constituency, choices) in ballots {
        out.push_str("<Basliklar");
        attribute(out, "tur", &race.code().to_string());
        if let Some(constituency) = constituency {
            attribute(out, "cevre", constituency.as_str());
        }
        out.push_str(">\n");
        for choice in choices {
            named_choice(out, choice, choices);
        }
        out.push_str("</Basliklar>\n");
    }
}

fn named_choice(out: &mut String, choice: &Choice, ballot: &[Choice]) {
    out.push_str("<Secenek");
    attribute(out, "no", &choice.no.to_string());
    attribute(out, "cins", choice.kind.slug());
    attribute(out, "kimlik", &choice.id);
    attribute(out, "kisaAd", &choice.short_name);
    attribute(out, "ad", &choice.name);
    if let Some(alliance) = &choice.alliance {
        attribute(out, "ittifak", alliance);
    }
    if choice.kind == ChoiceKind::Alliance {
        let member = |other: &&Choice| other.alliance.as_ref() == Some(&choice.id);
        let members: Vec<String> = ballot.iter().filter(member).map(|member| member.no.to_string()).collect();
        attribute(out, "uyeleri", &members.join(" "));
    }
    out.push_str("/>\n");
}

/// Writes one row.
pub fn row(out: &mut String, row: &Row, answer: &Answer) {
    let result = &row.result;
    out.push_str("<Sandik");
    attribute(out, "konum", &row.position.to_string());
    attribute(out, "zaman", &time(row.at, &answer.zone));
    attribute(out, "kimlik", result.box_id.as_str());
    attribute(out, "no", &row.number.to_string());
    attribute(out, "tur", &result.race.code().to_string());
    attribute(out, "sandikTuru", &u8::from(row.kind).to_string());
    for (level, unit) in row.place.levels() {
        if let Some(unit) = unit {
            attribute(out, level, &unit.id);
        }
    }
    attribute(out, "surum", &result.version.to_string());
    if result.void {
        attribute(out, "geriAlindi", "true");
    }
    out.push('>');
    for (level, unit) in row.place.levels() {
        if let Some(unit) = unit {
            out.push_str("<Yer");
            attribute(out, "duzey", level);
            out.push('>');
            escape(out, &unit.name);
            out.push_str("</Yer>");
        }
    }
    if let Some(reason) = &result.reason {
        out.push_str("<Neden");
        if let Some(code) = reason.code {
            attribute(out, "kod", &code.to_string());
        }
        out.push('>');
        escape(out, &row.reason().unwrap_or_default());
        out.push_str("</Neden>");
    }
    if let Some(at) = result.typed_at {
        element(out, "GirisZamani", &time(at, &answer.zone));
    }
    if let Some(counts) = result.counts {
        element(out, "SayimSayisi", &counts.to_string());
    }
    figures(out, row);
    out.push_str("</Sandik>\n");
}

fn figures(out: &mut String, row: &Row) {
    const NAMES: [&str; 6] = ["Secmen", "OyKullanan", "ItirazsizGecerli", "ItirazliGecerli", "Gecerli", "Gecersiz"];
    let figures = &row.result.figures;
    for (name, (_, figure)) in NAMES.into_iter().zip(figures.named()) {
        if let Some(figure) = figure {
            let _ = write!(out, "<{name}>{figure}</{name}>");
        }
    }
    for (no, figure) in &figures.sheet {
        let _ = write!(out, "<Satir no=\"{no}\">{figure}</Satir>");
    }
    for (no, votes) in &figures.votes {
        let _ = write!(out, "<Oy no=\"{no}\"");
        if let Some(choice) = row.choice(*no) {
            attribute(out, "cins", choice.kind.slug());
            attribute(out, "kimlik", &choice.id);
            attribute(out, "ad", &choice.short_name);
        }
        let _ = write!(out, ">{votes}</Oy>");
    }
    // What was taken back contradicts nothing.
    if !row.result.void {
        for check in checks(figures) {
            let _ = write!(out, "<Dikkat kod=\"{}\"/>", check.name());
        }
    }
}

/// Writes the end.
pub fn end(out: &mut String) {
    out.push_str("</Sonuclar>\n");
}
