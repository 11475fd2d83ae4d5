//! The kinds of damage, each with its name and what it does. It must be the only list of them: a kind that is not here
//! is not drawn, tested or offered.

use std::fmt;
use std::str::FromStr;

/// Makes the enumeration and its lists from one table, in which the documentation of a kind is also its help text.
macro_rules! kinds {
    ($($(#[doc = $meaning:literal])+ $kind:ident = $name:literal,)+) => {
        /// What has happened to a page, or to the scan of it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Damage {
            $($(#[doc = $meaning])+ $kind,)+
        }

        impl Damage {
            /// Every kind, in the order of the documentation.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$kind),+];

            /// The name on the command line and in file names.
            pub fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)+ }
            }

            /// What it does, in a sentence.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$kind => concat!($($meaning),+).trim_ascii(),)+ }
            }
        }
    };
}

kinds! {
    /// The paper lies askew by up to 8 degrees.
    Skew = "skew",
    /// The paper lies across the glass, turned by 10 to 45 degrees.
    Rotation = "rotation",
    /// The paper lies on its side or upside down, and the scanner grows worse.
    QuarterTurn = "quarter-turn",
    /// Left and right are exchanged, and the scanner grows worse.
    Mirrored = "mirrored",
    /// Black and white are exchanged, and the scanner grows worse.
    Inverted = "inverted",
    /// The page was photographed from one side instead of scanned.
    Perspective = "perspective",
    /// The paper curls towards the edge at which the codes stand.
    Curl = "curl",
    /// The feeder stretched the page, or pulled it in waves.
    Feed = "feed",
    /// The lens was out of focus.
    Defocus = "defocus",
    /// The page moved while it was scanned.
    MotionBlur = "motion-blur",
    /// Black and white are two greys not far from each other.
    LowContrast = "low-contrast",
    /// The light falls off from one side of the page to the other.
    LightGradient = "light-gradient",
    /// A shadow with hard edges lies across the codes.
    HardShadow = "hard-shadow",
    /// The sensor is noisy.
    Noise = "noise",
    /// Single pixels and grains are purely black or white.
    SaltAndPepper = "salt-and-pepper",
    /// Dirt on the scanner's glass draws dark and light lines down the page.
    Streaks = "streaks",
    /// The page was a JPEG before it became a PNG.
    Jpeg = "jpeg",
    /// The page has few pixels: it was saved small, or small and scaled up again.
    LowResolution = "low-resolution",
    /// The page was made black and white at a bad threshold: too dark, too light, or dithered.
    Threshold = "threshold",
    /// Toner is missing in patches.
    FadedToner = "faded-toner",
    /// The ink ran: everything printed is fatter than it should be.
    InkSpread = "ink-spread",
    /// Everything printed is thinner than it should be.
    ThinPrint = "thin-print",
    /// The back of the paper, or what lay under it, shines through.
    BleedThrough = "bleed-through",
    /// The codes have no quiet zone: lines and letters touch them.
    Crowded = "crowded",
    /// Strokes of a pen run into the codes.
    PenStrokes = "pen-strokes",
    /// Signatures run into the codes.
    Signature = "signature",
    /// Round stamps lie across the codes.
    Stamp = "stamp",
    /// A highlighter was drawn over the codes.
    Highlighter = "highlighter",
    /// Something was spilt on the codes.
    Stain = "stain",
    /// The paper was folded through the codes: the toner cracked and the halves do not quite meet.
    Crease = "crease",
    /// A corner of each code is torn off, with a finder or a part of one.
    TornCorner = "torn-corner",
    /// Holes of a punch or a stapler, and staples, lie in the codes.
    Holes = "holes",
    /// The scan ends at the edge of the codes.
    CutOff = "cut-off",
}

/// A name that no kind of damage has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no damage named “{0}”")]
pub struct UnknownDamage(pub String);

impl FromStr for Damage {
    type Err = UnknownDamage;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| UnknownDamage(name.to_owned()))
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
