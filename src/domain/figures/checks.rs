//! What a result sheet's figures should say of one another. A check that fails is a flag beside the figures, never a
//! refusal: the sheet is what it is, and the board that signed it corrects it by another version.

use super::Figures;

/// One check, by its number in the documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// (1) + (2) = (3).
    K1,
    /// (10) + (11) + (12) + (13) = (14).
    K2,
    /// (9) + (14) = (3).
    K3,
    /// All votes for choices = (9).
    K4,
    /// (7) + (8) = (9).
    K5,
    /// (4) − (5) = (6) + (10), where no mobile box is tied to this one.
    K6,
    /// More voted than are registered: lawful, and common by a few.
    K7,
    /// Nobody voted, although some are registered: a valid state.
    K8,
}

/// How much a failed check matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weight {
    /// For those who ask for it; it is no sign of a mistake.
    Information,
    /// The sheet contradicts itself in a detail.
    Flag,
    /// The totals contradict one another: shown first.
    Loud,
}

impl Check {
    /// Every check, in order.
    pub const ALL: [Self; 8] = [Self::K1, Self::K2, Self::K3, Self::K4, Self::K5, Self::K6, Self::K7, Self::K8];

    /// Its name in lists and answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::K1 => "K1",
            Self::K2 => "K2",
            Self::K3 => "K3",
            Self::K4 => "K4",
            Self::K5 => "K5",
            Self::K6 => "K6",
            Self::K7 => "K7",
            Self::K8 => "K8",
        }
    }

    /// How much it matters when it fails.
    pub fn weight(self) -> Weight {
        match self {
            Self::K3 | Self::K4 => Weight::Loud,
            Self::K1 | Self::K2 | Self::K5 => Weight::Flag,
            Self::K6 | Self::K7 | Self::K8 => Weight::Information,
        }
    }

    /// What has been found, for election users.
    pub fn turkish(self) -> &'static str {
        match self {
            Self::K1 => {
                "Listede yazılı olup oy kullananlar ile kanun gereği oy kullananların toplamı, oy kullanan seçmen sayısına eşit değil."
            }
            Self::K2 => {
                "Geçersiz zarf, pusula çıkmayan zarf, geçersiz ve hesaba katılmayan pusulaların toplamı, geçersiz oy toplamına eşit değil."
            }
            Self::K3 => "Geçerli ve geçersiz oyların toplamı, oy kullanan seçmen sayısına eşit değil.",
            Self::K4 => "Seçeneklere verilen oyların toplamı, geçerli oy toplamına eşit değil.",
            Self::K5 => "İtirazsız ve itiraz üzerine geçerli sayılan oyların toplamı, geçerli oy toplamına eşit değil.",
            Self::K6 => {
                "Sandıktan çıkan zarflardan fazla zarflar düşülünce kalan sayı, geçerli ve geçersiz zarfların toplamına eşit değil."
            }
            Self::K7 => {
                "Oy kullanan seçmen sayısı, listede yazılı seçmen sayısından fazla (görevliler kanun gereği oy kullanmış olabilir)."
            }
            Self::K8 => "Listede seçmen var, oy kullanan yok.",
        }
    }

    /// Both sides of the check, where all its figures are given: what adds up, and what it should come to.
    pub fn sides(self, figures: &Figures) -> Option<(i64, i64)> {
        let named = |figure: Option<u32>| figure.map(i64::from);
        let sheet = |no: u8| figures.sheet.get(&no).copied().map(i64::from);
        Some(match self {
            Self::K1 => (sheet(1)? + sheet(2)?, named(figures.voted)?),
            Self::K2 => (sheet(10)? + sheet(11)? + sheet(12)? + sheet(13)?, named(figures.invalid)?),
            Self::K3 => (named(figures.valid)? + named(figures.invalid)?, named(figures.voted)?),
            Self::K4 => (i64::try_from(figures.votes_together()?).ok()?, named(figures.valid)?),
            Self::K5 => (named(figures.valid_unobjected)? + named(figures.valid_objected)?, named(figures.valid)?),
            Self::K6 => (sheet(4)? - sheet(5)?, sheet(6)? + sheet(10)?),
            Self::K7 | Self::K8 => (named(figures.voted)?, named(figures.registered)?),
        })
    }

    /// Whether the figures fail it. A figure that is absent fails nothing.
    pub fn fails(self, figures: &Figures) -> bool {
        self.sides(figures).is_some_and(|(have, want)| match self {
            Self::K7 => have > want,
            Self::K8 => have == 0 && want > 0,
            _ => have != want,
        })
    }
}

