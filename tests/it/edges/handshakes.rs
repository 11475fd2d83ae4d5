//! The beginning of an HTTPS connection, with clients that go about it in their own way.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tutanak::cli::init;
use tutanak::tls;

use crate::house::House;

/// Sends what it is given in two halves while it shakes hands, as wget does with the end of it.
struct InHalves {
    stream: TcpStream,
    shaking: bool,
}

impl AsyncRead for InHalves {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for InHalves {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let first = if self.shaking { bytes.len().div_ceil(2) } else { bytes.len() };
        Pin::new(&mut self.stream).poll_write(cx, &bytes[..first])
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[tokio::test]
async fn a_handshake_whose_end_comes_in_pieces_does_not_wait_for_acknowledgements() {
    let house = House::open().await;
    let trusting = TlsConnector::from(tls::trusting(&house.dir.path().join(init::CA)).unwrap());
    let mut quickest = Duration::MAX;
    let enough = Duration::from_millis(30);
    for _ in 0..100 {
        let stream = InHalves { stream: TcpStream::connect(house.https).await.unwrap(), shaking: true };
        let began = Instant::now();
        let mut stream = trusting.connect(ServerName::try_from("localhost").unwrap(), stream).await.unwrap();
        stream.get_mut().0.shaking = false;
        stream.write_all(b"GET /arsiv/ HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.unwrap();
        stream.flush().await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
        quickest = quickest.min(began.elapsed());
        if quickest < enough {
            return;
        }
    }
    // Else each takes 40 ms and more, on the quickest machine; a busy one has one quick moment.
    panic!("{quickest:?}");
}
