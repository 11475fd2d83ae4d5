//! The request form: what is read out of it, every mistake with its line, and what hostile files do, which is nothing.

use std::io::{Cursor, Write};

use tutanak::domain::person::Role;
use tutanak::ledger::people::Person;
use tutanak::ledger::secrets::Account;
use tutanak::people::request_form::{self, BYTES, FormError, INFLATED, Mistake, ROWS};
use tutanak::people::slip::{Slip, pdf};
use zip::write::SimpleFileOptions;

fn accounts() -> Vec<Account> {
    let account = |id: &str, kind: &str, name: &str, active| Account {
        id: id.into(),
        kind: kind.into(),
        name: name.into(),
        place: None,
        addresses: String::new(),
        opens_with: "parties-open".into(),
        active,
    };
    vec![
        account("isik", "party", "IŞIK PARTİSİ", true),
        account("aday", "candidate", "Bir Aday", true),
        account("eski", "party", "Eski Parti", false),
        account("kurul", "board", "Kurul", true),
    ]
}

fn read(bytes: &[u8]) -> Result<request_form::Form, FormError> {
    request_form::read(bytes, &accounts(), &[])
}

fn mistakes(bytes: &[u8]) -> Vec<Mistake> {
    match read(bytes) {
        Err(FormError::Mistakes(mistakes)) => mistakes,
        other => panic!("{other:?}"),
    }
}

const HEADER: &str = "Siyasi Parti;Adı Soyadı;Telefon;E-posta;Sabit IP Adresleri;Görev\n";

#[test]
fn a_form_is_read_as_it_is_written_in_turkiye() {
    let text = format!(
        "{HEADER}Işık Partisi;Ayşe Öz;0532 123 45 67;Ayse@Isik.org.tr;203.0.113.0/28, 2001:db8::7;Temsilci\n\
         aday;Çağrı Şen;+90 212 345 67 89;cagri@aday.tr;;\n\
         isik;İnci Işık;532 765 43 21;inci@isik.org.tr;203.0.113.5/28 198.51.100.4;kullanıcı\n"
    );
    let form = read(text.as_bytes()).unwrap();
    assert_eq!(form.people.len(), 3);
    assert_eq!((form.people[0].account.as_str(), form.people[0].role), ("isik", Role::Representative));
    assert_eq!(form.people[1].email.as_str(), "cagri@aday.tr");
    assert_eq!(form.people[2].phone.as_str(), "+905327654321");
    let list = "198.51.100.4/32 203.0.113.0/28 2001:db8::7/128";
    assert_eq!(form.addresses, [("isik".to_owned(), list.to_owned())], "a party that names none keeps its list");
    // The same by other programs: a mark, commas, the other encoding, English headers in another order.
    let marked = format!("\u{feff}{text}");
    let (old, _, lost) = encoding_rs::WINDOWS_1254.encode(&text);
    assert!(!lost);
    for bytes in [marked.as_bytes(), &old, text.replace('\n', "\r\n").as_bytes()] {
        assert_eq!(read(bytes).unwrap(), form);
    }
    let commas = "email,party,ips,name,phone\nali@a.tr,isik,192.0.2.1,Ali Ak,05321234567\n";
    assert_eq!(read(commas.as_bytes()).unwrap().people[0].name.as_str(), "Ali Ak");
    assert!(read(request_form::TEMPLATE.as_bytes()).is_err(), "the example's party is not defined here");
}

