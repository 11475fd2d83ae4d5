//! A shelf that is made up, keeps a diary, and can misbehave on request.

use std::fs::File;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use tutanak_ftp::{
    Attempt, Content, Cut, Delivery, Entry, EntryKind, Leaving, Listing, LoginError, Opened, Shelf, ShelfError, Sums,
    Terms, Visitor,
};

/// Length of `/il/34/a.png`, which is no multiple of anything.
pub const SCAN: usize = 145_677;
/// Length of `/endless.bin`: more than all buffers between two programs hold.
pub const ENDLESS: u64 = 1 << 30;
/// Length of `/long.bin`, which is a file on this machine. `/shrunk.bin` is the same and said to be longer; `/changing.bin`
/// is said to have changed while it was sent; `/sparse.bin` is one of [`ENDLESS`] bytes.
pub const LONG: usize = 3_145_999;
/// Where `/torn.bin` breaks, and how long it says it is.
pub const TORN_AT: usize = 100_000;
pub const TORN_SIZE: u64 = 300_000;
/// Entries of `/many`.
pub const MANY: usize = 60_000;

/// What the shelf says is the SHA-256 of every scan.
pub const DIGEST: [u8; 32] = [0xab; 32];

/// What became of one opened file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    pub path: String,
    pub offset: u64,
    pub sent: u64,
    pub complete: bool,
    pub over: bool,
    pub cause: Option<Cut>,
}

#[derive(Default)]
pub struct Diary {
    pub visitors: Vec<Visitor>,
    pub attempts: usize,
    /// What was tried that nobody gets, and by whom.
    pub tried: Vec<(Option<String>, Attempt)>,
    pub paths: Vec<String>,
    pub delivered: Vec<Delivered>,
    /// Who left: session number and name.
    pub left: Vec<(u64, Option<String>)>,
    /// And why.
    pub reasons: Vec<Leaving>,
}

#[derive(Default)]
pub struct MadeShelf {
    pub closed: Option<String>,
    /// Set while the house stands: nobody may be here any more.
    pub revoked: Arc<AtomicBool>,
    /// So many files lie in `/il/34` beside the first.
    pub more: Arc<AtomicUsize>,
    /// For everybody.
    pub terms: Terms,
    /// Names that may not send a password in the clear.
    pub never_plain: Vec<String>,
    /// Addresses that are known.
    pub known: Vec<std::net::IpAddr>,
    pub diary: Arc<Mutex<Diary>>,
}

pub fn scan() -> Bytes {
    (0..SCAN).map(|i| u8::try_from(i % 251).unwrap()).collect()
}

pub fn long() -> Vec<u8> {
    (0..LONG).map(|i| (i * 7 + i / 253) as u8).collect()
}

/// A file that has no name any more.
fn on_disk(bytes: &[u8], length: u64) -> File {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let name = format!("tutanak-ftp-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let path = std::env::temp_dir().join(name);
    let mut file = File::options().read(true).write(true).create_new(true).open(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    file.write_all(bytes).unwrap();
    file.set_len(length).unwrap();
    file
}

pub fn modified() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_711_908_131) // 2024-03-31 18:02:11 UTC
}

fn file(path: &str, size: u64) -> Entry {
    let name = path.rsplit('/').next().unwrap().to_owned();
    let sha256 = (size == SCAN as u64).then_some(DIGEST);
    Entry { name, kind: EntryKind::File { size }, modified: Some(modified()), sha256 }
}

fn directory(path: &str) -> Entry {
    let name = path.rsplit('/').next().unwrap().to_owned();
    Entry { name, kind: EntryKind::Directory, modified: Some(modified()), sha256: None }
}

#[async_trait]
impl Shelf for MadeShelf {
    type Reader = String;

    fn knows(&self, address: std::net::IpAddr) -> bool {
        self.known.contains(&address)
    }

    async fn admit(&self, _: &Visitor) -> Result<(), String> {
        self.closed.clone().map_or(Ok(()), Err)
    }

    async fn may_be_plain(&self, _: &Visitor, user: &str) -> Result<(), String> {
        if self.never_plain.iter().any(|name| name == user) { Err("Önce şifreleyin".to_owned()) } else { Ok(()) }
    }

    fn terms(&self, _: &String) -> Terms {
        self.terms.clone()
    }

    async fn still(&self, _: &Visitor, _: &String) -> Result<(), String> {
        if self.revoked.load(Ordering::Relaxed) { Err("Erişim sona erdi".to_owned()) } else { Ok(()) }
    }

    async fn sums(&self, visitor: &Visitor, reader: &String, path: &str) -> Result<Sums, ShelfError> {
        let entry = self.stat(visitor, reader, path).await?;
        let EntryKind::File { size } = entry.kind else { return Err(ShelfError::Missing) };
        Ok(Sums { size, sha256: entry.sha256, crc32: entry.sha256.map(|_| 0xc0ffee) })
    }

    async fn log_in(&self, visitor: &Visitor, user: &str, password: &str) -> Result<String, LoginError> {
        let mut diary = self.diary.lock().unwrap();
        diary.visitors.push(visitor.clone());
        diary.attempts += 1;
        match (user, password) {
            ("early", _) => Err(LoginError::Refused("Acilis 17:00".to_owned())),
            ("down", _) => Err(LoginError::Unavailable("Sonra deneyin".to_owned())),
            (user, "right") => Ok(user.to_owned()),
            _ => Err(LoginError::Refused("Wrong name or password".to_owned())),
        }
    }

