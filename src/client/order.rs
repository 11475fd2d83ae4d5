//! What is fetched first, and what is fetched at all.

use crate::domain::naming;

/// A party's wishes. Names are compared as [`naming::slug`] spells them, so `İstanbul` and `istanbul` are one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// Provinces: plate, name, or both as in the tree: `34`, `istanbul`, `34-istanbul`.
    pub il: Vec<String>,
    /// Districts: the name, or with the board's number as in the tree: `kadikoy`, `kadikoy-1`.
    pub ilce: Vec<String>,
    /// Kinds of form: `sonuc`, `cetvel`, `birlestirme-il` …
    pub kind: Vec<String>,
    /// Nothing else at all; else what was named comes first and the rest after it.
    pub only: bool,
    /// From the newest entry backwards.
    pub newest_first: bool,
}

/// What is fetched in one go through all entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// What was named.
    Named,
    /// The rest.
    Rest,
}

impl Order {
    /// The goes, in their order.
    pub fn passes(&self) -> &'static [Pass] {
        let names = !(self.il.is_empty() && self.ilce.is_empty() && self.kind.is_empty());
        match (names, self.only) {
            (true, false) => &[Pass::Named, Pass::Rest],
            _ => &[Pass::Named],
        }
    }

    /// Whether the scan at `path` is fetched in `pass`.
    pub fn takes(&self, path: &str, pass: Pass) -> bool {
        self.names(path) == (pass == Pass::Named)
    }

    /// Whether the scan at `path` is fetched at all.
    pub fn wants(&self, path: &str) -> bool {
        !self.only || self.names(path)
    }

    /// The wishes that decide what is fetched at all, in one spelling: what a copy's notes are good for.
    pub fn wanted(&self) -> String {
        if !self.only {
            return String::new();
        }
        let list = |names: &[String]| {
            let mut names: Vec<String> = names.iter().map(|name| naming::slug(name)).collect();
            names.sort();
            names.dedup();
            names.join(",")
        };
        format!("il={};ilce={};kind={}", list(&self.il), list(&self.ilce), list(&self.kind))
    }

    /// The wishes that [`Order::wanted`] spelt.
    pub fn from_wanted(text: &str) -> Self {
        let mut order = Self { only: !text.is_empty(), ..Self::default() };
        for (name, list) in text.split(';').filter_map(|part| part.split_once('=')) {
            let names = list.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
            match name {
                "il" => order.il = names,
                "ilce" => order.ilce = names,
                "kind" => order.kind = names,
                _ => {}
            }
        }
        order
    }

    fn names(&self, path: &str) -> bool {
        let mut levels = path.split('/').skip(1);
        let (il, ilce) = (levels.next().unwrap_or(""), levels.next().unwrap_or(""));
        any(&self.il, |name| il == name || halves(il).is_some_and(|(plate, rest)| name == plate || name == rest))
            && any(&self.ilce, |name| {
                let board =
                    ilce.rsplit_once('-').filter(|(_, number)| number.bytes().all(|byte| byte.is_ascii_digit()));
                ilce == name || board.is_some_and(|(district, _)| district == name)
            })
            && any(&self.kind, |name| kind_of(path).is_some_and(|kind| is_kind(kind, name)))
    }
}

fn any(wishes: &[String], fits: impl Fn(&str) -> bool) -> bool {
    wishes.is_empty() || wishes.iter().any(|wish| fits(&naming::slug(wish)))
}

fn halves(il: &str) -> Option<(&str, &str)> {
    il.split_once('-').filter(|(plate, _)| plate.bytes().all(|byte| byte.is_ascii_digit()))
}

/// `3069-cb-sonuc` of `…/3069-cb-sonuc-1.v1.png`: box, race and kind.
fn kind_of(path: &str) -> Option<&str> {
    let (stem, _) = naming::split(path).1.rsplit_once(".v")?;
    stem.rsplit_once('-').map(|(kind, _page)| kind)
}

fn is_kind(stem: &str, kind: &str) -> bool {
    stem == kind || stem.strip_suffix(kind).is_some_and(|before| before.ends_with('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOX: &str = "tutanaklar/34-istanbul/kadikoy-1/caferaga-mah/3069-cb-sonuc-1.v1.png";
    const MERGED: &str = "tutanaklar/06-ankara/cb-birlestirme-il-1.v2.png";

    fn order(il: &[&str], ilce: &[&str], kind: &[&str], only: bool) -> Order {
        let list = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Order { il: list(il), ilce: list(ilce), kind: list(kind), only, newest_first: false }
    }

    #[test]
    fn places_and_kinds_are_named_as_people_name_them() {
        for name in ["34", "İstanbul", "istanbul", "34-istanbul"] {
            assert!(order(&[name], &[], &[], true).wants(BOX), "{name}");
            assert!(!order(&[name], &[], &[], true).wants(MERGED), "{name}");
        }
        assert!(order(&["34"], &["Kadıköy"], &["sonuc"], true).wants(BOX));
        assert!(order(&[], &["kadikoy-1"], &[], true).wants(BOX));
        assert!(!order(&[], &["kadikoy-2"], &[], true).wants(BOX));
        assert!(!order(&[], &[], &["onuc"], true).wants(BOX));
        assert!(order(&[], &[], &["birlestirme-il", "sonuc"], true).wants(MERGED));
        assert!(!order(&[], &[], &["birlestirme"], true).wants(MERGED));
    }

    #[test]
    fn what_is_named_comes_first_and_the_rest_after_it_unless_it_is_only_that() {
        let first = order(&["34"], &[], &[], false);
        assert_eq!(first.passes(), [Pass::Named, Pass::Rest]);
        assert!(first.takes(BOX, Pass::Named) && first.takes(MERGED, Pass::Rest) && first.wants(MERGED));
        assert_eq!(order(&["34"], &[], &[], true).passes(), [Pass::Named]);
        assert_eq!(order(&[], &[], &[], false).passes(), [Pass::Named]);
        let only = order(&["İstanbul", "06"], &[], &["sonuc"], true);
        assert_eq!(only.wanted(), "il=06,istanbul;ilce=;kind=sonuc");
        assert_eq!(Order::from_wanted(&only.wanted()).wanted(), only.wanted());
        assert!(Order::from_wanted("").wants(MERGED));
    }
}
