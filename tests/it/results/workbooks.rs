//! The workbook of results: LibreOffice opens it, and every cell is what CSV says, with figures as numbers.

use std::path::Path;
use std::process::Command;

use tutanak::domain::Race;
use tutanak::results::csv::{Dialect, Wide};
use tutanak::results::xlsx::Book;

use super::rows;

/// The sheets of a workbook as LibreOffice reads them, one CSV each, in a directory. None, said, where there is no LibreOffice.
fn by_libreoffice(workbook: &Path, out: &Path) -> Option<()> {
    let filter = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1";
    let profile = format!("-env:UserInstallation=file://{}", out.join("profile").display());
    let mut office = Command::new("soffice");
    office.args([&profile, "--headless", "--convert-to", filter, "--outdir"]).arg(out).arg(workbook);
    let said = match office.output() {
        Ok(said) => said,
        Err(error) => {
            assert!(std::env::var("TUTANAK_TEST_REQUIRE_PEERS").is_err(), "no soffice, and it was promised: {error}");
            println!("skipped: there is no LibreOffice");
            return None;
        }
    };
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    Some(())
}

fn table(path: &Path) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_path(path).unwrap();
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[tokio::test]
async fn libreoffice_reads_every_cell_of_a_workbook_as_the_table_has_it() {
    let (registry, answer, mut rows) = rows().await;
    rows[0].reason_text = Some("=HYPERLINK(\"x\")".to_owned());
    rows[0].result.reason = None;
    rows[0].result.figures.invalid = None;
    let mut book = Book::new(&answer, &[("UYARI", "yayımlanamaz".to_owned())]);
    let mut sent = Vec::new();
    let races = [Race::Parliament, Race::President];
    for race in races {
        book.race(race, registry.ballots(race).into_iter().map(|(_, ballot)| &ballot[..]));
        for row in rows.iter().filter(|row| row.result.race == race) {
            book.row(row);
            sent.extend(book.take());
        }
    }
    sent.extend(book.finish());
    let dir = tempfile::tempdir().unwrap();
    let workbook = dir.path().join("s.xlsx");
    std::fs::write(&workbook, sent).unwrap();
    if by_libreoffice(&workbook, dir.path()).is_none() {
        return;
    }
    assert_eq!(table(&dir.path().join("s-Bilgi.csv"))[1], ["UYARI", "yayımlanamaz"]);
    let totals = table(&dir.path().join("s-Toplamlar.csv"));
    for race in races {
        let wide = Wide::of(Dialect::Rfc4180, registry.ballots(race).into_iter().map(|(_, ballot)| &ballot[..]));
        let mut text = Vec::new();
        wide.header(&mut text);
        let of_race: Vec<_> = rows.iter().filter(|row| row.result.race == race).collect();
        of_race.iter().for_each(|row| wide.row(&mut text, row, &answer));
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&text[..]);
        let expected: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        let sheet = table(&dir.path().join(format!("s-{}.csv", race.turkish())));
        assert_eq!(sheet.len(), expected.len());
        for (record, expected) in sheet.iter().zip(&expected) {
            for (at, cell) in expected.iter().enumerate() {
                let heading = &expected_heading(&sheet, at);
                match (heading.as_str(), record[at].as_str()) {
                    // A time is a number there, which is shown as a time.
                    ("ZAMAN" | "GİRİŞ ZAMANI", shown) if !shown.is_empty() && shown != heading => {
                        // LibreOffice spells the day as its own language does.
                        let (year, month, day, time) = (&cell[..4], &cell[5..7], &cell[8..10], &cell[11..19]);
                        let spelt = [format!("{day}.{month}.{year} {time}"), format!("{month}/{day}/{year} {time}")];
                        assert!(spelt.iter().any(|spelt| spelt == shown), "{heading}: {shown} is not {cell}");
                    }
                    (_, shown) => assert_eq!(shown, cell.trim_start_matches('\''), "{heading}"),
                }
            }
        }
        let counted: Vec<_> = of_race.iter().filter(|row| !row.result.void).collect();
        let valid: u64 = counted.iter().filter_map(|row| row.result.figures.valid).map(u64::from).sum();
        let line =
            totals.iter().find(|line| line[0] == race.turkish() && line[1] == "Geçerli Oy Pusulalarının Toplamı");
        assert_eq!(line.unwrap()[2], valid.to_string());
    }
}

fn expected_heading(sheet: &[Vec<String>], at: usize) -> String {
    sheet[0][at].clone()
}
