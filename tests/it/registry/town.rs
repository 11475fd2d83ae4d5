//! A small election as files, with one line to spoil, and short ways to import it.

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tutanak::domain::{Form, Karekod, PlaceId};
use tutanak::ledger::Ledger;
use tutanak::registry::{self, BadLines, ImportError, Report};

pub const ELECTION: &str = r#"id = "deneme-2024"
name = "Deneme"
polling_date = "2024-03-31"
time_zone = "Europe/Istanbul"
races = [6, 2, 3]
[[code_rule]]
prefix = "10"
kind = "sonuc"
"#;

pub const PLACES: &str = "\
place_id,parent_id,level,code,name
34,,il,34,İSTANBUL
34-k,34,ilce,,KADIKÖY
34-k-1,34-k,kurul,1,1. Kurul
34-k-2,34-k,kurul,2,2. Kurul
34-k-m,34-k-1,mahalle,,CAFERAĞA MAH.
";

pub const BOXES: &str = "\
box_id,place_id,number,kind,races
3717526,34-k-m,1001,0,
3717527,34-k-m,1002,0,6 2
42,34-k-2,2001,2,6
";

pub const CODES: &str = "\
code,kind,race,box_id,place_id,many_pages
77700001,cetvel,6,3717526,,true
77700002,birlestirme-ilce,6,,34-k,
";

/// An election's directory. It goes when the value goes.
pub struct Town {
    dir: TempDir,
}

impl Town {
    pub fn new() -> Self {
        let town = Self { dir: tempfile::tempdir().unwrap() };
        for (file, text) in
            [("election.toml", ELECTION), ("places.csv", PLACES), ("boxes.csv", BOXES), ("codes.csv", CODES)]
        {
            town.write(file, text);
        }
        town
    }

    /// The same with one file that says something else.
    pub fn with(file: &str, text: impl AsRef<[u8]>) -> Self {
        let town = Self::new();
        town.write(file, text);
        town
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn write(&self, file: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.dir.path().join(file);
        std::fs::write(&path, text).unwrap();
        path
    }

    pub async fn import(&self, ledger: &Ledger) -> Result<Report, ImportError> {
        registry::import(ledger, self.path(), &mut |_| {}).await
    }

    /// Imports what must be refused and returns why.
    pub async fn refused(&self, ledger: &Ledger) -> BadLines {
        refused(self.import(ledger).await)
    }
}

pub fn refused(done: Result<Report, ImportError>) -> BadLines {
    match done {
        Err(ImportError::Refused(bad)) => bad,
        other => panic!("this must be refused: {other:?}"),
    }
}

/// Everything that the registry's tables say, in few words.
pub async fn everything(ledger: &Ledger) -> String {
    let election = ledger.election().await.unwrap();
    let places = ledger.places_after(0, 10_000).await.unwrap();
    let counts = ledger.registry_counts().await.unwrap();
    format!("{election:?} {places:?} {counts:?}")
}

pub fn code(text: &str) -> Karekod {
    text.parse().unwrap()
}

pub fn place(text: &str) -> PlaceId {
    text.parse().unwrap()
}

/// The form that a code names.
pub async fn form(ledger: &Ledger, text: &str) -> Option<Form> {
    ledger.form_by_code(&code(text)).await.unwrap()
}

/// The key of the form that a code names; `-` where it names none.
pub async fn key(ledger: &Ledger, text: &str) -> String {
    form(ledger, text).await.map_or("-".to_owned(), |form| form.key().to_string())
}
