//! The order of stages, cheapest first: a page that reads at once never pays for the others, and no page pays without
//! end. It must never let a later stage overrule an earlier one.
//!
//! What each stage is worth, as `tests/bench/reading/run` prints it: on 330 damaged pages of the drawing room (33 kinds × 5
//! levels × 2 seeds), of which each carries its code twice, and on 519 photographs with one code each. Milliseconds are of
//! the first seed, where decoding the PNG takes 9.0 of any page:
//!
//! | stage | pages that came there | first read there | other codes | ms of any page | photographs read there |
//! |---|--:|--:|--:|--:|--:|
//! | First | 320 | 291 | 260 | 2.2 | 439 |
//! | OtherScale | 53 | 16 | 23 | 0.4 | 20 |
//! | Shadow | 13 | 9 | 6 | 0.2 | 4 |
//! | Faint | 1 | 0 | 0 | below 0.1 | 4 |
//! | Quarter | 4 | 0 | 0 | below 0.1 | 0 |
//! | Together | 4 | 2 | 0 | below 0.1 | 9 |
//! | Pairs | 2 | 1 | 1 | below 0.1 | 8 |
//! | Twin | 330 | 1 | 26 | 0.5 | 0 |
//! | Inverted | 11 | 9 | 10 | 0.1 | 4 |
//! | Photograph | 1 | 0 | 0 | 0.0 | 18 |
//!
//! One page is left that nothing reads. Quarter reads none itself, but what it sees leads Pairs to one that is lost without
//! it. Faint is kept for the photographs: without it two of them are lost. Combined, for two codes of which neither reads
//! alone, costs nothing and reads what `decode::trials` damages; none of these pages needs it.

use super::corners;
use super::effort::Effort;
use super::evidence::Findings;
use super::page::Page;
use super::pixels::Pixels;
use super::scales::{self, Scale, Scales};
use super::search::{Manner, PATTERNS, Search};
use super::stage::Stage;
use super::threshold::{Rule, binarize};
use super::{photograph, twin};

/// At first only what looks like a code is read; the longer nothing is found, the more is tried.
const fn quick(stage: Stage) -> Manner {
    Manner { stage, likely: 0.38, agreement: 0.45, in_vain: 6, with_care: 0 }
}

const fn careful(stage: Stage) -> Manner {
    Manner { stage, likely: 0.38, agreement: 0.35, in_vain: 6, with_care: 3 }
}

const fn last(stage: Stage, likely: f32, in_vain: usize) -> Manner {
    Manner { stage, likely, agreement: 0.28, in_vain, with_care: 6 }
}

/// One look at the page: at which size, by which rule, every how many modules a row.
type Look = (Stage, Scale, Rule, f32);

/// Rows between two that are searched, in modules: the core of a pattern has three.
const SPARSE: f32 = 0.8;
const DENSE: f32 = 0.3;

/// Instructions that a look takes for each pixel of the page, searching apart.
const LOOK: u64 = 4;

/// Where a module of the page is larger than it need be, the search begins at half its size.
const LARGE: [Look; 7] = [
    (Stage::First, Scale::Half, Rule::Middle, SPARSE),
    (Stage::OtherScale, Scale::Whole, Rule::Middle, SPARSE),
    (Stage::Shadow, Scale::Half, Rule::Mean, DENSE),
    (Stage::Shadow, Scale::Whole, Rule::Mean, DENSE),
    (Stage::Faint, Scale::Half, Rule::Faint, DENSE),
    (Stage::Quarter, Scale::Quarter, Rule::Middle, DENSE),
    (Stage::Quarter, Scale::Quarter, Rule::Mean, DENSE),
];
const SMALL: [Look; 7] = [
    (Stage::First, Scale::Whole, Rule::Middle, SPARSE),
    (Stage::OtherScale, Scale::Half, Rule::Middle, SPARSE),
    LARGE[2],
    LARGE[3],
    LARGE[4],
    LARGE[5],
    LARGE[6],
];
/// Two shades have one threshold at their own size; reduced they are grey.
const TWO_SHADES: [Look; 5] = [
    (Stage::First, Scale::Whole, Rule::Middle, SPARSE),
    (Stage::OtherScale, Scale::Half, Rule::Middle, SPARSE),
    (Stage::Shadow, Scale::Half, Rule::Mean, DENSE),
    (Stage::Quarter, Scale::Quarter, Rule::Middle, DENSE),
    (Stage::Quarter, Scale::Quarter, Rule::Mean, DENSE),
];

