//! The first half of an import: reads every file, finds every bad line, and keeps what the second half needs: the place
//! tree, the boxes' ids and numbers, the digests. Writes nothing.

use std::io;
use std::path::{Path, PathBuf};

use super::meter::Meter;
use super::{ImportError, Stage, Watch, Watcher};
use crate::domain::{Digest, Election};
use crate::ledger::registry::Table as Stored;
use crate::registry::bad::BadLines;
use crate::registry::boxes::{self, Boxes};
use crate::registry::choices::{self, Choices};
use crate::registry::codes::{self, Codes, Registered};
use crate::registry::places::{self, Places};
use crate::registry::settings;
use crate::registry::table::{Columns, Row, Table};

/// A file that was read to its end.
pub struct CheckedFile {
    /// Which rows it holds.
    pub holds: Stored,
    /// Where it lies.
    pub path: PathBuf,
    /// What it held when it was checked.
    pub digest: Digest,
}

impl CheckedFile {
    /// Its name without the directory.
    pub fn name(&self) -> String {
        file_name(&self.path)
    }
}

/// What the first half found out.
pub struct Checked {
    /// The election.
    pub election: Election,
    /// Its places.
    pub places: Places,
    /// The boxes of the file.
    pub boxes: Boxes,
    /// The files, in the order in which they are written.
    pub files: Vec<CheckedFile>,
    /// Bytes of all files.
    pub bytes: u64,
    /// What both halves may take together.
    pub watch: Watch,
}

impl Checked {
    /// What `sha256sum` prints for the files.
    pub fn listing(&self) -> String {
        self.files.iter().map(|file| format!("{}  {}\n", file.digest, file.name())).collect()
    }

    /// Name of the file that holds such rows.
    pub fn file_name(&self, holds: Stored) -> &str {
        let file = self.files.iter().find(|file| file.holds == holds);
        file.and_then(|file| file.path.file_name()).and_then(|name| name.to_str()).unwrap_or_default()
    }

    /// The line of the election's file that sets `field`; 0 where none does.
    pub fn line_of_field(&self, field: &str) -> u64 {
        let file = self.files.iter().find(|file| file.holds == Stored::Election);
        let text = file.and_then(|file| settings::text(&file.path).ok()).unwrap_or_default();
        settings::line_of_field(&text, field)
    }
}

/// Checks an election's directory. None where so much is wrong that nothing could be compared.
pub fn directory(
    dir: &Path,
    watch: Watch,
    bad: &mut BadLines,
    watcher: Watcher<'_>,
) -> Result<Option<Checked>, ImportError> {
    let path = dir.join(settings::FILE);
    let read = settings::read(dir, bad).map_err(|source| ImportError::Read { path: path.clone(), source })?;
    let Some((election, digest)) = read else { return Ok(None) };
    let mut files = vec![CheckedFile { holds: Stored::Election, path, digest }];
    let mut lists = vec![(Stored::Places, dir.join(places::FILE)), (Stored::Boxes, dir.join(boxes::FILE))];
    if dir.join(codes::FILE).exists() {
        lists.push((Stored::Codes, dir.join(codes::FILE)));
    }
    if dir.join(choices::FILE).exists() {
        lists.push((Stored::Choices, dir.join(choices::FILE)));
    }
    let bytes = lists.iter().map(|(_, path)| size(path, watch)).sum::<Result<u64, _>>()?;
    let mut meter = Meter::new(Stage::Checking, bytes, watch, watcher);
    let (mut places, mut boxes, mut codes) = (Places::default(), Boxes::default(), Codes::default());
    let mut choices = Choices::default();
    for (holds, path) in lists {
        let digest = match holds {
            Stored::Places | Stored::Election => {
                read_all(&path, &places::COLUMNS, bad, &mut meter, |row, bad| places.add(row, bad))?
            }
            Stored::Boxes => read_all(&path, &boxes::COLUMNS, bad, &mut meter, |row, bad| {
                boxes.add(row, boxes::FILE, &election, &places, bad);
            })?,
            Stored::Codes => {
                let registered = Registered { election: &election, places: &places, boxes: &boxes };
                read_all(&path, &codes::COLUMNS, bad, &mut meter, |row, bad| codes.add(row, registered, bad))?
            }
            Stored::Choices => {
                let digest = read_all(&path, &choices::COLUMNS, bad, &mut meter, |row, bad| {
                    choices.add(row, &election, &places, bad);
                })?;
                choices.finish(bad);
                digest
            }
        };
        // Without these rows, every row that needs them would be blamed as well.
        let Some(digest) = digest else { return Ok(None) };
        files.push(CheckedFile { holds, path, digest });
    }
    Ok(Some(Checked { election, places, boxes, files, bytes, watch }))
}

/// Checks a file of boxes for an election that is stored.
pub fn boxes_alone(
    (path, watch): (&Path, Watch),
    election: Election,
    places: Places,
    bad: &mut BadLines,
    watcher: Watcher<'_>,
) -> Result<Checked, ImportError> {
    let (bytes, name) = (size(path, watch)?, file_name(path));
    let mut meter = Meter::new(Stage::Checking, bytes, watch, watcher);
    let mut boxes = Boxes::default();
    let digest = read_all(path, &boxes::COLUMNS, bad, &mut meter, |row, bad| {
        boxes.add(row, &name, &election, &places, bad);
    })?;
    let file = digest.map(|digest| CheckedFile { holds: Stored::Boxes, path: path.to_owned(), digest });
    Ok(Checked { election, places, boxes, files: file.into_iter().collect(), bytes, watch })
}

