//! The site of a party's people: pictures of scans, lists of them, a box's page and a scan's.

mod boxes;
pub mod people;
mod pictures;
mod results;
mod scans;
