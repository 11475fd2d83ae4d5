//! A shelf that is made up, keeps a diary, and can misbehave on request.

use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, stream};
use tutanak_ftp::{Delivery, Entry, EntryKind, LoginError, Opened, Shelf, ShelfError, Visitor};

/// Length of `/il/34/a.png`, which is no multiple of anything.
pub const SCAN: usize = 145_677;
/// Length of `/endless.bin`: more than all buffers between two programs hold.
pub const ENDLESS: u64 = 1 << 30;
/// Where `/torn.bin` breaks, and how long it says it is.
pub const TORN_AT: usize = 100_000;
pub const TORN_SIZE: u64 = 300_000;
/// Entries of `/many`.
pub const MANY: usize = 60_000;

/// What became of one opened file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    pub path: String,
    pub offset: u64,
    pub sent: u64,
    pub complete: bool,
    pub over: bool,
}

#[derive(Default)]
pub struct Diary {
    pub visitors: Vec<Visitor>,
    pub attempts: usize,
    pub paths: Vec<String>,
    pub delivered: Vec<Delivered>,
    /// Who left: session number and name.
    pub left: Vec<(u64, Option<String>)>,
}

#[derive(Default)]
pub struct MadeShelf {
    pub closed: Option<String>,
    pub diary: Arc<Mutex<Diary>>,
}

pub fn scan() -> Bytes {
    (0..SCAN).map(|i| u8::try_from(i % 251).unwrap()).collect()
}

pub fn modified() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_711_908_131) // 2024-03-31 18:02:11 UTC
}

fn file(path: &str, size: u64) -> Entry {
    let name = path.rsplit('/').next().unwrap().to_owned();
    Entry { name, kind: EntryKind::File { size }, modified: modified() }
}

fn directory(path: &str) -> Entry {
    let name = path.rsplit('/').next().unwrap().to_owned();
    Entry { name, kind: EntryKind::Directory, modified: modified() }
}

#[async_trait]
impl Shelf for MadeShelf {
    type Reader = String;

    async fn admit(&self, _: IpAddr) -> Result<(), String> {
        self.closed.clone().map_or(Ok(()), Err)
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
            "/endless.bin" => Ok(file(path, ENDLESS)),
            "/busy.bin" => Err(ShelfError::Busy("Ask again".to_owned())),
            "/theirs.bin" => Err(ShelfError::NotYours("Not for you".to_owned())),
            _ => Err(ShelfError::Missing),
        }
    }

    async fn list(&self, _: &Visitor, _: &String, path: &str) -> Result<Vec<Entry>, ShelfError> {
        self.diary.lock().unwrap().paths.push(path.to_owned());
        match path {
            "/" => Ok(vec![directory("il"), file("İl ğ 1.png", SCAN as u64), file("no\r\nname", 1)]),
            "/il" => Ok(vec![directory("34")]),
            "/il/34" => Ok(vec![file("a.png", SCAN as u64)]),
            "/many" => Ok((0..MANY).map(|i| file(&format!("{i:0200}.png"), 1)).collect()),
            "/busy" => Err(ShelfError::Busy("Ask again".to_owned())),
            "/theirs" => Err(ShelfError::NotYours("Not for you".to_owned())),
            _ => Err(ShelfError::Missing),
        }
    }

    async fn open(&self, _: &Visitor, _: &String, path: &str, offset: u64) -> Result<Opened, ShelfError> {
        let whole = scan();
        let chunks = match path {
            "/il/34/a.png" | "/İl ğ 1.png" => {
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
            "/silent.bin" => stream::iter([Ok(whole)]).chain(stream::pending()).boxed(),
            "/endless.bin" => {
                let piece = Bytes::from(vec![7; 1 << 18]);
                let many = usize::try_from((ENDLESS - offset) >> 18).unwrap();
                stream::repeat_with(move || Ok(piece.clone())).take(many).boxed()
            }
            "/busy.bin" => return Err(ShelfError::Busy("Ask again".to_owned())),
            "/theirs.bin" => return Err(ShelfError::NotYours("Not for you".to_owned())),
            _ => return Err(ShelfError::Missing),
        };
        let mut diary = self.diary.lock().unwrap();
        let number = diary.delivered.len();
        diary.delivered.push(Delivered { path: path.to_owned(), offset, ..Delivered::default() });
        let delivery = Box::new(Counted { diary: Arc::clone(&self.diary), number });
        Ok(Opened { chunks, delivery })
    }

    async fn leave(&self, visitor: &Visitor, reader: Option<&String>) {
        self.diary.lock().unwrap().left.push((visitor.session, reader.cloned()));
    }
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
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.diary.lock().unwrap().delivered[self.number].over = true;
    }
}
