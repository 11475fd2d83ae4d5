//! Circles: parts of a room that use each other. A file and the files of its own folder may; siblings may not, nor what is
//! below them.

use std::collections::{BTreeMap, BTreeSet};

use super::uses::Use;

/// Parts of one module that cannot be understood one after the other.
#[derive(Debug, PartialEq, Eq)]
pub struct Circle {
    /// The module whose parts they are.
    pub of: String,
    /// Their names.
    pub parts: BTreeSet<String>,
    /// Who uses whom among them, as it is written.
    pub uses: Vec<String>,
}

/// All circles. A use counts between the two parts of the innermost module that holds both files.
pub fn circles(uses: &[Use]) -> Vec<Circle> {
    let mut graphs: BTreeMap<&[String], Vec<(&str, &str, &Use)>> = BTreeMap::new();
    for one in uses {
        let common = one.from.iter().zip(&one.to).take_while(|(from, to)| from == to).count();
        let parts = (one.from.get(common), one.to.get(common));
        let (Some(from), Some(to)) = parts else { continue };
        if common == 0 {
            continue; // of two crates
        }
        graphs.entry(&one.from[..common]).or_default().push((from, to, one));
    }
    graphs.iter().flat_map(|(of, edges)| circles_of(&of.join("::"), edges)).collect()
}

fn circles_of(of: &str, edges: &[(&str, &str, &Use)]) -> Vec<Circle> {
    let mut direct: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (from, to, _) in edges {
        direct.entry(from).or_default().insert(to);
    }
    let mut reach: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for from in direct.keys() {
        let (mut seen, mut next) = (BTreeSet::new(), vec![*from]);
        while let Some(part) = next.pop() {
            next.extend(direct.get(part).into_iter().flatten().filter(|to| seen.insert(**to)));
        }
        reach.insert(from, seen);
    }
    let reaches = |from: &str, to: &str| reach.get(from).is_some_and(|seen| seen.contains(to));
    let mut found: Vec<Circle> = Vec::new();
    for part in reach.keys().filter(|part| reaches(part, part)) {
        if found.iter().any(|circle| circle.parts.contains(*part)) {
            continue;
        }
        let same = reach.keys().filter(|other| reaches(part, other) && reaches(other, part));
        let parts: BTreeSet<String> = same.map(|part| (*part).to_owned()).collect();
        let inside = edges.iter().filter(|(from, to, _)| parts.contains(*from) && parts.contains(*to));
        let uses =
            inside.map(|(_, _, one)| format!("{} uses {} by {}", one.from.join("::"), one.to.join("::"), one.written));
        found.push(Circle { of: of.to_owned(), uses: uses.collect(), parts });
    }
    found
}

#[test]
fn a_circle_is_found_through_any_number_of_files() {
    let path = |text: &str| text.split("::").map(str::to_owned).collect::<Vec<_>>();
    let uses = |pairs: &[(&str, &str)]| {
        let one = |(from, to): &(&str, &str)| Use { from: path(from), to: path(to), written: (*to).to_owned() };
        pairs.iter().map(one).collect::<Vec<_>>()
    };
    let sound =
        [("t::a", "t::a::b"), ("t::a::b", "t::a"), ("t::a::b", "t::a::c"), ("t::d", "t::a::c"), ("u::a", "t::a")];
    assert_eq!(circles(&uses(&sound)), []);
    let round = [&sound[..], &[("t::a::c", "t::e"), ("t::e::f", "t::d")]].concat();
    let found = circles(&uses(&round));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].of, "t");
    assert_eq!(found[0].parts, ["a", "d", "e"].map(str::to_owned).into());
}
