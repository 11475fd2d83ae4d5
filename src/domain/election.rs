//! An election as its file describes it: what is voted on, when, where the clock stands, and how codes are made by rule.

mod results;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::ballot_box::BOX_ID_DIGITS;
use super::{BoxId, FormKind, Karekod, Race, RaceSet, naming, words};

pub use results::{AllianceShare, Deadline, ResultSettings, Stage};

/// The fields of `election.toml`, as they are written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElectionFile {
    /// Short name of the election, for example `yerel-2024`. A database serves one election and keeps its id.
    pub id: String,
    /// The name that election users know.
    pub name: String,
    /// Polling day.
    pub polling_date: Date,
    /// IANA name of the zone in which polling day and gates are told, for example `Europe/Istanbul`.
    pub time_zone: String,
    /// What is voted on, in the order in which people list it.
    pub races: Vec<Race>,
    /// When what opens.
    #[serde(default)]
    pub gates: Gates,
    /// How codes follow from box ids.
    #[serde(default)]
    pub code_rule: Vec<CodeRule>,
    /// Box results: reasons, deadlines, alliances. A file without it stays the same JSON that it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub results: Option<ResultSettings>,
}

/// Times of polling day, local.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gates {
    /// From when parties may see results and images: 17:00 (2019 circular, karar 1422).
    pub parties_open: Time,
}

impl Default for Gates {
    fn default() -> Self {
        Self { parties_open: Time::constant(17, 0, 0, 0) }
    }
}

/// A code made by rule: the prefix, the race's digit, the seven digits of the box id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeRule {
    /// What the code begins with: 1 to 16 digits.
    pub prefix: String,
    /// Which sheet of the box it names: `sonuc` or `cetvel`.
    pub kind: FormKind,
    /// Whether another scan of the form is a further page rather than a new revision.
    #[serde(default)]
    pub many_pages: bool,
}

impl CodeRule {
    /// The code of a box's sheet for `race`. None where the box id is not numeric.
    pub fn code(&self, race: Race, box_id: &BoxId) -> Option<Karekod> {
        format!("{}{}{box_id}", self.prefix, race.code()).parse().ok()
    }
}

/// A sound election: every rule about its fields holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Election {
    file: ElectionFile,
    zone: TimeZone,
    parties_open: Timestamp,
}

/// What is wrong with one field of an election's file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {cause}")]
pub struct BadField {
    /// The field's name in the file.
    pub field: &'static str,
    /// What is wrong with it.
    pub cause: String,
}

impl Election {
    /// Checks every field and returns all that is wrong.
    pub fn new(file: ElectionFile) -> Result<Self, Vec<BadField>> {
        let mut bad = Vec::new();
        let mut wrong = |field, cause: String| bad.push(BadField { field, cause });
        if !naming::is_slug(&file.id) || file.id.len() > 48 {
            wrong("id", "1 to 48 of a–z, 0–9 and single '-' are expected".to_owned());
        }
        if file.name.trim().is_empty() || file.name.len() > 200 {
            wrong("name", "a name of at most 200 bytes is expected".to_owned());
        } else if let Err(hidden) = words::check(&file.name) {
            wrong("name", format!("a name without such characters is expected: {hidden}"));
        }
        if file.races.is_empty() {
            wrong("races", "at least one seçim türü is expected".to_owned());
        }
        if file.races.iter().collect::<std::collections::BTreeSet<_>>().len() < file.races.len() {
            wrong("races", "a seçim türü is named twice".to_owned());
        }
        for (at, rule) in file.code_rule.iter().enumerate() {
            if !(1..=16).contains(&rule.prefix.len()) || !rule.prefix.bytes().all(|b| b.is_ascii_digit()) {
                wrong("prefix", format!("{:?} is no prefix: 1 to 16 digits are expected", rule.prefix));
            }
            // Codes of other lengths cannot meet, and those of one length differ by their prefix.
            if file.code_rule[..at].iter().any(|other| other.prefix == rule.prefix) {
                wrong("prefix", format!("two rules begin with {}, so one code would name two sheets", rule.prefix));
            }
            if !rule.kind.belongs_to_a_box() {
                wrong("kind", format!("{} is no box's sheet: a rule can make sonuc or cetvel", rule.kind.slug()));
            }
        }
        for BadField { field, cause } in file.results.iter().flat_map(|results| results.wrong(&file.races)) {
            wrong(field, cause);
        }
        let opens = opening(&file);
        if let Err(cause) = &opens {
            wrong("time_zone", cause.clone());
        }
        match opens {
            Ok((zone, parties_open)) if bad.is_empty() => Ok(Self { file, zone, parties_open }),
            _ => Err(bad),
        }
    }

