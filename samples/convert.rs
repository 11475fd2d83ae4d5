//! Turns two public data sets into election directories that `tutanak election import` takes:
//!
//! ```text
//! cargo run --release --example convert -- yerel2014    yerel2014.csv.zip            OUT
//! cargo run --release --example convert -- karekod2023  sandik_karekod_2023.csv.gz   OUT
//! ```
//!
//! **yerel2014**: 171,384 boxes of 30 March 2014 (github.com/oztalha/YSK, MIT; UTF-16LE, tab separated, in a ZIP).
//! The file has no box ids: box ids are *made up*, the running number of the row with seven digits. Boards are not named
//! either: the thousands digit of a box number is its board's number. Races: 6, 2, 3 in the 30 metropolitan provinces,
//! 2, 3, 4 elsewhere, 4 alone in villages (the file has none). Codes follow from the rule `10` + race + box id.
//! Its figures are of race 2, and have neither versions nor times: `rakamlar.jsonl` holds them as lines for
//! `tutanak figures import`, and `choices.csv` its ten parties and `Diger`, which is everybody else together.
//!
//! **karekod2023**: 83,462 boxes of 14 May 2023 with the karekods that citizens read (github.com/irensaltali/oyveotesi2023;
//! CSV in gzip). The codes are dirty, and these rules decide, in this order:
//! 1. What is not ten digits beginning with 109 or 108 is no code of a box: left out.
//! 2. A code's own third digit says its race, not the column it stands in; a code in both columns counts once.
//! 3. A box with codes that name two box ids keeps none of them: nobody can say which is its own.
//! 4. A box id that two boxes claim is nobody's: all its codes are left out.
//!
//! What is left out is listed in `elenen.csv` with its reason, and counted. A box whose id is thereby known carries it;
//! the others get *made-up* ids that begin with `x`, so that nobody takes them for real. There is no code rule: only codes
//! that somebody read are listed, in `codes.csv`.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use tutanak::domain::naming::slug;
use tutanak::domain::{BoxResult, Figures, Race};

type Writer = csv::Writer<File>;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [kind, source, out] = arguments.as_slice() else { bail!("usage: convert yerel2014|karekod2023 SOURCE OUT") };
    let (source, out) = (Path::new(source), PathBuf::from(out));
    std::fs::create_dir_all(&out)?;
    match kind.as_str() {
        "yerel2014" => yerel2014(source, &out),
        "karekod2023" => karekod2023(source, &out),
        other => bail!("{other} is neither yerel2014 nor karekod2023"),
    }
}

/// Provinces by plate number, from 1.
const PLATES: [&str; 81] = [
    "ADANA",
    "ADIYAMAN",
    "AFYONKARAHİSAR",
    "AĞRI",
    "AMASYA",
    "ANKARA",
    "ANTALYA",
    "ARTVİN",
    "AYDIN",
    "BALIKESİR",
    "BİLECİK",
    "BİNGÖL",
    "BİTLİS",
    "BOLU",
    "BURDUR",
    "BURSA",
    "ÇANAKKALE",
    "ÇANKIRI",
    "ÇORUM",
    "DENİZLİ",
    "DİYARBAKIR",
    "EDİRNE",
    "ELAZIĞ",
    "ERZİNCAN",
    "ERZURUM",
    "ESKİŞEHİR",
    "GAZİANTEP",
    "GİRESUN",
    "GÜMÜŞHANE",
    "HAKKARİ",
    "HATAY",
    "ISPARTA",
    "MERSİN",
    "İSTANBUL",
    "İZMİR",
    "KARS",
    "KASTAMONU",
    "KAYSERİ",
    "KIRKLARELİ",
    "KIRŞEHİR",
    "KOCAELİ",
    "KONYA",
    "KÜTAHYA",
    "MALATYA",
    "MANİSA",
    "KAHRAMANMARAŞ",
    "MARDİN",
    "MUĞLA",
    "MUŞ",
    "NEVŞEHİR",
    "NİĞDE",
    "ORDU",
    "RİZE",
    "SAKARYA",
    "SAMSUN",
    "SİİRT",
    "SİNOP",
    "SİVAS",
    "TEKİRDAĞ",
    "TOKAT",
    "TRABZON",
    "TUNCELİ",
    "ŞANLIURFA",
    "UŞAK",
    "VAN",
    "YOZGAT",
    "ZONGULDAK",
    "AKSARAY",
    "BAYBURT",
    "KARAMAN",
    "KIRIKKALE",
    "BATMAN",
    "ŞIRNAK",
    "BARTIN",
    "ARDAHAN",
    "IĞDIR",
    "YALOVA",
    "KARABÜK",
    "KİLİS",
    "OSMANİYE",
    "DÜZCE",
];

