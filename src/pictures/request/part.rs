//! The region of a page: `full`, `square`, `x,y,w,h` in pixels, `pct:x,y,w,h` in hundredths of its sides.

use std::str::FromStr;

use super::{BadRequest, Part, REGION, number, pixels};

/// Which part of a page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Region {
    /// All of it.
    Full,
    /// The largest square, in the middle.
    Square,
    /// Left, top, across, down, in pixels.
    Pixels([u32; 4]),
    /// The same in hundredths of the page's sides.
    Percent([f64; 4]),
}

impl FromStr for Region {
    type Err = BadRequest;

    fn from_str(text: &str) -> Result<Self, BadRequest> {
        let bad = BadRequest::Bad(REGION);
        match text {
            "full" => Ok(Self::Full),
            "square" => Ok(Self::Square),
            _ => match text.strip_prefix("pct:") {
                Some(rest) => four(rest, number).map(Self::Percent).ok_or(bad),
                None => four(text, pixels).map(Self::Pixels).ok_or(bad),
            },
        }
    }
}

fn four<T: Copy + Default>(text: &str, read: impl Fn(&str) -> Option<T>) -> Option<[T; 4]> {
    let mut numbers = [T::default(); 4];
    let mut parts = text.split(',');
    for number in &mut numbers {
        *number = read(parts.next()?)?;
    }
    parts.next().is_none().then_some(numbers)
}

impl Region {
    /// The rectangle on a page of this size. What reaches beyond the page is cut off.
    pub(super) fn on(self, width: u32, height: u32) -> Result<Part, BadRequest> {
        let [x, y, across, down] = match self {
            Self::Full => [0, 0, width, height],
            Self::Square => {
                let side = width.min(height);
                [(width - side) / 2, (height - side) / 2, side, side]
            }
            Self::Pixels(numbers) => numbers,
            Self::Percent([x, y, across, down]) => {
                // Rounded as a whole: nothing of the page is lost between two parts that touch.
                let of = |side: u32, hundredths: f64| (f64::from(side) * hundredths / 100.0).round() as u32;
                [of(width, x), of(height, y), of(width, across), of(height, down)]
            }
        };
        let (width, height) = (across.min(width.saturating_sub(x)), down.min(height.saturating_sub(y)));
        if width == 0 || height == 0 {
            return Err(BadRequest::Bad(REGION));
        }
        Ok(Part { x, y, width, height })
    }
}
