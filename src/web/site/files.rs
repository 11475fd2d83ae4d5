//! Files of a form that a browser sends by itself (multipart/form-data, RFC 7578): one after the other, piece by piece.
//!
//! It must never hold more of a body in memory than one piece and what stands between two files.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::HeaderMap;
use bytes::Bytes;
use futures::{Stream, StreamExt};
use headers::{ContentLength, HeaderMapExt};
use multer::{Field, Multipart};

use crate::domain::words::shown_short;

/// Bytes between the end of one file and the beginning of the next at most.
const BETWEEN: usize = 1 << 20;
/// Longest name of a file that is shown, in letters.
const NAME: usize = 120;
/// How long a browser may take from one file to the next.
const PATIENCE: Duration = Duration::from_secs(30);

/// A form, of which the token was read.
pub struct Files {
    form: Multipart<'static>,
    /// Bytes that may still be read before a file begins; [`FREE`] inside of one.
    room: Arc<AtomicUsize>,
    /// Bytes of the whole form, where the browser said so.
    length: Option<u64>,
}

/// Inside of a file intake itself counts.
const FREE: usize = usize::MAX;

/// The form broke off, or is none.
#[derive(Debug, thiserror::Error)]
pub enum BadForm {
    /// As it came it is no form.
    #[error("the form could not be read on")]
    Unreadable(#[from] multer::Error),
    /// Nothing came.
    #[error("the form did not go on for {PATIENCE:?}")]
    Silent,
}

/// One file of a form.
pub struct File {
    /// As it is called where it comes from; for people, never for a path.
    pub name: String,
    field: Field<'static>,
}

impl Files {
    /// The form in a body; none where it says no boundary.
    pub fn of(kind: &str, headers: &HeaderMap, body: Body) -> Option<Self> {
        let boundary = multer::parse_boundary(kind).ok()?;
        let room = Arc::new(AtomicUsize::new(BETWEEN));
        let sips = Sips { body: body.into_data_stream(), rest: false, room: Arc::clone(&room) };
        let length = headers.typed_get::<ContentLength>().map(|length| length.0);
        Some(Self { form: Multipart::new(sips, boundary), room, length })
    }

    /// The form token, which comes first.
    pub async fn token(&mut self) -> Option<String> {
        let field = tokio::time::timeout(PATIENCE, self.form.next_field()).await.ok()?.ok()??;
        if field.name() != Some("_token") {
            return None;
        }
        let text = tokio::time::timeout(PATIENCE, field.text()).await.ok()?.ok()?;
        Some(text)
    }

    /// The next file; none at the end. Fields that are no files are passed over, and so is what a browser sends where no file
    /// was chosen.
    pub async fn next(&mut self) -> Result<Option<File>, BadForm> {
        loop {
            self.room.store(BETWEEN, Ordering::Relaxed);
            let next = tokio::time::timeout(PATIENCE, self.form.next_field()).await.map_err(|_| BadForm::Silent)?;
            let Some(field) = next? else { return Ok(None) };
            let name = field.file_name().unwrap_or_default();
            if name.is_empty() {
                continue;
            }
            let name = shown_short(name, NAME);
            self.room.store(FREE, Ordering::Relaxed);
            return Ok(Some(File { name, field }));
        }
    }

    /// Bytes of the whole form, which no file of it exceeds.
    pub fn length(&self) -> Option<u64> {
        self.length
    }
}

impl File {
    /// Reads what is left of it and throws it away: at most so many bytes. `false` where there was more.
    pub async fn skip(mut self, most: u64) -> bool {
        let mut left = most;
        loop {
            match tokio::time::timeout(PATIENCE, self.field.chunk()).await {
                Ok(Ok(Some(chunk))) => match left.checked_sub(chunk.len() as u64) {
                    Some(less) => left = less,
                    None => return false,
                },
                Ok(Ok(None)) => return true,
                Ok(Err(_)) | Err(_) => return false,
            }
        }
    }
}

impl Stream for File {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.field.poll_next_unpin(context).map_err(axum::Error::new)
    }
}

/// A body that gives one piece at a time: who reads it reads all that is ready at once, and that must not be much.
struct Sips {
    body: BodyDataStream,
    rest: bool,
    room: Arc<AtomicUsize>,
}