/// The 30 metropolitan provinces since law 6360, by plate number.
const METROPOLITAN: [u32; 30] = [
    1, 6, 7, 9, 10, 16, 20, 21, 25, 26, 27, 31, 33, 34, 35, 38, 41, 42, 44, 45, 46, 47, 48, 52, 54, 55, 59, 61, 63, 65,
];

/// `places.csv`, written as places turn up. Parents are written before children.
struct Places {
    file: Writer,
    seen: HashSet<String>,
}

impl Places {
    fn create(out: &Path) -> Result<Self> {
        let mut file = csv::Writer::from_path(out.join("places.csv"))?;
        file.write_record(["place_id", "parent_id", "level", "code", "name"])?;
        Ok(Self { file, seen: HashSet::new() })
    }

    fn add(&mut self, id: &str, parent: &str, level: &str, code: &str, name: &str) -> Result<()> {
        if self.seen.insert(id.to_owned()) {
            self.file.write_record([id, parent, level, code, name])?;
        }
        Ok(())
    }

    /// The mahalle of a box with everything above it. Returns the mahalle's id.
    fn chain(
        &mut self,
        plate: u32,
        ilce: &str,
        ilce_name: &str,
        mahalle: &str,
        name: &str,
        board: u32,
    ) -> Result<String> {
        let il = format!("{plate:02}");
        let il_name = PLATES.get(plate as usize - 1).context("no province has this plate number")?;
        let ilce = format!("{il}-{ilce}");
        let kurul = format!("{ilce}-{board}");
        let mahalle = format!("{ilce}-m{mahalle}");
        self.add(&il, "", "il", &il, il_name)?;
        self.add(&ilce, &il, "ilce", "", ilce_name)?;
        self.add(&kurul, &ilce, "kurul", &board.to_string(), &format!("{ilce_name} {board}. İlçe Seçim Kurulu"))?;
        self.add(&mahalle, &kurul, "mahalle", "", name)?;
        Ok(mahalle)
    }
}

fn boxes(out: &Path) -> Result<Writer> {
    let mut file = csv::Writer::from_path(out.join("boxes.csv"))?;
    file.write_record(["box_id", "place_id", "number", "kind", "races"])?;
    Ok(file)
}

/// The thousands digit of a box number is the number of its board.
fn board(number: u32) -> Result<u32> {
    ensure!((1000..100_000).contains(&number), "box number {number} names no board");
    Ok(number / 1000)
}

fn election(out: &Path, id: &str, name: &str, date: &str, races: &str, rule: bool) -> Result<()> {
    let rule = if rule { "\n[[code_rule]]\nprefix = \"10\"\nkind = \"sonuc\"\n" } else { "" };
    let text = format!(
        "id = \"{id}\"\nname = \"{name}\"\npolling_date = \"{date}\"\ntime_zone = \"Europe/Istanbul\"\nraces = {races}\n\
         \n[gates]\nparties_open = \"17:00\"\n{rule}"
    );
    Ok(std::fs::write(out.join("election.toml"), text)?)
}

