//! Pages made to cost: what the worst of them takes beside the page of every day. Only ours is given them, as some peers
//! do not come back.

use tutanak::reading::{self, Limits, Page};

use crate::canvas::{Canvas, Chance, Modules};
use crate::clock::cpu_of;
use crate::drawn;
use crate::memory::peak_of;
use crate::wrong::scene::{Stencil, bare};

/// A4 at 300 dpi.
const WIDTH: usize = 2480;
const HEIGHT: usize = 3508;
/// Pixels of a karekod's module at 300 dpi.
const MODULE: usize = 8;

/// Prints a line for each page; `median` is what a page of every day takes.
pub fn run(median: f64) -> anyhow::Result<()> {
    println!("\nHOSTILE: A4 at 300 dpi, CPU ms and the ratio to the median page of above ({median:.1} ms)");
    let heads = ["ms", "ratio", "bytes/px", "codes", "effort"];
    println!("{:<28} {:>9} {:>7} {:>9} {:>7} {:>8}", "", heads[0], heads[1], heads[2], heads[3], heads[4]);
    let mut worst = 0.0_f64;
    for (name, draw) in PAGES {
        let png = draw(&mut Chance::from_seed(1))?;
        let ((read, ms), peak) =
            peak_of(|| cpu_of(|| Page::from_png(&png, Limits::default()).map(|page| reading::read(&page))));
        let bytes = peak as f64 / (WIDTH * HEIGHT) as f64;
        print!("{name:<28} {ms:>9.2} {:>7.1} {bytes:>9.2}", ms / median);
        match read {
            Ok(findings) => {
                let effort: u32 = findings.spent.iter().map(|spent| spent.effort).sum();
                let cut = if findings.spent.iter().any(|spent| spent.cut_short) { ", cut short" } else { "" };
                println!(" {:>7} {effort:>8}{cut}", findings.readings.len());
            }
            Err(_) => println!(" {:>7}", "refused"),
        }
        worst = worst.max(ms);
    }
    println!("the worst takes {:.1} times what the median page takes", worst / median);
    Ok(())
}

type Draw = fn(&mut Chance) -> anyhow::Result<Vec<u8>>;

const PAGES: [(&str, Draw); 28] = [
    ("finder patterns, grey", |_| tiled(&Modules::finder(), MODULE).to_grey_png()),
    ("finder patterns, 1-bit", |_| tiled(&Modules::finder(), MODULE).to_bits_png()),
    ("small finder patterns", |_| tiled(&Modules::finder(), 3).to_grey_png()),
    ("3,000 finders anywhere", |chance| scattered(3_000, 3, chance).to_grey_png()),
    ("150 finders anywhere", |chance| scattered(150, 3, chance).to_grey_png()),
    ("150 finders anywhere, 1-bit", |chance| scattered(150, 3, chance).to_bits_png()),
    ("150 finders of one size", |chance| scattered(150, MODULE - 1, chance).to_grey_png()),
    ("60 finders of one size", |chance| scattered(60, MODULE - 1, chance).to_grey_png()),
    ("a lattice of finders", |_| lattice(14).to_grey_png()),
    ("a wide lattice, 1-bit", |_| lattice(26).to_bits_png()),
    ("120 codes of chance", |chance| forged(120, chance)?.to_grey_png()),
    ("120 codes of chance, 1-bit", |chance| forged(120, chance)?.to_bits_png()),
    ("40 codes of chance, noisy", |chance| forged(40, chance)?.rustled(chance, 120).to_grey_png()),
    ("large codes of chance", |chance| large(chance).to_grey_png()),
    ("400 codes", |_| codes()?.to_grey_png()),
    ("noise", |chance| Canvas::by(WIDTH, HEIGHT, |_, _| chance.bits() as u8).to_grey_png()),
    ("coarse noise", |chance| mosaic(chance, 5).to_grey_png()),
    ("coarse noise, blurred", |chance| blurred(&mosaic(chance, MODULE), 3).to_grey_png()),
    ("black and white noise", |chance| salted(chance).to_grey_png()),
    ("black and white noise, 1-bit", |chance| salted(chance).to_bits_png()),
    ("white", |_| Canvas::of(WIDTH, HEIGHT, 255).to_grey_png()),
    ("black", |_| Canvas::of(WIDTH, HEIGHT, 0).to_grey_png()),
    ("checkerboard of modules", |_| {
        Canvas::by(WIDTH, HEIGHT, |x, y| shade((x / MODULE + y / MODULE).is_multiple_of(2))).to_grey_png()
    }),
    ("stripes at module pitch", |_| {
        Canvas::by(WIDTH, HEIGHT, |x, _| shade((x / MODULE).is_multiple_of(2))).to_grey_png()
    }),
    ("one code as large as the page", |_| huge()?.to_grey_png()),
    ("a table for every 13 pixels", |_| many_tables(WIDTH, HEIGHT)),
    ("the same in a mebibyte", |_| many_tables(1020, 1020)),
    ("a header of 65,535 × 65,535", |_| boundless()),
];

