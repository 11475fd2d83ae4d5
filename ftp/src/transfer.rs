//! A file or a listing on its way to the client, piece by piece as it comes.
//!
//! It is the one place that counts what was sent, and the one that says "complete": never before the last byte is
//! flushed, and never after an error of the source.

mod file;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes};
use futures::stream::{BoxStream, StreamExt};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use crate::pace::{Bucket, STEP};
use crate::shelf::{Cut, Delivery};

pub(crate) use file::{at_hand, pass_on, pour_file, still_sound};

/// How fast, and how patient.
#[derive(Clone)]
pub(crate) struct Manner {
    /// The longest that one write, or one piece of the source, may take.
    pub(crate) stall: Duration,
    /// What the sessions of the party share.
    pub(crate) bucket: Option<Arc<Bucket>>,
}

/// Sends every piece and ends the connection.
pub(crate) async fn pour<W: AsyncWrite + Unpin>(
    mut chunks: BoxStream<'static, io::Result<Bytes>>,
    delivery: &mut dyn Delivery,
    output: &mut W,
    manner: &Manner,
) -> Result<(), Cut> {
    loop {
        let next = timeout(manner.stall, chunks.next()).await.map_err(|_| {
            tracing::error!("The source of a file gave nothing for too long");
            Cut::Source
        })?;
        let Some(chunk) = next else { break };
        let mut chunk = chunk.map_err(|error| {
            tracing::error!(%error, "The source of a file failed");
            Cut::Source
        })?;
        write_all(&mut chunk, output, manner, |sent| delivery.sent(sent)).await?;
    }
    end(output, manner.stall).await
}

/// Sends bytes that are there already and ends the connection.
pub(crate) async fn send<W: AsyncWrite + Unpin>(bytes: Bytes, output: &mut W, manner: &Manner) -> Result<(), Cut> {
    write_all(&mut bytes.clone(), output, manner, |_| ()).await?;
    end(output, manner.stall).await
}

/// The kernel says what it took with each write, so a client that takes little is told from one that takes nothing.
async fn write_all<W: AsyncWrite + Unpin>(
    chunk: &mut Bytes,
    output: &mut W,
    manner: &Manner,
    mut sent: impl FnMut(u64),
) -> Result<(), Cut> {
    while chunk.has_remaining() {
        let piece = match &manner.bucket {
            None => &chunk[..],
            Some(bucket) => {
                let piece = &chunk[..chunk.len().min(STEP)];
                bucket.take(piece.len()).await;
                piece
            }
        };
        let written = match timeout(manner.stall, output.write(piece)).await {
            Err(_) => return Err(Cut::Stalled),
            Ok(Err(_) | Ok(0)) => return Err(Cut::Lost),
            Ok(Ok(written)) => written,
        };
        sent(written as u64);
        chunk.advance(written);
    }
    Ok(())
}

/// Flushes, says over TLS that this is the end, and closes the sending side.
async fn end<W: AsyncWrite + Unpin>(output: &mut W, stall: Duration) -> Result<(), Cut> {
    let ending = async {
        output.flush().await?;
        output.shutdown().await
    };
    match timeout(stall, ending).await {
        Err(_) => Err(Cut::Stalled),
        Ok(Err(_)) => Err(Cut::Lost),
        Ok(Ok(())) => Ok(()),
    }
}
