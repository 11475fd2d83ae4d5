//! Times as FTP writes them, in UTC (RFC 3659 §2.3).

use std::time::{Duration, SystemTime};

/// A moment, to the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    year: i64,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/// `ls` shows the hour of what is younger, the year of what is older.
const HALF_A_YEAR: Duration = Duration::from_secs(182 * 24 * 3600);

impl From<SystemTime> for Moment {
    /// What lies before 1970 becomes 1970.
    fn from(time: SystemTime) -> Self {
        let seconds = time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let (days, rest) = (seconds / 86_400, seconds % 86_400);
        let (year, month, day) = date(i64::try_from(days).unwrap_or(0));
        let part = |value: u64| u8::try_from(value).expect("it is below 60");
        Self { year, month, day, hour: part(rest / 3600), minute: part(rest / 60 % 60), second: part(rest % 60) }
    }
}

impl Moment {
    /// `YYYYMMDDHHMMSS`.
    pub(crate) fn compact(self) -> String {
        let Self { year, month, day, hour, minute, second } = self;
        format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}")
    }

    /// `Mar 31 18:02` or `Mar 31  2023`, as `ls -l` has it.
    pub(crate) fn as_in_ls(self, time: SystemTime, now: SystemTime) -> String {
        let month = MONTHS[usize::from(self.month) - 1];
        let recent = time <= now && now.duration_since(time).is_ok_and(|age| age < HALF_A_YEAR);
        if recent {
            format!("{month} {:2} {:02}:{:02}", self.day, self.hour, self.minute)
        } else {
            format!("{month} {:2}  {:04}", self.day, self.year)
        }
    }
}

/// Year, month and day of a day counted from 1970-01-01, in the Gregorian calendar: eras of 400 years, each of 146,097
/// days, that begin on the first of March.
fn date(days: i64) -> (i64, u8, u8) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let small = |value: i64| u8::try_from(value).expect("a month or a day is small");
    (year, small(month), small(day))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn known_moments_are_written_right() {
        for (seconds, written) in [
            (0, "19700101000000"),
            (951_782_400, "20000229000000"),
            (951_868_800, "20000301000000"),
            (1_709_164_799, "20240228235959"),
            (1_709_164_800, "20240229000000"),
            (1_711_908_131, "20240331180211"),
            (4_102_444_800, "21000101000000"),
            (4_107_542_400, "21000301000000"),
        ] {
            assert_eq!(Moment::from(at(seconds)).compact(), written);
        }
    }

    #[test]
    fn ls_shows_the_hour_of_what_is_young() {
        let (time, now) = (at(1_711_908_131), at(1_711_910_000));
        assert_eq!(Moment::from(time).as_in_ls(time, now), "Mar 31 18:02");
        assert_eq!(Moment::from(time).as_in_ls(time, at(1_811_910_000)), "Mar 31  2024");
        assert_eq!(Moment::from(time).as_in_ls(time, at(0)), "Mar 31  2024", "what lies ahead is not recent");
    }
}
