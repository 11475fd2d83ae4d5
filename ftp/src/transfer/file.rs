//! A file of this machine on its way over a connection in the clear: the kernel sends it, and its bytes hardly pass through
//! this process.
//!
//! The disk may be slow, so the kernel is asked on a thread that may wait, each time for as much as the connection takes.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use bytes::Bytes;
use rustix::fs::sendfile;
use rustix::io::Errno;
use socket2::{SockRef, Socket};
use tokio::net::TcpStream;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::{Manner, end, write_all};
use crate::pace::STEP;
use crate::shelf::{Cut, Delivery};

/// Bytes that are sent before anybody is told.
const MOST: usize = 8 << 20;
/// Bytes that are written in the ordinary way when the connection is full: that waits until there is room again.
const NEXT: usize = 16 << 10;

/// What the kernel took.
struct Taken {
    bytes: usize,
    /// What comes then, when the connection took no more.
    next: Vec<u8>,
}

/// Sends the bytes `from..to` and ends the connection.
pub(crate) async fn pour_file(
    file: File,
    (from, to): (u64, u64),
    delivery: &mut dyn Delivery,
    output: &mut TcpStream,
    manner: &Manner,
) -> Result<(), Cut> {
    let socket = Arc::new(SockRef::from(&*output).try_clone().map_err(|_| Cut::Lost)?);
    let (file, mut at) = (Arc::new(file), from);
    let patient = Manner { stall: manner.stall, bucket: None };
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
            let (file, socket) = (Arc::clone(&file), Arc::clone(&socket));
            let sending = spawn_blocking(move || push(&socket, &file, at, (end - at) as usize));
            let taken = timeout(manner.stall, sending).await.map_err(|_| {
                tracing::error!("The disk gave nothing of a file for too long");
                Cut::Source
            })?;
            let Taken { bytes, next } = taken.map_err(|_| Cut::Source)??;
            delivery.sent(bytes as u64);
            at += (bytes + next.len()) as u64;
            write_all(&mut Bytes::from(next), output, &patient, |sent| delivery.sent(sent)).await?;
        }
    }
    drop(socket);
    self::end(output, manner.stall).await
}

/// Gives the kernel up to `most` bytes, until the connection takes no more. Waits for the disk only.
fn push(socket: &Socket, file: &File, from: u64, most: usize) -> Result<Taken, Cut> {
    let mut at = from;
    let end = from + most as u64;
    let source = |error: io::Error| {
        tracing::error!(%error, "The source of a file failed");
        Cut::Source
    };
    while at < end {
        let left = (end - at) as usize;
        match sendfile(socket, file, Some(&mut at), left) {
            Ok(0) => return Err(source(io::ErrorKind::UnexpectedEof.into())),
            Ok(_) | Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => {
                let mut next = vec![0; NEXT.min(left)];
                file.read_exact_at(&mut next, at).map_err(source)?;
                return Ok(Taken { bytes: (at - from) as usize, next });
            }
            Err(error @ (Errno::IO | Errno::INVAL | Errno::NOMEM)) => return Err(source(error.into())),
            Err(_) => return Err(Cut::Lost),
        }
    }
    Ok(Taken { bytes: most, next: Vec::new() })
}
