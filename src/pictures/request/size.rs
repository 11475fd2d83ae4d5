//! The size of a picture: `max`, `w,`, `,h`, `pct:n`, `w,h`, `!w,h`. Nothing is made larger than it is (`^`).

use std::str::FromStr;

use super::{BadRequest, MAX_AREA, SIZE, number, pixels};

/// How large a picture is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Size {
    /// As large as it can be had.
    Max,
    /// So wide.
    Width(u32),
    /// So high.
    Height(u32),
    /// So many hundredths.
    Percent(f64),
    /// Exactly so, whatever becomes of its proportions.
    Exact(u32, u32),
    /// As large as fits in there.
    Within(u32, u32),
}

impl FromStr for Size {
    type Err = BadRequest;

    fn from_str(text: &str) -> Result<Self, BadRequest> {
        let bad = BadRequest::Bad(SIZE);
        if let Some(rest) = text.strip_prefix('^') {
            // Sound or not: what is no size at all is still told as that.
            return Err(rest.parse::<Self>().map_or(bad, |_| BadRequest::NotMade(SIZE)));
        }
        if text == "max" {
            return Ok(Self::Max);
        }
        if let Some(percent) = text.strip_prefix("pct:") {
            return number(percent).map(Self::Percent).ok_or(bad);
        }
        let (within, text) = match text.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (width, height) = text.split_once(',').ok_or(bad)?;
        match (within, width.is_empty(), height.is_empty()) {
            (false, false, true) => pixels(width).map(Self::Width).ok_or(bad),
            (false, true, false) => pixels(height).map(Self::Height).ok_or(bad),
            (within, false, false) => {
                let (width, height) = pixels(width).zip(pixels(height)).ok_or(bad)?;
                Ok(if within { Self::Within(width, height) } else { Self::Exact(width, height) })
            }
            _ => Err(bad),
        }
    }
}

impl Size {
    /// Pixels across and down of a part that has `width` by `height`.
    pub(super) fn of(self, width: u32, height: u32) -> Result<(u32, u32), BadRequest> {
        let bad = BadRequest::Bad(SIZE);
        let (across, down) = match self {
            Self::Max => return Ok(largest(width, height)),
            Self::Width(across) => (across, in_proportion(height, across, width)),
            Self::Height(down) => (in_proportion(width, down, height), down),
            Self::Percent(percent) if percent > 100.0 => return Err(bad),
            Self::Percent(percent) => {
                let of = |side: u32| (f64::from(side) * percent / 100.0).round() as u32;
                (of(width), of(height))
            }
            Self::Exact(across, down) => (across, down),
            Self::Within(0, _) | Self::Within(_, 0) => return Err(bad),
            Self::Within(across, down) => within(width, height, across, down),
        };
        // Larger than it is would take `^`.
        let sound = (1..=width).contains(&across) && (1..=height).contains(&down);
        if sound { Ok((across, down)) } else { Err(bad) }
    }
}

/// `side` in the proportion in which `of` becomes `made`; at least one pixel of what is there at all.
fn in_proportion(side: u32, made: u32, of: u32) -> u32 {
    let exact = (u64::from(side) * u64::from(made) * 2 + u64::from(of)) / (u64::from(of) * 2);
    u32::try_from(exact).unwrap_or(u32::MAX).max(u32::from(made > 0))
}

/// The largest size in this proportion that fits, never larger than it is.
fn within(width: u32, height: u32, across: u32, down: u32) -> (u32, u32) {
    let (across, down) = (across.min(width), down.min(height));
    // Compared as fractions, across/width < down/height, without rounding.
    if u64::from(across) * u64::from(height) < u64::from(down) * u64::from(width) {
        (across, in_proportion(height, across, width).min(down))
    } else {
        (in_proportion(width, down, height).min(across), down)
    }
}

/// As large as a picture may be.
fn largest(width: u32, height: u32) -> (u32, u32) {
    let area = u64::from(width) * u64::from(height);
    if area <= MAX_AREA {
        return (width, height);
    }
    let factor = (MAX_AREA as f64 / area as f64).sqrt();
    let of = |side: u32| ((f64::from(side) * factor) as u32).max(1);
    (of(width), of(height))
}
