//! The search on one page: what was found so far, what was tried in vain, and how much may still be tried. It must never
//! look at a place twice with the same care, and never without end.

use std::time::Instant;

use super::bits::Bits;
use super::corners::{self, Corners};
use super::decode::Decoded;
use super::effort::Effort;
use super::finder::{self, Pattern};
use super::geometry::{Point, arm, length, within};
use super::grid::{self, Footing, Laid};
use super::pixels::Pixels;
use super::stage::{Spent, Stage};

/// How a stage looks at the corners it has found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner {
    /// The stage.
    pub stage: Stage,
    /// How well the two-shade page must agree with a code before a grid is laid, from -1 to 1.
    pub likely: f32,
    /// How well the function patterns must agree before a grid is read, from -1 to 1.
    pub agreement: f32,
    /// Places on which a grid may be laid in vain.
    pub in_vain: usize,
    /// How many of those are then read with all care, the best first.
    pub with_care: usize,
}

/// A place that was read.
#[derive(Clone, Debug)]
pub(super) struct Read {
    pub laid: Laid,
    pub decoded: Decoded,
    pub stage: Stage,
}

/// A code that the detector for photographs read alone.
#[derive(Clone, Debug)]
pub(super) struct Photographed {
    pub text: String,
    pub outline: [Point; 4],
}

/// The search on one page.
#[derive(Debug)]
pub(super) struct Search<'p> {
    /// The page.
    pub pixels: &'p Pixels,
    /// What was read.
    pub read: Vec<Read>,
    /// Places that look like a code and could not be read.
    pub unread: Vec<Laid>,
    /// Patterns of all passes.
    pub patterns: Vec<Pattern>,
    /// Whether a pass ended because everything on the page looks like a code.
    pub crowded: bool,
    /// Whether no pass saw anything dark.
    pub blank: bool,
    /// What each stage took.
    pub spent: Vec<Spent>,
    /// What the page has taken, and may still take.
    pub effort: Effort,
    /// What only the detector for photographs read.
    pub photographed: Vec<Photographed>,
    tried: Vec<Corners>,
}

/// Patterns that one pass hands on, best first.
pub(super) const PATTERNS: usize = 60;
/// Hypotheses that are compared with the two-shade page.
const COMPARED: usize = corners::MOST;
/// Places of one page on which a grid is laid in vain.
const LAID: usize = 160;
/// Bytes of patches that are kept until the best of them are read with care, on any page; on large ones a quarter of its
/// pixels. A karekod of 300 dpi has some 120,000.
const HELD: usize = 300_000;
/// Places that could not be read are kept from this agreement on.
const LIKE_A_CODE: f32 = 0.45;

impl<'p> Search<'p> {
    /// A search that has not begun.
    pub fn on(pixels: &'p Pixels, effort: Effort) -> Self {
        let (read, unread, patterns, spent, tried) = Default::default();
        Self { pixels, read, unread, patterns, crowded: false, blank: true, spent, effort, tried, photographed: vec![] }
    }

    /// Searches a two-shade page that was reduced `scale` times, every `step`th row of it, and lays grids on the likeliest
    /// corners.
    pub fn pass(&mut self, bits: &Bits, scale: f32, step: usize, manner: Manner) {
        let found = finder::search(bits, scale, step, &mut self.effort);
        self.crowded |= found.crowded;
        self.blank &= found.edges == 0;
        let mut patterns = found.patterns;
        patterns.sort_by(|a, b| b.weight(4).total_cmp(&a.weight(4)));
        let rest = patterns.split_off(patterns.len().min(PATTERNS));
        let before = self.read.len();
        self.lay_on_triples(bits, scale, &patterns, manner);
        if self.read.len() > before && !rest.is_empty() {
            self.go_down(bits, scale, [patterns.as_slice(), &rest].concat(), manner);
        }
        self.merge(patterns);
    }

