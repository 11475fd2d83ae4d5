//! A bag (BagIt 1.0, RFC 8493): its tag files as text, written and read back.
//!
//! What is read may come from anybody: one spelling, and no path that leads out of the bag.

use jiff::civil::Date;

use super::portable;
use crate::domain::Digest;
use crate::domain::words::Hidden;

/// The declaration.
pub const DECLARATION: &str = "bagit.txt";
/// What the bag is.
pub const INFO: &str = "bag-info.txt";
/// Digests of the payload.
pub const MANIFEST: &str = "manifest-sha256.txt";
/// Digests of everything beside the payload.
pub const TAGS: &str = "tagmanifest-sha256.txt";
/// The signature over [`TAGS`].
pub const SIGNATURE: &str = "tagmanifest-sha256.txt.sig";
/// The key that signed, as `ssh-keygen -Y verify` wants it.
pub const SIGNER: &str = "imza-anahtari.txt";
/// The directory of the payload.
pub const PAYLOAD: &str = "data";
/// The page to begin with.
pub const INDEX: &str = "INDEX.html";
/// How to check the bag.
pub const HOW: &str = "DOGRULA.txt";
/// The directory of the other pages.
pub const PAGES: &str = "sayfalar";
/// The directory of small pictures.
pub const PREVIEWS: &str = "onizleme";

/// Content of [`DECLARATION`].
pub const DECLARED: &str = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";
/// Bytes of a tag file that is read whole at most: two million lines of a manifest are less.
pub const TAG_BYTES: usize = 1 << 30;

/// What `bag-info.txt` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info {
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
    /// When the content was fixed, in the election's zone.
    pub date: Date,
    /// Entries of the ledger.
    pub size: u64,
    /// The root over them.
    pub root: String,
    /// Scans in this bag.
    pub scans: u64,
    /// Which of how many bags.
    pub number: u32,
    /// How many bags.
    pub of: u32,
    /// Bytes and files of the payload.
    pub oxum: (u64, u64),
}

impl Info {
    /// The file.
    pub fn text(&self) -> String {
        let lines = [
            ("Source-Organization", self.origin.clone()),
            ("External-Description", format!("{}; {}; {}", self.election, self.place, self.candidate)),
            ("External-Identifier", format!("{}#{}", self.origin, self.request)),
            ("Bagging-Date", self.date.to_string()),
            ("Payload-Oxum", format!("{}.{}", self.oxum.0, self.oxum.1)),
            ("Bag-Group-Identifier", format!("{}#{}", self.origin, self.request)),
            ("Bag-Count", format!("{} of {}", self.number, self.of)),
            ("Tutanak-Election", self.election.clone()),
            ("Tutanak-Candidate", self.candidate.clone()),
            ("Tutanak-Place", self.place.clone()),
            ("Tutanak-Position", self.size.to_string()),
            ("Tutanak-Root", self.root.clone()),
            ("Tutanak-Scans", self.scans.to_string()),
        ];
        lines.iter().map(|(label, value)| format!("{label}: {}\n", one_line(value))).collect()
    }

    /// Reads the file back. None when a line that is needed is missing or makes no sense.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.replace("\r\n", "\n");
        let value = |label: &str| text.lines().find_map(|line| line.strip_prefix(label)?.strip_prefix(": "));
        let (origin, request) = value("External-Identifier")?.rsplit_once('#')?;
        let (number, of) = value("Bag-Count")?.split_once(" of ")?;
        let (bytes, files) = value("Payload-Oxum")?.split_once('.')?;
        Some(Self {
            origin: origin.to_owned(),
            election: value("Tutanak-Election")?.to_owned(),
            request: request.parse().ok()?,
            candidate: value("Tutanak-Candidate")?.to_owned(),
            place: value("Tutanak-Place")?.to_owned(),
            date: value("Bagging-Date")?.parse().ok()?,
            size: value("Tutanak-Position")?.parse().ok()?,
            root: value("Tutanak-Root")?.to_owned(),
            scans: value("Tutanak-Scans")?.parse().ok()?,
            number: number.parse().ok()?,
            of: of.parse().ok()?,
            oxum: (bytes.parse().ok()?, files.parse().ok()?),
        })
    }
}

/// A line of a manifest.
pub fn manifest_line(digest: &Digest, path: &str) -> String {
    format!("{digest}  {path}\n")
}

/// A line of a manifest, read: the digest and the path. None for what is no such line, or a path that could lead out of
/// the bag.
pub fn parse_line(line: &str) -> Option<(Digest, &str)> {
    let (digest, path) = line.split_once(' ')?;
    let path = path.trim_start_matches([' ', '*']);
    let digest = digest.to_ascii_lowercase().parse().ok()?;
    portable::is_sound(path).then_some((digest, path))
}

/// Sixteen bytes that stand for a path: the paths of two million scans fit in memory so.
pub fn name_of(path: &str) -> [u8; 16] {
    let mut name = [0; 16];
    name.copy_from_slice(&Digest::of(path.as_bytes()).as_bytes()[..16]);
    name
}

/// A value in one line, whatever a name holds.
fn one_line(value: &str) -> String {
    value
        .chars()
        .map(|letter| if Hidden::of(letter).is_some() { ' ' } else { letter })
        .collect::<String>()
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_bag_says_of_itself_is_read_back() {
        let info = Info {
            origin: "host/secim".into(),
            election: "Deneme Seçimi".into(),
            request: 7,
            candidate: "Ayşe Çınar".into(),
            place: "İstanbul 1".into(),
            date: "2024-03-31".parse().unwrap(),
            size: 1234,
            root: "00ff".into(),
            scans: 12,
            number: 1,
            of: 2,
            oxum: (99, 3),
        };
        assert_eq!(Info::parse(&info.text()), Some(info.clone()));
        assert_eq!(Info::parse(&info.text().replace('\n', "\r\n")), Some(info.clone()));
        let sly = Info { candidate: "A\nPayload-Oxum: 0.0".into(), ..info.clone() };
        assert_eq!(Info::parse(&sly.text()).unwrap().oxum, info.oxum, "a name adds no line");
        for line in info.text().lines().filter(|line| line.starts_with("Tutanak-") || line.starts_with("Payload-")) {
            assert_eq!(Info::parse(&info.text().replace(&format!("{line}\n"), "")), None, "{line}");
        }
    }

    #[test]
    fn a_manifests_paths_stay_in_the_bag() {
        let digest = Digest::of(b"");
        let line = manifest_line(&digest, "data/a.png");
        assert_eq!(parse_line(line.trim_end()), Some((digest, "data/a.png")));
        assert_eq!(parse_line(&format!("{digest} *data/a.png")), Some((digest, "data/a.png")));
        for path in ["../a", "/etc/passwd", "data/../../a", "C:/a", "data\\a", ""] {
            assert_eq!(parse_line(&format!("{digest}  {path}")), None, "{path}");
        }
        assert_eq!(parse_line("data/a.png"), None);
    }
}
