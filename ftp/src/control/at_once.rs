//! Short files and listings whose client is here already: sent at once, without waiting for anything, and told in one piece.
//!
//! Election records are short, so this is how most of them go. Only what fits into the connection's own buffer does; the
//! rest, whoever is late, and everything that is encrypted, paced or passed on by a proxy, is [`carry`](super::carry)'s.

use std::io::{self, ErrorKind, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use bytes::{Buf, Bytes};
use futures::FutureExt;
use futures::stream::{self, StreamExt};
use socket2::SockRef;

use super::Talk;
use super::load::Load;
use super::opening::Coming;
use crate::data::Port;
use crate::shelf::{Content, Cut, Shelf};
use crate::transfer::{at_hand, pass_on, still_sound};

/// Bytes after which the others of this thread get their turn.
const MOST: usize = 512 << 10;

/// How far it went.
pub(super) enum AtOnce {
    /// To its end, or to where it broke.
    Over(Load, Result<(), Cut>),
    /// This is left.
    Rest(Coming, Load),
}

impl<S: Shelf> Talk<'_, S> {
    pub(super) fn at_once(&mut self, mut port: Port, mut load: Load) -> AtOnce {
        let must_wait =
            matches!(&load, Load::File(Some(Content::File { file, from, to, .. }), _) if !at_hand(file, *from, *to));
        let paced = self.reader.as_ref().is_some_and(|seated| seated.member.bucket.is_some());
        if must_wait || paced || self.session.is_private() || self.via.is_some() {
            return AtOnce::Rest(Coming::To(port), load);
        }
        let stream = match port.here(self.visitor.address, &mut self.strangers) {
            Ok(Some(stream)) => stream,
            // An error comes again where it is waited for, and is answered there.
            Ok(None) | Err(_) => return AtOnce::Rest(Coming::To(port), load),
        };
        match pour(&stream, &mut load) {
            Ok(true) => AtOnce::Over(load, Ok(())),
            Ok(false) => AtOnce::Rest(Coming::Here(stream), load),
            Err(cut) => {
                // As `Wire::break_off`: what came is not all of it.
                let _ = SockRef::from(&stream).set_linger(Some(Duration::ZERO));
                AtOnce::Over(load, Err(cut))
            }
        }
    }
}

/// Sends what is there and fits, and says whether that was all; then the connection is ended. What does not fit stays.
fn pour(stream: &TcpStream, load: &mut Load) -> Result<bool, Cut> {
    let all = match load {
        Load::Text(text) => {
            push(stream, text)?;
            text.is_empty()
        }
        Load::File(content, delivery) => {
            let mut pieces = match content.take() {
                Some(Content::Pieces(pieces)) => pieces,
                Some(Content::File { file, from, to, unchanged }) => {
                    let at = pass_on(stream, &file, (from, to), delivery.as_mut())?;
                    if at == to {
                        still_sound(&file, &unchanged)?;
                    }
                    *content = Some(Content::File { file, from: at, to, unchanged });
                    return ended(stream, at == to);
                }
                None => return Ok(false),
            };
            let mut sent = 0;
            loop {
                let mut piece = match pieces.next().now_or_never() {
                    Some(None) => break true,
                    Some(Some(Ok(piece))) => piece,
                    Some(Some(Err(error))) => {
                        tracing::error!(%error, "The source of a file failed");
                        return Err(Cut::Source);
                    }
                    None => {
                        *content = Some(Content::Pieces(pieces));
                        break false;
                    }
                };
                let taken = push(stream, &mut piece)?;
                delivery.sent(taken as u64);
                sent += taken;
                if !piece.is_empty() || sent >= MOST {
                    *content = Some(Content::Pieces(stream::iter([Ok(piece)]).chain(pieces).boxed()));
                    break false;
                }
            }
        }
    };
    ended(stream, all)
}

fn ended(stream: &TcpStream, all: bool) -> Result<bool, Cut> {
    if all {
        stream.shutdown(Shutdown::Write).map_err(|_| Cut::Lost)?;
    }
    Ok(all)
}

/// Takes from the bytes what the connection takes.
fn push(mut stream: &TcpStream, bytes: &mut Bytes) -> Result<usize, Cut> {
    let mut taken = 0;
    while bytes.has_remaining() {
        match stream.write(bytes) {
            Ok(0) => return Err(Cut::Lost),
            Ok(written) => {
                bytes.advance(written);
                taken += written;
            }
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock => break,
                ErrorKind::Interrupted => {}
                _ => return Err(lost(&error)),
            },
        }
    }
    Ok(taken)
}

