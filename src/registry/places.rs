//! The place tree, held in memory while files are read: about 200 bytes a place, 50,000 places in the whole country.

use std::collections::{HashMap, HashSet};

use super::bad::BadLines;
use super::table::{Columns, Row};
use crate::domain::directory::{ABROAD, CUSTOMS, NATIONAL, Naming, apart};
use crate::domain::{Level, PlaceId, words};
use crate::ledger::registry::PlaceRow;

/// The file's name in an election's directory.
pub const FILE: &str = "places.csv";

/// Its columns.
pub const COLUMNS: Columns = Columns { required: &["place_id", "parent_id", "level", "code", "name"], optional: &[] };

/// More children in one directory would be a listing that FTP clients give up on.
const CHILDREN_LIMIT: u32 = 3_000;

/// A place's number in the tree.
pub type PlaceNo = u32;

struct Node {
    id: PlaceId,
    level: Level,
    directory: String,
    parent: Option<PlaceNo>,
    board: Option<PlaceNo>,
    district: PlaceNo,
    children: u32,
}

/// The tree.
#[derive(Default)]
pub struct Places {
    nodes: Vec<Node>,
    /// None for a place whose line was bad: what lies in it is passed over, not blamed as well.
    by_id: HashMap<PlaceId, (u64, Option<PlaceNo>)>,
    directories: HashSet<String>,
}

/// What a place id stands for.
pub enum PlaceLookup {
    /// A place.
    Place(PlaceNo),
    /// A place whose line was bad.
    Broken,
    /// Nothing at all.
    Nothing,
}

/// A place's columns, read but not yet placed.
struct Written<'a> {
    id: PlaceId,
    parent: Option<PlaceId>,
    level: Level,
    code: &'a str,
    name: &'a str,
}

impl Places {
    /// Checks a row and adds it to the tree.
    pub fn add(&mut self, row: Row<'_>, bad: &mut BadLines) {
        let before = bad.total();
        let id = match row.get("place_id").parse::<PlaceId>() {
            Ok(id) => id,
            Err(cause) => return bad.add(FILE, row.line, "place_id", cause),
        };
        if let Some((first, _)) = self.by_id.get(&id) {
            return bad.add(FILE, row.line, "place_id", format_args!("{id} is on line {first} already"));
        }
        let no = self.read(&id, row, bad).and_then(|written| self.place(written, row.line, bad));
        // A place that is broken only because its parent is makes no complaint of its own.
        debug_assert!(no.is_some() || bad.total() > before || !row.get("parent_id").is_empty());
        self.by_id.insert(id, (row.line, no));
    }

