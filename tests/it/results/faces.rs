//! XML is valid against the schema that is served, NIST's report against NIST's, and CSV holds every vote under its name.

use std::path::Path;
use std::process::Command;

use tutanak::domain::{Race, figures::checks};
use tutanak::results::csv::{Dialect, Wide, long_header, long_rows};
use tutanak::results::{Row, nist, xml};

use super::{public_file, rows};

/// What `xmllint --schema` says against a document: empty where it is valid, none where there is no xmllint and none was
/// promised.
pub fn complaints(schema: &Path, document: &str) -> Option<String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), document).unwrap();
    let lint =
        Command::new("xmllint").arg("--noout").arg("--nonet").arg("--schema").arg(schema).arg(file.path()).output();
    match lint {
        Ok(lint) if lint.status.success() => Some(String::new()),
        Ok(lint) => Some(String::from_utf8_lossy(&lint.stderr).chars().take(2_000).collect()),
        Err(error) => {
            assert!(std::env::var("TUTANAK_TEST_REQUIRE_PEERS").is_err(), "no xmllint, and it was promised: {error}");
            println!("skipped: there is no xmllint");
            None
        }
    }
}

#[tokio::test]
async fn xml_is_valid_against_its_own_schema_and_absent_is_not_zero() {
    let (registry, answer, rows) = rows().await;
    let ballots: Vec<_> = [Race::Parliament, Race::President]
        .into_iter()
        .flat_map(|race| registry.ballots(race).into_iter().map(move |(place, ballot)| (race, place, &ballot[..])))
        .collect();
    let mut text = String::new();
    xml::begin(&mut text, &answer, ballots.iter().copied());
    rows.iter().for_each(|row| xml::row(&mut text, row, &answer));
    xml::end(&mut text);
    assert!(text.contains("<Oy no=\"25\" cins=\"ittifak\" kimlik=\"ittifak-1\" ad=\"BİRİNCİ İTTİFAK\">"));
    assert!(
        text.contains("geriAlindi=\"true\"") && text.contains("uyeleri=\"2 5 13\"") && text.contains("<Dikkat kod=")
    );
    assert!(text.contains("+03:00\""));
    let schema = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(schema.path(), xml::SCHEMA).unwrap();
    assert_eq!(complaints(schema.path(), &text).unwrap_or_default(), "");
    // The schema refuses what it should.
    let other = text.replace("<Gecerli>", "<Gecerli>x");
    assert_ne!(complaints(schema.path(), &other), Some(String::new()));

    let mut bare = rows[0].clone();
    bare.result.figures.invalid = None;
    bare.result.figures.votes.remove(&2);
    bare.result.figures.votes.insert(3, 0);
    let mut text = String::new();
    xml::row(&mut text, &bare, &answer);
    assert!(!text.contains("<Gecersiz>") && !text.contains("<Oy no=\"2\"") && text.contains("<Oy no=\"3\""));
}

#[tokio::test]
async fn every_vote_stands_in_a_wide_file_under_its_own_unique_heading() {
    let (registry, answer, rows) = rows().await;
    let ballots: Vec<_> =
        Race::ALL.into_iter().flat_map(|race| registry.ballots(race)).map(|(_, ballot)| &ballot[..]).collect();
    for (dialect, separator) in [(Dialect::Excel, b';'), (Dialect::Rfc4180, b',')] {
        let wide = Wide::of(dialect, ballots.iter().copied());
        let mut text = Vec::new();
        wide.header(&mut text);
        assert_eq!(text.starts_with("\u{feff}".as_bytes()), dialect == Dialect::Excel);
        rows.iter().for_each(|row| wide.row(&mut text, row, &answer));
        let text = String::from_utf8(text).unwrap();
        let mut reader =
            csv::ReaderBuilder::new().delimiter(separator).from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        let headings: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
        let unique: std::collections::HashSet<_> = headings.iter().collect();
        assert_eq!(unique.len(), headings.len());
        let column = |name: &str| headings.iter().position(|heading| heading == name).unwrap();
        let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(records.len(), rows.len());
        for (row, record) in rows.iter().zip(&records) {
            let typed: Vec<(usize, String)> = row
                .result
                .figures
                .votes
                .iter()
                .map(|(no, votes)| (column(&row.heading(*no)), votes.to_string()))
                .collect();
            for (at, heading) in headings.iter().enumerate().filter(|(_, heading)| heading.contains(':')) {
                let expected = typed.iter().find(|(column, _)| *column == at).map_or("", |(_, votes)| votes);
                assert_eq!(&record[at], expected, "{heading}");
            }
            let failed: Vec<_> = if row.result.void { Vec::new() } else { checks(&row.result.figures) };
            assert_eq!(record[column("DİKKAT")].split_whitespace().count(), failed.len());
            assert_eq!(record[column("SANDIK KİMLİĞİ")], *row.result.box_id.as_str());
        }
    }
}

