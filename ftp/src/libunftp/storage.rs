//! The shelf in the form of a libunftp storage. Every method that would write refuses.
//!
//! Paths arrive here as the client wrote them, joined to the working directory but not
//! normalised; [`crate::path`] makes them safe before the shelf sees them.

use std::fmt::{self, Debug};
use std::io::{self, Cursor, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncWrite};
use unftp_core::storage::{Error, ErrorKind, FEATURE_RESTART, Fileinfo, Result, StorageBackend};

use super::account::Account;
use super::facts::Facts;
use super::ports::PassivePorts;
use super::pour::pour;
use super::refusal::{self, no_such_path, read_only, refused, torn};
use super::session::Session;
use crate::entry::{Entry, EntryKind};
use crate::path::{BadPath, absolute};
use crate::shelf::{Shelf, ShelfError};

type Listed = Fileinfo<PathBuf, Facts>;

pub(super) struct ReadOnly<S: Shelf> {
    session: Arc<Session<S>>,
    ports: PassivePorts,
    /// Whether the working directory has ever been another than the root.
    moved: Arc<AtomicBool>,
    /// The `REST` offset that libunftp still keeps from a transfer that failed.
    left_over: Arc<Mutex<Option<u64>>>,
}

impl<S: Shelf> Clone for ReadOnly<S> {
    fn clone(&self) -> Self {
        Self {
            session: Arc::clone(&self.session),
            ports: self.ports.clone(),
            moved: Arc::clone(&self.moved),
            left_over: Arc::clone(&self.left_over),
        }
    }
}

impl<S: Shelf> ReadOnly<S> {
    pub(super) fn new(session: Arc<Session<S>>, ports: PassivePorts) -> Self {
        Self { session, ports, moved: Arc::default(), left_over: Arc::default() }
    }

    /// `MLST` and `STAT` hand over relative paths without the working directory. As long as that
    /// is the root we know what is meant; later we do not, and no answer is better than one about
    /// another file.
    fn path(&self, path: &Path) -> Result<String> {
        if path.is_relative() && !self.moved.load(Ordering::Relaxed) {
            return text(&Path::new("/").join(path));
        }
        text(path)
    }

    /// Turns a refusal of the shelf into libunftp's, after saying its sentence. That is only
    /// possible if the connection is plain and libunftp is known to end the reply with the same code.
    fn refuse(&self, refusal: ShelfError, codes_to_come: &[u16]) -> Error {
        let code = refusal::code(&refusal);
        if let Some(sentence) = refusal::sentence(&refusal)
            && codes_to_come.contains(&code)
            && self.session.is_plain()
        {
            self.session.handle.preface(code, sentence);
        }
        refused(refusal)
    }

    async fn stat(&self, reader: &S::Reader, path: &str) -> std::result::Result<Entry, ShelfError> {
        let visitor = self.session.visitor();
        self.session.ask(self.session.shelf.stat(&visitor, reader, path)).await
    }

    /// What is in a directory, without names that cannot be one line of a listing.
    async fn inside(&self, reader: &S::Reader, path: &str) -> std::result::Result<Vec<Entry>, ShelfError> {
        self.ports.used();
        let visitor = self.session.visitor();
        let list = self.session.shelf.list(&visitor, reader, path);
        let listing = self.session.ask(list).await?;
        Ok(listing.entries().to_vec())
    }

    /// Like [`Self::inside`], but a file is listed as itself: what `LIST` and `NLST` promise.
    async fn named(&self, reader: &S::Reader, path: &str) -> std::result::Result<Vec<Entry>, ShelfError> {
        match self.inside(reader, path).await {
            Err(ShelfError::Missing) => match self.stat(reader, path).await? {
                file @ Entry { kind: EntryKind::File { .. }, .. } => Ok(vec![file]),
                _ => Err(ShelfError::Missing),
            },
            answer => answer,
        }
    }

    /// libunftp forgets a `REST` offset only after a success, so the next file would silently
    /// start in its middle. If the offset is the one of a transfer that failed, we cannot tell
    /// whether the client said it again. A new session can.
    fn offset_is_left_over(&self, offset: u64) -> bool {
        *self.left_over.lock().unwrap_or_else(PoisonError::into_inner) == Some(offset)
    }

    fn note_left_over(&self, offset: u64, failed: bool) {
        let left_over = (failed && offset > 0).then_some(offset);
        *self.left_over.lock().unwrap_or_else(PoisonError::into_inner) = left_over;
    }

    async fn send<W>(&self, reader: &S::Reader, path: &Path, offset: u64, output: &mut W) -> Result<u64>
    where
        W: AsyncWrite + Unpin + Send + ?Sized,
    {
        let path = self.path(path)?;
        let session = &self.session;
        let _running = session.life.begin();
        let visitor = session.visitor();
        let open = session.shelf.open(&visitor, reader, &path, offset);
        let opened = session.ask(open).await.map_err(|refusal| self.refuse(refusal, &[450, 550]))?;
        let poured = pour(opened, output, session.settings.stall, session.life.over()).await;
        poured.map_err(|error| {
            tracing::info!(path, offset, error = %error, "Stopped sending {path}: {error}");
            torn(error)
        })
    }
}

fn text(path: &Path) -> Result<String> {
    path.to_str().ok_or(BadPath).and_then(absolute).map_err(no_such_path)
}

/// libunftp wants to print everything; all that tells one from another is the session.
impl<S: Shelf> Debug for ReadOnly<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ReadOnly").field(&self.session).finish()
    }
}