/// Every check that the figures fail, in order.
pub fn checks(figures: &Figures) -> Vec<Check> {
    Check::ALL.into_iter().filter(|check| check.fails(figures)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sheet of a real box of 14 May 2023.
    fn acipayam() -> Figures {
        Figures {
            registered: Some(326),
            voted: Some(303),
            valid_unobjected: Some(299),
            valid_objected: Some(0),
            valid: Some(299),
            invalid: Some(4),
            sheet: [(1, 293), (2, 10), (4, 303), (5, 0), (6, 303), (10, 0), (11, 0), (12, 4), (13, 0)].into(),
            votes: [(1, 185), (2, 1), (3, 85), (4, 28)].into(),
        }
    }

    #[test]
    fn a_sheet_that_adds_up_has_no_flag_and_each_check_finds_its_own_mistake() {
        assert_eq!(checks(&acipayam()), []);
        let with = |change: &dyn Fn(&mut Figures)| {
            let mut figures = acipayam();
            change(&mut figures);
            checks(&figures)
        };
        assert_eq!(with(&|f| *f.sheet.get_mut(&1).unwrap() = 292), [Check::K1]);
        assert_eq!(with(&|f| *f.sheet.get_mut(&12).unwrap() = 3), [Check::K2]);
        assert_eq!(with(&|f| f.voted = Some(304)), [Check::K1, Check::K3]);
        assert_eq!(with(&|f| *f.votes.get_mut(&4).unwrap() = 27), [Check::K4]);
        assert_eq!(with(&|f| f.valid_objected = Some(1)), [Check::K5]);
        assert_eq!(with(&|f| *f.sheet.get_mut(&5).unwrap() = 1), [Check::K6]);
        assert_eq!(with(&|f| f.registered = Some(300)), [Check::K7]);
        let nobody = Figures { registered: Some(7), voted: Some(0), ..Figures::default() };
        assert_eq!(checks(&nobody), [Check::K8]);
    }

    #[test]
    fn an_absent_figure_fails_nothing_and_is_not_zero() {
        let votes_only = Figures { votes: acipayam().votes, ..Figures::default() };
        assert_eq!(checks(&votes_only), []);
        let no_votes = Figures { votes: [].into(), ..acipayam() };
        assert_eq!(checks(&no_votes), [], "votes that nobody typed do not add up to anything");
        let zero_votes = Figures { votes: [(1, 0)].into(), ..acipayam() };
        assert_eq!(checks(&zero_votes), [Check::K4]);
        let part = Figures { sheet: [(1, 293), (10, 7)].into(), ..acipayam() };
        assert_eq!(checks(&part), [], "half of a sum is no sum");
    }

    #[test]
    fn figures_as_large_as_a_line_may_hold_are_added_without_overflow() {
        let max = 1 << 31;
        let sheet = Figures::SHEET.iter().map(|no| (*no, max)).collect();
        let votes = (1..=600).map(|no| (no, max)).collect();
        let large = Some(max);
        let figures = Figures {
            registered: large,
            voted: large,
            valid_unobjected: large,
            valid_objected: large,
            valid: large,
            invalid: large,
            sheet,
            votes,
        };
        assert_eq!(checks(&figures), [Check::K1, Check::K2, Check::K3, Check::K4, Check::K5, Check::K6]);
    }

    #[test]
    fn every_check_has_a_name_and_a_sentence_of_its_own() {
        let sentences: std::collections::BTreeSet<_> = Check::ALL.iter().map(|check| check.turkish()).collect();
        assert_eq!(sentences.len(), 8);
        assert!(Check::ALL.iter().all(|check| check.turkish().ends_with('.') && check.name().starts_with('K')));
        assert!(Check::K3.weight() > Check::K5.weight() && Check::K5.weight() > Check::K7.weight());
    }
}