impl Stream for Sips {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.rest) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let next = ready!(self.body.poll_next_unpin(context));
        if let Some(Ok(chunk)) = &next {
            self.rest = true;
            let room = self.room.load(Ordering::Relaxed);
            if room != FREE {
                match room.checked_sub(chunk.len()) {
                    Some(left) => self.room.store(left, Ordering::Relaxed),
                    None => return Poll::Ready(Some(Err(axum::Error::new(multer::Error::IncompleteHeaders)))),
                }
            }
        }
        Poll::Ready(next)
    }
}

/// A form on its way from the session's layer to a handler, which takes it.
#[derive(Clone)]
pub(in crate::web) struct Handed(Arc<Mutex<Option<Files>>>);

impl Handed {
    pub(super) fn new(files: Files) -> Self {
        Self(Arc::new(Mutex::new(Some(files))))
    }

    pub(super) fn take(&self) -> Option<Files> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[cfg(test)]
mod tests {
    use futures::stream;

    use super::*;

    const KIND: &str = "multipart/form-data; boundary=XX";

    fn form(pieces: Vec<Vec<u8>>) -> Files {
        let body = Body::from_stream(stream::iter(pieces.into_iter().map(Ok::<_, std::io::Error>)));
        Files::of(KIND, &HeaderMap::new(), body).unwrap()
    }

    fn text(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut text = b"--XX\r\nContent-Disposition: form-data; name=\"_token\"\r\n\r\nabc\r\n".to_vec();
        for (name, bytes) in files {
            text.extend(
                format!("--XX\r\nContent-Disposition: form-data; name=\"dosya\"; filename=\"{name}\"\r\n\r\n").bytes(),
            );
            text.extend(*bytes);
            text.extend(b"\r\n");
        }
        text.extend(b"--XX--\r\n");
        text
    }

    async fn whole(mut file: File) -> Vec<u8> {
        let mut bytes = Vec::new();
        while let Some(chunk) = file.next().await {
            bytes.extend(chunk.unwrap());
        }
        bytes
    }

    proptest::proptest! {
        #[test]
        fn files_are_the_same_however_the_form_is_cut(cut in 1..200usize, first in "\\PC{0,60}") {
            let (one, two) = (format!("{first}\r\n--X\r\n--"), "\r\n\r\n--X_X".repeat(3));
            let text = text(&[("bir.png", one.as_bytes()), ("", b""), ("iki.png", two.as_bytes())]);
            let pieces = text.chunks(cut).map(<[u8]>::to_vec).collect();
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            runtime.block_on(async {
                let mut form = form(pieces);
                assert_eq!(form.token().await.as_deref(), Some("abc"));
                for (name, bytes) in [("bir.png", &one), ("iki.png", &two)] {
                    let file = form.next().await.unwrap().unwrap();
                    assert_eq!(file.name, name);
                    assert_eq!(whole(file).await, bytes.as_bytes());
                }
                assert!(form.next().await.unwrap().is_none());
            });
        }
    }

    #[tokio::test]
    async fn a_form_that_breaks_off_or_never_begins_a_file_is_an_error_and_not_kept() {
        let sound = text(&[("bir.png", b"0123456789")]);
        let mut form = form(vec![sound[..sound.len() - 20].to_vec()]);
        form.token().await.unwrap();
        let mut file = form.next().await.unwrap().unwrap();
        let ended = loop {
            match file.next().await {
                Some(Ok(_)) => {}
                ended => break ended,
            }
        };
        assert!(ended.is_some(), "half a file is no file");
        let mut endless = vec![text(&[])[..60].to_vec(), b"\r\n--XX\r\nX-Y: ".to_vec()];
        endless.extend(std::iter::repeat_n(vec![b'y'; 100_000], 1000));
        let mut form = self::form(endless);
        form.token().await;
        assert!(form.next().await.is_err());
    }

    #[tokio::test]
    async fn what_is_left_of_a_file_is_skipped_up_to_a_limit() {
        let long = vec![b'x'; 50_000];
        let pieces = || text(&[("bir.png", &long), ("iki.png", b"2")]).chunks(1000).map(<[u8]>::to_vec).collect();
        for (most, fits) in [(60_000, true), (40_000, false)] {
            let mut form = form(pieces());
            form.token().await.unwrap();
            let file = form.next().await.unwrap().unwrap();
            assert_eq!(file.skip(most).await, fits);
        }
    }
}
