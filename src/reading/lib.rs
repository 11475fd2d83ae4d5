//! Reading karekods: PNG bytes → pixels → codes, with evidence of where and how each was found.
//!
//! Pure, and it burns a core: callers run it on the CPU lane. It must never know what a code means, and never guess.
//!
//! A page goes through a cascade of stages, cheapest first. Each turns the page into two shades by some rule, searches
//! it for finder patterns, lays grids on those that stand as the corners of a code, and has the grids decoded. What reads
//! at once, as nearly every page does, costs little more than one look at half the page's pixels; what does not is looked
//! at with more and more care. A form carries its code twice: where one was read its twin is sought by what is known of
//! it, and where neither reads alone they are read together.
//!
//! The files follow the way of a page:
//! - [`page`], `pixels`, `bits`, `grey`: PNG → pixels.
//! - `cascade`, `stage`, `search`, `effort`: which stage comes when, what was found so far, and how much may still be done.
//! - `scales`, `threshold`, `finder`, `area`, `corners`: where codes may be.
//! - `patch`, `contrast`, `grid`, `strip`: a code's surroundings, its grid, its modules.
//! - `decode`: modules → text.
//! - `twin`, `photograph`: what a page's other code and a foreign detector can add.
//! - `evidence`: what is told of it.
//! - [`scanner`]: how the page was scanned, and what to do better next time.

#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]

mod area;
mod bits;
mod cascade;
mod contrast;
mod corners;
mod decode;
mod effort;
mod evidence;
mod finder;
mod geometry;
mod grey;
mod grid;
pub mod page;
mod patch;
mod photograph;
mod pixels;
mod scales;
pub mod scanner;
mod search;
mod stage;
mod strip;
mod threshold;
mod twin;

pub use decode::{Level, Method, Padding};
pub use evidence::{Findings, Proof, Reading, Unread};
pub use page::{ChunkFault, Damage, Flaw, Limits, Page, PageError, PngError, check_frame};
pub use stage::{Spent, Stage};

/// Everything that can be read on a page.
pub fn read(page: &Page) -> Findings {
    cascade::read(page)
}
