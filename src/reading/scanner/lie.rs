//! How the page lay on the glass, by the codes on it. It must never call a page turned that may be another form: codes
//! stand on the right-hand side of an upright page.

use crate::evidence::Reading;
use crate::geometry::{Point, arm, dot, length};
use crate::page::Page;

/// How a page lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lie {
    /// Quarter turns, clockwise, 0 to 3.
    pub quarter: u16,
    /// Beyond those, clockwise, in degrees from -45 to 45.
    pub skew: f32,
    /// Whether the code stands on the right-hand side of the page, seen upright.
    pub on_its_side_of_the_form: bool,
    /// Whether the page, seen upright, is tall enough for the code and its twin.
    pub has_room_for_two: bool,
}

/// A code's own right and down as arms on the page, each the mean of two sides.
fn arms([a, b, c, d]: &[Point; 4]) -> [Point; 2] {
    let mean = |one: Point, other: Point| [(one[0] + other[0]) / 2.0, (one[1] + other[1]) / 2.0];
    [mean(arm(*a, *b), arm(*d, *c)), mean(arm(*a, *d), arm(*b, *c))]
}

/// An angle from -180 to 180 degrees.
fn round(degrees: f32) -> f32 {
    (degrees + 180.0).rem_euclid(360.0) - 180.0
}

impl Lie {
    /// By the first code; the way from it to its twin makes the skew certain. None without a code.
    pub fn of(page: &Page, readings: &[Reading]) -> Option<Self> {
        /// Sides of a code from the upper edge of the upper to the lower edge of the lower one: 268 mm of 14 on A4 and
        /// on A3 across. A little less, for sheets that lost their margin; half as much has room for one only.
        const BOTH: f32 = 18.0;
        let first = readings.first()?;
        /// Degrees that the way from one code to the other may differ from the codes' own down: their corners are known
        /// to half a degree, and forms print them in one column.
        const SAME: f32 = 2.0;
        let degrees = |[x, y]: Point| y.atan2(x).to_degrees();
        let [right, down] = arms(&first.corners);
        let own = degrees(right);
        let quarter = (own / 90.0).round();
        let twin = readings.iter().skip(1).find(|other| other.code == first.code);
        let column = twin.map(|twin| arm(first.centre(), twin.centre())).map(|way| {
            let downwards = if dot(way, down) >= 0.0 { way } else { way.map(|part| -part) };
            // A quarter turn back: from down to right.
            own + round(degrees([downwards[1], -downwards[0]]) - own)
        });
        let angle = column.filter(|column| (column - own).abs() <= SAME).unwrap_or(own);
        let skew = angle - quarter * 90.0;
        let quarter = quarter.rem_euclid(4.0) as u16;

        let sides = [page.width() as f32, page.height() as f32];
        let right: Point = [[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]][usize::from(quarter)];
        let from_middle = arm([sides[0] / 2.0, sides[1] / 2.0], first.centre());
        let tall = if quarter.is_multiple_of(2) { sides[1] } else { sides[0] };
        Some(Self {
            quarter,
            skew,
            on_its_side_of_the_form: dot(from_middle, right) > 0.0,
            has_room_for_two: tall >= BOTH * length(down),
        })
    }
}
