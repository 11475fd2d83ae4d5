//! Pictures that look like karekods and are none: for tests only.

use super::Soft;
use super::damage::{Chance, SURE};
use super::layout::Layout;

/// Pictures that no encoder made.
#[derive(Clone, Copy, Debug)]
pub(super) enum Forgery {
    /// Any values.
    Noise,
    /// Every module surely something.
    Static,
    /// All function patterns, noise between them.
    Framed,
    /// The format information of a karekod, too.
    Formatted,
    /// Everything that all karekods have in common; noise where they differ.
    Hollow,
    /// The digits of one karekod and the parity of another of the same mask.
    Grafted,
    /// Rows of one and rows of another.
    Spliced,
    /// All dark, or all light, but for a few modules.
    Blank,
}

/// All of them.
pub(super) const FORGERIES: [Forgery; 8] = [
    Forgery::Noise,
    Forgery::Static,
    Forgery::Framed,
    Forgery::Formatted,
    Forgery::Hollow,
    Forgery::Grafted,
    Forgery::Spliced,
    Forgery::Blank,
];

impl Forgery {
    /// Makes one, of two karekods.
    pub fn make(self, first: &Soft, second: &Soft, chance: &mut Chance) -> Soft {
        let layout = Layout::of_size(21).unwrap();
        let mut values: Vec<i8> = match self {
            Self::Noise => (0..441).map(|_| chance.value()).collect(),
            _ => (0..441).map(|_| if chance.below(2) == 0 { SURE } else { -SURE }).collect(),
        };
        let mut copy = |from: &Soft, modules: &mut dyn Iterator<Item = usize>| {
            modules.for_each(|module| values[module] = from.values[module]);
        };
        let mut patterns = layout.patterns.iter().map(|(module, _)| *module);
        match self {
            Self::Noise | Self::Static => {}
            Self::Framed => copy(first, &mut patterns),
            Self::Formatted => copy(first, &mut (0..441).filter(|module| !layout.data.contains(module))),
            Self::Hollow => {
                copy(first, &mut (0..441).filter(|module| !layout.data.contains(module)));
                copy(first, &mut layout.data[..14].iter().copied());
                copy(first, &mut layout.data[48..152].iter().copied());
            }
            Self::Grafted => {
                copy(first, &mut (0..441));
                copy(second, &mut layout.data[152..].iter().copied());
            }
            Self::Spliced => {
                copy(first, &mut (0..441));
                copy(second, &mut (21 * chance.below(21)..441));
            }
            Self::Blank => {
                let dark = chance.below(2) == 0;
                values.fill(if dark { SURE } else { -SURE });
                for _ in 0..chance.below(60) {
                    values[chance.below(441)] = chance.value();
                }
            }
        }
        Soft { size: 21, values }
    }
}
