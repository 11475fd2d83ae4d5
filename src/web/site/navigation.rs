//! The links at the head of every page, by what somebody is.

use crate::access::{Class, Principal};

/// A link to a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub address: &'static str,
    pub name: &'static str,
}

const fn link(address: &'static str, name: &'static str) -> Link {
    Link { address, name }
}

const ACCOUNT: Link = link("/hesap", "Hesap");
const ACCESSES: Link = link("/hesap/erisimler", "Erişimlerim");
const PASSWORD: Link = link("/parola", "Parola");

const BEFORE_THE_FIRST_CHANGE: &[Link] = &[PASSWORD];
const PARTY: &[Link] = &[
    link("/anasayfa", "Ana sayfa"),
    link("/sonuclar", "Sonuçlar"),
    link("/tutanaklar", "Tutanaklar"),
    link("/sandik", "Sandık bul"),
    ACCOUNT,
    ACCESSES,
    PASSWORD,
];
const BOARD: &[Link] = &[
    link("/kurul", "Gönder"),
    link("/kurul/eksikler", "Eksikler"),
    link("/kurul/eslesmeyenler", "Eşleşmeyenler"),
    ACCOUNT,
    ACCESSES,
    PASSWORD,
];
const OPERATOR: &[Link] = &[ACCOUNT, PASSWORD];
const AUDITOR: &[Link] = &[ACCOUNT, link("/denetim", "Denetim"), PASSWORD];

/// The pages that somebody may open.
pub(super) fn of(principal: &Principal) -> &'static [Link] {
    if principal.must_change {
        return BEFORE_THE_FIRST_CHANGE;
    }
    match principal.class {
        Class::Party | Class::OutsideParty | Class::Candidate | Class::IndependentCandidate => PARTY,
        Class::Board => BOARD,
        // Only a person has a session; a feed has none.
        Class::Feed => &[],
        Class::Operator => OPERATOR,
        Class::Auditor => AUDITOR,
    }
}
