//! The other of two codes: a form carries its karekod twice, in one column, at one size and one angle. Where one was
//! read, the other is looked for by what is known of it.
//!
//! It must never take the known text for an answer: the twin is decoded from its own modules.

use std::collections::VecDeque;

use super::area::{Best, Responses, STRIP};
use super::corners::Corners;
use super::decode::{self, Decoded};
use super::effort::Effort;
use super::geometry::{Point, along, arm, dot, length};
use super::grid::Laid;
use super::pixels::Pixels;
use super::search::{Manner, Read, Search};
use super::stage::Stage;
use super::strip::{MODULE, Strip};

/// Modules to each side of the known code's middle in which its twin is looked for: forms print both in one column; where
/// it is not there, some 25 mm to each side.
const ASIDE: [f32; 2] = [22.0, 38.0];
/// Modules from one code's middle to the other's, at least.
const APART: f32 = 25.0;
/// Pixels of a strip between the middles of two finder patterns of a code of version 1: 14 modules.
const SPAN: usize = 14 * MODULE;
/// What three finders must add up to before a place is looked at.
const LEAST: f32 = 0.8;
/// Places looked at.
const PLACES: usize = 4;
/// Places that are read together, two and two.
const COMBINED: usize = 6;
/// Karekods whose twins are looked for: a page with more is no form.
const FORMS: usize = 4;
/// Modules of a karekod's side.
const SIDE: f32 = 21.0;

/// Looks for the twin of every karekod that stands alone.
pub(super) fn seek(search: &mut Search<'_>) {
    const MANNER: Manner =
        Manner { stage: Stage::Twin, likely: 0.0, agreement: 0.3, in_vain: PLACES, with_care: PLACES };
    let alone = |read: &&Read| {
        let twins = search.read.iter().filter(|other| other.decoded.text == read.decoded.text);
        is_karekod(&read.decoded) && twins.count() == 1
    };
    let alone: Vec<Laid> = search.read.iter().filter(alone).map(|read| read.laid.clone()).collect();
    for known in alone.iter().take(FORMS) {
        for aside in ASIDE {
            if !search.effort.is_left() {
                return;
            }
            let places = places(search.pixels, known, aside, &mut search.effort).into_iter();
            let before = search.read.len();
            search.lay_all(places.map(|corners| (corners, vec![(1.0, SIDE as usize)])).collect(), MANNER);
            if search.read.len() > before {
                break;
            }
        }
    }
}

/// The form of what a form carries twice: ten digits in the smallest symbol.
fn is_karekod(decoded: &Decoded) -> bool {
    decoded.version == 1 && is_ten_digits(&decoded.text)
}

