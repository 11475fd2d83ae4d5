//! The one place that turns what a client calls a file into a path that a shelf may see.
//!
//! This is the security boundary for path syntax: nothing that leaves here contains `..`, `.`, an
//! empty part, a backslash or a control character, and nothing reaches above the root. It must
//! never look anything up: `..` is resolved by the letters alone, as there are no links.

/// The longest path that is looked at, in bytes.
const LONGEST: usize = 4096;

/// Not a path that this server can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a path that this server can have")]
pub struct BadPath;

/// What a client means by `said` while it is in the directory `cwd`.
///
/// # Errors
/// [`BadPath`], as for [`absolute`].
pub fn resolve(cwd: &str, said: &str) -> Result<String, BadPath> {
    if said.starts_with('/') { absolute(said) } else { absolute(&format!("{cwd}/{said}")) }
}

/// Normalises an absolute path. `..` at the root stays at the root, as in every file system.
///
/// # Errors
/// [`BadPath`] for what is longer than 4 KiB, not absolute, or holds characters that no name here can have.
pub fn absolute(text: &str) -> Result<String, BadPath> {
    if text.len() > LONGEST || !text.starts_with('/') || text.contains(is_odd) {
        return Err(BadPath);
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    Ok(format!("/{}", parts.join("/")))
}

/// Whether a name from the shelf can be one line of a listing and one part of a path.
pub fn is_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && !name.contains('/') && !name.contains(is_odd)
}

/// Control characters break lines, backslashes are separators on some clients, and U+FFFD stands
/// for bytes that were not UTF-8: two different requests would become one path.
fn is_odd(letter: char) -> bool {
    letter.is_control() || letter == '\\' || letter == char::REPLACEMENT_CHARACTER
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_path_becomes_one() {
        let spellings = [
            ("/", "/"),
            ("//", "/"),
            ("/a/b", "/a/b"),
            ("/a//b/", "/a/b"),
            ("/./a/./b/.", "/a/b"),
            ("/a/x/../b", "/a/b"),
            ("/..", "/"),
            ("/../../etc/passwd", "/etc/passwd"),
            ("/a/../../..", "/"),
            ("/İl ğ/...", "/İl ğ/..."),
        ];
        for (said, meant) in spellings {
            assert_eq!(absolute(said).as_deref(), Ok(meant), "{said}");
        }
    }

    #[test]
    fn a_relative_path_is_meant_from_the_working_directory() {
        for (cwd, said, meant) in [("/", "a", "/a"), ("/il", "34", "/il/34"), ("/il", "..", "/"), ("/il", "/x", "/x")] {
            assert_eq!(resolve(cwd, said).as_deref(), Ok(meant), "{cwd} {said}");
        }
    }

    #[test]
    fn oddities_are_refused() {
        let long = format!("/{}", "a".repeat(LONGEST));
        for said in ["", "a", "../a", "/a\0b", "/a\rb", "/a\nb", "/a\\..\\b", "/a\u{fffd}", "/\u{7f}", &long] {
            assert_eq!(absolute(said), Err(BadPath), "{said:?}");
        }
    }

    #[test]
    fn a_name_is_exactly_one_part() {
        assert!(is_name("3069-cb-sonuc-1.v1.png") && is_name("...") && is_name("İl ğ 1.png"));
        for name in ["", ".", "..", "a/b", "a\r\nb", "a\\b"] {
            assert!(!is_name(name), "{name:?}");
        }
    }
}
