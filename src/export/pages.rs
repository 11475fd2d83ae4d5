//! The pages of a medium: from the index down to each box, for a browser that opens them from the stick.
//!
//! No script, no link that leads out of the medium. The scans come by path, and a page is made when the last scan below it
//! has come: what is in memory is one path of open directories.

use askama::Template;

use super::ExportError;
use super::item::BagFile;
use super::walk::Item;
use crate::archive::lists::{sheet, status, time};
use crate::domain::directory::{ABROAD, CUSTOMS};
use crate::domain::naming::{self, SCANS};
use crate::formats::bag::{INDEX, PAGES, PAYLOAD, PREVIEWS};
use crate::formats::portable;
use crate::ledger::registry::Inside;

/// The style sheet, beside the pages.
const STYLE: &str = include_str!("pages/stil.css");

/// Bytes that one scan adds to pages at most, and those of a page without one: for the plan.
pub const SCAN_ON_PAGES: u64 = 3 << 10;
/// See [`SCAN_ON_PAGES`].
pub const PAGE_BYTES: u64 = 4 << 10;

/// What every page says of the medium.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The log: host and election.
    pub origin: String,
    /// The election's name.
    pub election: String,
    /// The request's number.
    pub request: u64,
    /// The candidate's name.
    pub candidate: String,
    /// The seçim çevresi's name.
    pub place: String,
    /// When the content was fixed, as people write it.
    pub date: String,
    /// Entries of the ledger.
    pub size: u64,
    /// The root over them.
    pub root: String,
    /// The fingerprint of the key that signs.
    pub fingerprint: String,
    /// Which medium.
    pub number: u32,
    /// Of how many.
    pub of: u32,
    /// The election's zone.
    pub zone: jiff::tz::TimeZone,
}

struct Crumb {
    href: String,
    title: String,
}

/// A directory below another.
struct Child {
    href: String,
    title: String,
    scans: u64,
}

/// A scan on the page of its directory.
struct Shot {
    scan: String,
    preview: Option<String>,
    caption: String,
}

/// The scans of one box on the page of its directory.
struct BoxRow {
    href: String,
    title: String,
    shots: Vec<Shot>,
}

/// A scan on its box's page.
struct Sheet {
    caption: String,
    code: String,
    position: u64,
    at: String,
    status: &'static str,
    sha256: String,
    scan: String,
    path: String,
    proof: String,
    proof_name: String,
}

#[derive(Template)]
#[template(path = "export/pages/index.html", config = ".askama.toml")]
struct IndexPage<'a> {
    up: &'a str,
    crumbs: Vec<Crumb>,
    facts: &'a Facts,
    scans: u64,
    directories: &'a [Child],
}

#[derive(Template)]
#[template(path = "export/pages/directory.html", config = ".askama.toml")]
struct DirectoryPage<'a> {
    up: &'a str,
    crumbs: Vec<Crumb>,
    facts: &'a Facts,
    title: &'a str,
    scans: u64,
    directories: &'a [Child],
    boxes: &'a [BoxRow],
}

#[derive(Template)]
#[template(path = "export/pages/sandik.html", config = ".askama.toml")]
struct BoxPage<'a> {
    up: &'a str,
    crumbs: Vec<Crumb>,
    facts: &'a Facts,
    title: &'a str,
    above: &'a str,
    sheets: &'a [Sheet],
}

/// A directory whose scans are coming.
struct Open {
    /// Below the directory of all scans; empty for that itself.
    directory: String,
    title: String,
    scans: u64,
    children: Vec<Child>,
    boxes: Vec<BoxRow>,
}

/// A box whose scans are coming.
struct OpenBox {
    /// The box's number; none for sheets of the place itself.
    sandik: Option<u32>,
    sheets: Vec<Sheet>,
    shots: Vec<Shot>,
}

/// The pages while the scans come.
pub struct Pages<'a> {
    inside: &'a Inside,
    facts: &'a Facts,
    open: Vec<Open>,
    current: Option<OpenBox>,
    out: Vec<BagFile>,
}

impl<'a> Pages<'a> {
    /// No page yet but the style sheet.
    pub fn new(inside: &'a Inside, facts: &'a Facts) -> Self {
        let root = Open::new("", facts.place.clone());
        let out = vec![BagFile::made(format!("{PAGES}/stil.css"), STYLE)];
        Self { inside, facts, open: vec![root], current: None, out }
    }

    /// A scan, and whether there is a preview of it. Gives the pages that are complete by now.
    pub fn add(&mut self, item: &Item, previewed: bool) -> Result<Vec<BagFile>, ExportError> {
        let directory = item.directory.strip_prefix(SCANS).unwrap_or_default().trim_start_matches('/');
        if self.open.last().is_none_or(|open| open.directory != directory) {
            self.close_box()?;
            while self.open.last().is_some_and(|open| !holds(&open.directory, directory)) {
                self.close_directory()?;
            }
            let from = self.open.last().map_or(0, |open| open.directory.len());
            let ends = directory.match_indices('/').map(|(at, _)| at).chain([directory.len()]);
            for end in ends.filter(|end| *end > from) {
                self.open.push(Open::new(&directory[..end], self.title(&directory[..end])));
            }
        }
        if self.current.as_ref().is_some_and(|current| current.sandik != item.form.sandik) {
            self.close_box()?;
        }
        let up = up(directory);
        let path = portable::path(&item.path());
        let preview = previewed.then(|| format!("{up}{}", preview_path(item)));
        let scan = format!("{up}{PAYLOAD}/{path}");
        let (_, name) = naming::split(&path);
        let current =
            self.current.get_or_insert_with(|| OpenBox { sandik: item.form.sandik, sheets: vec![], shots: vec![] });
        let caption = caption(item);
        current.shots.push(Shot { scan: scan.clone(), preview, caption: caption.clone() });
        current.sheets.push(Sheet {
            caption,
            code: item.form.code.to_string(),
            position: item.position,
            at: time(item.entry.at, &self.facts.zone),
            status: status(&item.entry),
            sha256: item.digest.to_string(),
            proof: format!("{scan}{}", naming::PROOF),
            proof_name: format!("{name}{}", naming::PROOF),
            scan,
            path,
        });
        Ok(std::mem::take(&mut self.out))
    }

