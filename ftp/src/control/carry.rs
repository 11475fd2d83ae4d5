//! A transfer: look it up, say `150`, send, and hear commands at the same time.

use std::io;
use std::mem;
use std::sync::Arc;

use tokio::time::{Instant, sleep};

use super::at_once::AtOnce;
use super::load::{Load, finish};
use super::opening::{Coming, Encryption, Opened, Opening};
use super::{Talk, WAITING, lost_right};
use crate::command::Format;
use crate::data::Strangers;
use crate::entry::{Entry, EntryKind};
use crate::lines::Heard;
use crate::listing::Listing;
use crate::reply::Reply;
use crate::shelf::{Attempt, Content, Cut, Leaving, Shelf, ShelfError};
use crate::state::{Effect, Transfer};
use crate::transfer::{Manner, pour, pour_file, send};
use crate::wire::Wire;

impl<S: Shelf> Talk<'_, S> {
    pub(super) async fn send(&mut self, transfer: Transfer) -> Result<(), Leaving> {
        let Some(port) = self.port.take() else {
            return self.say(&Reply::new(425, "Open a data connection first: EPSV or PASV")).await;
        };
        let load = match self.load(transfer).await? {
            Ok(load) => load,
            Err(reply) => return self.say(&reply).await,
        };
        let begins = self.session.begins();
        let (mut replies, mut quitting) = (Vec::new(), false);
        let outcome = match self.at_once(port, load) {
            AtOnce::Over(load, outcome) => {
                begins.write(&mut replies);
                finish(load, outcome);
                outcome
            }
            AtOnce::Rest(coming, load) => match self.say(&begins).await {
                Ok(()) => self.carry(coming, load, &mut quitting).await,
                Err(leaving) => {
                    finish(load, Err(Cut::Vanished));
                    return Err(leaving);
                }
            },
        };
        self.tell_of_strangers().await;
        if outcome == Err(Cut::NotResumed) {
            self.tell(Attempt::NotResumed).await;
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
    async fn load(&self, transfer: Transfer) -> Result<Result<Load, Reply>, Leaving> {
        let reader = &self.seated()?.reader;
        let shelf = &self.server.shelf;
        let loaded = match transfer {
            Transfer::File { path, offset } => {
                let opened = self.ask(shelf.open(&self.visitor, reader, &path, offset)).await;
                opened.map(|opened| Load::File(Some(opened.content), opened.delivery))
            }
            Transfer::Listing { path, format, pattern, prefix } => {
                let facts = self.session.facts();
                match self.ask(shelf.list(&self.visitor, reader, &path)).await {
                    Ok(listing) => Ok(Load::Text(match pattern {
                        None => listing.render(format, facts, &prefix),
                        Some(pattern) => listing.render_matching(format, facts, &prefix, &pattern),
                    })),
                    // RFC 959 §4.1.3: a file is listed as itself; RFC 3659 §7.2: but MLSD is for directories.
                    Err(ShelfError::Missing) if pattern.is_none() => {
                        match self.ask(shelf.stat(&self.visitor, reader, &path)).await {
                            Ok(Entry { kind: EntryKind::File { .. }, .. }) if format == Format::Facts => {
                                return Ok(Err(self.session.no_directory()));
                            }
                            found => found.and_then(|entry| itself(entry, format == Format::Names, &prefix, facts)),
                        }
                    }
                    Err(error) => Err(error),
                }
            }
        };
        Ok(loaded.map_err(|error| self.session.refused(&error)))
    }

    async fn carry(&mut self, coming: Coming, load: Load, quitting: &mut bool) -> Result<(), Cut> {
        let server = self.server;
        let settings = &server.settings;
        let opening = Opening {
            peer: self.via.unwrap_or(self.visitor.address),
            behind: self.via.map(|_| self.visitor.address),
            encryption: self.encryption(),
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
        let (mut load, mut opened) = (load, None);
        let mut strangers = mem::take(&mut self.strangers);
        let outcome = {
            let work = work(&opening, coming, &mut load, &mut opened, &mut strangers, &manner);
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
        self.strangers = strangers;
        if let Some(Opened { wire, mark }) = opened {
            if let Some(mark) = mark {
                self.marks.add(mark);
            }
            if outcome.is_err() {
                wire.break_off();
            }
        }
        finish(load, outcome);
        outcome
    }

    /// How data connections are encrypted now; none where they are not.
    fn encryption(&self) -> Option<Encryption> {
        let config = self.server.settings.tls.as_ref().filter(|_| self.session.is_private())?;
        let must_resume = self.reader.as_ref().is_some_and(|seated| seated.must_resume);
        let only = must_resume.then(|| self.marks.all());
        Some(Encryption { config: Arc::clone(config), only })
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
    opening: &Opening,
    coming: Coming,
    load: &mut Load,
    opened: &mut Option<Opened>,
    strangers: &mut Strangers,
    manner: &Manner,
) -> Result<(), Cut> {
    let wire = &mut opened.insert(opening.open(coming, strangers).await?).wire;
    let (content, delivery) = match load {
        Load::Text(text) => return send(text.clone(), wire, manner).await,
        Load::File(content, delivery) => (content.take().ok_or(Cut::Source)?, delivery.as_mut()),
    };
    match (content, wire) {
        (Content::File { file, from, to, unchanged }, Wire::Plain(stream)) => {
            pour_file((file, unchanged), (from, to), delivery, stream, manner).await
        }
        (content, wire) => pour(content.pieces(), delivery, wire, manner).await,
    }
}

/// A file in a listing of its own.
fn itself(entry: Entry, name_only: bool, prefix: &str, facts: crate::listing::Facts) -> Result<Load, ShelfError> {
    if entry.kind == EntryKind::Directory {
        return Err(ShelfError::Missing);
    }
    if name_only {
        // The prefix is the path as the client wrote it, with a slash behind it.
        return Ok(Load::Text(format!("{}\r\n", prefix.trim_end_matches('/')).into()));
    }
    Ok(Load::Text(Listing::from(vec![entry]).render(Format::Long, facts, "")))
}
