//! How a box's result and its scanned sheet stand to each other. Neither waits for the other, and nothing is held back.

/// The sheet's newest scan, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewestScan {
    /// Its entry.
    pub position: u64,
    /// Its revision, from 1.
    pub revision: u32,
}

/// The version that counts, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewestResult {
    /// Its entry.
    pub position: u64,
    /// Its version, from 1.
    pub version: u32,
}

/// What there is of a box and race.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tie {
    /// Neither has come.
    Nothing,
    /// A result without a scan: how it begins.
    ResultOnly,
    /// A scan without a result.
    ScanOnly,
    /// Both, and neither was changed after the other came.
    Both,
    /// A later scan came after the result.
    ResultIsOld,
    /// The result was changed after the last scan.
    ScanIsOld,
}

impl Tie {
    /// What there is, by the newest of each.
    pub fn of(result: Option<NewestResult>, scan: Option<NewestScan>) -> Self {
        match (result, scan) {
            (None, None) => Self::Nothing,
            (Some(_), None) => Self::ResultOnly,
            (None, Some(_)) => Self::ScanOnly,
            (Some(result), Some(scan)) if result.version > 1 && result.position > scan.position => Self::ScanIsOld,
            (Some(result), Some(scan)) if scan.revision > 1 && scan.position > result.position => Self::ResultIsOld,
            (Some(_), Some(_)) => Self::Both,
        }
    }

    /// In a sentence, for election users.
    pub fn turkish(self) -> &'static str {
        match self {
            Self::Nothing => "Sonuç da tutanak da henüz gelmedi.",
            Self::ResultOnly => "Sonuç var, tutanak bekleniyor.",
            Self::ScanOnly => "Tutanak var, sonuç bekleniyor.",
            Self::Both => "Sonuç da tutanak da var.",
            Self::ResultIsOld => "Tutanak yenilendi, sonuç eski.",
            Self::ScanIsOld => "Sonuç değişti, tutanak eski.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_newer_decides_only_where_something_was_changed() {
        let result = |position, version| Some(NewestResult { position, version });
        let scan = |position, revision| Some(NewestScan { position, revision });
        for (newest, sheet, tie) in [
            (None, None, Tie::Nothing),
            (result(5, 1), None, Tie::ResultOnly),
            (None, scan(5, 1), Tie::ScanOnly),
            (result(5, 1), scan(9, 1), Tie::Both),
            (result(9, 1), scan(5, 1), Tie::Both),
            (result(9, 2), scan(5, 1), Tie::ScanIsOld),
            (result(9, 2), scan(5, 3), Tie::ScanIsOld),
            (result(5, 2), scan(9, 1), Tie::Both),
            (result(5, 1), scan(9, 2), Tie::ResultIsOld),
        ] {
            assert_eq!(Tie::of(newest, sheet), tie, "{newest:?} {sheet:?}");
        }
    }
}