    /// The pages that were waiting for more, and the index.
    pub fn finish(mut self) -> Result<Vec<BagFile>, ExportError> {
        self.close_box()?;
        while self.open.len() > 1 {
            self.close_directory()?;
        }
        if let Some(root) = self.open.pop() {
            let page = IndexPage {
                up: "",
                crumbs: Vec::new(),
                facts: self.facts,
                scans: root.scans,
                directories: &root.children,
            };
            self.out.push(BagFile::made(INDEX, page.render()?));
        }
        Ok(self.out)
    }

    fn close_box(&mut self) -> Result<(), ExportError> {
        let Some(current) = self.current.take() else { return Ok(()) };
        let Some(open) = self.open.last() else { return Ok(()) };
        let (name, title) = match current.sandik {
            Some(number) => (format!("{number}.html"), format!("Sandık {number}")),
            None => ("tutanaklar.html".to_owned(), "Birleştirme ve denetim tutanakları".to_owned()),
        };
        let titles: Vec<&str> = self.open.iter().skip(1).map(|open| open.title.as_str()).collect();
        let up = up(&open.directory);
        let page = BoxPage {
            up: &up,
            crumbs: self.crumbs(self.open.len(), &open.directory),
            facts: self.facts,
            title: &title,
            above: &titles.join(" / "),
            sheets: &current.sheets,
        };
        let file = BagFile::made(page_path(&open.directory, &name), page.render()?);
        self.out.push(file);
        if let Some(open) = self.open.last_mut() {
            open.scans += current.sheets.len() as u64;
            open.boxes.push(BoxRow { href: name, title, shots: current.shots });
        }
        Ok(())
    }

    fn close_directory(&mut self) -> Result<(), ExportError> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let up = up(&open.directory);
        let page = DirectoryPage {
            up: &up,
            crumbs: self.crumbs(self.open.len(), &open.directory),
            facts: self.facts,
            title: &open.title,
            scans: open.scans,
            directories: &open.children,
            boxes: &open.boxes,
        };
        let path = page_path(&open.directory, "index.html");
        self.out.push(BagFile::made(path.clone(), page.render()?));
        let (scans, title) = (open.scans, open.title);
        if let Some(above) = self.open.last_mut() {
            above.scans += scans;
            let href = match above.directory.as_str() {
                "" => path,
                _ => {
                    let (_, name) = naming::split(&open.directory);
                    format!("{}/index.html", portable::path(name))
                }
            };
            above.children.push(Child { href, title, scans });
        }
        Ok(())
    }

    /// Links to the pages above, from a page in `directory`.
    fn crumbs(&self, above: usize, directory: &str) -> Vec<Crumb> {
        let up = up(directory);
        let crumb = |open: &Open| {
            let page =
                if open.directory.is_empty() { INDEX.to_owned() } else { page_path(&open.directory, "index.html") };
            let title = if open.directory.is_empty() { "Başlangıç".to_owned() } else { open.title.clone() };
            Crumb { href: format!("{up}{page}"), title }
        };
        self.open.iter().take(above).map(crumb).collect()
    }

    fn title(&self, directory: &str) -> String {
        if let Some(name) = self.inside.name(directory) {
            return name.to_owned();
        }
        let (_, name) = naming::split(directory);
        match name {
            ABROAD => "Yurt dışı".to_owned(),
            CUSTOMS => "Gümrük kapıları".to_owned(),
            range => match range.split_once('-') {
                Some((first, last)) => format!("Sandık {first}–{last}"),
                None => range.to_owned(),
            },
        }
    }
}

impl Open {
    fn new(directory: &str, title: String) -> Self {
        Self { directory: directory.to_owned(), title, scans: 0, children: Vec::new(), boxes: Vec::new() }
    }
}

/// Where the preview of a scan lies in the bag.
pub fn preview_path(item: &Item) -> String {
    let path = portable::path(&item.path());
    format!("{PREVIEWS}{}", path.strip_prefix(SCANS).unwrap_or(&path))
}

fn page_path(directory: &str, name: &str) -> String {
    let directory = portable::path(directory);
    if directory.is_empty() { format!("{PAGES}/{name}") } else { format!("{PAGES}/{directory}/{name}") }
}

/// From a page of `directory` to the bag's root.
fn up(directory: &str) -> String {
    let parts = if directory.is_empty() { 0 } else { 1 + directory.matches('/').count() };
    "../".repeat(1 + parts)
}

fn holds(outer: &str, inner: &str) -> bool {
    outer.is_empty() || inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn caption(item: &Item) -> String {
    let [_, race, kind] = sheet(&item.form);
    let (page, revision) = (item.entry.page.unwrap_or(1), item.entry.revision.unwrap_or(1));
    format!("{race}, {kind}, sayfa {page}, sürüm {revision}")
}