#[test]
fn every_mistake_is_told_at_once_with_its_line() {
    let text = format!(
        "{HEADER}yok;Ayşe Öz;0532 123 45 67;a@a.tr;;\n\
         isik;=HYPERLINK(\"http://x\");12;b@;300.1.1.1 0.0.0.0/0;başkan\n\
         \n\
         eski;Ali Ak;0532 123 45 67;a2@a.tr;;\n\
         kurul;Ali Ak;0532 123 45 67;a3@a.tr;;\n\
         isik;Ali Ak;0532 123 45 67;ali@a.tr;;\n\
         isik;Veli Ak;0532 123 45 67;ALI@a.tr;;;fazla\n"
    );
    let found = mistakes(text.as_bytes());
    let lines: Vec<usize> = found.iter().map(|mistake| mistake.line).collect();
    assert_eq!(lines, [2, 3, 3, 3, 3, 3, 3, 5, 6, 8, 8], "{found:#?}");
    let header = mistakes("Parti;Ad;Telefon;Telefon\nx;y;z;w\n".as_bytes());
    assert!(header.iter().all(|mistake| mistake.line == 1) && header.len() >= 4, "{header:#?}");
}

#[test]
fn an_eleventh_person_is_a_mistake_of_its_line() {
    let line = |n: usize| format!("isik;Ali Ak;0532 123 45 67;kisi{n}@a.tr;;\n");
    let lines = |count: usize| (0..count).map(line).collect::<String>();
    assert_eq!(read(format!("{HEADER}{}", lines(10)).as_bytes()).unwrap().people.len(), 10);
    let found = mistakes(format!("{HEADER}{}", lines(12)).as_bytes());
    assert_eq!(found.iter().map(|mistake| mistake.line).collect::<Vec<_>>(), [12, 13]);
    let active = |email: &str, seat| Person {
        id: "isik-1".into(),
        account: "isik".into(),
        seat,
        role: "user".into(),
        name: String::new(),
        phone: String::new(),
        email: email.into(),
        needs_form: false,
        must_change: false,
        slip_until_ms: None,
        slip_used: false,
        second_factor: false,
    };
    let text = format!("{HEADER}{}", lines(10));
    let with = |person| request_form::read(text.as_bytes(), &accounts(), &[person]);
    assert!(with(active("baska@a.tr", Some(1))).is_err(), "somebody else has a seat already");
    assert!(with(active("baska@a.tr", None)).is_ok(), "somebody passive has none");
    assert!(with(active("kisi3@a.tr", Some(1))).is_ok(), "somebody of the form has the own one");
}

/// A small workbook whose parts can be anything.
fn workbook(sheet: &str, strings: &str, extra: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml";
    let types = format!(
        "<?xml version=\"1.0\"?><Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
         <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
         <Override PartName=\"/xl/workbook.xml\" ContentType=\"{kind}.sheet.main+xml\"/>\
         <Override PartName=\"/xl/worksheets/sheet1.xml\" ContentType=\"{kind}.worksheet+xml\"/></Types>"
    );
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let rels = format!(
        "<Relationships xmlns=\"{package}\"><Relationship Id=\"rId1\" Type=\"{office}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
    );
    let book = format!(
        "<workbook xmlns=\"{main}\" xmlns:r=\"{office}\"><sheets><sheet name=\"Form\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
    );
    let book_rels = format!(
        "<Relationships xmlns=\"{package}\"><Relationship Id=\"rId1\" Type=\"{office}/worksheet\" Target=\"worksheets/sheet1.xml\"/>\
         <Relationship Id=\"rId2\" Type=\"{office}/sharedStrings\" Target=\"sharedStrings.xml\"/></Relationships>"
    );
    let sheet = format!("<worksheet xmlns=\"{main}\"><sheetData>{sheet}</sheetData></worksheet>");
    let strings = strings.replace("MAIN", main);
    let mut put = |name: &str, content: &[u8]| {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    };
    put("[Content_Types].xml", types.as_bytes());
    put("_rels/.rels", rels.as_bytes());
    put("xl/workbook.xml", book.as_bytes());
    put("xl/_rels/workbook.xml.rels", book_rels.as_bytes());
    put("xl/worksheets/sheet1.xml", sheet.as_bytes());
    put("xl/sharedStrings.xml", strings.as_bytes());
    extra.iter().for_each(|(name, content)| put(name, content));
    zip.finish().unwrap().into_inner()
}