fn shade(dark: bool) -> u8 {
    if dark { 0 } else { 255 }
}

fn salted(chance: &mut Chance) -> Canvas {
    Canvas::by(WIDTH, HEIGHT, |_, _| shade(chance.once_in(2)))
}

/// Squares of chance.
fn mosaic(chance: &mut Chance, module: usize) -> Canvas {
    let dark: Vec<bool> = (0..WIDTH * HEIGHT).map(|_| chance.once_in(2)).collect();
    Canvas::by(WIDTH, HEIGHT, |x, y| shade(dark[y / module * WIDTH + x / module]))
}

/// Each pixel the mean of some to its left and above it.
fn blurred(canvas: &Canvas, reach: usize) -> Canvas {
    Canvas::by(WIDTH, HEIGHT, |x, y| {
        let at = |n: usize| usize::from(canvas.luma[y.saturating_sub(n) * WIDTH + x.saturating_sub(n / 2 * 2)]);
        ((0..2 * reach).map(at).sum::<usize>() / (2 * reach)) as u8
    })
}

/// Finders as they stand on codes of so many modules between their middles, and nothing else.
fn lattice(pitch: usize) -> Canvas {
    let mut canvas = Canvas::of(WIDTH, HEIGHT, 255);
    for n in 0..144 {
        let at = [40 + n % 12 * pitch * 6, 40 + n / 12 * pitch * 6];
        canvas.modules(at, 6, &Modules::finder());
    }
    canvas
}

/// Codes that have all a karekod has, but for the data.
fn forged(count: usize, chance: &mut Chance) -> anyhow::Result<Canvas> {
    let (stencil, mut canvas) = (Stencil::new()?, Canvas::of(WIDTH, HEIGHT, 255));
    for n in 0..count {
        canvas.modules([40 + n % 10 * 240, 40 + n / 10 * 240], MODULE, &stencil.filled(chance));
    }
    Ok(canvas)
}

/// Chance between the finders of the largest code there is, twice.
fn large(chance: &mut Chance) -> Canvas {
    let mut canvas = Canvas::of(WIDTH, HEIGHT, 255);
    for at in [[40, 40], [600, 1700]] {
        canvas.modules(at, 9, &bare(177, chance));
    }
    canvas
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

fn scattered(count: usize, least_module: usize, chance: &mut Chance) -> Canvas {
    let mut canvas = Canvas::of(WIDTH, HEIGHT, 255);
    for _ in 0..count {
        let at = [chance.below(WIDTH - 8 * MODULE), chance.below(HEIGHT - 8 * MODULE)];
        canvas.modules(at, chance.between(least_module, MODULE), &Modules::finder());
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

/// A black page, for every thirteen pixels of which the compressed stream brings a table of codes anew: as often as it can
/// without being longer than what it gives.
fn many_tables(width: usize, height: usize) -> anyhow::Result<Vec<u8>> {
    // A block of deflate with tables of its own, whose 104 bits give that many zeros.
    const BLOCK: [u8; 13] = [4, 192, 129, 0, 0, 0, 0, 0, 16, 255, 213, 0, 128];
    let given = height * (1 + width);
    let rest = given % BLOCK.len();
    let mut stream = vec![0x78, 0x01];
    (0..given / BLOCK.len()).for_each(|_| stream.extend(BLOCK));
    // The last block is stored as it is; and the checksum over so many zeros.
    stream.extend([1, rest as u8, 0, !rest as u8, 0xff]);
    stream.resize(stream.len() + rest, 0);
    stream.extend((((given % 65_521) << 16 | 1) as u32).to_be_bytes());
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width as u32, height as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_chunk(png::chunk::IDAT, &stream)?;
    Ok(bytes)
}
