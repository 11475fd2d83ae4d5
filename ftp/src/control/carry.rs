//! A transfer: look it up, say `150`, send, and hear commands at the same time.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rustls::ServerConfig;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use super::at_once::AtOnce;
use super::{Talk, WAITING, lost_right};
use crate::data::Port;
use crate::lines::Heard;
use crate::listing::Listing;
use crate::reply::Reply;
use crate::shelf::{Attempt, Content, Cut, Delivery, Entry, EntryKind, Leaving, Shelf, ShelfError};
use crate::state::{Effect, Transfer};
use crate::transfer::{Manner, pour, pour_file, send};
use crate::wire::Wire;
use crate::{proxy, tls};

/// What is to be sent.
pub(super) enum Load {
    /// Its content until it is poured out.
    File(Option<Content>, Box<dyn Delivery>),
    Text(Bytes),
}

/// The data connection.
pub(super) enum Coming {
    /// It comes to this port.
    To(Port),
    /// It is here.
    Here(std::net::TcpStream),
}

/// How the data connection is to be opened.
struct Opening {
    coming: Coming,
    /// From where it comes.
    peer: IpAddr,
    /// Whose it must be, where a proxy passes it on.
    behind: Option<IpAddr>,
    tls: Option<Arc<ServerConfig>>,
    data_within: Duration,
    handshake_within: Duration,
}

impl Opening {
    async fn open(self, strangers: &mut Vec<IpAddr>) -> Result<Wire, Cut> {
        let stream = match self.coming {
            Coming::Here(stream) => TcpStream::from_std(stream),
            Coming::To(port) => port.accept(self.peer, self.data_within, strangers).await,
        };
        let mut stream = stream.map_err(|error| cut(&error, Cut::NoConnection))?;
        if let Some(client) = self.behind {
            let named = proxy::address_of(&mut stream, self.handshake_within).await;
            match named {
                Ok(Some(address)) if address.ip().to_canonical() == client => {}
                Ok(_) => return Err(Cut::NoConnection),
                Err(error) => return Err(cut(&error, Cut::NoConnection)),
            }
        }
        match &self.tls {
            None => Ok(Wire::Plain(stream)),
            Some(config) => {
                let shaken = tls::accept(config, stream, self.handshake_within).await;
                shaken.map_err(|error| cut(&error, Cut::NoHandshake))
            }
        }
    }
}

fn cut(error: &io::Error, cut: Cut) -> Cut {
    tracing::debug!(%error, "{cut}");
    cut
}

