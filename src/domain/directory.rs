//! The directory of a place below [`SCANS`](super::naming::SCANS). Spelt once, when the registry is imported: a directory
//! that changed would move scans that parties already hold.

use super::naming::{box_range, slug};
use super::{Level, PlaceId};

/// What is known of a place when its directory is given.
#[derive(Clone, Copy, Debug)]
pub struct Naming<'a> {
    /// The place.
    pub id: &'a PlaceId,
    /// What kind of place.
    pub level: Level,
    /// Plate number of an il, number of a kurul, rumuz of a gümrük.
    pub code: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Level and directory of the place above.
    pub above: Option<(Level, &'a str)>,
}

/// Why a place cannot have a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoDirectory {
    /// An il without a plate number.
    #[error("the code of an il is its plate number, 1 to 99")]
    Plate,
    /// A board without a number.
    #[error("the code of a kurul is its number inside the district, 1 to 99")]
    Board,
    /// Nothing to make a name of.
    #[error("neither the name nor the id has a letter or digit to name a directory by")]
    Nameless,
}

/// Names at the top that belong to no province.
pub const ABROAD: &str = "yurtdisi";
/// Customs gates, by rumuz.
pub const CUSTOMS: &str = "gumruk";
/// Sheets of the whole contest.
pub const NATIONAL: &str = "turkiye";

impl Naming<'_> {
    /// The place's directory, before it is known whether another place has it already.
    pub fn directory(&self) -> Result<String, NoDirectory> {
        // The national place is above everything on paper only: provinces lie at the top.
        let above = self.above.filter(|(level, _)| *level != Level::Genel);
        let inside = |name: String| match above {
            Some((_, directory)) => format!("{directory}/{name}"),
            None => name,
        };
        Ok(match self.level {
            Level::Genel => NATIONAL.to_owned(),
            Level::Il => {
                let plate = number(self.code).ok_or(NoDirectory::Plate)?;
                format!("{plate:02}-{}", self.own_name(self.name)?)
            }
            Level::Cevre => match above {
                Some((_, directory)) => directory.to_owned(),
                None => self.own_name(self.name)?,
            },
            Level::Kurul => {
                let board = number(self.code).ok_or(NoDirectory::Board)?;
                match above {
                    Some((Level::Ilce, directory)) => format!("{directory}-{board}"),
                    _ => inside(self.own_name(self.name)?),
                }
            }
            Level::Ilce | Level::Mahalle => inside(self.own_name(self.name)?),
            Level::Ulke => format!("{ABROAD}/{}", self.own_name(self.name)?),
            Level::Temsilcilik => match above {
                Some((Level::Ulke, directory)) => format!("{directory}/{}", self.own_name(self.name)?),
                _ => format!("{ABROAD}/{}", self.own_name(self.name)?),
            },
            Level::Gumruk => {
                let rumuz = if self.code.is_empty() { self.name } else { self.code };
                format!("{CUSTOMS}/{}", self.own_name(rumuz)?)
            }
        })
    }

    /// Whether it lies in the directory of the place above, rather than in one of its own.
    pub fn shares(&self) -> bool {
        self.level == Level::Cevre && self.above.is_some_and(|(level, _)| level != Level::Genel)
    }

    fn own_name(&self, text: &str) -> Result<String, NoDirectory> {
        let from = |text: &str| Some(slug(text)).filter(|name| !name.is_empty());
        from(text).or_else(|| from(self.id.as_str())).ok_or(NoDirectory::Nameless)
    }
}

/// Where a place lies whose directory another place has already: the same with its id behind.
pub fn apart(directory: &str, id: &PlaceId) -> String {
    format!("{directory}-{}", slug(id.as_str()))
}

/// Directory of a box's forms. Only the smallest places hold their boxes themselves; elsewhere boxes are grouped by their
/// numbers, so that no directory grows past what FTP clients can list.
pub fn box_directory(level: Level, directory: &str, number: u32) -> String {
    match level {
        Level::Mahalle | Level::Temsilcilik | Level::Gumruk => directory.to_owned(),
        _ => format!("{directory}/{}", box_range(number)),
    }
}

fn number(code: &str) -> Option<u32> {
    let digits = (1..=2).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_digit());
    code.parse().ok().filter(|number| digits && *number > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(level: Level, code: &str, name: &str, above: Option<(Level, &str)>) -> Result<String, NoDirectory> {
        let id = "X-9".parse().unwrap();
        Naming { id: &id, level, code, name, above }.directory()
    }

    #[test]
    fn every_level_has_its_directory_and_missing_levels_are_simply_not_there() {
        use Level::*;
        let (il, ilce) = (Some((Il, "34-istanbul")), Some((Ilce, "34-istanbul/kadikoy")));
        let kurul = Some((Kurul, "34-istanbul/kadikoy-1"));
        let rows = [
            (Genel, "", "Türkiye", None, "turkiye"),
            (Il, "34", "İSTANBUL", None, "34-istanbul"),
            (Il, "6", "ANKARA", Some((Genel, "turkiye")), "06-ankara"),
            (Cevre, "1", "İstanbul 1", il, "34-istanbul"),
            (Cevre, "", "Büyük Çevre", None, "buyuk-cevre"),
            (Ilce, "", "KADIKÖY", il, "34-istanbul/kadikoy"),
            (Ilce, "", "KADIKÖY", None, "kadikoy"),
            (Kurul, "1", "1. Kurul", ilce, "34-istanbul/kadikoy-1"),
            (Kurul, "2", "Yurt Dışı Kurulu", None, "yurt-disi-kurulu"),
            (Mahalle, "", "CAFERAĞA MAH.", kurul, "34-istanbul/kadikoy-1/caferaga-mah"),
            (Mahalle, "", "CAFERAĞA MAH.", il, "34-istanbul/caferaga-mah"),
            (Mahalle, "", "***", ilce, "34-istanbul/kadikoy/x-9"),
            (Ulke, "", "Almanya", Some((Genel, "turkiye")), "yurtdisi/almanya"),
            (Temsilcilik, "", "Berlin", Some((Ulke, "yurtdisi/almanya")), "yurtdisi/almanya/berlin"),
            (Temsilcilik, "", "Lefkoşa", None, "yurtdisi/lefkosa"),
            (Gumruk, "EDR-KPK", "Kapıkule", Some((Il, "22-edirne")), "gumruk/edr-kpk"),
            (Gumruk, "", "Kapıkule", None, "gumruk/kapikule"),
        ];
        for (level, code, name, above, expected) in rows {
            assert_eq!(directory(level, code, name, above).as_deref(), Ok(expected), "{level:?} {name}");
        }
    }

    #[test]
    fn a_plate_or_board_without_a_number_is_refused() {
        for code in ["", "0", "x", "100", "+1", "٣"] {
            assert_eq!(directory(Level::Il, code, "A", None), Err(NoDirectory::Plate), "{code}");
            assert_eq!(directory(Level::Kurul, code, "A", None), Err(NoDirectory::Board), "{code}");
        }
    }

    #[test]
    fn boxes_without_a_mahalle_are_grouped_by_number() {
        assert_eq!(box_directory(Level::Kurul, "34-istanbul/kadikoy-1", 1001), "34-istanbul/kadikoy-1/1000-1099");
        assert_eq!(box_directory(Level::Mahalle, "a/b-mah", 1001), "a/b-mah");
    }
}
