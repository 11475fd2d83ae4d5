//! Who stands on the ballot, as placeholders: nobody real. It must never name a person or a party that exists.

use crate::face::FormFace;

/// The parties of a list race and of a municipal race: as many as such a ballot has had, roughly.
const LIST_PARTIES: usize = 24;
const LOCAL_PARTIES: usize = 16;

const CANDIDATES: [&str; 4] = ["BİRİNCİ ADAY", "İKİNCİ ADAY", "ÜÇÜNCÜ ADAY", "DÖRDÜNCÜ ADAY"];
const ALPHABET: &str = "ABCÇDEFGHIİJKLMNOÖPRSŞTUÜVYZ";

/// The names in the tables of a form: those that it brings, or placeholders.
pub fn names_on(face: &FormFace) -> Vec<String> {
    face.choices.clone().unwrap_or_else(|| choices_of(&face.race))
}

/// Placeholders for the tables of a race.
pub fn choices_of(race: &str) -> Vec<String> {
    let parties = |count| ALPHABET.chars().take(count).map(|letter| format!("{letter} PARTİSİ")).collect();
    if race.contains("OYLAMA") {
        vec!["EVET".to_owned(), "HAYIR".to_owned()]
    } else if race.contains("MİLLETVEKİLİ") {
        parties(LIST_PARTIES)
    } else if race.contains("BELEDİYE") || race.contains("MECLİS") {
        parties(LOCAL_PARTIES)
    } else {
        CANDIDATES.map(str::to_owned).to_vec()
    }
}
