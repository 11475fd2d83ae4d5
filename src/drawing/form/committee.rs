//! The signatures at the foot: who has to sign which kind of form. It must leave the place of the lower code free.

use crate::blank::{Blank, Entry};
use crate::face::FaceKind;
use crate::font::Lettering;
use crate::form::furniture::{COMMITTEE_FROM_BOTTOM, MARGIN, QUIET, right_of_codes};
use crate::paper::Area;
use crate::sheet::Sheet;
use crate::sheet::print::Align;

/// The strip "do not scribble" stands this far to the left of the code's quiet zone, in mm.
const WARNING_STRIP: f32 = 4.0;

fn roles(kind: FaceKind) -> &'static [&'static str] {
    match kind {
        FaceKind::Sonuc | FaceKind::Cetvel => &["BAŞKAN", "ÜYE (MEMUR)", "ÜYE", "ÜYE", "ÜYE", "ÜYE", "ÜYE"],
        FaceKind::Denetim | FaceKind::BirlestirmeKurul | FaceKind::BirlestirmeIlce => {
            &["BAŞKAN (HÂKİM)", "ÜYE", "ÜYE", "ÜYE", "ÜYE", "ÜYE", "ÜYE"]
        }
        FaceKind::BirlestirmeIl => &["BAŞKAN (HÂKİM)", "ÜYE (HÂKİM)", "ÜYE (HÂKİM)", "KURUL MÜDÜRÜ"],
    }
}

/// Prints a place to sign for each member, and one for the stamp.
pub fn print_committee(sheet: &mut Sheet, kind: FaceKind) -> Vec<Blank> {
    const NAME_HEIGHT: f32 = 5.0;
    let paper = sheet.paper();
    let right = right_of_codes(paper) - WARNING_STRIP - QUIET;
    let top = paper.height - COMMITTEE_FROM_BOTTOM;
    let whole = Area::new(MARGIN, top, right - MARGIN, COMMITTEE_FROM_BOTTOM - 11.0);
    let roles = roles(kind);
    let mut blanks = Vec::new();
    for (role, place) in roles.iter().zip(whole.columns(&vec![1.0; roles.len()])) {
        let place = place.inset(1.0, 0.0);
        sheet.text(place.band(0.0, 3.6), role, Lettering::bold(6.6), Align::Centre);
        sheet.text(place.band(3.6, 6.4), "Adı Soyadı", Lettering::plain(5.0), Align::Centre);
        let name = place.band(7.0, 7.0 + NAME_HEIGHT);
        sheet.dotted(name.left, name.right(), name.bottom());
        blanks.push(Blank { area: name, entry: Entry::Name });
        let signature = place.band(15.0, whole.height);
        sheet.text(place.band(12.4, 15.0), "İmza", Lettering::plain(5.0), Align::Centre);
        blanks.push(Blank { area: signature, entry: Entry::Signature });
    }
    let (middle, _) = whole.centre();
    blanks.push(Blank { area: Area::new(middle - 17.0, top + 4.0, 34.0, 34.0), entry: Entry::Stamp });
    blanks
}
