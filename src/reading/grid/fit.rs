//! Laying the grid on the code: four points are moved until what every code shows agrees best with the page. It must never
//! look at data: where they lie decides nothing about what they say.

use super::template::{Mark, Template};
use crate::contrast::Contrast;
use crate::geometry::{Perspective, Point};

/// A grid on a patch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fitted {
    /// The middles of the three finder patterns and the point opposite the corner, clockwise from the corner.
    pub points: [Point; 4],
    /// How well the function patterns agree, from -1 to 1.
    pub agreement: f32,
}

/// How well marks agree with the patch, from -1 to 1.
fn agreement(contrast: &Contrast, points: &[Point; 4], marks: &[Mark], weight: f32) -> f32 {
    let perspective = Perspective::onto(points);
    let sum: f32 = marks.iter().map(|mark| mark.weight * contrast.at(perspective.at(mark.at))).sum();
    sum / (weight * 100.0)
}

/// How clearly the data modules are dark or light, from 0 to 1: a grid that lies between two modules sees neither.
fn clarity(contrast: &Contrast, points: &[Point; 4], data: &[Point]) -> f32 {
    let perspective = Perspective::onto(points);
    let some = data.iter().step_by(EVERY);
    let count = some.len() as f32;
    let sum: f32 = some.map(|at| contrast.at(perspective.at(*at)).abs()).sum();
    sum / (count * 100.0)
}

/// What a grid is worth while it is moved. Clarity counts little: anything with print in it has some.
const CLARITY: f32 = 0.25;
/// Of so many data modules one is looked at.
const EVERY: usize = 3;
/// Data modules that are looked at for clarity: larger codes have enough function patterns.
const CLEAR_UP_TO: usize = 29;

fn worth(contrast: &Contrast, points: &[Point; 4], template: &Template) -> f32 {
    let agreement = agreement(contrast, points, &template.marks, template.weight);
    if template.size > CLEAR_UP_TO {
        return agreement;
    }
    agreement + CLARITY * clarity(contrast, points, &template.data)
}

/// Moves the fourth point to where the last alignment pattern agrees best. Without one it stays where it is.
pub(crate) fn seek_opposite(contrast: &Contrast, points: [Point; 4], template: &Template, module: f32) -> [Point; 4] {
    /// Steps to each side, and their length in modules; large codes are bent by more modules than small ones.
    const STEPS: i32 = 5;
    const STEP: f32 = 0.7;
    if template.last_alignment.is_empty() {
        return points;
    }
    let weight = template.last_alignment.len() as f32;
    let step = STEP * module * (template.size as f32 / 33.0).max(1.0).sqrt();
    let mut best = (f32::MIN, points);
    for down in -STEPS..=STEPS {
        for across in -STEPS..=STEPS {
            let [a, b, opposite, d] = points;
            let moved = [a, b, [opposite[0] + across as f32 * step, opposite[1] + down as f32 * step], d];
            let far = ((across * across + down * down) as f32).sqrt();
            let worth = agreement(contrast, &moved, &template.last_alignment, weight) - 0.012 * far;
            if worth > best.0 {
                best = (worth, moved);
            }
        }
    }
    best.1
}

/// Agreement of a grid as it lies.
pub(crate) fn judge(contrast: &Contrast, points: [Point; 4], template: &Template) -> Fitted {
    Fitted { points, agreement: agreement(contrast, &points, &template.marks, template.weight) }
}

/// Moves the four points, one at a time and by ever smaller steps, to where the grid is worth most. Ends early where
/// nothing comes near `hopeless`.
pub(crate) fn fit(
    contrast: &Contrast,
    mut points: [Point; 4],
    template: &Template,
    module: f32,
    hopeless: f32,
) -> Fitted {
    /// The first step, in modules; each further one is a little more than half as long.
    const FIRST: f32 = 0.9;
    const SHRINK: f32 = 0.55;
    const ROUNDS: usize = 6;
    let mut best = worth(contrast, &points, template);
    let mut step = FIRST * module;
    for round in 0..ROUNDS {
        for _ in 0..2 {
            let before = best;
            for n in 0..4 {
                for (across, down) in [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)] {
                    let old = points[n];
                    points[n] = [old[0] + across * step, old[1] + down * step];
                    let worth = worth(contrast, &points, template);
                    if worth > best + 1e-5 {
                        best = worth;
                    } else {
                        points[n] = old;
                    }
                }
            }
            if best == before {
                break;
            }
        }
        step *= SHRINK;
        if round == 2 && judge(contrast, points, template).agreement < hopeless {
            break;
        }
    }
    judge(contrast, points, template)
}
