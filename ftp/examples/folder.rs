//! Serves a folder to anybody who knows the password `x`: the engine without a service behind it, to be measured or tried.
//!
//! `cargo run -p tutanak-ftp --example folder -- FOLDER 127.0.0.1:2121 [CERTIFICATE KEY]`
//!
//! With the feature `libunftp` and `ENGINE=libunftp` in the environment, that library speaks instead.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;
use tutanak_ftp::{
    Content, Cut, Delivery, Engine, Entry, EntryKind, Lanes, Leaving, Listing, LoginError, Opened, Settings, Shelf,
    ShelfError, Visitor, run,
};

/// Bytes read at a time.
const PIECE: u64 = 256 * 1024;
/// From here on the kernel sends a file by itself.
const LONG: u64 = 1 << 20;

struct Folder(PathBuf);

impl Folder {
    /// The crate gives clean paths only, so that this cannot lead outside (a symbolic link in the folder could).
    fn place(&self, path: &str) -> PathBuf {
        self.0.join(path.trim_start_matches('/'))
    }
}

fn entry(name: &str, meta: &Metadata) -> Entry {
    let kind = if meta.is_dir() { EntryKind::Directory } else { EntryKind::File { size: meta.len() } };
    Entry { name: name.to_owned(), kind, modified: meta.modified().ok(), sha256: None }
}

async fn off<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, ShelfError> {
    match spawn_blocking(work).await {
        Ok(done) => done.map_err(|_| ShelfError::Missing),
        Err(_) => Err(ShelfError::Busy("Try again".to_owned())),
    }
}

struct NotCounted;

impl Delivery for NotCounted {
    fn sent(&mut self, _: u64) {}
    fn complete(self: Box<Self>) {}
    fn cut(self: Box<Self>, _: Cut) {}
}

#[async_trait::async_trait]
impl Shelf for Folder {
    type Reader = ();

    async fn admit(&self, _: &Visitor) -> Result<(), String> {
        Ok(())
    }

    async fn log_in(&self, _: &Visitor, _: &str, password: &str) -> Result<(), LoginError> {
        if password == "x" { Ok(()) } else { Err(LoginError::Refused("The password is x".to_owned())) }
    }

    async fn stat(&self, _: &Visitor, (): &(), path: &str) -> Result<Entry, ShelfError> {
        let (place, name) = (self.place(path), path.rsplit('/').next().unwrap_or_default().to_owned());
        off(move || Ok(entry(&name, &place.metadata()?))).await
    }

    async fn list(&self, _: &Visitor, (): &(), path: &str) -> Result<Arc<Listing>, ShelfError> {
        let place = self.place(path);
        let entries = off(move || {
            let each = place.read_dir()?.map(|one| {
                let one = one?;
                Ok(entry(&one.file_name().to_string_lossy(), &one.metadata()?))
            });
            each.collect::<io::Result<Vec<_>>>()
        });
        Ok(Arc::new(entries.await?.into()))
    }

    async fn open(&self, _: &Visitor, (): &(), path: &str, offset: u64) -> Result<Opened, ShelfError> {
        let place = self.place(path);
        let (file, size, first) = off(move || {
            let file = File::open(place)?;
            let meta = file.metadata()?;
            if !meta.is_file() || offset > meta.len() {
                return Err(io::ErrorKind::NotFound.into());
            }
            let first = piece(&file, offset, meta.len())?;
            Ok((file, meta.len(), first))
        })
        .await?;
        if size - offset >= LONG {
            return Ok(Opened {
                content: Content::File { file, from: offset, to: size, unchanged: Box::new(|_| true) },
                delivery: Box::new(NotCounted),
            });
        }
        let next = offset + first.len() as u64;
        let rest = stream::try_unfold((file, next), move |(file, at)| async move {
            if at >= size {
                return Ok(None);
            }
            let read = spawn_blocking(move || piece(&file, at, size).map(|piece| (piece, file))).await;
            let (piece, file) = read.map_err(io::Error::other)??;
            let next = at + piece.len() as u64;
            Ok(Some((piece, (file, next))))
        });
        let content = Content::Pieces(stream::once(async { Ok(first) }).chain(rest).boxed());
        Ok(Opened { content, delivery: Box::new(NotCounted) })
    }

    async fn leave(&self, _: &Visitor, _: Option<&()>, _: Leaving) {}
}

fn piece(file: &File, at: u64, size: u64) -> io::Result<Bytes> {
    let mut bytes = vec![0; usize::try_from((size - at).min(PIECE)).map_err(io::Error::other)?];
    file.read_exact_at(&mut bytes, at)?;
    Ok(Bytes::from(bytes))
}

fn engine() -> Engine {
    #[cfg(feature = "libunftp")]
    if std::env::var("ENGINE").is_ok_and(|engine| engine == "libunftp") {
        return Engine::Libunftp;
    }
    Engine::Own
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (folder, address, tls) = match &arguments[..] {
        [folder, address] => (folder, address, None),
        [folder, address, certificate, key] => (folder, address, Some((certificate, key))),
        _ => return Err("usage: folder FOLDER ADDRESS [CERTIFICATE KEY]".into()),
    };
    let tls = match tls {
        None => None,
        Some((certificate, key)) => {
            let chain = CertificateDer::pem_file_iter(certificate)?.collect::<Result<Vec<_>, _>>()?;
            let key = PrivateKeyDer::from_pem_file(key)?;
            let mut config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key)?;
            config.ticketer = rustls::crypto::aws_lc_rs::Ticketer::new()?;
            Some(Arc::new(config))
        }
    };
    let listener = TcpListener::bind(address).await?;
    println!("ftp://{}", listener.local_addr()?);
    let lanes = Lanes::start(std::thread::available_parallelism()?)?;
    let settings = Settings {
        engine: engine(),
        lanes: Some(lanes),
        tls,
        greeting: "A folder".to_owned(),
        passive_ports: 0..=0,
        max_per_address: 1000,
        ..Settings::default()
    };
    run(vec![listener.into()], Arc::new(Folder(folder.into())), settings, CancellationToken::new()).await?;
    Ok(())
}
