//! What becomes of a sound scan: linked, parked, known, a new revision or a new page. One function, no state.
//!
//! It must never guess. The ledger calls it inside its transaction, with the entries as of that moment.

use super::{Claim, Earlier, Finding, ParkReason, Pixels, Precedents, Ruling};
use crate::domain::Form;

/// The rules, in their order:
///
/// 1. A page without one known form of the sender's own is parked, with the reason.
/// 2. The same bytes for the same outcome are known: an upload may be repeated for ever.
/// 3. The same bytes that another form has already are parked, with an alarm.
/// 4. What the same board had sent before and we had to park is resolved, once its form is known.
/// 5. What `replaces` names gets the next revision of that page.
/// 6. A form of many pages gets a new page, any other a new revision.
/// 7. But what nobody could read for want of pixels is parked, be it the first, and so is what is far smaller than the scan on
///    file.
pub fn rule(claim: &Claim, precedents: &Precedents) -> Ruling {
    decide(claim, precedents, |precedents, page| is_illegible(claim, precedents) || is_far_smaller(precedents, page))
}

/// The rules for what two people link by hand: they have seen how small it is.
pub fn rule_by_hand(claim: &Claim, precedents: &Precedents) -> Ruling {
    decide(claim, precedents, |_, _| false)
}

fn decide(claim: &Claim, precedents: &Precedents, is_too_small: impl Fn(&Precedents, u32) -> bool) -> Ruling {
    let own = |earlier: &&Earlier| earlier.board == claim.board;
    let form = match &claim.finding {
        Finding::NoCode => Err(ParkReason::NoCode),
        Finding::Unknown(_) => Err(ParkReason::UnknownCode),
        Finding::Disagree(_) => Err(ParkReason::CodesDisagree),
        Finding::Form { own: false, .. } => Err(ParkReason::OtherBoard),
        Finding::Form { own: true, form, .. } => Ok(form),
    };
    let form = match form {
        Ok(form) => form,
        Err(reason) => {
            // Whatever was made of these bytes when this board sent them first still holds.
            return match precedents.same_bytes.iter().rfind(own) {
                Some(earlier) => Ruling::Known { position: earlier.position },
                None => Ruling::Parked(reason),
            };
        }
    };
    let key = form.key();
    let linked = |earlier: &&Earlier| earlier.form.as_ref() == Some(&key);
    if let Some(earlier) = precedents.same_bytes.iter().rfind(linked) {
        return Ruling::Known { position: earlier.position };
    }
    let elsewhere = precedents.same_bytes.iter().any(|earlier| earlier.form.is_some());
    let alarmed = |earlier: &&Earlier| own(earlier) && earlier.parked == Some(ParkReason::SameBytesOtherForm);
    match precedents.same_bytes.iter().rfind(alarmed) {
        Some(earlier) => return Ruling::Known { position: earlier.position },
        None if elsewhere => return Ruling::Parked(ParkReason::SameBytesOtherForm),
        None => {}
    }
    let (page, revision) = place(form, claim, precedents);
    // A new page of a form of many is held against the pages that are there.
    let beside = if revision > 1 { page } else { page.saturating_sub(1) };
    if is_too_small(precedents, beside) {
        return match precedents.same_bytes.iter().rfind(own) {
            Some(earlier) => Ruling::Known { position: earlier.position },
            None => Ruling::Parked(ParkReason::TooSmall),
        };
    }
    if precedents.same_bytes.iter().any(|earlier| own(&earlier)) {
        Ruling::Resolved { page, revision }
    } else {
        Ruling::Linked { page, revision }
    }
}

/// Pixels of a karekod's module below which nobody reads what was written: 53 dpi. The smallest picture of a real form that
/// people read, 578 by 720 pixels, has 1.42; offices scan at 150 dpi and more, which gives 4. Karekods are read from 1.0
/// on, so that one was read says nothing of the rest.
const LEAST_MODULE: f32 = 1.38;
/// The same of a picture that is smaller than that one: the thumbnails of a NAS that have 640 pixels have modules of 1.47.
const LEAST_MODULE_OF_SMALL: f32 = 1.6;
/// The longer side of that picture.
const SMALL: u32 = 720;
/// The longer side of a page below which it cannot be read, where no karekod tells how finely it was scanned: A4 at 40 dpi.
const LEAST_SIDE: u32 = 480;

/// Whether there are too few pixels for a form, whatever else there is.
fn is_illegible(claim: &Claim, precedents: &Precedents) -> bool {
    let longer = precedents.pixels.map_or(u32::MAX, Pixels::longer);
    match claim.module {
        Some(module) => module < if longer < SMALL { LEAST_MODULE_OF_SMALL } else { LEAST_MODULE },
        None => longer < LEAST_SIDE,
    }
}

/// The longer side of an A4 page at 120 dpi: what is larger can be read, however large the one before was.
const READABLE: u32 = 1403;

