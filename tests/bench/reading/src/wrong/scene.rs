//! What stands on pages without a code: from what forms have to what comes as near to a code as chance can. It must never
//! draw a code by accident: the data modules are always chance.

use image::GrayImage;

use crate::canvas::{Canvas, Chance, Modules};
use crate::drawn;

/// Forms that pieces are cut from.
const FORMS: u64 = 24;

/// The size of one page in thirty: a karekod's module would have two pixels on a form as large.
const WHOLE: [usize; 2] = [600, 800];
/// Of all others, so that there can be many: the same things in a quarter of the place, or two above each other.
const PART: [usize; 2] = [300, 400];
const COLUMN: [usize; 2] = [300, 800];

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
    NearMisses,
    Forms,
    Clouds,
}

impl Scene {
    /// Every kind, as they take turns.
    pub const ALL: [Self; 12] = [
        Self::Letters,
        Self::Table,
        Self::Stripes,
        Self::Noise,
        Self::Mosaic,
        Self::Finders,
        Self::Grids,
        Self::FormattedGrids,
        Self::TwinGrids,
        Self::NearMisses,
        Self::Forms,
        Self::Clouds,
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
            Self::NearMisses => "codes spoiled by chance",
            Self::Forms => "forms without a code",
            Self::Clouds => "shades as of photographs",
        }
    }

    /// Draws one. What is left of a true code may be read as what it was, and as nothing else.
    pub fn draw(self, chance: &mut Chance, stencil: &Stencil) -> (Canvas, Option<String>) {
        let [width, height] = match self {
            _ if chance.once_in(30) => WHOLE,
            Self::TwinGrids => COLUMN,
            _ => PART,
        };
        let mut canvas = Canvas::of(width, height, chance.between(200, 256) as u8);
        let spots: Vec<[usize; 2]> =
            (0..height / 400).flat_map(|row| (0..width / 300).map(move |column| [column * 290, row * 390])).collect();
        let mut text = None;
        match self {
            Self::Letters => letters(&mut canvas, chance),
            Self::Table => table(&mut canvas, chance),
            Self::Stripes => spots.iter().for_each(|_| stripes(&mut canvas, chance)),
            Self::Noise => {}
            Self::Mosaic => spots.iter().for_each(|_| mosaic(&mut canvas, chance)),
            Self::Finders => (0..4 * spots.len()).for_each(|_| {
                let at = [chance.below(width - 80), chance.below(height - 80)];
                canvas.modules(at, chance.between(3, 9), &Modules::finder());
            }),
            Self::Grids => spots.iter().for_each(|corner| {
                let (side, module) = (17 + 4 * chance.between(1, 5), chance.between(2, 7));
                let modules = bare(side, chance);
                canvas.modules(spot(corner, chance), module, &modules);
            }),
            Self::FormattedGrids => spots.iter().for_each(|corner| {
                canvas.modules(spot(corner, chance), chance.between(2, 10), &stencil.filled(chance));
            }),
            Self::TwinGrids => {
                let (modules, module) = (stencil.filled(chance), chance.between(2, 9));
                let column: Vec<_> = spots.iter().filter(|[x, _]| *x == 0).collect();
                column.into_iter().for_each(|corner| canvas.modules(spot(corner, chance), module, &modules));
            }
            Self::NearMisses => {
                let (spoiled, was) = stencil.spoiled(chance);
                canvas.modules(spot(&spots[0], chance), chance.between(3, 10), &spoiled);
                text = Some(was);
            }
            Self::Forms => stencil.put_form(&mut canvas, chance),
            Self::Clouds => clouds(&mut canvas, chance),
        }
        // Half of the pages went through a scanner that is not the best; noise is nothing else.
        if matches!(self, Self::Noise) || chance.once_in(2) {
            let strength = chance.between(8, if matches!(self, Self::Noise) { 256 } else { 64 });
            canvas = canvas.rustled(chance, strength);
        }
        (canvas, text)
    }
}

/// What pages are made of: codes that are cut up, and forms.
pub struct Stencil {
    codes: Vec<(String, Modules)>,
    forms: Vec<GrayImage>,
}

impl Stencil {
    /// Some codes, which have different masks, and forms of all kinds at several sizes, which have none.
    pub fn new() -> anyhow::Result<Self> {
        let texts = (0..32).map(drawn::karekod);
        let codes = texts.map(|text| Ok((text.clone(), Modules::of_karekod(&text)?))).collect::<anyhow::Result<_>>()?;
        Ok(Self { codes, forms: vec![] })
    }

