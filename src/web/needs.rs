//! What whoever asks for an address must have. Every address says it, in its line of the table.

use crate::access::Act;

/// What whoever asks must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: it shows nothing.
    Nobody,
    /// The token of a board's machine; the handler's argument asks for it.
    BoardMachine,
    /// The token of a program that gives box results; the handler's argument asks for it.
    Feed,
    /// A party's bulk secret; the handler's argument asks for it.
    Bulk,
    /// A party's web service token; the handler's argument asks for it.
    Service,
    /// A session, even of somebody whose first password is not replaced yet, and this right.
    Session(Act),
    /// A session of somebody who has replaced the first password, whoever it is.
    Person,
    /// A session of somebody who has replaced it, and this right.
    Right(Act),
    /// The same, to see a picture in parts: one row stands for what is seen of it within a minute.
    Picture(Act),
    /// The same of a person of a board, who has shown the board's certificate where one is bound to it.
    BoardPerson(Act),
    /// The same, polled by a page that is open: polling does not extend the session.
    BoardPage(Act),
}

impl Needs {
    /// Whether there must be a session. Everything else looks for itself who asks.
    pub fn a_session(self) -> bool {
        match self {
            Self::Nobody | Self::BoardMachine | Self::Feed | Self::Bulk | Self::Service => false,
            Self::Session(_)
            | Self::Person
            | Self::Right(_)
            | Self::Picture(_)
            | Self::BoardPerson(_)
            | Self::BoardPage(_) => true,
        }
    }

    /// Whether it must be the session of a person of a board.
    pub fn a_board(self) -> bool {
        matches!(self, Self::BoardPerson(_) | Self::BoardPage(_))
    }

    /// The right that somebody in a session must have.
    pub fn right(self) -> Act {
        match self {
            Self::Session(act)
            | Self::Right(act)
            | Self::Picture(act)
            | Self::BoardPerson(act)
            | Self::BoardPage(act) => act,
            // Whoever may log out may see what is only about themselves.
            Self::Person | Self::Nobody | Self::BoardMachine | Self::Feed | Self::Bulk | Self::Service => Act::LogOut,
        }
    }
}
