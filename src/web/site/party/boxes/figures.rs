//! The figures of a box for one race: every version beside the one before it, cell by cell, with what does not agree.

use super::super::results::{FIGURES, number};
use crate::domain::figures::checks;
use crate::domain::{BoxId, Race};
use crate::results::ties::NewestResult;
use crate::results::{Row, Version};
use crate::web::Services;
use crate::web::problem::Problem;
use crate::web::site::page::time;

/// Versions that stand side by side; older ones are in the list of changes.
const BESIDE: usize = 6;

/// A version, at the head of its column.
pub(super) struct Heading {
    pub version: u32,
    pub came: String,
    /// Why it changed; empty for a first version.
    pub reason: String,
    pub void: bool,
    /// Whether it counts.
    pub newest: bool,
    /// Sentences about figures that do not agree.
    pub remarks: Vec<&'static str>,
}

/// A figure in one version.
pub(super) struct Cell {
    pub figure: String,
    /// Whether it is another one than in the version before.
    pub changed: bool,
}

/// A figure or choice in every version.
pub(super) struct FigureLine {
    pub name: String,
    pub full: String,
    pub cells: Vec<Cell>,
}

/// All that was entered for a box and race.
pub(super) struct BoxFigures {
    pub versions: Vec<Heading>,
    pub lines: Vec<FigureLine>,
    /// Versions that are older than those that are shown.
    pub older: usize,
    /// Lines that are kept without being in force: their versions, when they came.
    pub held: Vec<(u32, String)>,
    pub newest: Option<NewestResult>,
}

/// Reads what was entered for a box and race; none where nothing was.
pub(super) async fn of_box(services: &Services, box_id: &BoxId, race: Race) -> Result<Option<BoxFigures>, Problem> {
    let entered = services.results.versions(box_id, race).await?;
    if entered.is_empty() {
        return Ok(None);
    }
    let (in_force, held): (Vec<Version>, Vec<Version>) = entered.into_iter().partition(|one| one.held.is_none());
    let older = in_force.len().saturating_sub(BESIDE);
    let shown = &in_force[older..];
    let newest = in_force.iter().find(|one| one.newest && !one.row.result.void);
    Ok(Some(BoxFigures {
        lines: lines(&shown.iter().map(|one| &one.row).collect::<Vec<_>>()),
        versions: shown.iter().map(heading).collect(),
        older,
        held: held.iter().map(|one| (one.row.result.version, time(one.row.at.as_millisecond()))).collect(),
        newest: newest.map(|one| NewestResult { position: one.row.position, version: one.row.result.version }),
    }))
}

fn heading(one: &Version) -> Heading {
    let result = &one.row.result;
    let reason = match (one.row.reason(), result.version) {
        (Some(reason), _) => reason,
        (None, 1) => String::new(),
        (None, _) => "neden yazılmamış".to_owned(),
    };
    Heading {
        version: result.version,
        came: time(one.row.at.as_millisecond()),
        reason,
        void: result.void,
        newest: one.newest,
        remarks: match result.void {
            true => Vec::new(),
            false => checks(&result.figures).into_iter().map(|check| check.turkish()).collect(),
        },
    }
}

/// The figures that every sheet has, then the choices in the order of the ballot.
fn lines(rows: &[&Row]) -> Vec<FigureLine> {
    let figure = |at: usize, name: &str| {
        let of = |row: &&Row| row.result.figures.named()[at].1;
        line(name.to_owned(), String::new(), rows.iter().map(of))
    };
    let mut lines: Vec<FigureLine> = FIGURES.iter().map(|(at, name)| figure(*at, name)).collect();
    let mut choices: Vec<u16> = rows.iter().flat_map(|row| row.result.figures.votes.keys().copied()).collect();
    choices.extend(rows.iter().flat_map(|row| row.ballot.iter().flat_map(|ballot| ballot.iter().map(|one| one.no))));
    choices.sort_unstable();
    choices.dedup();
    for no in choices {
        let choice = rows.iter().find_map(|row| row.choice(no));
        let name = choice.map_or_else(|| format!("Seçenek {no}"), |choice| choice.short_name.clone());
        let full = choice.map(|choice| choice.name.clone()).unwrap_or_default();
        lines.push(line(name, full, rows.iter().map(|row| row.result.figures.votes.get(&no).copied())));
    }
    lines
}

fn line(name: String, full: String, figures: impl Iterator<Item = Option<u32>>) -> FigureLine {
    let mut before: Option<Option<u32>> = None;
    let cell = |figure: Option<u32>| {
        let changed = before.is_some_and(|before| before != figure);
        before = Some(figure);
        Cell { figure: number(figure.map(u64::from)), changed }
    };
    FigureLine { name, full, cells: figures.map(cell).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_another_figure_than_before_is_marked() {
        let line = line("A".to_owned(), String::new(), [Some(1), Some(1), Some(2), None, None].into_iter());
        let marked: Vec<bool> = line.cells.iter().map(|cell| cell.changed).collect();
        assert_eq!(marked, [false, false, true, true, false]);
    }
}