fn row(n: usize, cells: &[&str]) -> String {
    let cell = |(column, text): (usize, &&str)| {
        let letter = char::from(b'A' + column as u8);
        match text.strip_prefix("RAW") {
            Some(raw) => format!("<c r=\"{letter}{n}\"{raw}</c>"),
            None => format!("<c r=\"{letter}{n}\" t=\"inlineStr\"><is><t>{text}</t></is></c>"),
        }
    };
    format!("<row r=\"{n}\">{}</row>", cells.iter().enumerate().map(cell).collect::<String>())
}

const NO_STRINGS: &str = "<sst xmlns=\"MAIN\"/>";
const HEADERS: [&str; 5] = ["Parti", "Adı Soyadı", "Telefon", "E-posta", "IP Adresleri"];

#[test]
fn a_workbook_is_read_cell_by_cell() {
    let phone = "RAW><v>5321234567</v>";
    let sheet = row(1, &HEADERS) + &row(4, &["Işık Partisi", "Ayşe Öz", phone, "a@a.tr", "192.0.2.1"]);
    let form = read(&workbook(&sheet, NO_STRINGS, &[])).unwrap();
    assert_eq!(form.people[0].phone.as_str(), "+905321234567", "a number is a number to a spreadsheet");
    let formula = "RAW t=\"str\"><f>HYPERLINK(\"http://x\")</f><v>Ayşe Öz</v>";
    let sheet = row(1, &HEADERS) + &row(7, &["isik", formula, phone, "a@a.tr", "192.0.2.1"]);
    let found = mistakes(&workbook(&sheet, NO_STRINGS, &[]));
    assert_eq!((found.len(), found[0].line), (1, 7), "what a formula gave elsewhere is not believed: {found:?}");
    let shared = "RAW t=\"s\"><v>0</v>";
    let sheet = row(1, &HEADERS) + &row(2, &["isik", shared, phone, "a@a.tr", "192.0.2.1"]);
    let strings = "<sst xmlns=\"MAIN\"><si><t>=1+1</t></si></sst>";
    assert_eq!(mistakes(&workbook(&sheet, strings, &[]))[0].line, 2, "nor is a name that looks like one");
}

/// Workbooks that grow without end, or fetch what is not theirs: entities within entities, entities from a file, and a part
/// that unpacks to more than any form holds.
pub fn bombs() -> [Vec<u8>; 3] {
    let shared = "RAW t=\"s\"><v>0</v>";
    let sheet = row(1, &HEADERS) + &row(2, &["isik", shared, "05321234567", "a@a.tr", ""]);
    let zeros = vec![0; INFLATED as usize + 1];
    [
        workbook(&sheet, BOMB, &[]),
        workbook(&sheet, OUTSIDE, &[]),
        workbook(&sheet, NO_STRINGS, &[("xl/media/image1.png", &zeros)]),
    ]
}

const BOMB: &str = "<?xml version=\"1.0\"?><!DOCTYPE l [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">\
                <!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\"><!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;\">]>\
                <sst xmlns=\"MAIN\"><si><t>&d;</t></si></sst>";
const OUTSIDE: &str =
    "<!DOCTYPE l [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><sst xmlns=\"MAIN\"><si><t>&x;</t></si></sst>";

