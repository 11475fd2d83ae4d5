//! Who may upload next. The memory of all uploads is shared board by board, so that a flood from one is that one's alone;
//! and so are the cores that read them.
//!
//! Boards take turns, whatever they bring: one that sends its first scan comes before the second of any other. Who waited
//! and was sent away keeps its place for a while: coming again, as it was told to, it does not stand at the end. It must
//! never promise more memory than there is, nor let small scans pass a large one for ever.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::sync::oneshot;

use crate::domain::BoardId;

/// Uploads of one board that may wait: as many as one address may have connections. They hold nothing but those, and
/// waiting costs the service less than a refusal and another request. Uploads beyond that are refused.
const WAITING: usize = 256;
/// How long a queue position is kept for a board that was sent away: longer than it was told to wait.
const KEPT: Duration = Duration::from_secs(60);
/// Boards whose queue positions are kept at most.
const ABSENT: usize = 4096;

/// No memory for an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoPermit {
    /// The board itself has as much under way and waiting as it may.
    BoardIsFull,
    /// Others have; its turn did not come in time.
    HouseIsFull(QueuePosition),
}

/// The position of a board among those that wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct QueuePosition {
    /// From 1: that one's turn is next.
    pub place: usize,
    /// Boards that wait, with this one.
    pub of: usize,
}

impl QueuePosition {
    /// As the board reads it.
    pub fn turkish(self) -> String {
        match self.place {
            0 | 1 => "Gönderiminiz bekliyor; sıra sizde.".to_owned(),
            place => format!("Gönderiminiz sırada: {place}. sıradasınız, önünüzde {} kurul var.", place - 1),
        }
    }
}

/// The memory, and who waits for it. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Admission {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    /// Uploads of one board that may wait.
    waiting: usize,
    /// Units that nobody holds.
    free: usize,
    /// What one board may hold.
    share: Share,
    boards: HashMap<BoardId, Board>,
    /// Boards with somebody waiting, by the number of their turn: the lowest is next.
    turns: BTreeMap<u64, BoardId>,
    /// The next number.
    next: u64,
    /// Turns of boards that waited and were sent away, and until when they are kept.
    absent: HashMap<BoardId, (u64, Instant)>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Share {
    units: usize,
    /// However few units each of them has.
    uploads: usize,
}

#[derive(Debug, Default)]
struct Board {
    held: Share,
    waiting: VecDeque<Waiter>,
    /// Its number among the turns, while somebody waits.
    turn: Option<u64>,
}

#[derive(Debug)]
struct Waiter {
    units: usize,
    /// Told when the units are its own.
    admit: oneshot::Sender<()>,
}

/// So many units of memory, for one upload; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Permit {
    admission: Admission,
    board: BoardId,
    units: usize,
}

/// Somebody in a board's queue. Whoever leaves it gives the position up.
#[derive(Debug)]
pub(super) struct Queued {
    admission: Admission,
    board: BoardId,
    units: usize,
    /// None once the permit was taken over.
    admitted: Option<oneshot::Receiver<()>>,
}

impl Admission {
    /// So many units in all, so many of them for one board at most, and for so many of its uploads.
    pub fn new(units: usize, share: usize, uploads: usize) -> Self {
        Self::with(units, share, uploads.max(1), WAITING)
    }

    /// Turns at so many cores, each of which is one unit. One board has half of them at most, even if it is alone:
    /// another board's scan finds a free core at once. How many may wait is bounded by the memory that those who wait
    /// hold already.
    pub fn of_cores(cores: usize) -> Self {
        let half = (cores / 2).max(1);
        Self::with(cores.max(1), half, half, usize::MAX)
    }

    fn with(units: usize, share: usize, uploads: usize, waiting: usize) -> Self {
        let state = State {
            waiting,
            free: units,
            share: Share { units: share.min(units), uploads },
            boards: HashMap::new(),
            turns: BTreeMap::new(),
            next: 0,
            absent: HashMap::new(),
        };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// Enters the board's queue.
    ///
    /// # Errors
    /// The board's queue is full.
    pub fn queue(&self, board: &BoardId, units: usize) -> Result<Queued, NoPermit> {
        self.queue_at(board, units, Instant::now())
    }

    fn queue_at(&self, board: &BoardId, units: usize, now: Instant) -> Result<Queued, NoPermit> {
        let mut state = self.state();
        let units = units.min(state.share.units); // the largest scan fits in a share, so nothing is held back by this
        let (admit, admitted) = oneshot::channel();
        let most = state.waiting;
        let own = state.boards.entry(board.clone()).or_default();
        own.waiting.retain(|waiter| !waiter.admit.is_closed());
        if own.waiting.len() >= most {
            return Err(NoPermit::BoardIsFull);
        }
        own.waiting.push_back(Waiter { units, admit });
        if own.turn.is_none() {
            let kept = state.absent.remove(board).filter(|(_, until)| now < *until);
            state.stand(board.clone(), kept.map(|(turn, _)| turn));
        }
        state.admit();
        Ok(Queued { admission: self.clone(), board: board.clone(), units, admitted: Some(admitted) })
    }

    /// The position of a board. None when nothing of it waits, or when what waits does so for its own uploads.
    pub fn waits(&self, board: &BoardId) -> Option<QueuePosition> {
        let state = self.state();
        let own = state.boards.get(board)?;
        let next = own.waiting.iter().find(|waiter| !waiter.admit.is_closed())?;
        own.may_hold(next.units, state.share).then(|| state.queue_position(board))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner) // each method leaves it consistent, so poisoning is ignored
    }
}

