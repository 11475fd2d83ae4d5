//! The commands: what they are called, what they explain, and what they print. They must never decide; they ask the rooms.

pub mod election;
