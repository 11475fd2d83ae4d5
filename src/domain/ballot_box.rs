//! A ballot box: its id, and which races are counted in it. A box's *number* means something only inside its district.

use std::fmt;
use std::str::FromStr;

use super::Race;

/// The registry's own name of a box, unique in the election: 1 to 32 letters, digits, `-`, `_` or `.`. Where codes are
/// made by rule it is SEÇSİS's box id, seven digits with leading zeros.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BoxId(String);

/// The text is no box id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadBoxId {
    /// It could not be one anywhere.
    #[error("a box id is 1 to 32 of A–Z, a–z, 0–9, '-', '_', '.'")]
    Text,
    /// It could not be part of a code.
    #[error("a box id is 1 to 7 decimal digits where a code rule makes codes of it")]
    Digits,
}

/// How many digits of a code made by rule are the box id.
pub const BOX_ID_DIGITS: usize = 7;

impl BoxId {
    /// As it is stored and written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads a box id that is part of the codes made by rule: up to seven digits, kept with leading zeros.
    pub fn numeric(text: &str) -> Result<Self, BadBoxId> {
        let sound = (1..=BOX_ID_DIGITS).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        if sound { Ok(Self(format!("{text:0>BOX_ID_DIGITS$}"))) } else { Err(BadBoxId::Digits) }
    }
}

impl FromStr for BoxId {
    type Err = BadBoxId;

    fn from_str(text: &str) -> Result<Self, BadBoxId> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        let sound = (1..=32).contains(&text.len()) && text.bytes().all(allowed);
        if sound { Ok(Self(text.to_owned())) } else { Err(BadBoxId::Text) }
    }
}

impl fmt::Display for BoxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Some of the races. Small, because one is kept for every box of the country.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct RaceSet(u16);

impl RaceSet {
    /// Whether `race` is in it.
    pub fn contains(self, race: Race) -> bool {
        self.0 & (1 << race.code()) != 0
    }

    /// The races in it, in the order of their codes.
    pub fn iter(self) -> impl Iterator<Item = Race> {
        Race::ALL.into_iter().filter(move |race| self.contains(*race))
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// SEÇSİS's digits in ascending order, as the database keeps them: `236`.
    pub fn digits(self) -> String {
        self.iter().map(|race| char::from(b'0' + race.code())).collect()
    }

    /// Reads [`digits`](Self::digits) back. None where a digit is no race.
    pub fn from_digits(text: &str) -> Option<Self> {
        let race = |digit: char| digit.to_digit(10).and_then(|code| Race::try_from(code as u8).ok());
        text.chars().map(race).collect()
    }
}

impl FromIterator<Race> for RaceSet {
    fn from_iter<I: IntoIterator<Item = Race>>(races: I) -> Self {
        Self(races.into_iter().fold(0, |set, race| set | 1 << race.code()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_id_in_a_code_has_seven_digits_and_one_spelling() {
        assert_eq!(BoxId::numeric("3717526").unwrap().as_str(), "3717526");
        assert_eq!(BoxId::numeric("42").unwrap(), BoxId::numeric("0000042").unwrap());
        for bad in ["", "37175261", "37175a6", "-1", " 42"] {
            assert_eq!(BoxId::numeric(bad), Err(BadBoxId::Digits), "{bad}");
        }
        assert!(
            "TR-22.1_a".parse::<BoxId>().is_ok() && "a b".parse::<BoxId>().is_err() && "".parse::<BoxId>().is_err()
        );
    }

    #[test]
    fn a_set_of_races_survives_the_database() {
        let set: RaceSet = [Race::MetropolitanMayor, Race::Mayor, Race::Council, Race::Mayor].into_iter().collect();
        assert_eq!(set.digits(), "236");
        assert_eq!(RaceSet::from_digits("623"), Some(set));
        assert_eq!(RaceSet::from_digits("625"), None);
        assert!(set.contains(Race::Mayor) && !set.contains(Race::President) && RaceSet::default().is_empty());
    }
}
