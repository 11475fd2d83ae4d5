//! Whose address it is, behind proxies and without; and which certificate a board must show.

pub mod certificates;
mod proxies;
