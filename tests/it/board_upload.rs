//! A board's folder through `tutanak upload`: nothing lost, nothing twice, whatever happens to file, line, disk and
//! program.

mod files;
mod front;
mod hours;
mod killed;
mod line;
mod program;
mod questions;
mod queue;
mod workplace;
mod workstation;

pub use killed::tutanak;