impl<S: Shelf> Talk<'_, S> {
    pub(super) async fn send(&mut self, transfer: Transfer) -> Result<(), Leaving> {
        let Some(port) = self.port.take() else {
            return self.say(&Reply::new(425, "Open a data connection first: EPSV or PASV")).await;
        };
        let load = match self.load(transfer).await? {
            Ok(load) => load,
            Err(error) => {
                let reply = self.session.refused(&error);
                return self.say(&reply).await;
            }
        };
        let begins = self.session.begins();
        let mut strangers = Vec::new();
        let (mut replies, mut quitting) = (Vec::new(), false);
        let outcome = match self.at_once(port, load, &mut strangers) {
            AtOnce::Over(load, outcome) => {
                begins.write(&mut replies);
                finish(load, outcome);
                outcome
            }
            AtOnce::Rest(coming, load) => match self.say(&begins).await {
                Ok(()) => self.carry(coming, load, &mut strangers, &mut quitting).await,
                Err(leaving) => {
                    finish(load, Err(Cut::Vanished));
                    return Err(leaving);
                }
            },
        };
        for stranger in strangers {
            self.tell(Attempt::Stranger(stranger)).await;
        }
        self.useful = Instant::now();
        let ended = self.session.ended(outcome);
        if outcome == Err(Cut::Vanished) {
            return Err(Leaving::Gone);
        }
        ended.write(&mut replies);
        if outcome == Err(Cut::Aborted) {
            self.session.aborted().write(&mut replies);
        }
        self.write(&replies).await?;
        if quitting {
            self.say(&Reply::new(221, "Goodbye")).await?;
            return Err(Leaving::Quit);
        }
        Ok(())
    }

    /// Everything that can be refused is refused here, before `150`.
    async fn load(&self, transfer: Transfer) -> Result<Result<Load, ShelfError>, Leaving> {
        let reader = &self.seated()?.reader;
        let shelf = &self.server.shelf;
        Ok(match transfer {
            Transfer::File { path, offset } => {
                let opened = self.ask(shelf.open(&self.visitor, reader, &path, offset)).await;
                opened.map(|opened| Load::File(Some(opened.content), opened.delivery))
            }
            Transfer::Listing { path, format, pattern, prefix } => {
                use crate::command::Format;
                let facts = self.session.facts();
                match self.ask(shelf.list(&self.visitor, reader, &path)).await {
                    Ok(listing) => Ok(Load::Text(match pattern {
                        None => listing.render(format, facts, &prefix),
                        Some(pattern) => listing.render_matching(format, facts, &prefix, &pattern),
                    })),
                    // RFC 959 §4.1.3: a file is listed as itself; RFC 3659 §7.2: but MLSD is for directories.
                    Err(ShelfError::Missing) if format != Format::Facts && pattern.is_none() => {
                        let found = self.ask(shelf.stat(&self.visitor, reader, &path)).await;
                        found.and_then(|entry| itself(entry, format == Format::Names, &prefix, facts))
                    }
                    Err(error) => Err(error),
                }
            }
        })
    }

    async fn carry(
        &mut self,
        coming: Coming,
        load: Load,
        strangers: &mut Vec<IpAddr>,
        quitting: &mut bool,
    ) -> Result<(), Cut> {
        let server = self.server;
        let settings = &server.settings;
        let opening = Opening {
            coming,
            peer: self.via.unwrap_or(self.visitor.address),
            behind: self.via.map(|_| self.visitor.address),
            tls: if self.session.is_private() { settings.tls.clone() } else { None },
            data_within: settings.data_within,
            handshake_within: settings.handshake_within,
        };
        let lost = self.reader.as_ref().map(|seated| Arc::clone(&seated.guard.lost));
        let stopping = async {
            server.stop.cancelled().await;
            sleep(settings.grace).await;
        };
        tokio::pin!(stopping);
        let manner = self.manner();
        let (mut load, mut wire) = (load, None);
        let outcome = {
            let work = work(opening, &mut load, &mut wire, strangers, &manner);
            tokio::pin!(work);
            loop {
                tokio::select! {
                    biased;
                    outcome = &mut work => break outcome,
                    _ = lost_right(lost.as_deref()) => break Err(Cut::Revoked),
                    () = &mut stopping => break Err(Cut::Stopping),
                    heard = self.lines.next(&mut self.wire), if self.waiting.len() < WAITING => {
                        match self.hear_meanwhile(heard).await {
                            Ok(None) => {}
                            Ok(Some(Effect::QuitLater)) => *quitting = true,
                            Ok(Some(_)) => break Err(Cut::Aborted),
                            Err(cut) => break Err(cut),
                        }
                    }
                }
            }
        };
        if outcome.is_err()
            && let Some(wire) = wire
        {
            wire.break_off();
        }
        finish(load, outcome);
        outcome
    }

    /// A line that comes while something is sent: `Some` is for the transfer.
    async fn hear_meanwhile(&mut self, heard: io::Result<Heard>) -> Result<Option<Effect>, Cut> {
        let line = match heard {
            Ok(Heard::Line(line)) => line,
            Ok(Heard::TooLong) => Vec::new(),
            Ok(Heard::End) | Err(_) => return Err(Cut::Vanished),
        };
        match self.effect(Heard::Line(line.clone())) {
            Effect::Say(reply) => self.say(&reply).await.map(|()| None).map_err(|_| Cut::Vanished),
            Effect::Later => {
                self.waiting.push_back(line);
                Ok(None)
            }
            effect => Ok(Some(effect)),
        }
    }
}

async fn work(
    opening: Opening,
    load: &mut Load,
    wire: &mut Option<Wire>,
    strangers: &mut Vec<IpAddr>,
    manner: &Manner,
) -> Result<(), Cut> {
    let wire = wire.insert(opening.open(strangers).await?);
    let (content, delivery) = match load {
        Load::Text(text) => return send(text.clone(), wire, manner).await,
        Load::File(content, delivery) => (content.take().ok_or(Cut::Source)?, delivery.as_mut()),
    };
    match (content, wire) {
        (Content::File { file, from, to }, Wire::Plain(stream)) => {
            pour_file(file, (from, to), delivery, stream, manner).await
        }
        (content, wire) => pour(content.pieces(), delivery, wire, manner).await,
    }
}

fn finish(load: Load, outcome: Result<(), Cut>) {
    let Load::File(_, delivery) = load else { return };
    match outcome {
        Ok(()) => delivery.complete(),
        Err(cut) => {
            tracing::info!(cause = %cut, "A transfer was cut: {cut}");
            delivery.cut(cut);
        }
    }
}

/// A file in a listing of its own.
fn itself(entry: Entry, name_only: bool, prefix: &str, facts: crate::listing::Facts) -> Result<Load, ShelfError> {
    use crate::command::Format;
    if entry.kind == EntryKind::Directory {
        return Err(ShelfError::Missing);
    }
    if name_only {
        // The prefix is the path as the client wrote it, with a slash behind it.
        return Ok(Load::Text(format!("{}\r\n", prefix.trim_end_matches('/')).into()));
    }
    Ok(Load::Text(Listing::from(vec![entry]).render(Format::Long, facts, "")))
}
