//! Workbooks as another reader of the format finds them.

use std::io::Cursor;

use calamine::{Data, Reader as _, Xlsx};
use jiff::civil::date;

use super::*;

fn opened(bytes: Vec<u8>) -> Xlsx<Cursor<Vec<u8>>> {
    Xlsx::new(Cursor::new(bytes)).unwrap()
}

#[test]
fn cells_are_what_they_were_and_an_absent_figure_is_not_zero() {
    let at = date(2024, 3, 31).at(21, 2, 11, 0);
    let mut book = Workbook::new(at);
    book.sheet("Bilgi", vec![Column::new("AD", 10), Column::new("DEĞER", 10)]);
    book.sheet("A/B: [ç]", ["METİN", "SAYI", "ZAMAN", "SON"].map(|heading| Column::new(heading, 12)).into());
    book.row(&[Cell::Text("=1+1"), Cell::Number(0), Cell::Time(at), Cell::Text("_x0041_ & <ş> \u{0}")]);
    let mut sent = book.take();
    assert!(!sent.is_empty() && book.ready() == 0, "what is taken is not given again");
    book.row(&[Cell::Empty, Cell::figure(None::<u32>), Cell::Empty, Cell::figure(Some(7_u32))]);
    sent.extend(book.finish());
    let mut book = opened(sent);
    assert_eq!(book.sheet_names(), ["Bilgi", "AB ç"]);
    let sheet = book.worksheet_range("AB ç").unwrap();
    assert_eq!(sheet.get_value((0, 1)), Some(&Data::String("SAYI".into())));
    assert_eq!(sheet.get_value((1, 0)), Some(&Data::String("=1+1".into())));
    assert_eq!(sheet.get_value((1, 1)), Some(&Data::Float(0.0)));
    assert_eq!(sheet.get_value((2, 1)), Some(&Data::Empty));
    assert_eq!(sheet.get_value((2, 3)), Some(&Data::Float(7.0)));
    let Some(Data::DateTime(time)) = sheet.get_value((1, 2)) else { panic!("no time") };
    assert!((time.as_f64() - 45_382.876_516_203_7).abs() < 1e-9, "{time:?}");
    assert!(book.worksheet_formula("AB ç").unwrap().is_empty(), "no cell is a formula");
}

#[test]
fn letters_of_columns_go_on_behind_z() {
    let of = |column| parts::letters(column);
    assert_eq!([of(0), of(25), of(26), of(701), of(702)], ["A", "Z", "AA", "ZZ", "AAA"]);
}

#[test]
fn sheets_of_one_title_have_names_of_their_own() {
    let mut book = Workbook::new(date(1970, 1, 1).at(0, 0, 0, 0));
    let title = "Büyükşehir Belediye Başkanlığı ve daha fazlası";
    book.sheet(title, vec![Column::new("A", 5)]);
    book.sheet(title, vec![Column::new("A", 5)]);
    assert_eq!(
        opened(book.finish()).sheet_names(),
        ["Büyükşehir Belediye Başkanlığı ", "Büyükşehir Belediye Başkanlığ 2"]
    );
}
