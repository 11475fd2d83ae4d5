//! A file of this machine on its way over a connection in the clear: the kernel sends it, and its bytes hardly pass through
//! this process.
//!
//! The disk may be slow, so the kernel is asked on a thread that may wait, each time for as much as the connection takes.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::sendfile;
use rustix::io::{Errno, IoSliceMut, ReadWriteFlags, preadv2};
use socket2::{SockRef, Socket};
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::{Manner, end, write_all};
use crate::pace::STEP;
use crate::shelf::{Cut, Delivery, Unchanged, changed};

/// Bytes that are sent before anybody is told.
const MOST: usize = 8 << 20;
/// Bytes that are written in the ordinary way when the connection is full: that waits until there is room again.
const NEXT: usize = 16 << 10;

/// How long in all the thread itself waits for room: a client that takes megabytes in that time is not worth the way back
/// and forth, and one that does not keeps no thread.
const AT_ONCE: Duration = Duration::from_millis(50);

/// Bytes of a file that is sent without a thread, where the disk has nothing to do with it.
const SHORT: u64 = 512 << 10;

/// What the kernel took.
struct Taken {
    bytes: usize,
    /// What comes then, when the connection took no more.
    next: Vec<u8>,
}

/// What the thread that sends and the session that waits for it know of one another.
#[derive(Default)]
struct Shared {
    pushed: AtomicU64,
    over: AtomicBool,
}

/// Tells the delivery what was pushed, to the last when the transfer is cut in the middle of a push.
struct Account<'a> {
    delivery: &'a mut dyn Delivery,
    shared: Arc<Shared>,
    told: u64,
}

impl Account<'_> {
    fn tell(&mut self) {
        let pushed = self.shared.pushed.load(Ordering::Relaxed);
        self.delivery.sent(pushed - self.told);
        self.told = pushed;
    }
}

impl Drop for Account<'_> {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Relaxed);
        self.tell();
    }
}

/// Whether the kernel has what is left of a short file in its memory, so that nobody waits for the disk: as far as a look at
/// every so many bytes can tell, which is as far as it reads ahead.
pub(crate) fn at_hand(file: &File, from: u64, to: u64) -> bool {
    const STRIDE: usize = 128 << 10;
    let there = |at| preadv2(file, &mut [IoSliceMut::new(&mut [0])], at, ReadWriteFlags::NOWAIT) == Ok(1);
    from < to && to - from <= SHORT && (from..to).step_by(STRIDE).chain([to - 1]).all(there)
}

/// Lets the kernel send what the connection takes without waiting, and says where it came to.
pub(crate) fn pass_on(
    socket: impl AsFd,
    file: &File,
    (from, to): (u64, u64),
    delivery: &mut dyn Delivery,
) -> Result<u64, Cut> {
    let mut at = from;
    while at < to {
        let left = (to - at) as usize;
        match sendfile(&socket, file, Some(&mut at), left) {
            Ok(0) => return Err(source(io::ErrorKind::UnexpectedEof.into())),
            Ok(pushed) => delivery.sent(pushed as u64),
            Err(Errno::AGAIN) => break,
            Err(Errno::INTR) => {}
            Err(error) => return Err(cut(error)),
        }
    }
    Ok(at)
}

/// What was sent is what was checked only if the file has not changed until now.
pub(crate) fn still_sound(file: &File, unchanged: &Unchanged) -> Result<(), Cut> {
    if unchanged(file) { Ok(()) } else { Err(source(changed())) }
}

fn source(error: io::Error) -> Cut {
    tracing::error!(%error, "The source of a file failed");
    Cut::Source
}

/// Whose fault it was that the kernel could not send.
fn cut(error: Errno) -> Cut {
    match error {
        Errno::IO | Errno::INVAL | Errno::NOMEM => source(error.into()),
        _ => Cut::Lost,
    }
}

