//! What is printed about a run over damaged pages. Shares are of pages.

use crate::compare::Row;
use crate::peers::{self, Peer};
use crate::score::{Outcome, Sum, median};

/// All readers, and ours beside the best of them. Returns the median of our milliseconds.
pub fn readers(rows: &[Row], peers: &[Peer]) -> f64 {
    println!("\nREADERS: {} pages, CPU ms a page from PNG to texts", rows.len());
    println!("{:<10} {:>9} {:>9} {:>6} {:>8} {:>8}", "", "one read", "both", "wrong", "median", "mean");
    let ours = Sum::of(rows.iter().map(|row| &row.ours));
    print_reader("ours", &ours);
    let mut best = None;
    for (number, peer) in peers.iter().enumerate() {
        match peer.missing() {
            Some(why) => println!("{:<10} {why}", peer.name),
            None => {
                let sum = Sum::of(rows.iter().map(|row| &row.peers[number]));
                print_reader(peer.name, &sum);
                if peer.name == peers::BEST {
                    best = Some(sum);
                }
            }
        }
    }
    if let Some(best) = best {
        let (median, mean) = (ours.median() / best.median(), ours.mean() / best.mean());
        println!("ours / {}: CPU {median:.2} (median), {mean:.2} (mean)", peers::BEST);
    }
    ours.median()
}

fn print_reader(name: &str, sum: &Sum) {
    print!("{name:<10} {:>7.1} % {:>7.1} % {:>6}", sum.one_percent(), sum.both_percent(), sum.wrong);
    print!(" {:>8.1} {:>8.1}", sum.median(), sum.mean());
    if sum.panics > 0 {
        print!("   panicked on {} pages", sum.panics);
    }
    println!();
}

/// Ours and the best peer at each level of damage.
pub fn by_level(rows: &[Row]) {
    println!("\nLEVELS: one read / both, and CPU ms on average");
    println!("{:<10} {:>6} {:>15} {:>8}   {:>15} {:>8}", "", "pages", "ours", "ms", peers::BEST, "ms");
    let mut levels: Vec<u8> = rows.iter().map(|row| row.level).collect();
    levels.sort_unstable();
    levels.dedup();
    for level in levels {
        print_pair(&format!("level {level}"), rows.iter().filter(|row| row.level == level));
    }
}

/// Ours and the best peer for each kind of damage, and ours at each level of it.
pub fn by_kind(rows: &[Row]) {
    println!("\nDAMAGES: the same; then ours at each level, pages with one read + with both of all");
    println!("{:<15} {:>6} {:>15} {:>8}   {:>15} {:>8}", "", "pages", "ours", "ms", peers::BEST, "ms");
    let mut kinds: Vec<&str> = rows.iter().map(|row| row.kind.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    for kind in kinds {
        let of_kind = || rows.iter().filter(|row| row.kind == kind);
        print_cells(kind, of_kind());
        let highest = of_kind().map(|row| row.level).max().unwrap_or_default();
        for level in 1..=highest {
            let sum = Sum::of(of_kind().filter(|row| row.level == level).map(|row| &row.ours));
            print!("  {}+{}/{}", sum.one, sum.both, sum.pages);
        }
        println!();
    }
}

fn print_pair<'a>(name: &str, rows: impl Iterator<Item = &'a Row> + Clone) {
    print_row(name, 10, rows);
    println!();
}

fn print_cells<'a>(name: &str, rows: impl Iterator<Item = &'a Row> + Clone) {
    print_row(name, 15, rows);
    print!(" ");
}

fn print_row<'a>(name: &str, columns: usize, rows: impl Iterator<Item = &'a Row> + Clone) {
    let ours = Sum::of(rows.clone().map(|row| &row.ours));
    // The best peer is the first of them; a missing one has read nothing and taken only the decoder's time.
    let best = Sum::of(rows.filter_map(|row: &Row| -> Option<&Outcome> { row.peers.first() }));
    let shares = |sum: &Sum| format!("{:.1} / {:.1} %", sum.one_percent(), sum.both_percent());
    print!("{name:<columns$} {:>6} {:>15} {:>8.1}", ours.pages, shares(&ours), ours.mean());
    print!("   {:>15} {:>8.1}", shares(&best), best.mean());
}

/// What a page costs in memory.
pub fn memory(rows: &[Row]) {
    let bytes: Vec<f64> = rows.iter().map(|row| row.bytes_a_pixel).collect();
    let most = bytes.iter().copied().fold(0.0, f64::max);
    println!("\nMEMORY: ours holds at most {most:.2} bytes a pixel at once, {:.2} at the median page", median(&bytes));
}