    /// The file's fields.
    pub fn file(&self) -> &ElectionFile {
        &self.file
    }

    /// Short name of the election.
    pub fn id(&self) -> &str {
        &self.file.id
    }

    /// The name that election users know.
    pub fn name(&self) -> &str {
        &self.file.name
    }

    /// What is voted on.
    pub fn races(&self) -> RaceSet {
        self.file.races.iter().copied().collect()
    }

    /// How codes follow from box ids.
    pub fn code_rules(&self) -> &[CodeRule] {
        &self.file.code_rule
    }

    /// What its file says about box results; where it says nothing, joint votes are shared on the sums of an ilçe.
    pub fn results(&self) -> ResultSettings {
        self.file.results.clone().unwrap_or_default()
    }

    /// What a reason code means, in the words that election users read. None for a code that is not in the table.
    pub fn reason_text(&self, code: u16) -> Option<&str> {
        self.file.results.as_ref()?.reason_text(code)
    }

    /// Until when the results of a race can be objected to, stage by stage.
    pub fn deadlines(&self, race: Race) -> Vec<(Stage, Timestamp)> {
        let all = self.file.results.iter().flat_map(|results| &results.deadline);
        let of_race = all.filter(|deadline| deadline.race == race);
        // A time that no clock ever shows is taken as the one that it would have shown.
        let at = |until: jiff::civil::DateTime| until.to_zoned(self.zone()).ok().map(|at| at.timestamp());
        of_race.filter_map(|deadline| Some((deadline.stage, at(deadline.until)?))).collect()
    }

    /// The zone in which people are told times.
    pub fn zone(&self) -> TimeZone {
        self.zone.clone()
    }

    /// From when parties may see anything at all.
    pub fn parties_open(&self) -> Timestamp {
        self.parties_open
    }

    /// Reads a box id as this election spells them: by rule they are numbers, else any short name.
    pub fn box_id(&self, text: &str) -> Result<BoxId, super::ballot_box::BadBoxId> {
        if self.file.code_rule.is_empty() { text.parse() } else { BoxId::numeric(text) }
    }

    /// What a code made by rule says, if it has the shape of one: the rule, the digit of the race, the box id.
    pub fn by_rule<'a>(&'a self, code: &'a str) -> Option<(&'a CodeRule, Race, &'a str)> {
        self.file.code_rule.iter().find_map(|rule| {
            let rest = code.strip_prefix(&rule.prefix)?;
            let (race, id) = rest.split_at_checked(1)?;
            let race = Race::try_from(race.parse::<u8>().ok()?).ok()?;
            (id.len() == BOX_ID_DIGITS).then_some((rule, race, id))
        })
    }
}