    async fn stat(&self, _: &Visitor, _: &String, path: &str) -> Result<Entry, ShelfError> {
        self.diary.lock().unwrap().paths.push(path.to_owned());
        match path {
            "/" | "/il" | "/il/34" | "/many" => Ok(directory(path)),
            "/il/34/a.png" | "/İl ğ 1.png" => Ok(file(path, SCAN as u64)),
            "/torn.bin" => Ok(file(path, TORN_SIZE)),
            "/endless.bin" | "/sparse.bin" => Ok(file(path, ENDLESS)),
            "/long.bin" => Ok(file(path, LONG as u64)),
            "/changing.bin" => Ok(file(path, LONG as u64)),
            "/shrunk.bin" => Ok(file(path, LONG as u64 + 1)),
            "/busy.bin" => Err(ShelfError::Busy("Ask again".to_owned())),
            "/theirs.bin" => Err(ShelfError::NotYours("Not for you".to_owned())),
            _ => Err(ShelfError::Missing),
        }
    }

    async fn list(&self, _: &Visitor, _: &String, path: &str) -> Result<Arc<Listing>, ShelfError> {
        self.diary.lock().unwrap().paths.push(path.to_owned());
        let entries = match path {
            "/" => vec![directory("il"), file("İl ğ 1.png", SCAN as u64), file("no\r\nname", 1)],
            "/il" => vec![directory("34")],
            "/il/34" => {
                let more = (0..self.more.load(Ordering::Relaxed)).map(|n| file(&format!("n{n:03}.png"), SCAN as u64));
                std::iter::once(file("a.png", SCAN as u64)).chain(more).collect()
            }
            "/many" => (0..MANY).map(|i| file(&format!("{i:0200}.png"), 1)).collect(),
            "/busy" => return Err(ShelfError::Busy("Ask again".to_owned())),
            "/theirs" => return Err(ShelfError::NotYours("Not for you".to_owned())),
            _ => return Err(ShelfError::Missing),
        };
        Ok(Arc::new(entries.into()))
    }

    async fn attempted(&self, _: &Visitor, reader: Option<&String>, attempt: Attempt) {
        self.diary.lock().unwrap().tried.push((reader.cloned(), attempt));
    }

    async fn open(&self, _: &Visitor, _: &String, path: &str, offset: u64) -> Result<Opened, ShelfError> {
        let whole = scan();
        let content = |file, to| Content::File { file, from: offset, to, unchanged: Box::new(|_| true) };
        let changing = |file, to| Content::File { file, from: offset, to, unchanged: Box::new(|_| false) };
        let content = match path {
            "/long.bin" => content(on_disk(&long(), LONG as u64), LONG as u64),
            "/changing.bin" => changing(on_disk(&long(), LONG as u64), LONG as u64),
            "/damaged.bin" => return Err(ShelfError::Damaged("Not what it was".to_owned())),
            "/shrunk.bin" => content(on_disk(&long(), LONG as u64), LONG as u64 + 1),
            "/sparse.bin" => content(on_disk(b"", ENDLESS), ENDLESS),
            _ => Content::Pieces(pieces(&whole, path, offset)?),
        };
        let mut diary = self.diary.lock().unwrap();
        let number = diary.delivered.len();
        diary.delivered.push(Delivered { path: path.to_owned(), offset, ..Delivered::default() });
        let delivery = Box::new(Counted { diary: Arc::clone(&self.diary), number });
        Ok(Opened { content, delivery })
    }

    async fn leave(&self, visitor: &Visitor, reader: Option<&String>, why: Leaving) {
        let mut diary = self.diary.lock().unwrap();
        diary.left.push((visitor.session, reader.cloned()));
        diary.reasons.push(why);
    }
}

fn pieces(whole: &Bytes, path: &str, offset: u64) -> Result<BoxStream<'static, io::Result<Bytes>>, ShelfError> {
    Ok(match path {
        path if path == "/il/34/a.png" || path == "/İl ğ 1.png" || path.starts_with("/il/34/n") => {
            let start = usize::try_from(offset).unwrap();
            if start > whole.len() {
                return Err(ShelfError::Missing);
            }
            let rest = whole.slice(start..);
            stream::iter(rest.chunks(40_000).map(|c| Ok(Bytes::copy_from_slice(c))).collect::<Vec<_>>()).boxed()
        }
        "/torn.bin" => {
            let sound = whole.slice(..TORN_AT);
            stream::iter([Ok(sound), Err(io::Error::other("the disk is gone"))]).boxed()
        }
        "/silent.bin" => stream::iter([Ok(whole.clone())]).chain(stream::pending()).boxed(),
        "/endless.bin" => {
            let piece = Bytes::from(vec![7; 1 << 18]);
            let many = usize::try_from((ENDLESS - offset) >> 18).unwrap();
            stream::repeat_with(move || Ok(piece.clone())).take(many).boxed()
        }
        "/busy.bin" => return Err(ShelfError::Busy("Ask again".to_owned())),
        "/theirs.bin" => return Err(ShelfError::NotYours("Not for you".to_owned())),
        _ => return Err(ShelfError::Missing),
    })
}

struct Counted {
    diary: Arc<Mutex<Diary>>,
    number: usize,
}

impl Delivery for Counted {
    fn sent(&mut self, bytes: u64) {
        self.diary.lock().unwrap().delivered[self.number].sent += bytes;
    }

    fn complete(self: Box<Self>) {
        self.diary.lock().unwrap().delivered[self.number].complete = true;
    }

    fn cut(self: Box<Self>, cause: Cut) {
        self.diary.lock().unwrap().delivered[self.number].cause = Some(cause);
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.diary.lock().unwrap().delivered[self.number].over = true;
    }
}
