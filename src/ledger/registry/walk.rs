//! Walking over every form that is expected, page by page: boxes in the order of their import, then the sheets of places.

mod boxes;
mod counts;
mod labels;
mod sheets;

pub use counts::BoardCounts;
pub use labels::Label;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::str::FromStr;

use crate::domain::place::Reach;
use crate::domain::{BoxId, Election, Form, Level, PlaceId};
use crate::ledger::db::on_db;
use crate::ledger::entries::stands;
use crate::ledger::{Ledger, LedgerError, corrupt};

/// Where a walk stands. It stays good while rows are added: they come last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum FormCursor {
    /// At the beginning.
    #[default]
    Start,
    /// After the box with this number in the order of import.
    Box(i64),
    /// Among the sheets of places, after this code.
    Sheet(String),
    /// At the end.
    End,
}

/// A place's name, as it is printed on a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceName {
    /// What kind of place.
    pub level: Level,
    /// Plate number, number of the board, rumuz; may be empty.
    pub code: String,
    /// The name that election users know.
    pub name: String,
}

impl fmt::Display for FormCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start => f.write_str("start"),
            Self::Box(seq) => write!(f, "box-{seq}"),
            Self::Sheet(code) => write!(f, "sheet-{code}"),
            Self::End => f.write_str("end"),
        }
    }
}

/// The text is no cursor that [`FormCursor`] writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no place where a walk over forms can stand")]
pub struct BadFormCursor;

impl FromStr for FormCursor {
    type Err = BadFormCursor;

    fn from_str(text: &str) -> Result<Self, BadFormCursor> {
        // A code has at most 32 digits; an empty one stands before the first sheet.
        let is_code = |code: &str| code.len() <= 32 && code.bytes().all(|byte| byte.is_ascii_digit());
        match text.split_once('-') {
            None if text == "start" => Ok(Self::Start),
            None if text == "end" => Ok(Self::End),
            Some(("box", seq)) => seq.parse().map(Self::Box).map_err(|_| BadFormCursor),
            Some(("sheet", code)) if is_code(code) => Ok(Self::Sheet(code.to_owned())),
            _ => Err(BadFormCursor),
        }
    }
}

/// A form that the election expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedForm {
    /// The form. Of several codes that name it one is given: a listed one before one made by rule.
    pub form: Form,
    /// The box, for a box's form.
    pub box_id: Option<BoxId>,
    /// The places it belongs to, the largest first: il, çevre, ilçe, kurul, mahalle.
    pub places: Vec<PlaceName>,
    /// Whether a scan of it has been linked, and the link was not taken back.
    pub on_file: bool,
}

impl ExpectedForm {
    fn new(form: Form, box_id: Option<BoxId>) -> Self {
        Self { form, box_id, places: Vec::new(), on_file: false }
    }
}

const ON_FILE: &str = "SELECT DISTINCT e.form_key FROM entry e WHERE e.form_key";

// `leaf` is the place asked for; `depth` counts upwards from it.
const CHAINS: &str = "\
WITH RECURSIVE chain (leaf, depth, parent, level, code, name) AS (
  SELECT id, 0, parent, level, code, name FROM place WHERE id";
const CHAINS_TAIL: &str = "\
  UNION ALL
  SELECT chain.leaf, chain.depth + 1, p.parent, p.level, p.code, p.name
    FROM chain JOIN place p ON p.id = chain.parent
) SELECT leaf, level, code, name FROM chain ORDER BY leaf, depth DESC";

/// Fetches the rows between `$head` and `$tail` whose column, named last in `$head`, is one of `$keys`.
macro_rules! among {
    ($pool:ident, $head:expr, $keys:expr, $tail:expr) => {{
        let mut query = sqlx::QueryBuilder::new($head);
        query.push(" IN (");
        let mut list = query.separated(", ");
        for key in $keys {
            list.push_bind(key);
        }
        query.push(") ");
        query.push($tail);
        query.build_query_as().fetch_all($pool).await?
    }};
}

use among;

/// As many entries as there are.
const ALL: u64 = i64::MAX as u64;

impl Ledger {
    /// The expected forms after `cursor` and the cursor for the next page. Each form comes once, whatever number of codes
    /// name it. A page ends between boxes and has about `limit` forms; it is empty only at the end.
    pub async fn forms_after(
        &self,
        election: &Election,
        cursor: FormCursor,
        limit: u32,
    ) -> Result<(Vec<ExpectedForm>, FormCursor), LedgerError> {
        self.forms_below("", election, cursor, limit).await
    }