/// Reads a page.
pub(super) fn read(page: &Page) -> Findings {
    /// Modules of the smallest code's side: of fewer pixels there is none, nor anything left at a quarter of their size.
    const LEAST: usize = 21;
    let pixels = page.pixels();
    if pixels.width().min(pixels.height()) < LEAST {
        return Findings::default();
    }
    let module = scales::expected_module(pixels.width(), pixels.height());
    let half = page.take_half();
    let dark = scales::is_dark(pixels, half.as_ref());
    // The half of a dark page is of no use to its negative, and both are not held at once.
    let half = half.filter(|_| !dark);
    // A page that is mostly dark is the negative of one, or lies in shadow: one look tells which.
    let mut effort = Effort::of(pixels.width() * pixels.height());
    if dark && let Some(findings) = on_the_negative(pixels, module, 1, &mut effort) {
        return findings;
    }
    let mut search = Search::on(pixels, effort);
    run(&mut search, &Scales::with_half(pixels, half), module);
    if search.is_open() {
        let mut negative = None;
        search.timed(Stage::Inverted, |search| {
            negative = on_the_negative(pixels, module, if dark { usize::MAX } else { 2 }, &mut search.effort);
        });
        if let Some(findings) = negative {
            return findings;
        }
        // Of a photograph the last resort may read what all care before it was spent on in vain.
        let anyway = photograph::is_worth_it(&search);
        search.timed_or(Stage::Photograph, anyway, photograph::read);
    }
    Findings::of(&search, false)
}

/// Codes that are light on dark, by the first few looks.
fn on_the_negative(pixels: &Pixels, module: f32, most: usize, effort: &mut Effort) -> Option<Findings> {
    let negative = scales::inverted(pixels);
    let scales = Scales::of(&negative);
    let mut search = Search::on(&negative, *effort);
    for look in looks(&negative).iter().take(most) {
        search.timed(Stage::Inverted, |search| take(search, &scales, module, *look, careful(Stage::Inverted)));
        if !search.read.is_empty() || search.crowded {
            break;
        }
    }
    search.timed(Stage::Twin, twin::seek);
    *effort = search.effort;
    (!search.read.is_empty()).then(|| Findings::of(&search, true))
}

fn looks(pixels: &Pixels) -> &'static [Look] {
    match pixels {
        Pixels::Bits(_) => &TWO_SHADES,
        Pixels::Grey(_) if scales::begins_at_half(pixels.width(), pixels.height()) => &LARGE,
        Pixels::Grey(_) => &SMALL,
    }
}

/// All stages that search by patterns, and the twin of what was found.
fn run(search: &mut Search<'_>, scales: &Scales<'_>, module: f32) {
    for look in looks(search.pixels) {
        let manner = if look.0 == Stage::First { quick(look.0) } else { careful(look.0) };
        search.timed(look.0, |search| take(search, scales, module, *look, manner));
        let more = look.0 == Stage::First && search.is_another_likely();
        if !(search.is_open() || more) {
            break;
        }
    }
    if search.is_open() {
        together(search, scales);
    }
    search.timed(Stage::Twin, twin::seek);
    if search.read.is_empty() {
        // Reading together what was seen already costs next to nothing.
        search.timed_or(Stage::Combined, true, twin::combine);
    }
}

fn take(search: &mut Search<'_>, scales: &Scales<'_>, module: f32, (_, scale, rule, rows): Look, manner: Manner) {
    search.effort.look(search.pixels.width() * search.pixels.height(), LOOK);
    let step = ((rows * module / scale.times()) as usize).max(1);
    let whole_bits = match (search.pixels, scale) {
        (Pixels::Bits(bits), Scale::Whole) => Some(bits),
        _ => None,
    };
    match whole_bits {
        Some(bits) => search.pass(bits, 1.0, step, manner),
        None => search.pass(&binarize(scales.get(scale), rule), scale.times(), step, manner),
    }
}

/// Patterns of all passes together, then pairs of them.
fn together(search: &mut Search<'_>, scales: &Scales<'_>) {
    /// Patterns of which pairs are made.
    const PAIRED: usize = 24;
    let pixels = search.pixels;
    let whole = scales::as_bits(pixels, || binarize(scales.get(Scale::Whole), Rule::Middle));
    let shadow = binarize(scales.get(Scale::Half), Rule::Mean);
    search.timed(Stage::Together, |search| {
        let patterns = search.best_patterns(PATTERNS);
        search.effort.triples(patterns.len());
        let triples = corners::triples(&patterns, corners::SIDES);
        search.lay_on(&whole, 1.0, triples.clone(), last(Stage::Together, 0.3, 10));
        search.lay_on(&shadow, 2.0, triples, last(Stage::Together, 0.3, 6));
    });
    if search.read.is_empty() {
        search.timed(Stage::Pairs, |search| {
            let pairs = corners::pairs(&search.best_patterns(PAIRED), corners::PAIR_SIDES);
            search.lay_on(&whole, 1.0, pairs.clone(), last(Stage::Pairs, 0.22, 14));
            if search.read.is_empty() {
                search.lay_on(&shadow, 2.0, pairs, last(Stage::Pairs, 0.22, 10));
            }
        });
    }
}
