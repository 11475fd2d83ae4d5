//! Which patterns stand as the corners of one code. It must never decide whether there is a code: it only puts the likely
//! ones first.

use std::f32::consts::{FRAC_PI_2, SQRT_2};
use std::ops::RangeInclusive;

use super::finder::Pattern;
use super::geometry::{Point, along, arm, dot, length, turn};

/// The middles of the three finder patterns of a code that may be there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Corners {
    /// The corner between the other two.
    pub corner: Point,
    /// The one to its right, as the code stands.
    pub right: Point,
    /// The one below it.
    pub below: Point,
    /// The mean side of a module, in pixels.
    pub module: f32,
    /// The modules of a side, as distances say: a code's finders have their middles 3.5 modules from its edges.
    pub modules: f32,
    /// How far the three are from ideal; the smallest is tried first.
    pub strain: f32,
}

impl Corners {
    /// The fourth corner, where no pattern is, if the code lay flat.
    pub fn opposite(&self) -> Point {
        along(self.right, arm(self.corner, self.below), 1.0)
    }

    /// Whether three points of `other` are the same, give or take a part of a module.
    pub fn is_same(&self, other: &Self) -> bool {
        let near = |a: Point, b: Point| (0..2).all(|axis| (a[axis] - b[axis]).abs() < 0.8 * self.module);
        near(self.corner, other.corner) && near(self.right, other.right) && near(self.below, other.below)
    }
}

/// Modules of a side, of the smallest and of the largest version, with what measuring may be off.
pub(super) const SIDES: RangeInclusive<f32> = 18.5..=200.0;
/// The same of two patterns: beyond 62 modules they say too little.
pub(super) const PAIR_SIDES: RangeInclusive<f32> = 19.0..=62.0;
/// How far the angle at the corner may be from a right one, as a cosine.
const SKEW: f32 = 0.5;
/// How many more modules one arm may have than the other: paper that was fed too fast is as long in modules as before.
const ARMS: f32 = 1.4;
/// How much larger one pattern may be than another.
const MODULES: f32 = 1.8;

/// The length of a module along a side, when the code stands along it: a row crosses a turned pattern at an angle and
/// sees its modules longer than they are.
fn module_along(side: Point, a: &Pattern, b: &Pattern) -> f32 {
    let wide = (a.module[0] + b.module[0]) / 2.0;
    let tall = (a.module[1] + b.module[1]) / 2.0;
    let angle = side[1].atan2(side[0]);
    let askew = angle - (angle / FRAC_PI_2).round() * FRAC_PI_2;
    (wide * angle.cos()).hypot(tall * angle.sin()) * askew.cos()
}

/// Corners that are kept of all there are: more are never looked at.
pub(super) const MOST: usize = 400;

/// The least strained of many corners.
#[derive(Default)]
struct Likeliest(Vec<Corners>);

impl Likeliest {
    fn note(&mut self, corners: Corners) {
        self.0.push(corners);
        // A hundred thousand triples are megabytes, and a page may be small.
        if self.0.len() >= 4 * MOST {
            self.keep();
        }
    }

    fn keep(&mut self) {
        self.0.sort_by(|a, b| a.strain.total_cmp(&b.strain));
        self.0.truncate(MOST);
    }

    fn sorted(mut self) -> Vec<Corners> {
        self.keep();
        self.0
    }
}

/// Triples of patterns that may be corners of a code with so many modules a side, the least strained first.
pub(super) fn triples(patterns: &[Pattern], sides: RangeInclusive<f32>) -> Vec<Corners> {
    let mut found = Likeliest::default();
    for (c, corner) in patterns.iter().enumerate() {
        // What may be at the other end of an arm, and how many modules long the arm is.
        let ends: Vec<(&Pattern, Point, f32)> = patterns
            .iter()
            .enumerate()
            .filter(|(n, other)| *n != c && alike(corner, other, MODULES))
            .map(|(_, other)| (other, arm(corner.middle, other.middle)))
            .map(|(other, arm)| (other, arm, length(arm) / module_along(arm, corner, other)))
            .filter(|(_, _, modules)| (12.0..=200.0).contains(modules))
            .collect();
        for (right, across, wide) in &ends {
            for (below, down, tall) in &ends {
                // The mirror image is the same three the other way round, and decoding tries both.
                if turn(*across, *down) <= 0.0 {
                    continue;
                }
                let ratio = wide.max(*tall) / wide.min(*tall);
                let (width, height) = (length(*across), length(*down));
                let cosine = dot(*across, *down) / (width * height);
                let modules = (wide + tall) / 2.0 + 7.0;
                if ratio > ARMS || cosine.abs() > SKEW || !alike(right, below, MODULES) || !sides.contains(&modules) {
                    continue;
                }
                let seen = [corner, *right, *below].iter().map(|pattern| pattern.seen.min(6)).sum::<u32>();
                found.note(Corners {
                    corner: corner.middle,
                    right: right.middle,
                    below: below.middle,
                    module: (width / wide + height / tall) / 2.0,
                    modules,
                    strain: 2.0 * (ratio - 1.0) + 2.0 * cosine.abs() + spread(corner, right, below)
                        - 0.03 * seen as f32,
                });
            }
        }
    }
    found.sorted()
}

