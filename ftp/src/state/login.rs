//! Who is there, and what is encrypted: `USER`, `PASS`, `AUTH`, `PBSZ`, `PROT`.

use super::{Effect, Session, Who, refuse, say};
use crate::command::Protection;
use crate::reply::Reply;
use crate::shelf::{Attempt, LoginError, Terms};

/// Why nobody may log in without TLS where it is required.
const ENCRYPT_FIRST: &str = "Encrypt first: AUTH TLS";

impl Session {
    pub(super) fn user(&mut self, user: String) -> Effect {
        if self.who == Who::Reader {
            return say(503, "Somebody is logged in already; connect again");
        }
        // RFC 4217 §6: a name may be refused before the password is sent.
        if self.encrypted {
            return Effect::Say(self.named(user, Ok(())));
        }
        self.who = Who::Nobody;
        if self.policy.tls_required {
            return refuse(Attempt::Clear, 534, ENCRYPT_FIRST);
        }
        Effect::MayBePlain(user)
    }

    /// Whether `user` may go on in the clear. Every name gets the same answer to `USER`.
    pub fn named(&mut self, user: String, may: Result<(), String>) -> Reply {
        match may {
            Ok(()) => {
                self.who = Who::Named(user);
                Reply::new(331, "And the password")
            }
            Err(sentence) => Reply::sentence(534, &sentence, self.utf8),
        }
    }

    pub(super) fn pass(&mut self, password: String) -> Effect {
        match std::mem::replace(&mut self.who, Who::Nobody) {
            Who::Named(user) => Effect::LogIn { user, password },
            Who::Nobody => say(503, "The name comes first: USER"),
            Who::Reader => {
                self.who = Who::Reader;
                say(503, "Somebody is logged in already; connect again")
            }
        }
    }

    /// The shelf said yes.
    pub fn logged_in(&mut self, terms: &Terms) -> Reply {
        self.who = Who::Reader;
        self.require_tls = self.policy.tls_required || terms.require_tls || terms.require_session_reuse;
        if terms.banner.is_empty() {
            return Reply::new(230, "Logged in");
        }
        Reply::block(230, "Logged in", terms.banner.iter().map(|line| self.shown(line)).collect(), "Read-only")
    }

    /// The shelf said no, or nothing.
    pub fn not_logged_in(&mut self, error: &LoginError) -> Reply {
        self.who = Who::Nobody;
        let (LoginError::Refused(sentence) | LoginError::Unavailable(sentence)) = error;
        Reply::sentence(530, sentence, self.utf8)
    }

    /// A sentence as this client can show it.
    fn shown(&self, sentence: &str) -> String {
        let mut bytes = Vec::new();
        Reply::sentence(230, sentence, self.utf8).write(&mut bytes);
        String::from_utf8_lossy(&bytes[4..]).trim_end().to_owned()
    }

    pub(super) fn auth(&mut self, tls: bool) -> Effect {
        if !self.policy.tls {
            return say(if tls { 431 } else { 504 }, "No encryption is set up here");
        }
        if !tls {
            return say(504, "AUTH TLS is the only one");
        }
        if self.encrypted || self.who == Who::Reader {
            return say(503, "Encryption comes before the login; connect again");
        }
        Effect::Handshake(Reply::new(234, "Go on with TLS"))
    }

    /// The control connection speaks TLS now. Everything has to be said again (RFC 4217 §4.2): what was said in the clear
    /// may have been somebody else's.
    pub fn encrypted(&mut self) {
        *self = Self::new(self.policy, true);
    }

    pub(super) fn buffer_size(&mut self) -> Effect {
        if !self.encrypted {
            return say(503, "AUTH TLS comes first");
        }
        self.buffer_size_said = true;
        say(200, "PBSZ=0")
    }

    pub(super) fn protect(&mut self, protection: Protection) -> Effect {
        if !self.encrypted || !self.buffer_size_said {
            return say(503, "AUTH TLS and PBSZ come first");
        }
        match protection {
            Protection::Private => {
                self.private = true;
                say(200, "Data connections are encrypted")
            }
            Protection::Clear if self.require_tls => refuse(Attempt::Clear, 534, "Data connections must be encrypted"),
            Protection::Clear => {
                self.private = false;
                say(200, "Data connections are not encrypted")
            }
            Protection::Other => say(536, "TLS has no such level"),
        }
    }

    /// Whether a data connection may be opened as things stand: RFC 4217 §9 has the code for it.
    pub(super) fn data_may_open(&self) -> Result<(), Effect> {
        if self.require_tls && !self.private {
            return Err(refuse(Attempt::Clear, 521, "Data connections must be encrypted: PROT P"));
        }
        Ok(())
    }
}
