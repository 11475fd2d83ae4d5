//! Media for independent candidates: what is on them, who may have one, what a bad stick does, and what a check finds.

mod content;
mod faults;
mod gates;
mod sealed;
mod stage;
mod tampering;
mod traps;