fn opening(file: &ElectionFile) -> Result<(TimeZone, Timestamp), String> {
    let zone = TimeZone::get(&file.time_zone)
        .map_err(|_| format!("no time zone is called {:?}: Europe/Istanbul is Türkiye's", file.time_zone))?;
    let local = file.polling_date.to_datetime(file.gates.parties_open);
    let opens = local.to_zoned(zone.clone()).map_err(|_| "no clock ever shows this date and time".to_owned())?;
    Ok((zone, opens.timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> ElectionFile {
        ElectionFile {
            id: "yerel-2014".into(),
            name: "30 Mart 2014".into(),
            polling_date: Date::constant(2014, 3, 30),
            time_zone: "Europe/Istanbul".into(),
            races: vec![Race::MetropolitanMayor, Race::Mayor],
            gates: Gates::default(),
            code_rule: vec![CodeRule { prefix: "10".into(), kind: FormKind::Sonuc, many_pages: false }],
            results: None,
        }
    }

    #[test]
    fn parties_may_look_from_five_o_clock_of_istanbul() {
        // In 2014 the clocks changed a day late because of the election, so that Istanbul was still two hours ahead.
        assert_eq!(Election::new(file()).unwrap().parties_open().to_string(), "2014-03-30T15:00:00Z");
        let later = ElectionFile { polling_date: Date::constant(2024, 3, 31), ..file() };
        assert_eq!(Election::new(later).unwrap().parties_open().to_string(), "2024-03-31T14:00:00Z");
        // In 2015 summer time went on for two weeks longer, again because of an election.
        for (date, opens) in [
            (Date::constant(2015, 6, 7), "2015-06-07T14:00:00Z"),
            (Date::constant(2015, 11, 1), "2015-11-01T14:00:00Z"),
            (Date::constant(2015, 11, 15), "2015-11-15T15:00:00Z"),
            (Date::constant(2023, 5, 14), "2023-05-14T14:00:00Z"),
            (Date::constant(2028, 12, 31), "2028-12-31T14:00:00Z"),
        ] {
            let election = Election::new(ElectionFile { polling_date: date, ..file() }).unwrap();
            assert_eq!(election.parties_open().to_string(), opens);
        }
    }

    #[test]
    fn all_that_is_wrong_is_said_at_once() {
        let rule = |prefix: &str, kind| CodeRule { prefix: prefix.into(), kind, many_pages: false };
        let bad = ElectionFile {
            id: "Yerel 2014".into(),
            name: " ".into(),
            time_zone: "Europe/Ankara".into(),
            races: vec![Race::Mayor, Race::Mayor],
            code_rule: vec![rule("10", FormKind::Sonuc), rule("10", FormKind::Denetim), rule("1x", FormKind::Cetvel)],
            ..file()
        };
        let fields: Vec<_> = Election::new(bad).unwrap_err().into_iter().map(|bad| bad.field).collect();
        assert_eq!(fields, ["id", "name", "races", "prefix", "kind", "prefix", "time_zone"]);
    }

    #[test]
    fn a_rule_makes_a_code_and_reads_it_back() {
        let election = Election::new(file()).unwrap();
        let id = election.box_id("42").unwrap();
        let code = election.code_rules()[0].code(Race::Mayor, &id).unwrap();
        assert_eq!(code.as_str(), "1020000042");
        let (rule, race, box_id) = election.by_rule(code.as_str()).unwrap();
        assert_eq!((rule.prefix.as_str(), race, box_id), ("10", Race::Mayor, "0000042"));
        for other in ["1050000042", "102000042", "10200000420", "2020000042", "10"] {
            assert_eq!(election.by_rule(other), None, "{other}");
        }
    }

    #[test]
    fn what_is_said_about_results_is_checked_and_read_back() {
        let results: ResultSettings = toml::from_str(
            "alliance_share = \"constituency\"\n[reasons]\n3 = \"İlçe seçim kurulu kararı\"\n\
             [[deadline]]\nrace = 2\nstage = \"ilce\"\nuntil = \"2014-04-01T15:00:00\"\n",
        )
        .unwrap();
        let election = Election::new(ElectionFile { results: Some(results.clone()), ..file() }).unwrap();
        assert_eq!(election.reason_text(3), Some("İlçe seçim kurulu kararı"));
        assert_eq!(election.reason_text(4), None);
        assert_eq!(election.results().alliance_share, AllianceShare::Constituency);
        let until: Timestamp = "2014-04-01T12:00:00Z".parse().unwrap();
        assert_eq!(election.deadlines(Race::Mayor), [(Stage::Ilce, until)]);
        assert_eq!(election.deadlines(Race::MetropolitanMayor), []);
        let stored: ElectionFile = serde_json::from_str(&serde_json::to_string(election.file()).unwrap()).unwrap();
        assert_eq!(stored.results.as_ref(), Some(&results));
        assert!(!serde_json::to_string(&file()).unwrap().contains("results"), "older files stay the same text");

        let reasons = [("03".to_owned(), "x".to_owned()), ("4".to_owned(), "a\u{202e}".to_owned())].into();
        let deadline =
            vec![Deadline { race: Race::President, ..results.deadline[0].clone() }, results.deadline[0].clone()];
        let deadline = [deadline, results.deadline.clone()].concat();
        let bad = ResultSettings { reasons, deadline, ..results };
        let bad = Election::new(ElectionFile { results: Some(bad), ..file() }).unwrap_err();
        assert_eq!(bad.iter().map(|bad| bad.field).collect::<Vec<_>>(), ["reasons", "reasons", "deadline", "deadline"]);
    }
}