    /// Where a page has more codes than one look at its best patterns can tell: those that belong to no code yet, from the
    /// top of the page down, so that the three of one code come together.
    fn go_down(&mut self, bits: &Bits, scale: f32, mut patterns: Vec<Pattern>, manner: Manner) {
        patterns.sort_by(|a, b| a.middle[1].total_cmp(&b.middle[1]));
        loop {
            patterns.retain(|pattern| !self.is_read(pattern.middle));
            if patterns.len() < 3 || !self.effort.is_left() {
                break;
            }
            let before = self.read.len();
            let top = patterns.len().min(PATTERNS);
            self.lay_on_triples(bits, scale, &patterns[..top], manner);
            if self.read.len() == before {
                // The upper half of them stands alone; the lower half may belong to what comes.
                self.merge(patterns.drain(..top.div_ceil(2)).collect());
            }
        }
    }

    fn lay_on_triples(&mut self, bits: &Bits, scale: f32, patterns: &[Pattern], manner: Manner) {
        self.effort.triples(patterns.len());
        self.lay_on(bits, scale, corners::triples(patterns, corners::SIDES), manner);
    }

    /// Lays grids on those corners with which the two-shade page agrees best.
    pub fn lay_on(&mut self, bits: &Bits, scale: f32, corners: Vec<Corners>, manner: Manner) {
        let mut ranked: Vec<(Corners, Vec<(f32, usize)>)> = corners
            .into_iter()
            .take(COMPARED)
            .map(|corners| (corners, grid::sizes(bits, scale, &corners, &mut self.effort)))
            .filter(|(_, sizes)| sizes.first().is_some_and(|(agreement, _)| *agreement > manner.likely))
            .collect();
        ranked.sort_by(|a, b| b.1[0].0.total_cmp(&a.1[0].0));
        self.lay_all(ranked, manner);
    }

    /// Lays grids on places of given sizes, in their order, until too many were laid in vain. The best of those are then
    /// read with all care.
    pub fn lay_all(&mut self, places: Vec<(Corners, Vec<(f32, usize)>)>, manner: Manner) {
        let mut left = Vec::new();
        let mut in_vain = 0;
        for (corners, sizes) in places {
            if in_vain >= manner.in_vain || self.tried.len() >= LAID + self.read.len() || !self.effort.is_left() {
                break;
            }
            let points = [corners.corner, corners.right, corners.below];
            let known = self.tried.iter().any(|tried| tried.is_same(&corners));
            if points.iter().any(|point| self.is_read(*point)) || (known && manner.with_care == 0) {
                continue;
            }
            self.tried.push(corners);
            let Some(footing) = grid::lay(self.pixels, &corners, &sizes, manner.agreement, &mut self.effort) else {
                in_vain += 1;
                continue;
            };
            match footing.read(&mut self.effort) {
                Some(decoded) => self.keep_read(footing.laid(), decoded, manner.stage),
                None => {
                    in_vain += 1;
                    left.push(footing);
                    self.let_go(&mut left);
                }
            }
        }
        left.sort_by(|a, b| b.agreement().total_cmp(&a.agreement()));
        let mut with_care = 0;
        for footing in left {
            let mut laid = footing.laid();
            let more = with_care < manner.with_care && self.effort.is_left();
            if more && !self.is_read(laid.centre()) && !self.was_read_with_care(&laid) {
                with_care += 1;
                let (decoded, bent) = footing.read_with_care(&mut self.effort);
                laid.bent = Some(bent);
                if let Some(decoded) = decoded {
                    self.keep_read(laid, decoded, manner.stage);
                    continue;
                }
            }
            self.keep_unread(laid);
        }
    }

    /// Footings hold pixels: where they are many, those that fit worst are not kept for another look.
    fn let_go(&mut self, footings: &mut Vec<Footing<'_>>) {
        let most = (self.pixels.width() * self.pixels.height() / 4).max(HELD);
        while footings.len() > 1 && footings.iter().map(|footing| footing.bytes()).sum::<usize>() > most {
            let worst =
                (0..footings.len()).min_by(|a, b| footings[*a].agreement().total_cmp(&footings[*b].agreement()));
            let worst = footings.swap_remove(worst.unwrap_or(0));
            self.keep_unread(worst.laid());
        }
    }

