//! Reading a result line. What is not exactly one is refused with a sentence that names the field.

use std::collections::BTreeMap;
use std::str::FromStr;

use jiff::Timestamp;

use super::json::Json;
use super::{BoxResult, ChangeReason, LARGEST, LONGEST_LINE};
use crate::domain::words::{self, BadWords};
use crate::domain::{BoxId, Figures, Race, Words};

/// Why a line is no result. The sentences are for election users.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadResult {
    /// Too long to be one.
    #[error("satır {0} bayt; en çok {LONGEST_LINE} bayt olabilir")]
    TooLong(usize),
    /// No JSON, or only the beginning of it.
    #[error("satır geçerli bir JSON değil ({0}. karakter civarında bozuluyor); yarım kalmış olabilir")]
    NotJson(usize),
    /// JSON, but no object.
    #[error("satır bir JSON nesnesi değil: {{\"box\":…}} bekleniyor")]
    NoObject,
    /// A field that no result has.
    #[error("bilinmeyen alan: \"{0}\"")]
    Unknown(String),
    /// A field that stands twice.
    #[error("\"{0}\" iki kez yazılmış; hangisinin geçerli olduğu bilinemez")]
    Twice(String),
    /// A field that every result has.
    #[error("\"{0}\" yazılmamış")]
    Missing(&'static str),
    /// A figure below zero.
    #[error("\"{0}\" sıfırdan küçük; oy ve seçmen sayıları eksi olamaz")]
    Negative(String),
    /// A number with a fraction or an exponent, or no number.
    #[error("\"{0}\" tam sayı değil; 0, 1, 2 … gibi yazılmış bir sayı bekleniyor")]
    NotWhole(String),
    /// A figure that no sheet can hold.
    #[error("\"{0}\" en çok {LARGEST} olabilir")]
    TooLarge(String),
    /// A number in the place of a race that is none.
    #[error("\"race\": {0} diye bir seçim türü yok; 2, 3, 4, 6, 7, 8 veya 9 bekleniyor")]
    Race(u64),
    /// What no box is called.
    #[error(
        "\"box\" bir sandık kimliği değil: en çok 7 rakamlı bir sayı ya da A–Z, a–z, 0–9, '-', '_', '.' ile yazılmış en çok 32 harf bekleniyor"
    )]
    Box,
    /// Versions begin at 1.
    #[error("\"version\" en az 1 olabilir")]
    Version,
    /// A number of the sheet that is none, or that has a field of its own.
    #[error("\"sheet\": tutanağın {0} numaralı satırı burada gönderilmez; 1, 2, 4, 5, 6, 10, 11, 12 ve 13 bekleniyor")]
    Sheet(String),
    /// A number in the place of a choice that is none.
    #[error("\"votes\": {0} bir seçenek numarası değil; 1, 2, 3 … gibi bir numara bekleniyor")]
    Choice(String),
    /// A value of another kind.
    #[error("\"{field}\" {expected} olmalı")]
    Kind {
        /// Which field.
        field: String,
        /// What it should be.
        expected: &'static str,
    },
    /// A time that is none.
    #[error(
        "\"typed_at\" bir zaman değil; 2023-05-15T11:20:07+03:00 gibi yazılmış, saat dilimi belli bir zaman bekleniyor"
    )]
    Time,
    /// A reason's text that is not taken.
    #[error("\"reason.text\" {0}")]
    Text(BadWords),
    /// Nothing was typed and nothing is taken back.
    #[error("satırda hiç rakam yok; sonuç geri alınıyorsa \"void\":true yazılmalı")]
    Nothing,
}

type Fields = Vec<(String, Json)>;

/// Reads one line.
pub(super) fn line(text: &str) -> Result<BoxResult, BadResult> {
    if text.len() > LONGEST_LINE {
        return Err(BadResult::TooLong(text.len()));
    }
    let value: Json = serde_json::from_str(text).map_err(|error| BadResult::NotJson(error.column()))?;
    let Json::Object(fields) = value else { return Err(BadResult::NoObject) };
    once(&fields, "")?;
    let mut read = Read::default();
    for (name, value) in fields {
        if value != Json::Null {
            read.field(&name, value)?;
        } else if !KNOWN.contains(&name.as_str()) {
            return Err(unknown(&name));
        }
    }
    read.result()
}

const KNOWN: [&str; 15] = [
    "box",
    "race",
    "version",
    "void",
    "reason",
    "typed_at",
    "counts",
    "registered",
    "voted",
    "valid_unobjected",
    "valid_objected",
    "valid",
    "invalid",
    "sheet",
    "votes",
];

#[derive(Default)]
struct Read {
    box_id: Option<BoxId>,
    race: Option<Race>,
    version: Option<u32>,
    void: bool,
    reason: Option<ChangeReason>,
    typed_at: Option<Timestamp>,
    counts: Option<u32>,
    figures: Figures,
}

impl Read {
    fn field(&mut self, name: &str, value: Json) -> Result<(), BadResult> {
        let figures = &mut self.figures;
        match name {
            "box" => self.box_id = Some(box_id(value)?),
            "race" => self.race = Some(race(&value)?),
            "version" => self.version = Some(whole(name, &value)?),
            "void" => self.void = boolean(name, &value)?,
            "reason" => self.reason = reason(value)?,
            "typed_at" => self.typed_at = Some(time(&value)?),
            "counts" => self.counts = Some(whole(name, &value)?),
            "registered" => figures.registered = Some(whole(name, &value)?),
            "voted" => figures.voted = Some(whole(name, &value)?),
            "valid_unobjected" => figures.valid_unobjected = Some(whole(name, &value)?),
            "valid_objected" => figures.valid_objected = Some(whole(name, &value)?),
            "valid" => figures.valid = Some(whole(name, &value)?),
            "invalid" => figures.invalid = Some(whole(name, &value)?),
            "sheet" => figures.sheet = numbered(name, value, |no| Figures::SHEET.contains(no), BadResult::Sheet)?,
            "votes" => figures.votes = numbered(name, value, |no| *no > 0, BadResult::Choice)?,
            _ => return Err(unknown(name)),
        }
        Ok(())
    }

