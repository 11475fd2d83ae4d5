//! A smooth line through points. It must pass through every one of them, or the signs would not be recognised.

use tiny_skia::{Path, PathBuilder};

/// A curve through the points (Catmull–Rom, drawn as cubic Béziers). Two equal points in a row make a corner.
pub fn through(points: &[(f32, f32)]) -> Option<Path> {
    let (&first, rest) = points.split_first()?;
    let mut builder = PathBuilder::new();
    builder.move_to(first.0, first.1);
    for (index, &to) in rest.iter().enumerate() {
        let from = points[index];
        if from == to {
            continue;
        }
        // At an end or a corner there is no neighbour to lean towards, and the point itself takes its place.
        let before = if index == 0 { from } else { points[index - 1] };
        let after = points.get(index + 2).copied().unwrap_or(to);
        let lead = (from.0 + (to.0 - before.0) / 6.0, from.1 + (to.1 - before.1) / 6.0);
        let trail = (to.0 - (after.0 - from.0) / 6.0, to.1 - (after.1 - from.1) / 6.0);
        builder.cubic_to(lead.0, lead.1, trail.0, trail.1, to.0, to.1);
    }
    builder.finish()
}

#[cfg(test)]
mod tests {
    use super::through;

    #[test]
    fn the_line_passes_through_its_points() {
        let path = through(&[(0.0, 0.0), (1.0, 2.0), (3.0, 1.0)]).expect("three points make a line");
        assert!(path.points().iter().any(|point| point.x == 1.0 && point.y == 2.0));
        assert!(path.points().last().is_some_and(|point| point.x == 3.0 && point.y == 1.0));
    }

    #[test]
    fn a_single_point_is_no_line() {
        assert!(through(&[(1.0, 1.0)]).is_none());
    }
}