    fn keep_read(&mut self, laid: Laid, decoded: Decoded, stage: Stage) {
        self.read.push(Read { laid, decoded, stage });
        self.effort.allow_for_another();
    }

    /// Whether it is worth going on: nothing is read yet, there is something on the page, and not everything on it looks
    /// like a code.
    pub fn is_open(&self) -> bool {
        self.read.is_empty() && !self.crowded && !self.blank
    }

    /// Whether a point lies on a code that was read.
    pub fn is_read(&self, point: Point) -> bool {
        self.read.iter().any(|read| within(&read.laid.outline, point))
    }

    /// Runs a stage, if there is effort left, and notes what it took.
    pub fn timed(&mut self, stage: Stage, run: impl FnOnce(&mut Self)) {
        self.timed_or(stage, false, run);
    }

    /// The same of a stage that may run `anyway`, when no effort is left.
    pub fn timed_or(&mut self, stage: Stage, anyway: bool, run: impl FnOnce(&mut Self)) {
        let (began, before) = (Instant::now(), self.effort.spent());
        if self.effort.is_left() || anyway {
            run(self);
        }
        let ms = began.elapsed().as_secs_f32() * 1e3;
        let effort = (self.effort.spent() - before) as u32;
        let cut_short = !self.effort.is_left() || self.crowded;
        match self.spent.iter_mut().find(|known| known.stage == stage) {
            Some(known) => {
                known.ms += ms;
                known.effort += effort;
                known.cut_short |= cut_short;
            }
            None => self.spent.push(Spent { stage, ms, effort, cut_short }),
        }
    }

    /// Whether two good patterns of a read code's size belong to no code yet.
    pub fn is_another_likely(&self) -> bool {
        self.read.iter().any(|read| {
            let module = read.laid.module;
            let left = self.patterns.iter().filter(|pattern| {
                let alike = 0.75 * module < pattern.size() && pattern.size() < 1.34 * module;
                alike && pattern.likeness >= 0.85 && pattern.seen >= 2 && !self.is_read(pattern.middle)
            });
            left.count() >= 2
        })
    }

    /// The patterns of all passes, best first.
    pub fn best_patterns(&self, most: usize) -> Vec<Pattern> {
        let mut patterns = self.patterns.clone();
        patterns.sort_by(|a, b| b.weight(12).total_cmp(&a.weight(12)));
        patterns.truncate(most);
        patterns
    }

    /// Whether the same grid, or one that fits better, was read with all care before.
    fn was_read_with_care(&self, laid: &Laid) -> bool {
        let near = |a: Point, b: Point| length(arm(a, b)) < 0.5 * laid.module;
        self.unread.iter().any(|known| {
            let same = known.outline.iter().zip(laid.outline).all(|(a, b)| near(*a, b));
            same && known.bent.is_some() && known.agreement + 0.02 > laid.agreement
        })
    }

    /// Of one place the grid that fits best is kept.
    fn keep_unread(&mut self, laid: Laid) {
        if laid.agreement < LIKE_A_CODE {
            return;
        }
        match self.unread.iter_mut().find(|known| within(&known.outline, laid.centre())) {
            Some(known) if known.agreement >= laid.agreement && known.bent.is_some() => {}
            Some(known) => *known = laid,
            None => self.unread.push(laid),
        }
    }

    fn merge(&mut self, patterns: Vec<Pattern>) {
        for new in patterns {
            match self.patterns.iter_mut().find(|known| known.is_same(&new)) {
                Some(known) => {
                    known.seen += new.seen;
                    if new.likeness > known.likeness {
                        *known = Pattern { seen: known.seen, ..new };
                    }
                }
                None => self.patterns.push(new),
            }
        }
    }
}
