//! The course of one connection: admit, greet, hear and answer until it ends, take leave.
//!
//! What is to be said and done is decided by [`crate::state`]; here it is done. While something is sent, commands are
//! still heard (`carry`), so that `ABOR`, `STAT` and a client that goes away are noticed at once.

mod act;
mod at_once;
mod carry;
mod load;
mod opening;

use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use crate::command::{Bad, parse};
use crate::data::{Port, Strangers};
use crate::limits::Membership;
use crate::lines::{Heard, Lines};
use crate::permits::Permit;
use crate::reply::Reply;
use crate::server::{Call, Server};
use crate::shelf::{Leaving, Shelf, ShelfError, Visitor};
use crate::state::{Effect, Policy, Session};
use crate::tls::{self, Marks};
use crate::turning_away::turn_away;
use crate::watch::Guard;
use crate::wire::Wire;

/// Commands that may wait for the end of a transfer; a client that sends more is not read until then.
const WAITING: usize = 16;

/// Sees one connection through to its end.
pub(crate) async fn receive<S: Shelf>(server: &Arc<Server<S>>, call: Call, stream: TcpStream, permit: Permit) {
    let settings = &server.settings;
    let visitor = Visitor { session: call.number, address: call.address, encrypted: call.implicit };
    let refusal = match timeout(settings.stall, server.shelf.admit(&visitor)).await {
        Ok(Ok(())) => None,
        Ok(Err(sentence)) => Some(sentence),
        Err(_) => Some("Try again later".to_owned()),
    };
    if let Some(sentence) = refusal {
        // Where TLS comes first, a stranger is not worth a handshake.
        return if call.implicit { drop(stream) } else { turn_away(stream, &sentence) };
    }
    let mut talk = match Talk::begin(server, call, visitor.clone(), stream, &permit).await {
        Ok(talk) => talk,
        Err(leaving) => return farewell(server, &visitor, None, leaving).await,
    };
    let leaving = match talk.greet_and_answer().await {
        Ok(never) => match never {},
        Err(leaving) => leaving,
    };
    tracing::debug!(reason = %leaving, "A session ended");
    if leaving == Leaving::Displaced && permit.worth_a_word() {
        server.no_room(call.number, call.address).await;
    }
    talk.tell_of_strangers().await;
    talk.hang_up(leaving).await;
    let reader = talk.reader.take().map(|seated| seated.reader);
    farewell(server, &talk.visitor, reader.as_ref(), leaving).await;
}

async fn farewell<S: Shelf>(server: &Server<S>, visitor: &Visitor, reader: Option<&S::Reader>, leaving: Leaving) {
    if timeout(server.settings.stall, server.shelf.leave(visitor, reader, leaving)).await.is_err() {
        tracing::error!(session = visitor.session, "The shelf did not take leave in time");
    }
}

/// Nothing ends well: a session ends by one of the reasons for leaving.
enum Never {}

/// Somebody who is logged in.
struct Seated<S: Shelf> {
    reader: S::Reader,
    member: Membership,
    /// Whether data connections must resume the control connection's session.
    must_resume: bool,
    guard: Guard<S>,
}

struct Talk<'a, S: Shelf> {
    server: &'a Server<S>,
    permit: &'a Permit,
    visitor: Visitor,
    /// The proxy that passes this client on; its data connections come from there too.
    via: Option<IpAddr>,
    /// Our own address, where data connections are waited for.
    local: IpAddr,
    wire: Wire,
    lines: Lines,
    session: Session,
    reader: Option<Seated<S>>,
    port: Option<Port>,
    strangers: Strangers,
    /// By which this client's data connections are told from others'.
    marks: Marks,
    /// Lines that came while something was sent.
    waiting: VecDeque<Vec<u8>>,
    failures: u32,
    connected: Instant,
    /// When something was last asked for that is more than `NOOP`.
    useful: Instant,
}

