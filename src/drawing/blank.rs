//! The places of a form that are left empty for people to fill. The layouts leave blanks, the filling writes into them;
//! neither must know the other.

use crate::paper::Area;

/// An empty place and what belongs there.
#[derive(Clone, Debug)]
pub struct Blank {
    /// Its area of the sheet, in mm.
    pub area: Area,
    /// What is written there.
    pub entry: Entry,
}

/// What belongs in a blank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A number by hand; a nought is written as a dash, as committees do.
    Digits(Figure),
    /// The same number in words, by hand.
    Words(Figure),
    /// A number printed by the election's own software: merge sheets are not written by hand.
    Typed(Figure),
    /// The hour the box was opened.
    Hour,
    /// The minute the box was opened.
    Minute,
    /// Up to five tally marks of a candidate, the cell that begins after `from` votes.
    Tally {
        /// Which candidate or party.
        choice: usize,
        /// How many votes the cells before this one hold.
        from: u32,
    },
    /// A tick.
    Tick,
    /// A name that nobody can read.
    Name,
    /// A signature.
    Signature,
    /// A round stamp.
    Stamp,
}

/// A number that a form asks for. Filled forms add up, because all of them come from one count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// Voters on the list of the box.
    Registered,
    /// Envelopes the board handed over.
    EnvelopesReceived,
    /// Envelopes left unused.
    EnvelopesLeft,
    /// Ballot papers the board handed over.
    BallotsReceived,
    /// Ballot papers left unused.
    BallotsLeft,
    /// Voters of the list who voted.
    ListedVoted,
    /// Voters who voted by law without being on the list.
    UnlistedVoted,
    /// Everyone who voted; also the envelopes in the box.
    Voted,
    /// Valid ballots.
    Valid,
    /// Invalid ballots.
    Invalid,
    /// Votes of one candidate or party.
    Votes(usize),
    /// One number of a merge table.
    Cell {
        /// The row, from 0.
        row: usize,
        /// The column, from 0.
        column: usize,
    },
    /// The sum of a column of a merge table.
    Total {
        /// The column, from 0.
        column: usize,
    },
    /// How often the box was counted, where that is more than once.
    Counted,
    /// Nothing to report.
    Nil,
}
