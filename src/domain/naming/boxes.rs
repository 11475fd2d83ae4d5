//! The address of a box's page: province, district and number as people say them; abroad and customs in their own spelling.

/// Where boxes have their pages.
pub const BOXES: &str = "/sandik";

/// The part of a box's address that its district gives: `34/kadikoy`, `yurtdisi/almanya/berlin`, `gumruk/edr-kpk`.
///
/// It follows from the district's directory, of which a province's plate number is enough.
pub fn district(directory: &str) -> String {
    let (first, rest) = match directory.split_once('/') {
        Some((first, rest)) => (first, Some(rest)),
        None => (directory, None),
    };
    let first = match first.split_once('-') {
        Some((plate, _)) if plate.len() == 2 && plate.bytes().all(|byte| byte.is_ascii_digit()) => plate,
        _ => first,
    };
    rest.map_or_else(|| first.to_owned(), |rest| format!("{first}/{rest}"))
}

/// The address of a box's page.
pub fn address(directory: &str, number: u32) -> String {
    format!("{BOXES}/{}/{number}", district(directory))
}

/// District and number of an address below [`BOXES`].
pub fn parse(path: &str) -> Option<(&str, u32)> {
    let (district, number) = path.rsplit_once('/')?;
    let sound =
        (1..=9).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit()) && !number.starts_with('0');
    Some((district, number.parse().ok().filter(|_| sound)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_has_one_address() {
        for (directory, expected) in [
            ("34-istanbul/kadikoy", "/sandik/34/kadikoy/1001"),
            ("06-ankara", "/sandik/06/1001"),
            ("yurtdisi/almanya/berlin", "/sandik/yurtdisi/almanya/berlin/1001"),
            ("gumruk/edr-kpk", "/sandik/gumruk/edr-kpk/1001"),
            ("19-mayis", "/sandik/19/1001"),
            ("kadikoy", "/sandik/kadikoy/1001"),
        ] {
            assert_eq!(address(directory, 1001), expected);
        }
        assert_eq!(parse("34/kadikoy/1001"), Some(("34/kadikoy", 1001)));
        for other in ["1001", "34/kadikoy/", "34/kadikoy/01001", "34/kadikoy/x", "34/kadikoy/1234567890"] {
            assert_eq!(parse(other), None, "{other}");
        }
    }
}