impl<'a, S: Shelf> Talk<'a, S> {
    async fn begin(
        server: &'a Server<S>,
        call: Call,
        visitor: Visitor,
        stream: TcpStream,
        permit: &'a Permit,
    ) -> Result<Self, Leaving> {
        let settings = &server.settings;
        let lost = |error: io::Error| {
            tracing::debug!(%error, "Lost a connection before its greeting");
            Leaving::Gone
        };
        prepare(&stream, settings.stall).map_err(lost)?;
        let local = stream.local_addr().map_err(lost)?.ip().to_canonical();
        let policy = Policy { tls: settings.tls.is_some(), tls_required: settings.tls_required, ipv6: local.is_ipv6() };
        let mut talk = Self {
            server,
            permit,
            visitor,
            via: call.via,
            local,
            wire: Wire::Plain(stream),
            lines: Lines::default(),
            session: Session::new(policy, call.implicit),
            reader: None,
            port: None,
            strangers: Strangers::default(),
            marks: Marks::default(),
            waiting: VecDeque::new(),
            failures: 0,
            connected: Instant::now(),
            useful: Instant::now(),
        };
        if call.implicit {
            talk.shake_hands().await?;
        }
        Ok(talk)
    }

    /// Speaks TLS on the control connection from here on.
    async fn shake_hands(&mut self) -> Result<(), Leaving> {
        let settings = &self.server.settings;
        let Some(config) = &settings.tls else { return Err(Leaving::Protocol) };
        let Wire::Plain(stream) = std::mem::replace(&mut self.wire, Wire::Gone) else { return Err(Leaving::Protocol) };
        let mark = Marks::fresh(config).map_err(|_| Leaving::Gone)?;
        let shaken = tokio::select! {
            shaken = tls::accept(config, stream, settings.handshake_within, &mark, None) => shaken,
            () = self.permit.displaced() => return Err(Leaving::Displaced),
        };
        let shaken = shaken.map_err(|error| {
            tracing::debug!(%error, "A handshake failed");
            Leaving::Gone
        })?;
        self.wire = Wire::Tls(Box::new(shaken));
        self.marks.begin(mark);
        Ok(())
    }

    async fn greet_and_answer(&mut self) -> Result<Never, Leaving> {
        self.say(&Reply::new(220, self.server.settings.greeting.clone())).await?;
        loop {
            let heard = self.hear().await?;
            let effect = self.effect(heard);
            self.act(effect).await?;
        }
    }

    /// The next line: one that waited, or one that comes. Nobody is waited for longer than the settings say.
    async fn hear(&mut self) -> Result<Heard, Leaving> {
        let stop = &self.server.stop;
        if !stop.is_cancelled()
            && let Some(line) = self.waiting.pop_front()
        {
            return Ok(Heard::Line(line));
        }
        let (until, peer) = (self.patient_until(), self.via.unwrap_or(self.visitor.address));
        let lost = self.reader.as_ref().map(|seated| Arc::clone(&seated.guard.lost));
        let (reply, leaving) = tokio::select! {
            biased;
            () = stop.cancelled() => (Reply::new(421, "The service is closing"), Leaving::Stopping),
            sentence = lost_right(lost.as_deref()) => {
                (Reply::sentence(421, sentence, self.session.is_utf8()), Leaving::Revoked)
            }
            () = self.permit.displaced(), if self.reader.is_none() => {
                (Reply::new(421, "Nobody logged in, and there are too many connections"), Leaving::Displaced)
            }
            heard = timeout_at(until, self.lines.next(&mut self.wire)) => match heard {
                Ok(Ok(Heard::End)) => return Err(Leaving::Gone),
                Ok(Ok(heard)) => return Ok(heard),
                Ok(Err(error)) if error.kind() == io::ErrorKind::InvalidData => {
                    (Reply::new(421, "A line has an end"), Leaving::Protocol)
                }
                Ok(Err(_)) => return Err(Leaving::Gone),
                Err(_) if self.reader.is_none() => (Reply::new(421, "Nobody logged in"), Leaving::Idle),
                Err(_) => (Reply::new(421, "Nothing was asked for too long"), Leaving::Idle),
            },
            () = look_after(self.port.as_mut(), peer, &mut self.strangers) => unreachable!("it looks after it for ever"),
        };
        self.say(&reply).await?;
        Err(leaving)
    }