fn lost(error: &io::Error) -> Cut {
    tracing::debug!(%error, "A data connection broke");
    Cut::Lost
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Read;
    use std::net::TcpListener;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use rustix::fs::{MemfdFlags, memfd_create};

    use super::*;
    use crate::shelf::Delivery;

    #[derive(Default)]
    struct Counted(Arc<AtomicU64>);

    impl Delivery for Counted {
        fn sent(&mut self, bytes: u64) {
            self.0.fetch_add(bytes, Ordering::Relaxed);
        }
        fn complete(self: Box<Self>) {}
        fn cut(self: Box<Self>, _: Cut) {}
    }

    fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let stream = listener.accept().unwrap().0;
        stream.set_nonblocking(true).unwrap();
        (stream, client)
    }

    fn file(pieces: Vec<io::Result<Bytes>>, then: bool) -> (Load, Arc<AtomicU64>) {
        let counted = Counted::default();
        let sent = Arc::clone(&counted.0);
        let pieces = stream::iter(pieces);
        let pieces = if then { pieces.chain(stream::pending()).boxed() } else { pieces.boxed() };
        (Load::File(Some(Content::Pieces(pieces)), Box::new(counted)), sent)
    }

    /// A file that lies nowhere but in memory.
    fn kept(bytes: &[u8]) -> File {
        let mut file = File::from(memfd_create("kept", MemfdFlags::CLOEXEC).unwrap());
        file.write_all(bytes).unwrap();
        file
    }

    fn always() -> crate::shelf::Unchanged {
        Box::new(|_| true)
    }

    fn rest(load: Load) -> Bytes {
        match load {
            Load::Text(text) => text,
            Load::File(Some(Content::Pieces(mut pieces)), _) => {
                let mut rest = Vec::new();
                while let Some(Some(piece)) = pieces.next().now_or_never() {
                    rest.extend_from_slice(&piece.unwrap());
                }
                rest.into()
            }
            Load::File(..) => Bytes::new(),
        }
    }

    #[test]
    fn what_is_short_goes_whole_and_ends() {
        let (stream, mut client) = pair();
        let (mut load, sent) = file(vec![Ok(Bytes::from_static(b"ab")), Ok(Bytes::from_static(b"c"))], false);
        assert_eq!(pour(&stream, &mut load), Ok(true));
        let mut came = Vec::new();
        client.read_to_end(&mut came).unwrap();
        assert_eq!((came.as_slice(), sent.load(Ordering::Relaxed)), (b"abc".as_slice(), 3));
    }

    #[test]
    fn what_does_not_fit_is_left_and_nothing_of_it_is_lost() {
        let whole: Bytes = (0..32 << 20).map(|at: usize| (at * 7 + at / 251) as u8).collect();
        for as_file in [false, true] {
            let (stream, mut client) = pair();
            let (in_file, sent) =
                file(whole.chunks(256 << 10).map(|piece| Ok(whole.slice_ref(piece))).collect(), false);
            let mut load = if as_file { in_file } else { Load::Text(whole.clone()) };
            assert_eq!(pour(&stream, &mut load), Ok(false));
            drop(stream);
            let mut came = Vec::new();
            client.read_to_end(&mut came).unwrap();
            assert!(!as_file || sent.load(Ordering::Relaxed) == came.len() as u64);
            came.extend_from_slice(&rest(load));
            assert!(came == whole);
        }
    }

    #[test]
    fn of_a_file_on_this_machine_the_kernel_sends_what_fits_and_the_rest_is_left() {
        let whole: Vec<u8> = (0..32 << 20).map(|at: usize| (at * 7 + at / 251) as u8).collect();
        let kept = kept(&whole);
        for (from, to) in [(0, 100), (17, 90_000), (5, whole.len())] {
            let (stream, mut client) = pair();
            let counted = Counted::default();
            let sent = Arc::clone(&counted.0);
            let (file, unchanged) = (kept.try_clone().unwrap(), always());
            let content = Content::File { file, from: from as u64, to: to as u64, unchanged };
            let mut load = Load::File(Some(content), Box::new(counted));
            let all = pour(&stream, &mut load).unwrap();
            drop(stream);
            let mut came = Vec::new();
            client.read_to_end(&mut came).unwrap();
            assert_eq!((sent.load(Ordering::Relaxed), all), (came.len() as u64, came.len() == to - from));
            assert!(came == whole[from..from + came.len()]);
            let Load::File(Some(Content::File { from: rest, .. }), _) = load else { panic!("it is a file still") };
            assert_eq!(rest as usize, from + came.len());
            assert_eq!(to < 32 << 20, all, "what is short fits");
        }
    }

    #[test]
    fn a_file_that_is_shorter_than_it_should_be_is_an_error_and_no_end() {
        let kept = kept(b"abc");
        let (stream, _client) = pair();
        let content = Content::File { file: kept, from: 1, to: 4, unchanged: always() };
        let mut load = Load::File(Some(content), Box::new(Counted::default()));
        assert_eq!(pour(&stream, &mut load), Err(Cut::Source));
    }

    #[test]
    fn a_file_that_changed_while_it_was_sent_is_an_error_and_no_end() {
        let kept = kept(b"abc");
        let (stream, _client) = pair();
        let content = Content::File { file: kept, from: 0, to: 3, unchanged: Box::new(|_| false) };
        let mut load = Load::File(Some(content), Box::new(Counted::default()));
        assert_eq!(pour(&stream, &mut load), Err(Cut::Source));
    }

    #[test]
    fn nobody_is_waited_for_and_an_error_is_no_end() {
        let (stream, _client) = pair();
        let (mut load, sent) = file(vec![Ok(Bytes::from_static(b"ab"))], true);
        assert_eq!(pour(&stream, &mut load), Ok(false));
        assert_eq!(sent.load(Ordering::Relaxed), 2);
        assert!(matches!(load, Load::File(Some(_), _)));
        let broken = vec![Ok(Bytes::from_static(b"ab")), Err(io::Error::other("torn"))];
        assert_eq!(pour(&stream, &mut file(broken, false).0), Err(Cut::Source));
    }
}