/// The boxes of 2014.
pub fn yerel2014(source: &Path, out: &Path) -> Result<()> {
    let mut archive = zip::ZipArchive::new(File::open(source)?)?;
    let mut bytes = Vec::new();
    archive.by_index(0)?.read_to_end(&mut bytes)?;
    let units = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    let text: String = char::decode_utf16(units).collect::<Result<_, _>>().context("the file is not UTF-16LE")?;
    drop(bytes);
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    let header = lines.next().unwrap_or_default();
    ensure!(header.starts_with("IL_ID\tILCE_ID\tMUHTARLIK_ID"), "another header");
    election(out, "yerel-2014", "30 Mart 2014 Mahallî İdareler Seçimi", "2014-03-30", "[6, 2, 3, 4]", true)?;
    let (mut places, mut boxes) = (Places::create(out)?, boxes(out)?);
    let parties: Vec<&str> = header.split('\t').skip(FIGURES_FROM + SUMS).collect();
    choices(out, &parties)?;
    let mut figures = BufWriter::new(File::create(out.join("rakamlar.jsonl"))?);
    let (mut count, mut villages) = (0u32, 0u32);
    for line in lines.filter(|line| !line.is_empty()) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [il, ilce, mahalle, _, ilce_name, name, number, ..] = fields.as_slice() else { bail!("short: {line}") };
        let (plate, number): (u32, u32) = (il.parse()?, number.parse()?);
        let place = places.chain(plate, ilce, ilce_name, mahalle, name, board(number)?)?;
        let village = name.ends_with("KÖYÜ") || name.ends_with("KÖY");
        let races = match METROPOLITAN.contains(&plate) {
            true => "6 2 3",
            false if village => "4",
            false => "2 3 4",
        };
        count += 1;
        villages += u32::from(village);
        boxes.write_record([&format!("{count:07}"), &place, &number.to_string(), "0", races])?;
        if !village {
            let result = of_2014(&format!("{count:07}"), &fields).with_context(|| format!("figures of {line}"))?;
            writeln!(figures, "{}", result.line())?;
        }
    }
    figures.flush()?;
    places.file.flush()?;
    boxes.flush()?;
    println!("{count} boxes ({villages} in villages), {} places; the box ids are made up", places.seen.len());
    Ok(())
}

/// Columns before the figures, and the figures that every sheet has.
const FIGURES_FROM: usize = 7;
const SUMS: usize = 6;

/// The ballot of 2014, the same everywhere: the file adds up what stood in some places only.
fn choices(out: &Path, parties: &[&str]) -> Result<()> {
    let mut file = csv::Writer::from_path(out.join("choices.csv"))?;
    file.write_record(["race", "constituency", "no", "kind", "id", "short_name", "name", "alliance"])?;
    for (no, party) in (1..).zip(parties) {
        let (kind, name) =
            if *party == "Diger" { ("independent", "Diğer partiler ve bağımsızlar") } else { ("party", *party) };
        file.write_record(["2", "", &format!("{no}"), kind, &slug(party), party, name, ""])?;
    }
    Ok(file.flush()?)
}

/// One row's figures. Its numbers were typed once; when, nobody wrote down.
fn of_2014(box_id: &str, fields: &[&str]) -> Result<BoxResult> {
    let numbers: Vec<u32> = fields[FIGURES_FROM..].iter().map(|field| field.parse()).collect::<Result<_, _>>()?;
    let [registered, voted, unobjected, objected, valid, invalid, votes @ ..] = numbers.as_slice() else {
        bail!("too few figures")
    };
    let figures = Figures {
        registered: Some(*registered),
        voted: Some(*voted),
        valid_unobjected: Some(*unobjected),
        valid_objected: Some(*objected),
        valid: Some(*valid),
        invalid: Some(*invalid),
        votes: (1..).zip(votes.iter().copied()).collect(),
        ..Figures::default()
    };
    let (box_id, race) = (box_id.parse()?, Race::Mayor);
    Ok(BoxResult { box_id, race, version: 1, void: false, reason: None, typed_at: None, counts: None, figures })
}

