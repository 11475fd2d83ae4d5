//! The printed form: one layout for each kind, each leaving blanks. It must never write into a blank, and what it prints
//! must depend on nothing but the face.

mod check;
mod choices;
mod committee;
mod count;
mod district;
mod furniture;
mod identity;
mod merge;
mod result;
mod table;

pub use choices::{choices_of, names_on};
pub use furniture::{lower_karekod_area, upper_karekod_area};

use crate::blank::Blank;
use crate::face::{FaceKind, FormFace};
use crate::sheet::Sheet;

/// Prints the form and says where it is to be filled.
pub fn print_form(sheet: &mut Sheet, face: &FormFace) -> Vec<Blank> {
    furniture::print_head(sheet, face);
    let blanks = match face.kind {
        FaceKind::Sonuc => result::print_result(sheet, face),
        FaceKind::Cetvel => count::print_count(sheet, face),
        FaceKind::Denetim => check::print_check(sheet, face),
        FaceKind::BirlestirmeKurul => merge::print_merge(sheet, face, merge::Scope::Board),
        FaceKind::BirlestirmeIlce => district::print_district(sheet, face),
        FaceKind::BirlestirmeIl => merge::print_merge(sheet, face, merge::Scope::Province),
    };
    furniture::print_foot(sheet, face);
    blanks
}
