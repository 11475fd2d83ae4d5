//! Damage by how the paper lay, was fed or was photographed. It must never put both codes out of sight.

use std::f32::consts::{PI, TAU};

use crate::damage::case::Case;
use crate::damage::kind::Damage;
use crate::damage::lens::blurred;
use crate::damage::optics;
use crate::damage::pixels::{grey, moved, through, wash};
use crate::damage::sensor::noisy;
use crate::page::Page;
use crate::sheet::Lie;

/// How the paper lies for a damage: nearly straight, unless the damage is that it does not.
pub fn lie(damage: Damage, case: &Case) -> Lie {
    let mut chance = case.chance("lie");
    let side = if chance.happens(0.5) { 1.0 } else { -1.0 };
    let part = chance.between(0.85, 1.0);
    let nearly_straight = Lie { skew_degrees: chance.wobble(0.4).clamp(-1.0, 1.0), ..Lie::default() };
    match damage {
        Damage::Skew => askew(case, side * part * case.pick([1.5, 3.0, 4.5, 6.0, 8.0])),
        Damage::Rotation => askew(case, side * case.pick([10.0, 18.0, 26.0, 35.0, 45.0]) * part.max(0.95)),
        Damage::QuarterTurn => Lie { quarter_turns: chance.whole(1, 4) as u8, ..nearly_straight },
        _ => nearly_straight,
    }
}

/// On a glass just large enough for a paper that is turned by so many degrees.
fn askew(case: &Case, degrees: f32) -> Lie {
    let (sine, cosine) = degrees.abs().to_radians().sin_cos();
    let (width, height) = (case.paper.width, case.paper.height);
    let room = |upright: f32, across: f32| ((upright * cosine + across * sine - upright) / 2.0).max(0.0);
    Lie { skew_degrees: degrees, room: (room(width, height), room(height, width)), ..Lie::default() }
}

/// What a scanner does that should have been repaired: blur and noise, both growing.
pub fn tired_scanner(case: &Case, page: Page) -> Page {
    let spread_mm = case.pick([0.04, 0.09, 0.13, 0.16, 0.19]);
    let noise = case.pick([4.0, 10.0, 17.0, 25.0, 33.0]);
    noisy(blurred(page, spread_mm * case.scale()), noise, case.chance("tired"))
}

/// Seen from behind.
pub fn mirrored(case: &Case, mut page: Page) -> Page {
    let channels = page.channels();
    for row in page.samples.chunks_exact_mut(page.width as usize * channels) {
        row.reverse();
        // Reversing a row of colours reverses each colour, too.
        row.chunks_exact_mut(channels).for_each(<[u8]>::reverse);
    }
    tired_scanner(case, page)
}

/// White on black.
pub fn inverted(case: &Case, page: Page) -> Page {
    through(tired_scanner(case, page), |value| 255.0 - value)
}

/// Photographed: the camera stands to one side of the middle and looks at it.
pub fn perspective(case: &Case, page: Page) -> Page {
    /// Of the page's own size, so that the nearer side still fits.
    const SIZE: f32 = 0.8;
    let mut chance = case.chance("camera");
    let tilt = case.pick([12.0_f32, 22.0, 32.0, 41.0, 50.0]).to_radians();
    let towards = chance.between(0.0, TAU);
    let turn = chance.wobble(4.0).to_radians();
    let (width, height) = (page.width as f32, page.height as f32);
    let away = 1.35 * width.hypot(height);
    // The paper's own axes and its normal, as the camera sees them: turned by `tilt` about the axis `towards`.
    let axis = [towards.cos(), towards.sin(), 0.0];
    let seen = |way: [f32; 3]| about(axis, tilt, about([0.0, 0.0, 1.0], turn, way));
    let (right, down, normal) = (seen([1.0, 0.0, 0.0]), seen([0.0, 1.0, 0.0]), seen([0.0, 0.0, 1.0]));
    let table = chance.between(40.0, 200.0) as u8;
    let photo = moved(&page, page.width, page.height, table, |x, y| {
        let ray = [(x - width / 2.0) / (SIZE * away), (y - height / 2.0) / (SIZE * away), 1.0];
        let reach = normal[2] * away / dot(normal, ray);
        let hit = [ray[0] * reach, ray[1] * reach, reach - away];
        (width / 2.0 + dot(hit, right), height / 2.0 + dot(hit, down))
    });
    optics::light_gradient(&case.milder(2), photo)
}

fn dot(a: [f32; 3], b: [f32; 3]) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// Turns a direction about an axis of length 1 (Rodrigues' formula).
fn about(axis: [f32; 3], angle: f32, way: [f32; 3]) -> [f32; 3] {
    let (sine, cosine) = angle.sin_cos();
    let along = dot(axis, way) * (1.0 - cosine);
    let cross =
        [axis[1] * way[2] - axis[2] * way[1], axis[2] * way[0] - axis[0] * way[2], axis[0] * way[1] - axis[1] * way[0]];
    std::array::from_fn(|n| way[n] * cosine + cross[n] * sine + axis[n] * along)
}

/// The side of the codes rises from the glass: it looks narrower, bent, darker and out of focus.
pub fn curl(case: &Case, page: Page) -> Page {
    /// How far from the edge the paper still lies flat, in mm.
    const FLAT_FROM: f32 = 48.0;
    let narrower = case.pick([5.0, 10.0, 15.0, 20.0, 25.0]) * case.scale();
    let bow = case.pick([1.0, 3.0, 5.0, 8.0, 11.0]) * case.scale();
    let mut chance = case.chance("curl");
    let (phase, waves) = (chance.between(0.0, TAU), chance.between(0.5, 1.5));
    let (width, height) = (page.width as f32, page.height as f32);
    let from = width - FLAT_FROM * case.scale();
    let rise = |x: f32| ((x - from) / (width - from)).max(0.0).powi(2);
    let lid = if chance.happens(0.7) { 255 } else { 60 };
    let soft = blurred(page, case.pick([0.02, 0.04, 0.06, 0.08, 0.1]) * case.scale());
    let bent = moved(&soft, soft.width, soft.height, lid, |x, y| {
        let risen = rise(x);
        (x + narrower * risen, y + bow * risen * (y / height * waves * PI + phase).sin())
    });
    let dark = case.pick([0.1, 0.2, 0.35, 0.5, 0.6]);
    wash(bent, grey(0.0), |x, _| dark * rise(x))
}

/// Stretched in one direction, or pulled unevenly.
pub fn feed(case: &Case, page: Page) -> Page {
    let mut chance = case.chance("feed");
    if chance.happens(0.4) {
        let factor = case.pick([1.05, 1.12, 1.2, 1.32, 1.5]);
        let longer = if chance.happens(0.5) { factor } else { 1.0 / factor };
        let height = (page.height as f32 * longer) as u32;
        return moved(&page, page.width, height, 255, |x, y| (x, y / longer));
    }
    // How steep the waves are; a wave as long as a code, or a few times as long.
    let slope = case.pick([0.03, 0.06, 0.1, 0.14, 0.175]);
    let mut wave = || {
        let length = chance.between(11.0, 45.0) * case.scale() / TAU;
        let phase = chance.between(0.0, TAU);
        move |y: f32| slope * length * (y / length + phase).sin()
    };
    let (sideways, ahead) = (wave(), wave());
    moved(&page, page.width, page.height, 255, |x, y| (x + sideways(y), y + ahead(y)))
}