#[async_trait]
impl<S: Shelf> StorageBackend<Account<S::Reader>> for ReadOnly<S> {
    type Metadata = Facts;

    fn name(&self) -> &str {
        "shelf"
    }

    fn supported_features(&self) -> u32 {
        FEATURE_RESTART
    }

    async fn metadata<P: AsRef<Path> + Send + Debug>(&self, account: &Account<S::Reader>, path: P) -> Result<Facts> {
        let path = self.path(path.as_ref())?;
        // `MLST` makes 550 of everything, so only that sentence is safe to say.
        let answer = self.stat(&account.0, &path).await;
        answer.map(|entry| Facts::from(&entry)).map_err(|refusal| self.refuse(refusal, &[550]))
    }

    async fn list<P: AsRef<Path> + Send + Debug>(&self, account: &Account<S::Reader>, path: P) -> Result<Vec<Listed>> {
        let path = self.path(path.as_ref())?;
        let answer = self.inside(&account.0, &path).await;
        let entries = answer.map_err(|refusal| self.refuse(refusal, &[450, 550]))?;
        Ok(entries.iter().map(Facts::line).collect())
    }

    async fn list_fmt<P: AsRef<Path> + Send + Debug>(
        &self,
        account: &Account<S::Reader>,
        path: P,
    ) -> Result<Cursor<Vec<u8>>> {
        let path = self.path(path.as_ref())?;
        let answer = self.named(&account.0, &path).await;
        let entries = answer.map_err(|refusal| self.refuse(refusal, &[450, 550]))?;
        let mut text = Vec::new();
        for entry in &entries {
            write!(text, "{}\r\n", Facts::line(entry)).expect("memory takes every byte");
        }
        Ok(Cursor::new(text))
    }

    /// The answer to `STAT` with a path, on the control connection.
    async fn list_vec<P: AsRef<Path> + Send + Debug>(
        &self,
        account: &Account<S::Reader>,
        path: P,
    ) -> Result<Vec<String>> {
        let path = self.path(path.as_ref())?;
        let entries = self.named(&account.0, &path).await.map_err(refused)?;
        Ok(entries.iter().map(|entry| Facts::line(entry).to_string()).collect())
    }

    async fn nlst<P: AsRef<Path> + Send + Debug>(
        &self,
        account: &Account<S::Reader>,
        path: P,
    ) -> io::Result<Cursor<Vec<u8>>> {
        let path = self.path(path.as_ref()).map_err(io::Error::other)?;
        let answer = self.named(&account.0, &path).await;
        // libunftp makes 550 of everything.
        let entries = answer.map_err(|refusal| io::Error::other(self.refuse(refusal, &[550])))?;
        let text: String = entries.iter().map(|entry| format!("{}\r\n", entry.name)).collect();
        Ok(Cursor::new(text.into_bytes()))
    }

    async fn get_into<'a, P, W: ?Sized>(
        &self,
        account: &Account<S::Reader>,
        path: P,
        offset: u64,
        output: &'a mut W,
    ) -> Result<u64>
    where
        W: AsyncWrite + Unpin + Sync + Send,
        P: AsRef<Path> + Send + Debug,
    {
        self.ports.used();
        if self.offset_is_left_over(offset) {
            self.session.life.end_soon("An offset was left over, please connect again");
            let unsure = ShelfError::Busy("It is not certain where to begin".to_owned());
            return Err(self.refuse(unsure, &[450]));
        }
        let sent = self.send(&account.0, path.as_ref(), offset, output).await;
        self.note_left_over(offset, sent.is_err());
        sent
    }

    async fn cwd<P: AsRef<Path> + Send + Debug>(&self, account: &Account<S::Reader>, path: P) -> Result<()> {
        let path = self.path(path.as_ref())?;
        let answer = self.stat(&account.0, &path).await;
        let entry = answer.map_err(|refusal| self.refuse(refusal, &[450, 550]))?;
        if entry.kind != EntryKind::Directory {
            return Err(ErrorKind::PermanentDirectoryNotAvailable.into());
        }
        if path != "/" {
            self.moved.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Never asked for: [`Self::get_into`] writes files itself.
    async fn get<P: AsRef<Path> + Send + Debug>(
        &self,
        _: &Account<S::Reader>,
        _: P,
        _: u64,
    ) -> Result<Box<dyn AsyncRead + Send + Sync + Unpin>> {
        Err(ErrorKind::CommandNotImplemented.into())
    }

    async fn put<P, R>(&self, _: &Account<S::Reader>, _: R, _: P, _: u64) -> Result<u64>
    where
        P: AsRef<Path> + Send + Debug,
        R: AsyncRead + Send + Sync + Unpin + 'static,
    {
        self.ports.used();
        Err(read_only())
    }

    async fn del<P: AsRef<Path> + Send + Debug>(&self, _: &Account<S::Reader>, _: P) -> Result<()> {
        Err(read_only())
    }

    async fn mkd<P: AsRef<Path> + Send + Debug>(&self, _: &Account<S::Reader>, _: P) -> Result<()> {
        Err(read_only())
    }

    async fn rename<P: AsRef<Path> + Send + Debug>(&self, _: &Account<S::Reader>, _: P, _: P) -> Result<()> {
        Err(read_only())
    }

    async fn rmd<P: AsRef<Path> + Send + Debug>(&self, _: &Account<S::Reader>, _: P) -> Result<()> {
        Err(read_only())
    }
}