    fn result(self) -> Result<BoxResult, BadResult> {
        let box_id = self.box_id.ok_or(BadResult::Missing("box"))?;
        let race = self.race.ok_or(BadResult::Missing("race"))?;
        let version = self.version.ok_or(BadResult::Missing("version"))?;
        if version == 0 {
            return Err(BadResult::Version);
        }
        if self.figures.is_empty() && !self.void {
            return Err(BadResult::Nothing);
        }
        Ok(BoxResult {
            box_id,
            race,
            version,
            void: self.void,
            reason: self.reason,
            typed_at: self.typed_at,
            counts: self.counts,
            figures: self.figures,
        })
    }
}

/// A name of the sender's as it can be shown in a sentence.
fn named(name: &str) -> String {
    words::shown_short(name, 40)
}

fn unknown(name: &str) -> BadResult {
    BadResult::Unknown(named(name))
}

fn once(fields: &Fields, within: &str) -> Result<(), BadResult> {
    let mut seen = std::collections::HashSet::with_capacity(fields.len());
    let twice = fields.iter().find(|(name, _)| !seen.insert(name.as_str()));
    twice.map_or(Ok(()), |(name, _)| Err(BadResult::Twice(format!("{within}{}", named(name)))))
}

fn whole(field: &str, value: &Json) -> Result<u32, BadResult> {
    let field = || field.to_owned();
    match value {
        Json::Whole(number) => {
            u32::try_from(*number).ok().filter(|number| *number <= LARGEST).ok_or_else(|| BadResult::TooLarge(field()))
        }
        Json::Negative => Err(BadResult::Negative(field())),
        Json::Number(number) if *number < 0.0 => Err(BadResult::Negative(field())),
        // An integer that is too large for the reader's own integers is told as what it is.
        Json::Number(number) if *number >= 18_446_744_073_709_551_615.0 => Err(BadResult::TooLarge(field())),
        _ => Err(BadResult::NotWhole(field())),
    }
}

fn boolean(field: &str, value: &Json) -> Result<bool, BadResult> {
    match value {
        Json::Bool(value) => Ok(*value),
        _ => Err(BadResult::Kind { field: field.to_owned(), expected: "true ya da false" }),
    }
}

fn box_id(value: Json) -> Result<BoxId, BadResult> {
    match value {
        Json::Whole(number) => BoxId::numeric(&number.to_string()).map_err(|_| BadResult::Box),
        Json::Text(text) => text.parse().map_err(|_| BadResult::Box),
        _ => Err(BadResult::Box),
    }
}

fn race(value: &Json) -> Result<Race, BadResult> {
    match value {
        Json::Whole(code) => {
            u8::try_from(*code).ok().and_then(|code| Race::try_from(code).ok()).ok_or(BadResult::Race(*code))
        }
        _ => Err(BadResult::Kind {
            field: "race".to_owned(),
            expected: "seçim türünün kodu (2, 3, 4, 6, 7, 8 veya 9)",
        }),
    }
}

fn time(value: &Json) -> Result<Timestamp, BadResult> {
    match value {
        Json::Text(text) => text.parse().map_err(|_| BadResult::Time),
        _ => Err(BadResult::Time),
    }
}

fn reason(value: Json) -> Result<Option<ChangeReason>, BadResult> {
    let Json::Object(fields) = value else {
        return Err(BadResult::Kind {
            field: "reason".to_owned(), expected: "{\"code\":…,\"text\":…} gibi bir nesne"
        });
    };
    once(&fields, "reason.")?;
    let mut reason = ChangeReason::default();
    for (name, value) in fields {
        match (name.as_str(), value) {
            ("code" | "text", Json::Null) => {}
            ("code", value) => {
                let code = whole("reason.code", &value)?;
                let large = |_| BadResult::Kind { field: "reason.code".to_owned(), expected: "en çok 65535" };
                reason.code = Some(u16::try_from(code).map_err(large)?);
            }
            ("text", Json::Text(text)) => {
                reason.text = Some(Words::new(&text).map_err(BadResult::Text)?.into());
            }
            ("text", _) => {
                return Err(BadResult::Kind { field: "reason.text".to_owned(), expected: "bir metin" });
            }
            _ => return Err(BadResult::Unknown(format!("reason.{}", named(&name)))),
        }
    }
    Ok(Some(reason).filter(|reason| *reason != ChangeReason::default()))
}

/// Figures by number. A number has one spelling, without leading zeros.
fn numbered<K: FromStr + Ord + ToString>(
    field: &str,
    value: Json,
    may: impl Fn(&K) -> bool,
    bad: impl Fn(String) -> BadResult,
) -> Result<BTreeMap<K, u32>, BadResult> {
    let Json::Object(fields) = value else {
        return Err(BadResult::Kind { field: field.to_owned(), expected: "{\"1\":…,\"2\":…} gibi bir nesne" });
    };
    once(&fields, &format!("{field}."))?;
    let mut figures = BTreeMap::new();
    for (name, value) in fields {
        let number = name.parse::<K>().ok().filter(|number| may(number) && number.to_string() == name);
        let number = number.ok_or_else(|| bad(named(&name)))?;
        if value != Json::Null {
            figures.insert(number, whole(&format!("{field}.{name}"), &value)?);
        }
    }
    Ok(figures)
}
