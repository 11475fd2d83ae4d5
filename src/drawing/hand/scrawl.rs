//! Signatures, unreadable names and scribbles: lines that look like somebody's and are nobody's. It must never come from
//! a real signature.

use std::f32::consts::TAU;

use crate::chance::Chance;
use crate::paper::Area;

/// The strokes of a signature, in mm, about as wide as the area: loops that shrink or a jagged line, sometimes with a
/// line beneath or across.
pub fn signature(chance: &mut Chance, area: Area) -> Vec<Vec<(f32, f32)>> {
    let mut strokes = if chance.happens(0.6) { looped(chance, area) } else { jagged(chance, area) };
    let (_, centre) = area.centre();
    let tall = area.height.min(area.width * 0.8) * 0.34;
    if chance.happens(0.3) {
        let y = centre + tall * 1.1;
        strokes.push(vec![
            (area.left + area.width * 0.9, y - 1.0 + chance.wobble(0.5)),
            (area.left + area.width * 0.4, y + chance.wobble(0.7)),
            (area.left + area.width * 0.15, y + chance.between(0.0, 1.5)),
            (area.left + area.width * 0.8, y + chance.between(0.2, 1.8)),
        ]);
    } else if chance.happens(0.35) {
        let y = centre + chance.wobble(tall * 0.3);
        strokes.push(vec![
            (area.left + area.width * 0.1, y + chance.wobble(1.0)),
            (area.left + area.width * 0.5, y - chance.between(0.0, 1.2)),
            (area.left + area.width * chance.between(0.9, 1.1), y - chance.between(0.5, 3.0)),
        ]);
    }
    strokes
}

fn looped(chance: &mut Chance, area: Area) -> Vec<Vec<(f32, f32)>> {
    const POINTS: usize = 34;
    let loops = chance.between(2.2, 6.5);
    let wide = chance.between(0.03, 0.18) * area.width;
    let tall = area.height.min(area.width * 0.8) * chance.between(0.2, 0.46);
    let climb = chance.between(-0.3, 0.6) * area.height * 0.5;
    let (phase, second) = (chance.between(0.0, TAU), chance.between(0.3, 1.7));
    let first_loop = chance.between(1.0, 2.4);
    let reach = chance.between(0.5, 0.86);
    let fade = chance.between(0.15, 0.9);
    let (_, centre) = area.centre();
    let line = (0..POINTS)
        .map(|point| {
            let along = point as f32 / (POINTS - 1) as f32;
            let angle = phase + along * loops * TAU;
            // The first letter is large, the end runs out in a line.
            let size = (first_loop - along * (first_loop - 0.12)).min(1.0) * (1.0 - along).powf(fade);
            let x = area.left + area.width * (0.08 + reach * along) + wide * angle.sin() * size * 1.6;
            let swing = angle.cos() + 0.4 * (angle * second).sin();
            (x + chance.wobble(0.25), centre + climb * (0.5 - along) + tall * swing * size + chance.wobble(0.2))
        })
        .collect();
    vec![line]
}

fn jagged(chance: &mut Chance, area: Area) -> Vec<Vec<(f32, f32)>> {
    let (left, (_, centre)) = (area.left + area.width * 0.08, area.centre());
    let tall = area.height.min(area.width) * chance.between(0.3, 0.46);
    // A peak with a bar, a snake or a post with a bow: three first letters are enough for a table of members.
    let letter: &[(f32, f32)] = match chance.whole(0, 3) {
        0 => &[(0.0, 0.8), (0.12, -1.0), (0.2, 0.6), (0.06, 0.1), (0.34, -0.1)],
        1 => &[(0.26, -0.8), (0.1, -1.0), (0.04, -0.5), (0.22, 0.1), (0.14, 0.9), (-0.04, 0.5), (0.36, 0.0)],
        _ => &[(0.06, -0.9), (0.04, 1.0), (0.02, -0.7), (0.24, -1.0), (0.26, -0.3), (0.06, 0.0), (0.34, 0.7)],
    };
    let initial = letter
        .iter()
        .map(|&(x, y)| (left + area.width * (x + chance.wobble(0.03)), centre + tall * (y + chance.wobble(0.12))))
        .collect();
    let steps = chance.whole(5, 11);
    let rest = (0..steps)
        .map(|step| {
            let along = step as f32 / steps as f32;
            let height = tall * chance.between(0.1, 0.7) * (1.0 - 0.6 * along);
            let side = if step % 2 == 0 { 1.0 } else { -1.0 };
            let x = left + area.width * (0.3 + 0.62 * along) + chance.wobble(0.6);
            (x, centre + side * height - along * tall * 0.4)
        })
        .collect();
    vec![initial, rest]
}

/// The strokes of a name, a word each: small humps of many heights behind a tall letter, in mm.
pub fn name(chance: &mut Chance, area: Area) -> Vec<Vec<(f32, f32)>> {
    let base = area.bottom() - area.height * 0.24;
    let height = area.height.min(4.5) * 0.3;
    let step = area.width / chance.between(17.0, 24.0);
    let mut left = area.left + step;
    let mut words = Vec::new();
    for _ in 0..2 {
        let humps = chance.whole(4, 8);
        let mut word = vec![(left, base - height * chance.between(1.6, 2.4)), (left + step * 0.1, base)];
        for _ in 0..humps {
            let width = step * chance.between(0.6, 1.4);
            // Mostly small letters, now and then one that reaches up or hangs down.
            let (up, down) = match chance.whole(0, 8) {
                0 => (chance.between(1.7, 2.3), 0.0),
                1 => (0.8, 0.9),
                _ => (chance.between(0.5, 1.0), 0.0),
            };
            word.push((left + width * 0.55, base - height * up));
            word.push((left + width * chance.between(0.7, 1.1), base + height * down + chance.wobble(0.12)));
            left += width;
        }
        words.push(word);
        left += step * chance.between(0.8, 1.5);
    }
    words
}

/// The stroke of somebody who does not want a place to be read, in mm: to and fro from top to bottom, and back across.
pub fn scribble(chance: &mut Chance, area: Area) -> Vec<(f32, f32)> {
    const TURNS: usize = 26;
    let mut points = Vec::new();
    for turn in 0..TURNS {
        let down = turn as f32 / (TURNS - 1) as f32;
        let x = if turn % 2 == 0 { area.left } else { area.right() };
        points.push((x + chance.wobble(0.8), area.top + area.height * down + chance.wobble(0.5)));
    }
    for turn in 0..TURNS {
        let across = turn as f32 / (TURNS - 1) as f32;
        let y = if turn % 2 == 0 { area.top } else { area.bottom() };
        points.push((area.right() - area.width * across + chance.wobble(0.5), y + chance.wobble(0.8)));
    }
    points
}