    fn patient_until(&self) -> Instant {
        let settings = &self.server.settings;
        let quiet = Instant::now() + settings.idle;
        match self.reader {
            None => quiet.min(self.connected + settings.login_within),
            Some(_) => quiet.min(self.useful + settings.silence),
        }
    }

    /// What the line asks for.
    fn effect(&mut self, heard: Heard) -> Effect {
        let command = match &heard {
            Heard::Line(line) => parse(line),
            Heard::TooLong | Heard::End => Err(Bad::TooLong),
        };
        match command {
            Ok(command) => {
                if command != crate::command::Command::Nothing {
                    self.useful = Instant::now();
                }
                self.session.command(command)
            }
            Err(bad) => self.session.bad(bad),
        }
    }

    async fn say(&mut self, reply: &Reply) -> Result<(), Leaving> {
        let mut bytes = Vec::with_capacity(96);
        reply.write(&mut bytes);
        self.write(&bytes).await
    }

    /// Replies in one piece: each piece wakes the client.
    async fn write(&mut self, replies: &[u8]) -> Result<(), Leaving> {
        let saying = async {
            self.wire.write_all(replies).await?;
            self.wire.flush().await
        };
        match timeout(self.server.settings.stall, saying).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Leaving::Gone),
            Err(_) => Err(Leaving::Stalled),
        }
    }

    /// Puts a question to the shelf. It is dropped when the shelf takes longer than a client is allowed to.
    async fn ask<T>(&self, question: impl Future<Output = Result<T, ShelfError>>) -> Result<T, ShelfError> {
        timeout(self.server.settings.stall, question).await.unwrap_or_else(|_| {
            tracing::error!(session = self.visitor.session, "The shelf did not answer in time");
            Err(ShelfError::Busy("Try again later".to_owned()))
        })
    }

    /// Somebody who is logged in; the state machine asks for nothing before that.
    fn seated(&self) -> Result<&Seated<S>, Leaving> {
        self.reader.as_ref().ok_or(Leaving::Protocol)
    }

    /// Closes the connection so that the last reply arrives: what a client sent meanwhile is read and thrown away, because
    /// a connection that is closed with something unread takes back what was not read at the other end.
    async fn hang_up(&mut self, leaving: Leaving) {
        let closing = async {
            self.wire.shutdown().await?;
            let mut thrown = [0; 1024];
            let mut left = THROWN;
            while !matches!(leaving, Leaving::Quit | Leaving::Gone) && left > 0 {
                match self.wire.read(&mut thrown).await? {
                    0 => break,
                    read => left = left.saturating_sub(read),
                }
            }
            io::Result::Ok(())
        };
        let _ = timeout(self.server.settings.stall.min(HANGING_UP), closing).await;
    }
}

/// How long the last bytes of a session get to leave.
const HANGING_UP: std::time::Duration = std::time::Duration::from_millis(300);
/// Bytes that are thrown away then.
const THROWN: usize = 256 << 10;

async fn lost_right(lost: Option<&crate::watch::Lost>) -> &str {
    match lost {
        Some(lost) => lost.sentence().await,
        None => std::future::pending().await,
    }
}

async fn look_after(port: Option<&mut Port>, peer: IpAddr, strangers: &mut Strangers) {
    match port {
        Some(port) => port.look_after(peer, strangers).await,
        None => std::future::pending().await,
    }
}

/// What every control connection needs. `TCP_NODELAY` is not a nicety: `150` and `226` are two small writes, and without
/// it each small file costs a delayed acknowledgement (40 ms).
fn prepare(stream: &TcpStream, patience: std::time::Duration) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    // Signs of Telnet that come as urgent data stay in their place.
    socket.set_out_of_band_inline(true)?;
    // The kernel counts whole seconds, and takes none for an error.
    let probe = TcpKeepalive::new().with_time(patience.max(std::time::Duration::from_secs(1)));
    socket.set_tcp_keepalive(&probe)?;
    socket.set_tcp_user_timeout(Some(patience))
}
