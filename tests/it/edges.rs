//! Whose address it is, behind proxies and without; which certificate a board must show; how connections begin.

pub mod certificates;
mod handshakes;
mod proxies;