/// Gives every row of a file to `take` and returns the file's digest. None where its header is not sound.
fn read_all(
    path: &Path,
    columns: &Columns,
    bad: &mut BadLines,
    meter: &mut Meter<'_>,
    mut take: impl FnMut(Row<'_>, &mut BadLines),
) -> Result<Option<Digest>, ImportError> {
    let failed = |source: io::Error| ImportError::Read { path: path.to_owned(), source };
    let Some(mut table) = Table::open(path, columns, bad).map_err(failed)? else { return Ok(None) };
    while let Some(row) = table.next(bad).map_err(failed)? {
        take(row, bad);
        meter.row(table.file(), table.bytes())?;
    }
    meter.file_done(table.file(), table.bytes())?;
    Ok(Some(table.digest()))
}

fn size(path: &Path, watch: Watch) -> Result<u64, ImportError> {
    let failed = |source| ImportError::Read { path: path.to_owned(), source };
    let bytes = std::fs::metadata(path).map_err(failed)?.len();
    watch.file(&file_name(path), bytes)?;
    Ok(bytes)
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::registry::Bounds;

    const ELECTION: &str = "id = \"e\"\nname = \"E\"\npolling_date = \"2024-03-31\"\n\
                            time_zone = \"Europe/Istanbul\"\nraces = [9, 8]\n";

    fn checked(places: &[u8], boxes: &[u8], codes: &[u8]) -> (Option<Checked>, BadLines) {
        let dir = tempfile::tempdir().unwrap();
        let files = [("election.toml", ELECTION.as_bytes()), ("places.csv", places), ("boxes.csv", boxes)];
        for (name, bytes) in files.into_iter().chain([("codes.csv", codes)]) {
            std::fs::write(dir.path().join(name), bytes).unwrap();
        }
        let mut bad = BadLines::default();
        let checked = directory(dir.path(), Watch::begin(Bounds::default()), &mut bad, &mut |_| {}).unwrap();
        (checked, bad)
    }

    /// The directories of places, in the order of their lines.
    fn directories(places: &str) -> Vec<String> {
        let places = format!("place_id,parent_id,level,code,name\n{places}");
        let (checked, bad) = checked(places.as_bytes(), b"box_id,place_id,number\n", b"code,kind\n");
        assert!(bad.is_empty(), "{bad}");
        let places = checked.unwrap().places;
        (0..places.len()).map(|no| places.directory(no as u32).to_owned()).collect()
    }

    #[test]
    fn of_two_places_with_one_name_the_later_has_its_id_behind() {
        let twice = "34,,il,34,A\nB-1,34,ilce,,Merkez\nB-2,34,ilce,,MERKEZ\nK,B-2,kurul,1,K\n";
        assert_eq!(directories(twice), ["34-a", "34-a/merkez", "34-a/merkez-b-2", "34-a/merkez-b-2-1"]);
        // A district called as another one's board lies.
        let board = "K,,ilce,,Kadıköy\nK1,K,kurul,1,K\nX,,ilce,,Kadıköy 1\n";
        assert_eq!(directories(board), ["kadikoy", "kadikoy-1", "kadikoy-1-x"]);
        // Names that belong to no province, and two gates with one rumuz.
        let kept = "A,,ilce,,Yurtdışı\nG1,,gumruk,R,A\nG2,A,gumruk,R,B\nD,,ulke,DE,Almanya\n";
        assert_eq!(directories(kept), ["yurtdisi-a", "gumruk/r", "gumruk/r-g2", "yurtdisi/almanya"]);
    }

    #[test]
    fn a_directory_that_nobody_could_list_is_refused() {
        let mut places = "place_id,parent_id,level,code,name\nA,,ilce,,A\n".to_owned();
        for n in 0..3_001 {
            places.push_str(&format!("M{n},A,mahalle,,M{n}\n"));
        }
        let (_, bad) = checked(places.as_bytes(), b"box_id,place_id,number\n", b"code,kind\n");
        assert_eq!(
            bad.to_string(),
            "places.csv:3003 (parent_id): A would have more than 3000 places in its directory\n"
        );
    }

    #[test]
    fn one_sheet_in_the_directory_of_two_places_is_refused() {
        let places = "place_id,parent_id,level,code,name\n34,,il,34,A\nC,34,cevre,1,C\n";
        let codes = "code,kind,race,place_id\n111111,birlestirme-il,9,34\n222222,birlestirme-il,9,C\n";
        let (_, bad) = checked(places.as_bytes(), b"box_id,place_id,number\n", codes.as_bytes());
        let told = "codes.csv:3 (place_id): 34-a/cb-birlestirme-il would be this sheet and one of 34\n";
        assert_eq!(bad.to_string(), told);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_bytes_make_the_check_panic(
            places in proptest::collection::vec("[A-C]?[,;][A-C]?,(il|ilce|kurul|mahalle|gumruk|ulke|),[0-9x]{0,2},[^\n]{0,5}", 0..8),
            boxes in proptest::collection::vec("[0-9]{0,3},[A-C]?,[0-9+-]{0,5},[0-4]?,[0-9 ]{0,4}", 0..8),
            codes in proptest::collection::vec("[0-9]{0,40},(sonuc|denetim|x),[89]?,[0-9]?,[A-C]?,(true)?", 0..8),
            torn in any::<Vec<u8>>(),
        ) {
            let file = |header: &str, rows: &[String]| format!("{header}\n{}", rows.join("\n")).into_bytes();
            let places = file("place_id,parent_id,level,code,name", &places);
            let boxes = file("box_id,place_id,number,kind,races", &boxes);
            let codes = file("code,kind,race,box_id,place_id,many_pages", &codes);
            let (sound, bad) = checked(&places, &boxes, &codes);
            prop_assert!(sound.is_some() || !bad.is_empty());
            let (_, bad) = checked(&torn, &[boxes, torn.clone()].concat(), &codes);
            prop_assert!(!bad.is_empty());
        }
    }
}