#[tokio::test]
async fn a_cell_is_no_formula_and_a_number_without_a_name_is_not_lost() {
    let (_, answer, rows) = rows().await;
    let mut odd: Row = rows[0].clone();
    odd.result.figures.votes.insert(999, 4);
    odd.reason_text = Some("=HYPERLINK(\"x\")".to_owned());
    let wide = Wide::of(Dialect::Excel, odd.ballot.iter().map(|ballot| &ballot[..]));
    let mut text = Vec::new();
    wide.row(&mut text, &odd, &answer);
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains(";999: 4;") && text.contains("\"'=HYPERLINK"), "{text}");
    let mut long = Vec::new();
    long_header(&mut long, Dialect::Rfc4180);
    long_rows(&mut long, Dialect::Rfc4180, &odd, &answer);
    let long = String::from_utf8(long).unwrap();
    assert_eq!(long.lines().count(), 1 + odd.result.figures.votes.len());
    assert!(long.lines().last().unwrap().ends_with(",999,,,,4"), "{long}");
    // What was taken back has one row, without a choice.
    odd.result.void = true;
    odd.result.figures = Default::default();
    let mut long = Vec::new();
    long_rows(&mut long, Dialect::Rfc4180, &odd, &answer);
    let long = String::from_utf8(long).unwrap();
    assert!(long.contains("geri alındı") && long.ends_with(",,,,,\r\n"), "{long}");
}

#[tokio::test]
async fn the_report_of_an_il_is_valid_against_nists_schema() {
    let (registry, answer, all) = rows().await;
    for il in ["İSTANBUL", "EDİRNE"] {
        let of_il = |row: &&Row| row.place.il.as_ref().is_some_and(|unit| unit.id == il);
        let mut current: std::collections::BTreeMap<_, Row> = Default::default();
        for row in all.iter().filter(of_il) {
            current.insert((row.result.box_id.clone(), row.result.race), row.clone());
        }
        let rows: Vec<Row> = current.into_values().collect();
        let report = nist::Report {
            answer: &answer,
            name: registry.election().name(),
            polling_date: registry.election().file().polling_date,
            il: rows[0].place.il.as_ref().unwrap(),
            complete: true,
            rehearsal: true,
            rows: &rows,
        };
        let mut text = String::new();
        nist::write(&mut text, &report);
        assert!(text.contains("xsi:type=\"Coalition\"") && text.contains("<Status>correction</Status>"));
        let votes: u32 = rows.iter().flat_map(|row| row.result.figures.votes.values()).sum();
        let counts = text.split("<Count>").skip(1).map(|rest| rest.split('<').next().unwrap().parse::<u32>().unwrap());
        assert_eq!(counts.sum::<u32>(), votes, "every vote of {il} is in it");
        let Some(schema) = public_file("xsd/NIST_V2_election_results_reporting.xsd") else { continue };
        assert_eq!(complaints(&schema, &text).unwrap_or_default(), "", "{il}");
    }
}