/// Whether the scan is far smaller than the newest one of a page: each side three fifths of its at most, and too small to
/// be read. Thumbnails are; another dpi of a scanner is not.
fn is_far_smaller(precedents: &Precedents, page: u32) -> bool {
    let newest =
        precedents.on_file.iter().filter(|on_file| on_file.page == page).max_by_key(|on_file| on_file.revision);
    let (Some(there), Some(new)) = (newest.and_then(|on_file| on_file.pixels), precedents.pixels) else { return false };
    let small = |new: u32, there: u32| u64::from(new) * 5 <= u64::from(there) * 3;
    new.longer() < READABLE && small(new.longer(), there.longer()) && small(new.shorter(), there.shorter())
}

/// Which page and revision of its form the scan becomes.
fn place(form: &Form, claim: &Claim, precedents: &Precedents) -> (u32, u32) {
    // Where the same bytes were two pages after one another, taken back between, the last counts.
    let replaced = precedents.on_file.iter().rfind(|on_file| Some(on_file.digest) == claim.replaces);
    let last_page = precedents.on_file.iter().map(|on_file| on_file.page).max();
    let page = match (replaced, last_page) {
        (Some(on_file), _) => on_file.page,
        (None, Some(last)) if form.many_pages => last + 1,
        (None, Some(last)) => last,
        (None, None) => 1,
    };
    let revisions = precedents.on_file.iter().filter(|on_file| on_file.page == page).map(|on_file| on_file.revision);
    (page, revisions.max().unwrap_or(0) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::routing::OnFile;
    use crate::domain::{BoardId, Digest, FormKey, FormKind, Race};

    fn form(sandik: u32, many_pages: bool) -> Form {
        Form {
            code: "1090000001".parse().unwrap(),
            kind: if many_pages { FormKind::Cetvel } else { FormKind::Sonuc },
            race: Some(Race::President),
            sandik: Some(sandik),
            place: "m1".parse().unwrap(),
            directory: "34-istanbul/kadikoy-1".into(),
            nearest_board: None,
            many_pages,
        }
    }

    fn board(name: &str) -> BoardId {
        name.parse().unwrap()
    }

    fn earlier(position: u64, by: &str, form: Option<FormKey>, parked: Option<ParkReason>) -> Earlier {
        Earlier { position, board: board(by), form, parked }
    }

    fn on_file(page: u32, revision: u32) -> OnFile {
        OnFile {
            page,
            revision,
            digest: Digest::of(&[page as u8, revision as u8]),
            pixels: Some(Pixels { width: 1654, height: 2339 }),
        }
    }

    #[test]
    fn every_claim_meets_the_rule_that_is_written() {
        use ParkReason as P;
        use Ruling::{Known, Linked, Parked, Resolved};
        let own = |form| Finding::Form { form, own: true, strange: vec![] };
        let single = || own(form(1, false));
        let many = || own(form(1, true));
        let key = form(1, false).key();
        let other = form(2, false).key();
        let code = || vec!["1090000001".parse().unwrap()];
        let first_page = Digest::of(&[1, 1]);
        type Row = (&'static str, Finding, Option<Digest>, Vec<Earlier>, Vec<OnFile>, Ruling);
        let rows: Vec<Row> = vec![
            ("first scan of a form", single(), None, vec![], vec![], Linked { page: 1, revision: 1 }),
            ("no code", Finding::NoCode, None, vec![], vec![], Parked(P::NoCode)),
            ("unknown code", Finding::Unknown(code()), None, vec![], vec![], Parked(P::UnknownCode)),
            ("codes disagree", Finding::Disagree(code()), None, vec![], vec![], Parked(P::CodesDisagree)),
            (
                "another board's box",
                Finding::Form { form: form(1, false), own: false, strange: vec![] },
                None,
                vec![],
                vec![],
                Parked(P::OtherBoard),
            ),
            (
                "same bytes again",
                single(),
                None,
                vec![earlier(4, "a", Some(key.clone()), None)],
                vec![on_file(1, 1)],
                Known { position: 4 },
            ),
            (
                "same bytes from the district's other board",
                single(),
                None,
                vec![earlier(4, "b", Some(key.clone()), None)],
                vec![on_file(1, 1)],
                Known { position: 4 },
            ),
            (
                "parked bytes again",
                Finding::NoCode,
                None,
                vec![earlier(5, "a", None, Some(P::NoCode))],
                vec![],
                Known { position: 5 },
            ),
            (
                "bytes that another board had parked",
                Finding::NoCode,
                None,
                vec![earlier(5, "b", None, Some(P::NoCode))],
                vec![],
                Parked(P::NoCode),
            ),
            (
                "other bytes of the same form",
                single(),
                None,
                vec![],
                vec![on_file(1, 1)],
                Linked { page: 1, revision: 2 },
            ),
            (
                "third revision",
                single(),
                None,
                vec![],
                vec![on_file(1, 2), on_file(1, 1)],
                Linked { page: 1, revision: 3 },
            ),
            (
                "another scan of a many-page form",
                many(),
                None,
                vec![],
                vec![on_file(1, 1)],
                Linked { page: 2, revision: 1 },
            ),
            (
                "a many-page form's page replaced",
                many(),
                Some(first_page),
                vec![],
                vec![on_file(1, 1), on_file(2, 1)],
                Linked { page: 1, revision: 2 },
            ),
            (
                "replacing what is not this form's",
                many(),
                Some(Digest::of(b"?")),
                vec![],
                vec![on_file(1, 1)],
                Linked { page: 2, revision: 1 },
            ),
            (
                "same bytes for another form",
                single(),
                None,
                vec![earlier(7, "a", Some(other.clone()), None)],
                vec![],
                Parked(P::SameBytesOtherForm),
            ),
            (
                "the same alarm again",
                single(),
                None,
                vec![earlier(7, "a", Some(other), None), earlier(8, "a", None, Some(P::SameBytesOtherForm))],
                vec![],
                Known { position: 8 },
            ),
            (
                "a code that became known",
                single(),
                None,
                vec![earlier(9, "a", None, Some(P::UnknownCode))],
                vec![],
                Resolved { page: 1, revision: 1 },
            ),
            (
                "what another board had parked",
                single(),
                None,
                vec![earlier(9, "b", None, Some(P::OtherBoard))],
                vec![],
                Linked { page: 1, revision: 1 },
            ),
        ];
        for (name, finding, replaces, same_bytes, on_file, expected) in rows {
            let claim = Claim { digest: Digest::of(b"scan"), board: board("a"), finding, replaces, module: None };
            assert_eq!(rule(&claim, &Precedents { same_bytes, on_file, pixels: None }), expected, "{name}");
        }
    }

    #[test]
    fn a_thumbnail_is_no_revision_and_another_resolution_is_one() {
        let claim = |many| Claim {
            digest: Digest::of(b"scan"),
            board: board("a"),
            finding: Finding::Form { form: form(1, many), own: true, strange: vec![] },
            replaces: None,
            module: None,
        };
        let pixels = |width, height| Some(Pixels { width, height });
        let ruled = |many, pixels, on_file: Vec<OnFile>, same_bytes: Vec<Earlier>| {
            rule(&claim(many), &Precedents { same_bytes, on_file, pixels })
        };
        let small = Ruling::Parked(ParkReason::TooSmall);
        let revision = Ruling::Linked { page: 1, revision: 2 };
        // 120, 320, 640 and 1280 pixels are the thumbnails of a NAS; a quarter turn changes nothing.
        for (width, height) in [(85, 120), (226, 320), (453, 640), (905, 1280), (1280, 905), (827, 1169)] {
            assert_eq!(ruled(false, pixels(width, height), vec![on_file(1, 1)], vec![]), small, "{width}x{height}");
        }
        for (width, height) in [(1654, 2339), (2480, 3508), (1240, 1754), (1000, 1414), (1654, 900), (900, 2000)] {
            assert_eq!(ruled(false, pixels(width, height), vec![on_file(1, 1)], vec![]), revision, "{width}x{height}");
        }
        let photograph = OnFile { pixels: pixels(4960, 7016), ..on_file(1, 1) };
        assert_eq!(ruled(false, pixels(1654, 2339), vec![photograph], vec![]), revision, "600 dpi before, 200 dpi now");
        let first = Ruling::Linked { page: 1, revision: 1 };
        assert_eq!(ruled(false, pixels(226, 320), vec![], vec![]), small, "nor the first scan");
        assert_eq!(ruled(false, pixels(578, 720), vec![], vec![]), first, "the smallest that people read");
        let by_code = |module, pixels| {
            let claim = Claim { module: Some(module), ..claim(false) };
            rule(&claim, &Precedents { pixels, ..Precedents::default() })
        };
        // As measured on forms of A4 and A3 made small, and on the smallest real picture.
        for (module, width, height) in [(1.0, 339, 480), (1.25, 396, 560), (1.47, 453, 640), (1.25, 800, 566)] {
            assert_eq!(by_code(module, pixels(width, height)), small, "{width}x{height}");
        }
        for (module, width, height) in [(1.42, 578, 720), (2.03, 1280, 905), (2.1, 900, 900), (5.0, 300, 300)] {
            assert_eq!(by_code(module, pixels(width, height)), first, "{width}x{height}");
        }
        assert_eq!(ruled(false, None, vec![on_file(1, 1)], vec![]), revision, "an entry that does not say");
        assert_eq!(ruled(true, pixels(226, 320), vec![on_file(1, 1)], vec![]), small, "nor is it another page");
        let again = vec![earlier(5, "a", None, Some(ParkReason::TooSmall))];
        let known = Ruling::Known { position: 5 };
        assert_eq!(ruled(false, pixels(226, 320), vec![on_file(1, 1)], again.clone()), known, "sent again");
        let precedents = Precedents { same_bytes: again, on_file: vec![on_file(1, 1)], pixels: pixels(226, 320) };
        assert_eq!(rule_by_hand(&claim(false), &precedents), Ruling::Resolved { page: 1, revision: 2 });
    }
}
