//! The page of a board's people: sent with a script or without, each scan goes the one way in and has its receipt.

mod by_hand;
pub mod people;
mod sending;