#[test]
fn hostile_workbooks_are_refused_before_they_grow() {
    let undeclared = "<sst xmlns=\"MAIN\"><si><t>&d;</t></si></sst>";
    let shared = "RAW t=\"s\"><v>0</v>";
    let sheet = row(1, &HEADERS) + &row(2, &["isik", shared, "05321234567", "a@a.tr", ""]);
    for strings in [BOMB, OUTSIDE, undeclared] {
        let refused = read(&workbook(&sheet, strings, &[])).unwrap_err();
        assert!(!refused.to_string().contains("root:"), "{refused}");
        if strings != undeclared {
            assert!(matches!(&refused, FormError::Unreadable(why) if why.contains("DTD")), "{refused}");
        }
    }
    let zeros = vec![0; INFLATED as usize + 1];
    let large = workbook(&sheet, NO_STRINGS, &[("xl/media/image1.png", &zeros)]);
    assert!(large.len() < 1 << 20, "a bomb is small");
    assert!(matches!(read(&large), Err(FormError::Unreadable(why)) if why.contains("unpacks")));
    let far = format!(
        "{}<row r=\"1048576\"><c r=\"XFD1048576\" t=\"inlineStr\"><is><t>x</t></is></c></row>",
        row(1, &HEADERS)
    );
    assert!(
        matches!(read(&workbook(&far, NO_STRINGS, &[])), Err(FormError::Unreadable(_))),
        "a cell at the end of the world"
    );
    let mut cut = workbook(&sheet, NO_STRINGS, &[]);
    cut.truncate(cut.len() / 2);
    for bytes in [&cut[..], b"PK\x03\x04", b"", b"\x00\x01", &vec![b'x'; BYTES + 1]] {
        assert!(matches!(read(bytes), Err(FormError::Unreadable(_) | FormError::Mistakes(_))));
    }
    let many = format!("{HEADER}{}", "isik;Ali Ak;0532 123 45 67;a@a.tr;;\n".repeat(ROWS));
    assert!(matches!(read(many.as_bytes()), Err(FormError::Unreadable(why)) if why.contains("rows")));
}

#[test]
fn a_slip_says_all_that_is_needed_and_its_pdf_holds_the_same() {
    let slip = Slip {
        account: "Işık Partisi".into(),
        name: "Çağrı Şeker".into(),
        login: "isik-2".into(),
        password: "abcdefghjkmnpqrstuvwxyz234567892".into(),
        until: "2024-03-31T14:00:00Z".parse().unwrap(),
    };
    let text = slip.text("https://ssps.example:8443");
    for part in [
        "Işık Partisi",
        "Çağrı Şeker",
        "isik-2",
        &slip.password,
        "https://ssps.example:8443/giris",
        "31.03.2024 17:00",
        "72 saat",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let file = pdf(&[slip.clone(), slip], "https://ssps.example:8443");
    assert!(file.starts_with(b"%PDF-") && file.len() > 10_000);
    if let Ok(dir) = std::env::var("TUTANAK_KEEP_PDF") {
        std::fs::write(std::path::Path::new(&dir).join("slip.pdf"), &file).unwrap();
    }
}

#[test]
fn what_is_no_header_is_told_by_its_name_and_once() {
    let text = format!("{HEADER}isik;Ayşe Öz;0532 123 45 67;a@a.tr;;\n");
    let titled = mistakes(format!("SSPS KULLANIM TALEP FORMU;;;;;\n{text}").as_bytes());
    assert_eq!((titled.len(), titled[0].line), (1, 1), "{titled:?}");
    assert!(titled[0].text.contains("başlık (tablo adı) satırı") && titled[0].text.contains("TALEP"), "{titled:?}");
    let other = mistakes(b"a;b;c;d;e\nisik;x;y;z;w\n");
    assert!(other.len() == 1 && other[0].text.contains("sütun adları yok"), "{other:?}");
    let unreadable = |bytes: &[u8]| match read(bytes) {
        Err(FormError::Unreadable(why)) => why,
        other => panic!("{other:?}"),
    };
    assert!(unreadable(format!("sep=;\n{text}").as_bytes()).contains("sep=;"));
    let wide = |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
    let (little, big) = (wide(u16::to_le_bytes), wide(u16::to_be_bytes));
    for bytes in [[b"\xff\xfe".as_slice(), &little].concat(), [b"\xfe\xff".as_slice(), &big].concat(), little, big] {
        assert!(unreadable(&bytes).contains("UTF-16"), "{}", unreadable(&bytes));
    }
    let mut book = rust_xlsxwriter::Workbook::new();
    book.add_worksheet().set_name("Eski").unwrap().set_hidden(true);
    book.add_worksheet().set_active(true).write_string(0, 0, "Siyasi Parti").unwrap();
    let why = unreadable(&book.save_to_buffer().unwrap());
    assert!(why.contains("Eski") && why.contains("gizli"), "{why}");
}
