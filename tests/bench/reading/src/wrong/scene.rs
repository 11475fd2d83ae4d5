//! What stands on pages without a code: from what forms have to what comes as near to a code as chance can. It must never
//! draw a code by accident: the data modules are always chance.

use crate::canvas::{Canvas, Chance, Modules};

/// The size of the pages, small so that there can be many. A karekod's module would have two pixels on a form as large.
const WIDTH: usize = 600;
const HEIGHT: usize = 800;

/// A kind of page.
#[derive(Clone, Copy)]
pub enum Scene {
    Letters,
    Table,
    Stripes,
    Noise,
    Mosaic,
    Finders,
    Grids,
    FormattedGrids,
    TwinGrids,
}

impl Scene {
    /// Every kind, as they take turns.
    pub const ALL: [Self; 9] = [
        Self::Letters,
        Self::Table,
        Self::Stripes,
        Self::Noise,
        Self::Mosaic,
        Self::Finders,
        Self::Grids,
        Self::FormattedGrids,
        Self::TwinGrids,
    ];

    /// What is on it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Letters => "lines of letters",
            Self::Table => "a table",
            Self::Stripes => "bar codes",
            Self::Noise => "noise",
            Self::Mosaic => "mosaics of other codes",
            Self::Finders => "finder patterns",
            Self::Grids => "chance between finders",
            Self::FormattedGrids => "… with timing and format",
            Self::TwinGrids => "… twice on a page",
        }
    }

    /// Draws one.
    pub fn draw(self, chance: &mut Chance, stencil: &Stencil) -> Canvas {
        let mut canvas = Canvas::of(WIDTH, HEIGHT, chance.between(200, 256) as u8);
        match self {
            Self::Letters => letters(&mut canvas, chance),
            Self::Table => table(&mut canvas, chance),
            Self::Stripes => (0..4).for_each(|_| stripes(&mut canvas, chance)),
            Self::Noise => {}
            Self::Mosaic => (0..4).for_each(|_| mosaic(&mut canvas, chance)),
            Self::Finders => (0..12).for_each(|_| {
                let at = [chance.below(WIDTH - 80), chance.below(HEIGHT - 80)];
                canvas.modules(at, chance.between(3, 9), &Modules::finder());
            }),
            Self::Grids => (0..4).for_each(|place| {
                let (side, module) = (17 + 4 * chance.between(1, 5), chance.between(2, 7));
                let modules = bare(side, chance);
                canvas.modules(spot(place, chance), module, &modules);
            }),
            Self::FormattedGrids => (0..4).for_each(|place| {
                canvas.modules(spot(place, chance), chance.between(2, 10), &stencil.filled(chance));
            }),
            Self::TwinGrids => {
                let (modules, module) = (stencil.filled(chance), chance.between(2, 9));
                for place in [1, 3] {
                    canvas.modules(spot(place, chance), module, &modules);
                }
            }
        }
        // Half of the pages went through a scanner that is not the best; noise is nothing else.
        if matches!(self, Self::Noise) || chance.once_in(2) {
            let strength = chance.between(8, if matches!(self, Self::Noise) { 256 } else { 64 });
            rustle(&mut canvas, chance, strength);
        }
        canvas
    }
}

/// A true code's modules, of which only those that say nothing are kept: finders, timing and format.
pub struct Stencil(Vec<Modules>);

impl Stencil {
    /// Cut out of some codes, which have different masks.
    pub fn new() -> anyhow::Result<Self> {
        let codes = (0..32).map(|number| Modules::of_karekod(&crate::drawn::karekod(number)));
        Ok(Self(codes.collect::<anyhow::Result<_>>()?))
    }

    fn filled(&self, chance: &mut Chance) -> Modules {
        let code = &self.0[chance.below(self.0.len())];
        let side = code.side;
        let module = |at: usize| {
            let (x, y) = (at % side, at / side);
            let (left, top, right, bottom) = (x < 9, y < 9, side - x <= 8, side - y <= 8);
            let keeps = top && (left || right) || bottom && left;
            if keeps || x == 6 || y == 6 { code.dark[at] } else { chance.once_in(2) }
        };
        Modules { side, dark: (0..side * side).map(module).collect() }
    }
}

