//! The stages of the search, and what each took.

use serde::Serialize;

/// The stages of the search, in the order in which a page goes through them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// The page at the scale where a karekod's module is some four pixels.
    First,
    /// The page at half or twice that scale.
    OtherScale,
    /// A threshold below the local mean: print in shadow or under a stain.
    Shadow,
    /// A threshold near the paper: faded toner.
    Faint,
    /// The page at a quarter of its size: large codes, and strong noise.
    Quarter,
    /// Patterns of all stages taken together, looked at with more care.
    Together,
    /// Two patterns of a code whose third is torn off or covered.
    Pairs,
    /// Where the twin of a code must be.
    Twin,
    /// Two codes that cannot be read apart, read together.
    Combined,
    /// Light on dark.
    Inverted,
    /// A detector made for photographs.
    Photograph,
}

/// What one stage took.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Spent {
    /// The stage.
    pub stage: Stage,
    /// How long it took, in milliseconds.
    pub ms: f32,
    /// What was done, in units of about a thousand instructions: the same for the same page on every machine.
    pub effort: u32,
    /// Whether the page had taken all the effort that a page may take, or had shown more patterns than any page of codes
    /// has, before the stage was done or before it began: there may be more on it.
    pub cut_short: bool,
}
