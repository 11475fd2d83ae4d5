//! Pages made to cost: what the worst of them takes beside the page of every day. Only ours is given them, as some peers
//! do not come back.

use tutanak::reading::{self, Limits, Page};

use crate::canvas::{Canvas, Chance, Modules};
use crate::clock::cpu_of;
use crate::drawn;
use crate::memory::peak_of;

/// A4 at 300 dpi.
const WIDTH: usize = 2480;
const HEIGHT: usize = 3508;
/// Pixels of a karekod's module at 300 dpi.
const MODULE: usize = 8;

/// Prints a line for each page; `median` is what a page of every day takes.
pub fn run(median: f64) -> anyhow::Result<()> {
    println!("\nHOSTILE: A4 at 300 dpi, CPU ms and the ratio to the median page of above ({median:.1} ms)");
    println!("{:<28} {:>9} {:>7} {:>10} {:>6}", "", "ms", "ratio", "MB at once", "codes");
    for (name, png) in pages()? {
        let ((read, ms), peak) = peak_of(|| {
            cpu_of(|| Page::from_png(&png, Limits::default()).map(|page| reading::read(&page).readings.len()))
        });
        let codes = read.map_or_else(|_| "refused".to_owned(), |codes| codes.to_string());
        println!("{name:<28} {ms:>9.2} {:>7.1} {:>10.1} {codes:>6}", ms / median, peak as f64 / 1e6);
    }
    Ok(())
}

fn pages() -> anyhow::Result<Vec<(&'static str, Vec<u8>)>> {
    let mut chance = Chance::from_seed(1);
    let noise = Canvas::by(WIDTH, HEIGHT, |_, _| chance.bits() as u8);
    let two_shades = Canvas::by(WIDTH, HEIGHT, |_, _| if chance.once_in(2) { 0 } else { 255 });
    let striped = |x: usize| if (x / MODULE).is_multiple_of(2) { 0 } else { 255 };
    let checkered = |x: usize, y: usize| if (x / MODULE + y / MODULE).is_multiple_of(2) { 0 } else { 255 };
    let finders = tiled(&Modules::finder(), MODULE);
    Ok(vec![
        ("finder patterns, grey", finders.to_grey_png()?),
        ("finder patterns, 1-bit", finders.to_bits_png()?),
        ("small finder patterns", tiled(&Modules::finder(), 3).to_grey_png()?),
        ("3,000 finders anywhere", scattered(&mut chance).to_grey_png()?),
        ("400 codes", codes()?.to_grey_png()?),
        ("noise", noise.to_grey_png()?),
        ("black and white noise", two_shades.to_grey_png()?),
        ("black and white noise, 1-bit", two_shades.to_bits_png()?),
        ("white", Canvas::of(WIDTH, HEIGHT, 255).to_grey_png()?),
        ("black", Canvas::of(WIDTH, HEIGHT, 0).to_grey_png()?),
        ("checkerboard of modules", Canvas::by(WIDTH, HEIGHT, checkered).to_grey_png()?),
        ("stripes at module pitch", Canvas::by(WIDTH, HEIGHT, |x, _| striped(x)).to_grey_png()?),
        ("one code as large as the page", huge()?.to_grey_png()?),
        ("a header of 65,535 × 65,535", boundless()?),
    ])
}

fn tiled(modules: &Modules, module: usize) -> Canvas {
    let mut canvas = Canvas::of(WIDTH, HEIGHT, 255);
    let side = modules.side * module;
    for y in (0..HEIGHT - side).step_by(side) {
        for x in (0..WIDTH - side).step_by(side) {
            canvas.modules([x, y], module, modules);
        }
    }
    canvas
}

fn scattered(chance: &mut Chance) -> Canvas {
    let mut canvas = Canvas::of(WIDTH, HEIGHT, 255);
    for _ in 0..3000 {
        let at = [chance.below(WIDTH - 8 * MODULE), chance.below(HEIGHT - 8 * MODULE)];
        canvas.modules(at, chance.between(3, MODULE), &Modules::finder());
    }
    canvas
}

fn codes() -> anyhow::Result<Canvas> {
    let mut canvas = Canvas::of(WIDTH, HEIGHT, 255);
    for number in 0..400 {
        let at = [20 + number % 20 * 122, 20 + number / 20 * 174];
        canvas.modules(at, 4, &Modules::of_karekod(&drawn::karekod(number as u64))?);
    }
    Ok(canvas)
}

fn huge() -> anyhow::Result<Canvas> {
    let mut canvas = Canvas::of(WIDTH, HEIGHT, 255);
    canvas.modules([400, 900], 80, &Modules::of_karekod(&drawn::karekod(1))?);
    Ok(canvas)
}

/// Four thousand million pixels, as the header says, and none in the file.
fn boundless() -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 65_535, 65_535);
    encoder.set_color(png::ColorType::Grayscale);
    drop(encoder.write_header()?);
    Ok(bytes)
}