/// One box of 2023 as it was found.
struct Found {
    il: String,
    ilce: String,
    number: u32,
    place: String,
    /// Its codes with the column they stood in.
    codes: Vec<(String, &'static str)>,
}

/// The boxes and codes of 2023.
pub fn karekod2023(source: &Path, out: &Path) -> Result<()> {
    let mut rows = csv::Reader::from_reader(flate2::read::GzDecoder::new(File::open(source)?));
    let header: Vec<&str> = vec!["il", "ilce", "mahalle_koy", "bina", "sandik_no", "karekod_cb", "karekod_mv"];
    ensure!(rows.headers()? == header, "another header");
    election(out, "genel-2023", "14 Mayıs 2023 Genel Seçimi", "2023-05-14", "[9, 8]", false)?;
    let plates: HashMap<&str, u32> = PLATES.iter().zip(1..).map(|(name, plate)| (*name, plate)).collect();
    let mut places = Places::create(out)?;
    let mut mahalle_numbers: HashMap<(u32, String, String), usize> = HashMap::new();
    let mut left_out = LeftOut::create(out)?;
    let mut found = Vec::new();
    let mut wrong_column = 0u32;
    for row in rows.records() {
        let row = row?;
        let (il, ilce, mahalle) = (&row[0], &row[1], &row[2]);
        let number: u32 = row[4].parse()?;
        let plate = *plates.get(il).with_context(|| format!("no province is called {il}"))?;
        let next = mahalle_numbers.len() + 1;
        let mahalle_no = *mahalle_numbers.entry((plate, ilce.to_owned(), mahalle.to_owned())).or_insert(next);
        let place = places.chain(plate, &slug(ilce), ilce, &mahalle_no.to_string(), mahalle, board(number)?)?;
        let mut this = Found { il: il.to_owned(), ilce: ilce.to_owned(), number, place, codes: Vec::new() };
        for (column, text, race) in [("karekod_cb", &row[5], '9'), ("karekod_mv", &row[6], '8')] {
            if text.is_empty() || this.codes.iter().any(|(code, _)| code == text) {
                continue; // rule 2: a code in both columns counts once
            }
            let sound = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit());
            if !sound || !(text.starts_with("109") || text.starts_with("108")) {
                left_out.add(&this, column, text, "sandık karekodu değil")?; // rule 1
                continue;
            }
            wrong_column += u32::from(text.as_bytes()[2] != race as u8);
            this.codes.push((text.to_owned(), column));
        }
        found.push(this);
    }
    // Rule 3.
    for this in &mut found {
        let ids: HashSet<&str> = this.codes.iter().map(|(code, _)| &code[3..]).collect();
        if ids.len() > 1 {
            for (code, column) in std::mem::take(&mut this.codes) {
                left_out.add(this, column, &code, "bir sandıkta iki ayrı sandık kimliği")?;
            }
        }
    }
    // Rule 4.
    let mut claims: HashMap<String, u32> = HashMap::new();
    for this in found.iter().filter(|this| !this.codes.is_empty()) {
        *claims.entry(this.codes[0].0[3..].to_owned()).or_default() += 1;
    }
    for this in &mut found {
        if this.codes.first().is_some_and(|(code, _)| claims[&code[3..]] > 1) {
            for (code, column) in std::mem::take(&mut this.codes) {
                left_out.add(this, column, &code, "bir sandık kimliği iki sandıkta")?;
            }
        }
    }
    let mut boxes = boxes(out)?;
    let mut codes = csv::Writer::from_path(out.join("codes.csv"))?;
    codes.write_record(["code", "kind", "race", "box_id"])?;
    let (mut real, mut listed) = (0u32, 0u32);
    for (n, this) in found.iter().enumerate() {
        let id = match this.codes.first() {
            Some((code, _)) => code[3..].to_owned(),
            None => format!("x{:06}", n + 1),
        };
        real += u32::from(!this.codes.is_empty());
        boxes.write_record([&id, &this.place, &this.number.to_string(), "0", ""])?;
        for (code, _) in &this.codes {
            codes.write_record([code.as_str(), "sonuc", &code[2..3], &id])?;
            listed += 1;
        }
    }
    places.file.flush()?;
    boxes.flush()?;
    codes.flush()?;
    println!("{} boxes, {} places", found.len(), places.seen.len());
    println!("{real} boxes with their real id, the others with a made-up one");
    println!("{listed} codes listed; {wrong_column} of all stood in the other race's column");
    left_out.report()
}

/// `elenen.csv`: codes that are not used, and why.
struct LeftOut {
    file: Writer,
    counts: BTreeMap<&'static str, u32>,
}

impl LeftOut {
    fn create(out: &Path) -> Result<Self> {
        let mut file = csv::Writer::from_path(out.join("elenen.csv"))?;
        file.write_record(["il", "ilce", "sandik_no", "sutun", "kod", "neden"])?;
        Ok(Self { file, counts: BTreeMap::new() })
    }

    fn add(&mut self, of: &Found, column: &str, code: &str, reason: &'static str) -> Result<()> {
        *self.counts.entry(reason).or_default() += 1;
        let number = of.number.to_string();
        Ok(self.file.write_record([of.il.as_str(), &of.ilce, &number, column, code, reason])?)
    }

    fn report(mut self) -> Result<()> {
        for (reason, count) in &self.counts {
            println!("{count} codes left out: {reason}");
        }
        Ok(self.file.flush()?)
    }
}
