//! Writes an opened file to a data connection, piece by piece as it comes.
//!
//! It is the one place that counts what was sent, and the one that says "complete": never before
//! the last byte is flushed, and never after an error of the source.

use std::io;
use std::time::Duration;

use bytes::{Buf, Bytes};
use futures::StreamExt;
use futures::stream::BoxStream;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::shelf::{Cut, Delivery, Opened};

/// Why a transfer stopped before its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum Torn {
    #[error("the source of the file failed")]
    Source(#[source] io::Error),
    #[error("the source of the file gave nothing for too long")]
    SourceStalled,
    #[error("the data connection was lost")]
    Lost(#[source] io::Error),
    #[error("the client took nothing for too long")]
    Stalled,
    #[error("the session ended")]
    Over,
}

impl Torn {
    fn cause(&self) -> Cut {
        match self {
            Self::Source(_) | Self::SourceStalled => Cut::Source,
            Self::Lost(_) => Cut::Lost,
            Self::Stalled => Cut::Stalled,
            Self::Over => Cut::Vanished,
        }
    }
}

/// Returns how many bytes were sent, all of them.
pub(super) async fn pour<W: AsyncWrite + Unpin + ?Sized>(
    opened: Opened,
    output: &mut W,
    stall: Duration,
    over: &CancellationToken,
) -> Result<u64, Torn> {
    let Opened { content, mut delivery } = opened;
    match send(content.pieces(), delivery.as_mut(), output, stall, over).await {
        Ok(total) => {
            delivery.complete();
            Ok(total)
        }
        Err(torn) => {
            delivery.cut(torn.cause());
            Err(torn)
        }
    }
}

async fn send<W: AsyncWrite + Unpin + ?Sized>(
    mut chunks: BoxStream<'static, io::Result<Bytes>>,
    delivery: &mut dyn Delivery,
    output: &mut W,
    stall: Duration,
    over: &CancellationToken,
) -> Result<u64, Torn> {
    let mut total = 0;
    loop {
        let next = timeout(stall, chunks.next());
        let next = tokio::select! {
            biased;
            () = over.cancelled() => return Err(Torn::Over),
            next = next => next.map_err(|_| Torn::SourceStalled)?,
        };
        let Some(chunk) = next else { break };
        let mut chunk = chunk.map_err(Torn::Source)?;
        while chunk.has_remaining() {
            let write = timeout(stall, output.write(&chunk));
            let written = tokio::select! {
                biased;
                () = over.cancelled() => return Err(Torn::Over),
                written = write => written.map_err(|_| Torn::Stalled)?.map_err(Torn::Lost)?,
            };
            if written == 0 {
                return Err(Torn::Lost(io::ErrorKind::WriteZero.into()));
            }
            delivery.sent(written as u64);
            total += written as u64;
            chunk.advance(written);
        }
    }
    let flush = timeout(stall, output.flush()).await;
    flush.map_err(|_| Torn::Stalled)?.map_err(Torn::Lost)?;
    Ok(total)
}
