//! Whether each stage of ours earns its milliseconds.

use tutanak::reading::Stage;

use crate::compare::Row;
use crate::score::{mean, percent};

/// For each stage, in the order of the search: who comes there, who is read there, and what it costs.
pub fn table(rows: &[Row]) {
    println!(
        "\nSTAGES of ours: pages that came there, pages first read there, share read so far; ms of the stage for a page"
    );
    println!("that came there and for any page, and ms spent there for each page it read (elapsed, not CPU)");
    let heads = ["came", "read", "so far", "ms", "any page", "a read one"];
    println!(
        "{:<12} {:>6} {:>6} {:>8} {:>8} {:>9} {:>11}",
        "", heads[0], heads[1], heads[2], heads[3], heads[4], heads[5]
    );
    let decoding = mean(&rows.iter().map(|row| row.decoding).collect::<Vec<f64>>());
    println!("{:<12} {:>6} {:>6} {:>8} {decoding:>8.2} {decoding:>9.2}", "PNG (CPU)", rows.len(), "", "");
    let mut stages: Vec<Stage> = rows.iter().flat_map(|row| row.spent.iter().map(|spent| spent.stage)).collect();
    stages.extend(rows.iter().filter_map(|row| row.stage));
    stages.sort();
    stages.dedup();
    let mut so_far = 0;
    for stage in stages {
        let times: Vec<f64> = rows.iter().filter_map(|row| time_in(row, stage)).collect();
        let read = rows.iter().filter(|row| row.stage == Some(stage)).count();
        so_far += read;
        let all: f64 = times.iter().sum();
        print!("{:<12} {:>6} {read:>6} {:>6.1} %", format!("{stage:?}"), times.len(), percent(so_far, rows.len()));
        print!(" {:>8.2} {:>9.2}", mean(&times), all / rows.len().max(1) as f64);
        println!(" {:>11}", if read > 0 { format!("{:.1}", all / read as f64) } else { "-".to_owned() });
    }
}

/// Milliseconds that a page spent in a stage. `None` when it never came there.
fn time_in(row: &Row, stage: Stage) -> Option<f64> {
    let mut times = row.spent.iter().filter(|spent| spent.stage == stage).map(|spent| f64::from(spent.ms)).peekable();
    times.peek()?;
    Some(times.sum())
}