/// Three finders with chance between them, timing and format too.
fn bare(side: usize, chance: &mut Chance) -> Modules {
    let finder = Modules::finder();
    let module = |at: usize| {
        let (x, y) = (at % side, at / side);
        let corners = [(x, y), (side - 1 - x, y), (x, side - 1 - y)];
        match corners.iter().find(|(x, y)| x.max(y) < &8) {
            Some((x, y)) => finder.dark[y * 8 + x],
            None => chance.once_in(2),
        }
    };
    Modules { side, dark: (0..side * side).map(module).collect() }
}

/// Somewhere in a quarter of the page.
fn spot(place: usize, chance: &mut Chance) -> [usize; 2] {
    [place % 2 * 290 + chance.between(10, 70), place / 2 * 390 + chance.between(10, 150)]
}

fn letters(canvas: &mut Canvas, chance: &mut Chance) {
    let mut y = 10;
    while y + 30 < HEIGHT {
        let dot = chance.between(1, 4);
        let mut x = 10 + chance.below(40);
        while x + 6 * dot < WIDTH {
            if !chance.once_in(6) {
                let letter = chance.bits();
                for at in 0..35_usize {
                    if letter >> at & 1 == 1 {
                        canvas.fill([x + at % 5 * dot, y + at / 5 * dot], [dot, dot], 20);
                    }
                }
            }
            x += 6 * dot;
        }
        y += 9 * dot;
    }
}

fn table(canvas: &mut Canvas, chance: &mut Chance) {
    let (row, column, line) = (chance.between(9, 50), chance.between(9, 90), chance.between(1, 5));
    (5..HEIGHT).step_by(row).for_each(|y| canvas.fill([5, y], [WIDTH - 10, line], 30));
    (5..WIDTH).step_by(column).for_each(|x| canvas.fill([x, 5], [line, HEIGHT - 10], 30));
    for _ in 0..200 {
        let at = [chance.below(WIDTH), chance.below(HEIGHT)];
        canvas.fill(at, [chance.between(1, 14), chance.between(1, 14)], chance.below(120) as u8);
    }
}

fn stripes(canvas: &mut Canvas, chance: &mut Chance) {
    let (module, upright, length) = (chance.between(1, 6), chance.once_in(2), chance.between(40, 200));
    let (mut along, across) = (chance.below(200), chance.below(600));
    for bar in 0..80 {
        let width = module * chance.between(1, 4);
        if bar % 2 == 0 {
            let (at, size) = ([along, across], [width, length]);
            if upright { canvas.fill(at, size, 10) } else { canvas.fill([at[1], at[0]], [size[1], size[0]], 10) }
        }
        along += width;
    }
}

fn mosaic(canvas: &mut Canvas, chance: &mut Chance) {
    let (side, module) = (chance.between(10, 60), chance.between(2, 7));
    // Two dark sides, as a Data Matrix has, or rings in the middle, as an Aztec code has.
    let ringed = chance.once_in(2);
    let module_at = |at: usize| {
        let (x, y) = (at % side, at / side);
        let ring = x.abs_diff(side / 2).max(y.abs_diff(side / 2));
        match ringed {
            true if ring < 7 => ring % 2 == 0,
            false if x == 0 || y == side - 1 => true,
            _ => chance.once_in(2),
        }
    };
    let modules = Modules { side, dark: (0..side * side).map(module_at).collect() };
    canvas.modules([chance.below(WIDTH - 100), chance.below(HEIGHT - 100)], module, &modules);
}

fn rustle(canvas: &mut Canvas, chance: &mut Chance, strength: usize) {
    for eight in canvas.luma.chunks_mut(8) {
        for (pixel, byte) in eight.iter_mut().zip(chance.bits().to_le_bytes()) {
            let shift = usize::from(byte) * strength / 256;
            *pixel = (usize::from(*pixel) + shift).saturating_sub(strength / 2).min(255) as u8;
        }
    }
}