impl Board {
    /// Whether its share has room for so many units more.
    fn may_hold(&self, units: usize, share: Share) -> bool {
        self.held.units + units <= share.units && self.held.uploads < share.uploads
    }
}

impl State {
    /// Gives out what is free, board after board.
    fn admit(&mut self) {
        // One that holds its whole share is passed over; one that needs more than is free holds everybody up, or it would
        // be passed for ever.
        let mut passed_over = 0;
        while passed_over < self.turns.len() {
            let Some((turn, id)) = self.turns.pop_first() else { return };
            let Some(own) = self.boards.get_mut(&id) else { continue };
            own.turn = None;
            own.waiting.retain(|waiter| !waiter.admit.is_closed());
            let Some(next) = own.waiting.front() else {
                self.forget(&id);
                continue;
            };
            if !own.may_hold(next.units, self.share) {
                passed_over += 1;
                self.stand(id, None);
                continue;
            }
            if next.units > self.free {
                self.stand(id, Some(turn));
                return;
            }
            let Some(Waiter { units, admit }) = own.waiting.pop_front() else { continue };
            // An upload that was given up a moment ago does not take the units: they stay free.
            if admit.send(()).is_ok() {
                own.held.units += units;
                own.held.uploads += 1;
                self.free -= units;
            }
            match own.waiting.is_empty() {
                true => self.forget(&id),
                false => self.stand(id, None),
            }
            passed_over = 0;
        }
    }

    /// Gives a board this turn, or else the last one.
    fn stand(&mut self, board: BoardId, turn: Option<u64>) {
        let turn = turn.filter(|turn| !self.turns.contains_key(turn)).unwrap_or_else(|| {
            self.next += 1;
            self.next
        });
        if let Some(own) = self.boards.get_mut(&board) {
            own.turn = Some(turn);
        }
        self.turns.insert(turn, board);
    }

    /// Takes a board without waiting uploads out of the turns, and remembers which turn it had.
    fn leave(&mut self, board: &BoardId, now: Instant) {
        let Some(own) = self.boards.get_mut(board) else { return };
        own.waiting.retain(|waiter| !waiter.admit.is_closed());
        let Some(turn) = own.turn.take_if(|_| own.waiting.is_empty()) else { return };
        self.turns.remove(&turn);
        self.forget(board);
        if self.absent.len() >= ABSENT {
            self.absent.retain(|_, (_, until)| now < *until);
        }
        if self.absent.len() < ABSENT {
            self.absent.insert(board.clone(), (turn, now + KEPT));
        }
    }

    fn queue_position(&self, board: &BoardId) -> QueuePosition {
        let turn = self.boards.get(board).and_then(|own| own.turn).unwrap_or(u64::MAX);
        QueuePosition { place: self.turns.range(..turn).count() + 1, of: self.turns.len().max(1) }
    }

    fn give_back(&mut self, board: &BoardId, units: usize) {
        self.free += units;
        if let Some(own) = self.boards.get_mut(board) {
            own.held.units -= units;
            own.held.uploads -= 1;
        }
        self.forget(board);
        self.admit();
    }

    /// Boards that hold nothing and wait for nothing cost nothing.
    fn forget(&mut self, board: &BoardId) {
        if self.boards.get(board).is_some_and(|own| own.held.uploads == 0 && own.waiting.is_empty()) {
            self.boards.remove(board);
        }
    }
}

impl Queued {
    /// Waits for the turn.
    pub async fn permit(&mut self) -> Permit {
        if let Some(admitted) = &mut self.admitted {
            // This never fails: the sender stays in the queue until it sends, and `self` keeps the queue alive.
            let _ = admitted.await;
        }
        self.admitted = None;
        self.taken()
    }

    fn taken(&self) -> Permit {
        Permit { admission: self.admission.clone(), board: self.board.clone(), units: self.units }
    }

    /// What it waits for: the board's own uploads, or others'.
    pub fn why(&self) -> NoPermit {
        let state = self.admission.state();
        match state.boards.get(&self.board) {
            Some(own) if !own.may_hold(self.units, state.share) => NoPermit::BoardIsFull,
            _ => NoPermit::HouseIsFull(state.queue_position(&self.board)),
        }
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        let Some(mut admitted) = self.admitted.take() else { return };
        let mut state = self.admission.state();
        admitted.close();
        match admitted.try_recv() {
            // It was given in the same moment.
            Ok(()) => state.give_back(&self.board, self.units),
            Err(_) => {
                state.leave(&self.board, Instant::now());
                // It may have been the one that held the others up.
                state.admit();
            }
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.admission.state().give_back(&self.board, self.units);
    }
}

#[cfg(test)]
mod tests;