/// Whether a payload could be a karekod's. Whether it is one only a registry knows.
pub(super) fn is_ten_digits(text: &str) -> bool {
    text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Reads places together that cannot be read apart: both carry the same modules.
pub(super) fn combine(search: &mut Search<'_>) {
    let places: Vec<Laid> =
        search.unread.iter().filter(|laid| laid.soft.size == SIDE as usize).take(COMBINED).cloned().collect();
    for (n, a) in places.iter().enumerate() {
        for b in places[n + 1..].iter().filter(|b| could_be_twins(a, b)) {
            let straight = || decode::decode_twins(&[&a.soft, &b.soft]);
            let bent = || decode::decode_twins(&[a.bent.as_ref()?, b.bent.as_ref()?]);
            if let Some(decoded) = straight().or_else(bent) {
                for laid in [a, b] {
                    search.read.push(Read { laid: laid.clone(), decoded: decoded.clone(), stage: Stage::Combined });
                }
                return;
            }
        }
    }
}

/// Whether two places have the same size and angle and lie apart.
fn could_be_twins(a: &Laid, b: &Laid) -> bool {
    let side = |laid: &Laid| arm(laid.outline[0], laid.outline[1]);
    let (one, other) = (side(a), side(b));
    let (long, short) = (length(one).max(length(other)), length(one).min(length(other)));
    let aligned = dot(one, other) > 0.94 * long * short;
    let apart = length(arm(a.centre(), b.centre())) > APART * a.module;
    long < 1.2 * short && aligned && apart
}

/// Places where the twin of a code may be, so many modules to each side of its column, the likeliest first.
fn places(pixels: &Pixels, known: &Laid, aside: f32, effort: &mut Effort) -> Vec<Corners> {
    let [corner, right, far, below] = known.outline;
    let mean = |a: Point, b: Point| [(a[0] + b[0]) / 2.0 / SIDE, (a[1] + b[1]) / 2.0 / SIDE];
    // The mean of opposite sides: a crease on one of them turns the whole strip.
    let across = mean(arm(corner, right), arm(below, far));
    let down = mean(arm(corner, below), arm(right, far));
    let middle = known.centre();
    let Some((above, beneath)) = room(pixels, middle, down) else { return Vec::new() };
    let origin = along(along(middle, across, -aside), down, -above);
    let strip = Strip::of(pixels, origin, [across, down], 2 * aside as usize, (above + beneath) as usize);
    effort.look(strip.width * strip.height, STRIP);
    let own = [aside * MODULE as f32, above * MODULE as f32];
    let module = (length(across) + length(down)) / 2.0;
    let mut responses = Responses::of(strip);
    let found = likeliest(&mut responses, own);
    let strip = responses.strip();
    let span = SPAN as f32;
    let corners = found.into_iter().map(|[x, y]| Corners {
        corner: strip.on_page([x, y]),
        right: strip.on_page([x + span, y]),
        below: strip.on_page([x, y + span]),
        module,
        modules: SIDE,
        strain: 0.0,
    });
    corners.collect()
}

/// Where on a strip three finders respond as the corners of an upright code, away from the code that is known.
fn likeliest(responses: &mut Responses<'_>, own: Point) -> Vec<Point> {
    /// Places kept while the strip is looked at: around each code some hundred respond nearly as well.
    const KEPT: usize = 2_000;
    let near =
        |a: Point, b: Point, modules: f32| (0..2).all(|axis| (a[axis] - b[axis]).abs() <= modules * MODULE as f32);
    let centre = |at: Point| at.map(|at| at + SPAN as f32 / 2.0);
    let mut ranked = Best::of(KEPT);
    // The rows of one code's span: the newest has the lower finder, the oldest the two upper ones.
    let mut rows: VecDeque<Vec<f32>> = VecDeque::with_capacity(SPAN + 1);
    while let Some(([left, y], below)) = responses.next_row() {
        if let (SPAN, Some(row)) = (rows.len(), rows.front())
            && let Some(right) = row.get(SPAN..)
        {
            for (x, ((corner, right), below)) in row.iter().zip(right).zip(below).enumerate() {
                // A finder that is covered says nothing; it must not speak against the other two.
                let sum = corner.max(0.0) + right.max(0.0) + below.max(0.0);
                let at = [(left + x) as f32 + 0.5, (y - SPAN) as f32 + 0.5];
                if sum >= LEAST && !near(centre(at), own, APART) {
                    ranked.note(sum, at);
                }
            }
        }
        let mut room = if rows.len() == SPAN { rows.pop_front().unwrap_or_default() } else { Vec::new() };
        room.clear();
        room.extend_from_slice(below);
        rows.push_back(room);
    }
    let mut found: Vec<Point> = Vec::new();
    for (_, at) in ranked.sorted() {
        if !found.iter().any(|other| near(*other, at, 3.0)) {
            found.push(at);
            if found.len() == PLACES {
                break;
            }
        }
    }
    found
}

/// Modules from a point to the edges of the page, up and down as the code stands.
fn room(pixels: &Pixels, from: Point, down: Point) -> Option<(f32, f32)> {
    let sides = [pixels.width() as f32, pixels.height() as f32];
    let until_edge = |direction: Point| {
        let steps = (0..2).filter(|axis| direction[*axis].abs() > 1e-3).map(|axis| {
            let edge = if direction[axis] > 0.0 { sides[axis] } else { 0.0 };
            (edge - from[axis]) / direction[axis]
        });
        steps.fold(f32::MAX, f32::min)
    };
    let (above, beneath) = (until_edge(down.map(|length| -length)), until_edge(down));
    // A code larger than the page is none, and one that is tiny would make the strip endless.
    let sane = above >= 0.0 && beneath >= 0.0 && above + beneath < 2000.0;
    sane.then_some((above, beneath))
}
