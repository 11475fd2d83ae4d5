//! The registry on both engines: what is taken, what is refused and how it is told, and that nothing is ever there by half.

mod bad_lines;
mod bounds;
mod choices;
mod command;
mod country;
mod killed;
mod late;
mod sample;
mod town;
mod twice;