    /// The same for the forms whose places lie in or below one directory; all of them for the empty text.
    pub async fn forms_below(
        &self,
        directory: &str,
        election: &Election,
        cursor: FormCursor,
        limit: u32,
    ) -> Result<(Vec<ExpectedForm>, FormCursor), LedgerError> {
        self.forms_below_at(directory, election, cursor, limit, ALL).await
    }

    /// The same, where only the ledger's first `size` entries count for whether there is a scan.
    pub async fn forms_below_at(
        &self,
        directory: &str,
        election: &Election,
        cursor: FormCursor,
        limit: u32,
        size: u64,
    ) -> Result<(Vec<ExpectedForm>, FormCursor), LedgerError> {
        self.forms_of(&Whose::Below(directory), election, cursor, limit, size).await
    }

    /// The forms that a board may send.
    pub async fn forms_of_board(
        &self,
        reach: &Reach,
        election: &Election,
        cursor: FormCursor,
        limit: u32,
    ) -> Result<(Vec<ExpectedForm>, FormCursor), LedgerError> {
        self.forms_of(&Whose::Board(reach), election, cursor, limit, ALL).await
    }

    async fn forms_of(
        &self,
        whose: &Whose<'_>,
        election: &Election,
        cursor: FormCursor,
        limit: u32,
        size: u64,
    ) -> Result<(Vec<ExpectedForm>, FormCursor), LedgerError> {
        let limit = limit.clamp(1, 5_000);
        let (mut forms, mut next) = (Vec::new(), cursor);
        // Boxes without any code, and the seam between boxes and sheets, are not the caller's business.
        while forms.is_empty() && next != FormCursor::End {
            (forms, next) = match next {
                FormCursor::Start => self.forms_of_boxes(whose, election, 0, limit).await?,
                FormCursor::Box(after) => self.forms_of_boxes(whose, election, after, limit).await?,
                FormCursor::Sheet(after) => self.sheets_of_places(whose, &after, limit).await?,
                FormCursor::End => break,
            };
        }
        for page in forms.chunks_mut(1_000) {
            self.fill(page, size).await?;
        }
        Ok((forms, next))
    }

    /// Adds the names of the places, and whether there is a scan.
    async fn fill(&self, forms: &mut [ExpectedForm], size: u64) -> Result<(), LedgerError> {
        let places: HashSet<&PlaceId> = forms.iter().map(|expected| &expected.form.place).collect();
        let chain_of = self.chains(&places).await?;
        let keys: Vec<String> = forms.iter().map(|expected| expected.form.key().as_str().to_owned()).collect();
        let before = format!("AND e.position < {size} AND {} AND w.position < {size})", stands!("e"));
        let on_file: Vec<(String,)> =
            on_db!(&*self.db, |pool| among!(pool, ON_FILE, keys.iter().map(String::as_str), &before));
        let on_file: HashSet<String> = on_file.into_iter().map(|(key,)| key).collect();
        for (expected, key) in forms.iter_mut().zip(keys) {
            expected.places = chain_of.get(expected.form.place.as_str()).cloned().unwrap_or_default();
            expected.on_file = on_file.contains(&key);
        }
        Ok(())
    }

    /// The names of places and of what they lie in, the largest first.
    async fn chains(&self, places: &HashSet<&PlaceId>) -> Result<HashMap<String, Vec<PlaceName>>, LedgerError> {
        let mut chain_of: HashMap<String, Vec<PlaceName>> = HashMap::new();
        if places.is_empty() {
            return Ok(chain_of);
        }
        let chains: Vec<(String, String, String, String)> =
            on_db!(&*self.db, |pool| among!(pool, CHAINS, places.iter().map(|id| id.as_str()), CHAINS_TAIL));
        for (leaf, level, code, name) in chains {
            let level = level.parse().map_err(corrupt)?;
            chain_of.entry(leaf).or_default().push(PlaceName { level, code, name });
        }
        Ok(chain_of)
    }
}

/// Whose forms a walk is over.
enum Whose<'a> {
    /// Those whose places lie in or below a directory; everybody's for the empty text.
    Below(&'a str),
    /// Those that a board may send.
    Board(&'a Reach),
}

impl Whose<'_> {
    fn is_a_board(&self) -> bool {
        matches!(self, Self::Board(_))
    }

    /// The three values of the statement's condition. Directories have no letters that mean something in a pattern, and no
    /// place has an empty id.
    fn values(&self) -> [String; 3] {
        let text = |id: Option<&PlaceId>| id.map(PlaceId::to_string).unwrap_or_default();
        match self {
            Self::Below("") => [String::new(), "%".to_owned(), String::new()],
            Self::Below(directory) => [(*directory).to_owned(), format!("{directory}/%"), String::new()],
            Self::Board(reach) => [reach.board().to_string(), text(reach.merges()), text(reach.counts_below())],
        }
    }
}
