//! The damages a command line asks for, and the pages that makes. It must leave to the drawing room what a damage is.

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::drawing::Damage;

/// What stands for every kind, or for every level.
const ALL: &str = "all";

/// Damage on top of what offices send.
#[derive(Debug, Args)]
pub struct Damages {
    /// Damages the pages, both codes where it can: a set on which readers of karekods can be measured. With `all`, the
    /// kinds and levels are gone through in turn, and --count is for each of them.
    ///
    /// Each page is of another form as long as there are forms; then karekods come again on other pages. Files are
    /// named {karekod}.{kind}-{level}.png, or {karekod}.{kind}-{level}-{seed}.png when the karekod comes again.
    #[arg(long, value_name = "KIND", value_parser = kinds())]
    damage: Option<Kinds>,
    /// How bad the damage is, from 1 (mild) to 5 (a good reader loses about a third of the codes).
    #[arg(long, requires = "damage", default_value = ALL, value_parser = levels())]
    level: Levels,
}

/// One kind or all of them.
#[derive(Clone, Debug)]
struct Kinds(Vec<Damage>);

/// One level or all of them.
#[derive(Clone, Debug)]
struct Levels(Vec<u8>);

fn kinds() -> impl TypedValueParser<Value = Kinds> {
    let named = Damage::ALL.map(|kind| PossibleValue::new(kind.name()).help(kind.meaning()));
    let all = PossibleValue::new(ALL).help("Every kind in turn.");
    PossibleValuesParser::new(std::iter::once(all).chain(named))
        .map(|name| Kinds(Damage::ALL.into_iter().filter(|kind| name == ALL || name == kind.name()).collect()))
}

/// The levels as they are typed; the command line takes only names that are known beforehand.
const LEVELS: [&str; Damage::LEVELS as usize] = ["1", "2", "3", "4", "5"];

fn levels() -> impl TypedValueParser<Value = Levels> {
    PossibleValuesParser::new(std::iter::once(ALL).chain(LEVELS)).map(|name| {
        let named = (1..).zip(LEVELS).filter(|(_, level)| name == ALL || name == *level);
        Levels(named.map(|(level, _)| level).collect())
    })
}

impl Damages {
    /// Kind and level of every page, `count` of each in a row; nothing when no damage was asked for.
    pub fn pages(&self, count: usize) -> Option<Vec<(Damage, u8)>> {
        let Kinds(kinds) = self.damage.as_ref()?;
        let of_kind = |&kind: &Damage| self.level.0.iter().map(move |&level| (kind, level));
        Some(kinds.iter().flat_map(of_kind).flat_map(|page| std::iter::repeat_n(page, count)).collect())
    }
}