fn alike(a: &Pattern, b: &Pattern, most: f32) -> bool {
    a.size() < most * b.size() + 0.3 && b.size() < most * a.size() + 0.3
}

/// How much larger the largest of three patterns is than the smallest.
fn spread(a: &Pattern, b: &Pattern, c: &Pattern) -> f32 {
    let sizes = [a.size(), b.size(), c.size()];
    sizes.into_iter().fold(f32::MIN, f32::max) / sizes.into_iter().fold(f32::MAX, f32::min) - 1.0
}

/// Corners with one pattern torn off or stamped over: each two patterns as two ends of a side and as the two ends of the
/// diagonal, with the third where it would have to be.
pub(super) fn pairs(patterns: &[Pattern], sides: RangeInclusive<f32>) -> Vec<Corners> {
    let mut found = Likeliest::default();
    for (n, a) in patterns.iter().enumerate() {
        for b in &patterns[n + 1..] {
            if !alike(a, b, 1.4) {
                continue;
            }
            let strain = (a.size() / b.size()).ln().abs() - 0.04 * (a.seen.min(8) + b.seen.min(8)) as f32;
            let side = arm(a.middle, b.middle);
            let module = module_along(side, a, b);
            let modules = length(side) / module + 7.0;
            if sides.contains(&modules) {
                // A side has 17 + 4 × version modules: what is far from any version is less likely.
                let version = (modules - 17.0) / 4.0;
                let strain = strain + 0.1 * (version - version.round()).abs();
                let measures = Corners { module, modules, strain, ..NOWHERE };
                on_a_side(a.middle, b.middle, measures).into_iter().for_each(|corners| found.note(corners));
            }
            let half_turned = [side[0] - side[1], side[0] + side[1]];
            let module = module_along(half_turned, a, b);
            let modules = length(side) / SQRT_2 / module + 7.0;
            if sides.contains(&modules) {
                let likeness = Corners { module, modules, strain: strain + 0.1, ..NOWHERE };
                on_the_diagonal(a.middle, b.middle, likeness).into_iter().for_each(|corners| found.note(corners));
            }
        }
    }
    found.sorted()
}

/// Measures of a code whose place is still to be said.
const NOWHERE: Corners =
    Corners { corner: [0.0; 2], right: [0.0; 2], below: [0.0; 2], module: 0.0, modules: 0.0, strain: 0.0 };

/// The four codes that have `a` and `b` on one side: two on each hand, each with the missing pattern at either end.
fn on_a_side(a: Point, b: Point, measures: Corners) -> [Corners; 4] {
    let [x, y] = arm(a, b);
    let across = [-y, x];
    let corners = |corner, right, below| Corners { corner, right, below, ..measures };
    let (a_below, b_below) = (along(a, across, 1.0), along(b, across, 1.0));
    let (a_above, b_above) = (along(a, across, -1.0), along(b, across, -1.0));
    [corners(a, b, a_below), corners(b, b_below, a), corners(b, a, b_above), corners(a, a_above, b)]
}

/// The two codes that have `a` and `b` right and below of the missing corner.
fn on_the_diagonal(a: Point, b: Point, measures: Corners) -> [Corners; 2] {
    let [x, y] = arm(a, b);
    let middle = [(a[0] + b[0]) / 2.0, (a[1] + b[1]) / 2.0];
    [0.5, -0.5].map(|half| {
        let corner = along(middle, [-y, x], half);
        let clockwise = turn(arm(corner, a), arm(corner, b)) > 0.0;
        let (right, below) = if clockwise { (a, b) } else { (b, a) };
        Corners { corner, right, below, ..measures }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(x: f32, y: f32) -> Pattern {
        Pattern { middle: [x, y], module: [5.0, 5.0], seen: 5, likeness: 0.9 }
    }

    /// The finders of a code of 21 modules of 5 pixels.
    const FINDERS: [Point; 3] = [[100.0, 200.0], [170.0, 200.0], [100.0, 270.0]];

    #[test]
    fn three_finders_stand_as_one_code_and_only_as_one() {
        let found = triples(&FINDERS.map(|[x, y]| pattern(x, y)), SIDES);
        assert_eq!(found.len(), 1);
        assert_eq!([found[0].corner, found[0].right, found[0].below], FINDERS);
        assert!((found[0].modules - 21.0).abs() < 0.1);
    }

    #[test]
    fn any_two_finders_suggest_where_the_third_was() {
        for missing in 0..3 {
            let left: Vec<Pattern> =
                (0..3).filter(|n| *n != missing).map(|n| pattern(FINDERS[n][0], FINDERS[n][1])).collect();
            let near = |a: Point, b: Point| length(arm(a, b)) < 1.0;
            let suggested = pairs(&left, PAIR_SIDES).into_iter().any(|corners| {
                near(corners.corner, FINDERS[0]) && near(corners.right, FINDERS[1]) && near(corners.below, FINDERS[2])
            });
            assert!(suggested, "without finder {missing}");
        }
    }
}
