//! A page of shades that grows row by row, and its half beside it while the rows are still at hand: reading them again
//! would mean fetching the whole page from memory once more. It must never write a pixel twice.

use crate::grey::Grey;
use crate::scales::halve_row;

/// The rows so far.
pub(super) struct Sheet {
    page: Grey,
    half: Option<Grey>,
    /// Room for a row of the half.
    line: Vec<u8>,
}

impl Sheet {
    /// A page without rows yet. `halved` asks for its half too.
    pub fn new(width: usize, height: usize, halved: bool) -> Self {
        let empty = |width, height| Grey { width, height, luma: Vec::with_capacity(width * height) };
        let half = (halved && width > 1).then(|| empty(width / 2, height / 2));
        Self { page: empty(width, height), half, line: vec![0; width / 2] }
    }

    /// Has some rows more appended to those that are there.
    pub fn push<E>(&mut self, append: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Result<(), E> {
        append(&mut self.page.luma)?;
        self.halve();
        Ok(())
    }

    fn halve(&mut self) {
        let Some(half) = &mut self.half else { return };
        let width = self.page.width;
        let halved = 2 * width * (half.luma.len() / half.width);
        for pair in self.page.luma[halved..].chunks_exact(2 * width) {
            let (upper, lower) = pair.split_at(width);
            halve_row(upper, lower, &mut self.line);
            half.luma.extend_from_slice(&self.line);
        }
    }

    /// The page, once every row was pushed, and its half.
    pub fn done(self) -> (Grey, Option<Grey>) {
        (self.page, self.half)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::pixels::Pixels;
    use crate::scales::{Scale, Scales};

    #[test]
    fn the_half_made_on_the_way_is_the_half_of_the_whole_page() {
        for (width, height) in [(1, 4), (5, 3), (6, 4), (9, 1), (40, 35)] {
            for band in [1, 2, 3, 16] {
                let luma: Vec<u8> = (0..width * height).map(|n| (n * 97 % 251) as u8).collect();
                let mut sheet = Sheet::new(width, height, true);
                for rows in luma.chunks(band * width) {
                    let Ok(()) = sheet.push::<Infallible>(|page| {
                        page.extend_from_slice(rows);
                        Ok(())
                    });
                }
                let (page, half) = sheet.done();
                assert_eq!(page.luma, luma);
                let page = Pixels::Grey(page);
                let (scales, made) = (Scales::of(&page), half.map(|half| half.luma));
                assert_eq!(made.unwrap_or_default(), scales.get(Scale::Half).luma, "{width} × {height} by {band}");
            }
        }
    }
}
