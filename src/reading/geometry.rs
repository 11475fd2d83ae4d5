//! Points on a page, in pixels. A pixel covers the square from its whole numbers to the next: its middle is at a half, so
//! that a change of scale is a multiplication and nothing else.

/// Across and down.
pub(super) type Point = [f32; 2];

/// From one point to another.
pub(super) fn arm(from: Point, to: Point) -> Point {
    [to[0] - from[0], to[1] - from[1]]
}

/// A point moved by so many parts of an arm.
pub(super) fn along(from: Point, arm: Point, parts: f32) -> Point {
    [from[0] + arm[0] * parts, from[1] + arm[1] * parts]
}

/// How long an arm is.
pub(super) fn length(arm: Point) -> f32 {
    arm[0].hypot(arm[1])
}

/// Positive when `b` lies clockwise of `a` on the page, where y grows downwards.
pub(super) fn turn(a: Point, b: Point) -> f32 {
    a[0] * b[1] - a[1] * b[0]
}

/// The product that is zero at a right angle.
pub(super) fn dot(a: Point, b: Point) -> f32 {
    a[0] * b[0] + a[1] * b[1]
}

/// Whether a point lies in a quadrilateral whose corners go round in order.
pub(super) fn within(corners: &[Point; 4], point: Point) -> bool {
    let sides = (0..4).filter(|n| turn(arm(corners[*n], corners[(n + 1) % 4]), arm(corners[*n], point)) > 0.0);
    matches!(sides.count(), 0 | 4)
}

/// The middle of a quadrilateral.
pub(super) fn centre(corners: &[Point; 4]) -> Point {
    let sum = corners.iter().fold([0.0, 0.0], |sum, corner| [sum[0] + corner[0], sum[1] + corner[1]]);
    [sum[0] / 4.0, sum[1] / 4.0]
}

/// A perspective: where the unit square lies on the page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Perspective([f32; 8]);

impl Perspective {
    /// The perspective that takes (0,0), (1,0), (1,1) and (0,1) to four points.
    pub fn onto([a, b, c, d]: &[Point; 4]) -> Self {
        let (x1, y1) = (b[0] - c[0], b[1] - c[1]);
        let (x2, y2) = (d[0] - c[0], d[1] - c[1]);
        let (x, y) = (a[0] - b[0] + c[0] - d[0], a[1] - b[1] + c[1] - d[1]);
        let determinant = x1 * y2 - x2 * y1;
        let determinant = if determinant.abs() < 1e-9 { 1e-9 } else { determinant };
        let (g, h) = ((x * y2 - x2 * y) / determinant, (x1 * y - x * y1) / determinant);
        Self([
            b[0] - a[0] + g * b[0],
            d[0] - a[0] + h * d[0],
            a[0],
            b[1] - a[1] + g * b[1],
            d[1] - a[1] + h * d[1],
            a[1],
            g,
            h,
        ])
    }

    /// Where a point of the unit square's plane lies on the page.
    pub fn at(&self, [u, v]: Point) -> Point {
        let [a, b, c, d, e, f, g, h] = self.0;
        let w = 1.0 / (g * u + h * v + 1.0);
        [(a * u + b * v + c) * w, (d * u + e * v + f) * w]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_perspective_takes_the_corners_of_the_square_to_its_points() {
        let corners = [[10.0, 12.0], [50.0, 9.0], [55.0, 61.0], [8.0, 48.0]];
        let perspective = Perspective::onto(&corners);
        for (unit, corner) in [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]].into_iter().zip(corners) {
            let [x, y] = perspective.at(unit);
            assert!((x - corner[0]).abs() < 1e-3 && (y - corner[1]).abs() < 1e-3);
        }
    }
}