/// Sends the bytes `from..to` and ends the connection.
pub(crate) async fn pour_file(
    (file, unchanged): (File, Unchanged),
    (from, to): (u64, u64),
    delivery: &mut dyn Delivery,
    output: &mut TcpStream,
    manner: &Manner,
) -> Result<(), Cut> {
    let from = pour_at_hand(&file, (from, to), delivery, output, manner).await?;
    if from == to {
        still_sound(&file, &unchanged)?;
        return self::end(output, manner.stall).await;
    }
    let socket = Arc::new(SockRef::from(&*output).try_clone().map_err(|_| Cut::Lost)?);
    let (file, mut at) = (Arc::new(file), from);
    let patient = Manner { stall: manner.stall, bucket: None };
    let shared = Arc::<Shared>::default();
    let mut account = Account { delivery, shared: Arc::clone(&shared), told: 0 };
    while at < to {
        let most = match &manner.bucket {
            None => MOST,
            Some(_) => STEP,
        };
        let piece = usize::try_from(to - at).unwrap_or(most).min(most);
        if let Some(bucket) = &manner.bucket {
            bucket.take(piece).await;
        }
        let end = at + piece as u64;
        while at < end {
            let (file, socket, shared) = (Arc::clone(&file), Arc::clone(&socket), Arc::clone(&shared));
            let sending = spawn_blocking(move || push(&socket, &file, at, (end - at) as usize, &shared));
            let taken = timeout(manner.stall, sending).await.map_err(|_| {
                tracing::error!("The disk gave nothing of a file for too long");
                Cut::Source
            })?;
            let Taken { bytes, next } = taken.map_err(|_| Cut::Source)??;
            account.tell();
            at += (bytes + next.len()) as u64;
            write_all(&mut Bytes::from(next), output, &patient, |sent| account.delivery.sent(sent)).await?;
        }
    }
    drop(socket);
    still_sound(&file, &unchanged)?;
    self::end(output, manner.stall).await
}

/// Sends of a short file what nobody has to wait for, and says where that ends.
async fn pour_at_hand(
    file: &File,
    (from, to): (u64, u64),
    delivery: &mut dyn Delivery,
    output: &TcpStream,
    manner: &Manner,
) -> Result<u64, Cut> {
    let (mut at, mut allowed) = (from, from);
    while at_hand(file, at, to) {
        if at == allowed {
            allowed = match &manner.bucket {
                None => to,
                Some(bucket) => {
                    let piece = (to - at).min(STEP as u64);
                    bucket.take(piece as usize).await;
                    at + piece
                }
            };
        }
        timeout(manner.stall, output.writable()).await.map_err(|_| Cut::Stalled)?.map_err(|_| Cut::Lost)?;
        let mut passed = Ok(at);
        let _ = output.try_io(Interest::WRITABLE, || {
            passed = pass_on(output, file, (at, allowed), delivery);
            // The connection is full, unless all went: what is told here is whom to wake, and nothing else.
            if passed == Ok(allowed) { Ok(()) } else { Err(io::ErrorKind::WouldBlock.into()) }
        });
        at = passed?;
    }
    Ok(at)
}

/// Gives the kernel up to `most` bytes, until the connection takes no more. Waits for the disk, and hardly for the client.
fn push(socket: &Socket, file: &File, from: u64, most: usize, shared: &Shared) -> Result<Taken, Cut> {
    let mut at = from;
    let end = from + most as u64;
    let until = Instant::now() + AT_ONCE;
    while at < end {
        let left = (end - at) as usize;
        match sendfile(socket, file, Some(&mut at), left) {
            Ok(0) => return Err(source(io::ErrorKind::UnexpectedEof.into())),
            Ok(pushed) => {
                shared.pushed.fetch_add(pushed as u64, Ordering::Relaxed);
            }
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) if shared.over.load(Ordering::Relaxed) => return Err(Cut::Lost),
            Err(Errno::AGAIN) if has_room(socket, until) => {}
            Err(Errno::AGAIN) => {
                let mut next = vec![0; NEXT.min(left)];
                file.read_exact_at(&mut next, at).map_err(source)?;
                return Ok(Taken { bytes: (at - from) as usize, next });
            }
            Err(error) => return Err(cut(error)),
        }
    }
    Ok(Taken { bytes: most, next: Vec::new() })
}

/// Waits for room. Says no when the time is up, and when that cannot be told.
fn has_room(socket: &Socket, until: Instant) -> bool {
    let left = until.saturating_duration_since(Instant::now());
    let Ok(patience) = Timespec::try_from(left) else { return false };
    !left.is_zero() && poll(&mut [PollFd::new(socket, PollFlags::OUT)], Some(&patience)) == Ok(1)
}