    /// The same, with forms.
    pub fn with_forms() -> anyhow::Result<Self> {
        let form = |number: u64| Ok(image::load_from_memory(&drawn::without_code(number))?.into_luma8());
        Ok(Self { forms: (0..FORMS).map(form).collect::<anyhow::Result<_>>()?, ..Self::new()? })
    }

    /// A part of a form.
    fn put_form(&self, canvas: &mut Canvas, chance: &mut Chance) {
        let form = &self.forms[chance.below(self.forms.len())];
        let (left, top) = (chance.below(form.width() as usize), chance.below(form.height() as usize));
        for (at, pixel) in canvas.luma.iter_mut().enumerate() {
            let (x, y) = ((left + at % canvas.width) as u32 % form.width(), (top + at / canvas.width) as u32);
            *pixel = form.get_pixel(x, y % form.height()).0[0];
        }
    }

    /// A true code of which a third to all data modules are chance, and what it said.
    fn spoiled(&self, chance: &mut Chance) -> (Modules, String) {
        let (text, code) = &self.codes[chance.below(self.codes.len())];
        let share = chance.between(33, 101);
        let spoil = |at: usize| {
            if keeps(code.side, at) || chance.below(100) >= share { code.dark[at] } else { chance.once_in(2) }
        };
        (Modules { side: code.side, dark: (0..code.side * code.side).map(spoil).collect() }, text.clone())
    }

    /// The code with data of chance: only those modules of it are kept that say nothing.
    pub fn filled(&self, chance: &mut Chance) -> Modules {
        let code = &self.codes[chance.below(self.codes.len())].1;
        let side = code.side;
        let module = |at: usize| if keeps(side, at) { code.dark[at] } else { chance.once_in(2) };
        Modules { side, dark: (0..side * side).map(module).collect() }
    }
}

/// Finders, timing and format.
fn keeps(side: usize, at: usize) -> bool {
    let (x, y) = (at % side, at / side);
    let (left, top, right, bottom) = (x < 9, y < 9, side - x <= 8, side - y <= 8);
    top && (left || right) || bottom && left || x == 6 || y == 6
}

/// Three finders with chance between them, timing and format too.
pub fn bare(side: usize, chance: &mut Chance) -> Modules {
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

/// Somewhere in a quarter of a whole page.
fn spot(corner: &[usize; 2], chance: &mut Chance) -> [usize; 2] {
    [corner[0] + chance.between(10, 70), corner[1] + chance.between(10, 150)]
}

/// Light and shade without an edge, and blots of all sizes.
fn clouds(canvas: &mut Canvas, chance: &mut Chance) {
    let lamps: Vec<[f32; 4]> = (0..12)
        .map(|_| {
            let at = |side: usize, chance: &mut Chance| chance.below(side) as f32;
            let (x, y) = (at(canvas.width, chance), at(canvas.height, chance));
            [x, y, chance.between(4, 120) as f32, chance.between(0, 320) as f32 - 160.0]
        })
        .collect();
    let width = canvas.width;
    for (at, pixel) in canvas.luma.iter_mut().enumerate() {
        let (x, y) = ((at % width) as f32, (at / width) as f32);
        let lit = lamps.iter().map(|[left, top, reach, light]| {
            let far = ((x - left).powi(2) + (y - top).powi(2)) / (reach * reach);
            if far < 1.0 { light * (1.0 - far) } else { 0.0 }
        });
        *pixel = (128.0 + lit.sum::<f32>()).clamp(0.0, 255.0) as u8;
    }
}

fn letters(canvas: &mut Canvas, chance: &mut Chance) {
    let mut y = 10;
    while y + 30 < canvas.height {
        let dot = chance.between(1, 4);
        let mut x = 10 + chance.below(40);
        while x + 6 * dot < canvas.width {
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
    let (width, height) = (canvas.width, canvas.height);
    (5..height).step_by(row).for_each(|y| canvas.fill([5, y], [width - 10, line], 30));
    (5..width).step_by(column).for_each(|x| canvas.fill([x, 5], [line, height - 10], 30));
    for _ in 0..200 {
        let at = [chance.below(canvas.width), chance.below(canvas.height)];
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
    let at = [chance.below(canvas.width - 100), chance.below(canvas.height - 100)];
    canvas.modules(at, module, &modules);
}
