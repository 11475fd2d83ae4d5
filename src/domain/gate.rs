//! The gates: what must have happened before somebody may see scans. Their history is part of the ledger.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gate {
    /// Scans and results open to the parties that take part: 17:00 on polling day by the clock (2019 circular, art. 3/1).
    PartiesOpen,
    /// The broadcast ban is lifted, by a decision of YSK (law 298, art. 80): parties that take no part, and media for
    /// independent candidates.
    BanLifted,
    /// The embargo on passing on has ended, by a decision of YSK (2019 circular, art. 3/2): it changes notices only.
    EmbargoEnded,
}

/// The text names no gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a gate is one of parties-open, ban-lifted and embargo-ended")]
pub struct BadGate;

impl Gate {
    /// Every gate.
    pub const ALL: [Self; 3] = [Self::PartiesOpen, Self::BanLifted, Self::EmbargoEnded];

    /// As election users know it.
    pub fn turkish(self) -> &'static str {
        match self {
            Self::PartiesOpen => "Partilerin erişimi",
            Self::BanLifted => "Yayın yasağı",
            Self::EmbargoEnded => "YSK’ca belirlenen yayın süresi",
        }
    }

    /// The name in entries, in the database and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::PartiesOpen => "parties-open",
            Self::BanLifted => "ban-lifted",
            Self::EmbargoEnded => "embargo-ended",
        }
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Gate {
    type Err = BadGate;

    fn from_str(text: &str) -> Result<Self, BadGate> {
        Self::ALL.into_iter().find(|gate| gate.name() == text).ok_or(BadGate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_has_one_name_everywhere() {
        for gate in Gate::ALL {
            assert_eq!(gate.name().parse(), Ok(gate));
            assert_eq!(serde_json::to_string(&gate).unwrap(), format!("{:?}", gate.name()));
        }
        assert_eq!("open".parse::<Gate>(), Err(BadGate));
    }
}
