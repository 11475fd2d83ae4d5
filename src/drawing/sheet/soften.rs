//! The lens of a scanner: edges run over into the pixels beside them. It must leave what is solid as dark as it was.

use crate::sheet::{Layer, Sheet};

/// Weights are in parts of this.
const WHOLE: u16 = 256;

impl Sheet {
    /// Softens a layer: each pixel gives `share` (up to a third) of its coverage to either neighbour, across and down.
    pub fn soften(&mut self, layer: Layer, share: f32) {
        let side = (share.clamp(0.0, 0.33) * f32::from(WHOLE)) as u16;
        let width = self.width as usize;
        let Some(mask) = self.layers[layer as usize].as_mut() else { return };
        let mut above = Row::empty(width);
        let mut own = Row::empty(width);
        let mut below = Row::empty(width);
        let height = self.height as usize;
        let data = mask.data_mut();
        own.take(&data[..width], side);
        for y in 0..height {
            match data.get((y + 1) * width..(y + 2) * width) {
                Some(next) => below.take(next, side),
                None => below.clear(),
            }
            if above.inked || own.inked || below.inked {
                let row = &mut data[y * width..(y + 1) * width];
                for (x, coverage) in row.iter_mut().enumerate() {
                    *coverage = mixed(above.samples[x], own.samples[x], below.samples[x], side);
                }
            }
            std::mem::swap(&mut above, &mut own);
            std::mem::swap(&mut own, &mut below);
        }
    }
}

/// One row, already softened across.
struct Row {
    samples: Vec<u8>,
    inked: bool,
}

impl Row {
    fn empty(width: usize) -> Self {
        Self { samples: vec![0; width], inked: false }
    }

    fn clear(&mut self) {
        self.samples.fill(0);
        self.inked = false;
    }

    fn take(&mut self, row: &[u8], side: u16) {
        self.inked = row.iter().fold(0, |any, coverage| any | coverage) != 0;
        self.samples.copy_from_slice(row);
        if self.inked {
            for (soft, near) in self.samples[1..].iter_mut().zip(row.windows(3)) {
                *soft = mixed(near[0], near[1], near[2], side);
            }
        }
    }
}

fn mixed(before: u8, own: u8, after: u8, side: u16) -> u8 {
    let sum = (u16::from(before) + u16::from(after)) * side + u16::from(own) * (WHOLE - 2 * side);
    (sum / WHOLE) as u8
}

#[cfg(test)]
mod tests {
    use crate::paper::{Area, Paper};
    use crate::sheet::print::rectangles;
    use crate::sheet::{Layer, Lie, Sheet};

    #[test]
    fn edges_grow_soft_and_the_inside_stays_solid() {
        let mut sheet = Sheet::new(Paper::A4, 100, Lie::default());
        let block = rectangles(&[Area::new(25.4, 25.4, 25.4, 25.4)]).expect("the block has an extent");
        sheet.fill(Layer::Toner, &block);
        sheet.soften(Layer::Toner, 0.125);
        let row = sheet.row(Layer::Toner, 150).expect("the layer was drawn on");
        assert_eq!(row[150], 255);
        assert_eq!(row[98], 0);
        assert!((20..45).contains(&row[99]), "{}", row[99]);
    }
}