    fn read<'a>(&self, id: &PlaceId, row: Row<'a>, bad: &mut BadLines) -> Option<Written<'a>> {
        let level = row.get("level").parse().map_err(|cause: String| bad.add(FILE, row.line, "level", cause)).ok();
        let (code, name) = (row.get("code"), row.get("name"));
        let before = bad.total();
        for (column, text, limit) in [("code", code, 32), ("name", name, 200)] {
            if text.len() > limit {
                bad.add(FILE, row.line, column, format_args!("more than {limit} bytes"));
            }
            if let Err(hidden) = words::check(text) {
                bad.add(FILE, row.line, column, format_args!("a character that is not seen: {hidden}"));
            }
        }
        if name.is_empty() {
            bad.add(FILE, row.line, "name", "a name is expected");
        }
        let parent = match row.get("parent_id") {
            "" => None,
            text => Some(text.parse().map_err(|cause| bad.add(FILE, row.line, "parent_id", cause)).ok()?),
        };
        let level = level?;
        (bad.total() == before).then_some(Written { id: id.clone(), parent, level, code, name })
    }

    fn place(&mut self, written: Written<'_>, line: u64, bad: &mut BadLines) -> Option<PlaceNo> {
        let Written { id, parent, level, code, name } = written;
        let parent = match &parent {
            None => None,
            Some(above) => match self.find(above) {
                PlaceLookup::Place(no) => Some(no),
                PlaceLookup::Broken => return None,
                PlaceLookup::Nothing => {
                    bad.add(FILE, line, "parent_id", format_args!("no place above this line is called {above}"));
                    return None;
                }
            },
        };
        let above = parent.map(|no| &self.nodes[no as usize]);
        if let Some(above) = above.filter(|above| !may_lie_in(level, above.level)) {
            let (level, above) = (level.name(), above.level.name());
            bad.add(
                FILE,
                line,
                "parent_id",
                format_args!("a place of level {level} does not lie in one of level {above}"),
            );
            return None;
        }
        let naming =
            Naming { id: &id, level, code, name, above: above.map(|above| (above.level, above.directory.as_str())) };
        let shares = naming.shares();
        let mut directory = match naming.directory() {
            Ok(directory) => directory,
            Err(cause) => {
                bad.add(FILE, line, if level == Level::Il || level == Level::Kurul { "code" } else { "name" }, cause);
                return None;
            }
        };
        // Names that other levels keep for themselves: no province or district may lie there.
        let kept = level != Level::Genel && [ABROAD, CUSTOMS, NATIONAL].contains(&directory.as_str());
        if !shares && (kept || self.directories.contains(&directory)) {
            directory = apart(&directory, &id);
            if self.directories.contains(&directory) {
                bad.add(FILE, line, "place_id", format_args!("another place has the directory {directory} already"));
                return None;
            }
        }
        if let Some(above) = parent {
            let above = &mut self.nodes[above as usize];
            above.children += 1;
            if above.children == CHILDREN_LIMIT + 1 {
                let cause = format!("{} would have more than {CHILDREN_LIMIT} places in its directory", above.id);
                bad.add(FILE, line, "parent_id", cause);
            }
        }
        Some(self.push(id, level, directory, parent, shares))
    }

    fn push(&mut self, id: PlaceId, level: Level, directory: String, parent: Option<PlaceNo>, shares: bool) -> PlaceNo {
        let no = self.nodes.len() as PlaceNo;
        let above = parent.map(|no| &self.nodes[no as usize]);
        let board = if level.seats_a_board() { Some(no) } else { above.and_then(|above| above.board) };
        let own_numbers = matches!(level, Level::Il | Level::Ilce | Level::Ulke | Level::Temsilcilik | Level::Gumruk);
        let district = above.filter(|_| !own_numbers).map_or(no, |above| above.district);
        if !shares {
            self.directories.insert(directory.clone());
        }
        self.nodes.push(Node { id, level, directory, parent, board, district, children: 0 });
        no
    }

    /// Adds a place as it is stored. Parents come first.
    pub fn restore(&mut self, row: &PlaceRow) {
        let parent = row.parent.as_ref().and_then(|id| self.by_id.get(id)).and_then(|(_, no)| *no);
        let shares = parent.is_some_and(|no| self.nodes[no as usize].directory == row.directory);
        let no = self.push(row.id.clone(), row.level, row.directory.clone(), parent, shares);
        self.by_id.insert(row.id.clone(), (0, Some(no)));
    }

    /// The place that `id` names.
    pub fn find(&self, id: &PlaceId) -> PlaceLookup {
        match self.by_id.get(id) {
            Some((_, Some(no))) => PlaceLookup::Place(*no),
            Some((_, None)) => PlaceLookup::Broken,
            None => PlaceLookup::Nothing,
        }
    }

    /// How many places there are.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The id of a place.
    pub fn id(&self, no: PlaceNo) -> &PlaceId {
        &self.nodes[no as usize].id
    }

    /// The directory of a place.
    pub fn directory(&self, no: PlaceNo) -> &str {
        &self.nodes[no as usize].directory
    }

    /// The place inside which the numbers of a place's boxes are unique.
    pub fn district(&self, no: PlaceNo) -> PlaceNo {
        self.nodes[no as usize].district
    }

    /// A row that was checked before, as it is stored. None for a row that was not.
    pub fn row(&self, row: Row<'_>) -> Option<PlaceRow> {
        let id: PlaceId = row.get("place_id").parse().ok()?;
        let PlaceLookup::Place(no) = self.find(&id) else { return None };
        let node = &self.nodes[no as usize];
        Some(PlaceRow {
            parent: node.parent.map(|no| self.id(no).clone()),
            level: node.level,
            code: row.get("code").to_owned(),
            name: row.get("name").to_owned(),
            directory: node.directory.clone(),
            board: node.board.map(|no| self.id(no).clone()),
            district: self.id(node.district).clone(),
            id,
        })
    }
}

/// Whether a place of `level` can lie directly in one of level `above`. Levels may be left out, never swapped.
fn may_lie_in(level: Level, above: Level) -> bool {
    use Level::*;
    match level {
        Genel => false,
        Il | Ulke => above == Genel,
        Cevre => matches!(above, Genel | Il),
        Ilce => matches!(above, Genel | Il | Cevre),
        Kurul => matches!(above, Genel | Il | Cevre | Ilce | Ulke),
        Gumruk => matches!(above, Genel | Il | Cevre | Ilce | Kurul),
        Mahalle => matches!(above, Genel | Il | Cevre | Ilce | Kurul),
        Temsilcilik => matches!(above, Genel | Kurul | Ulke),
    }
}
