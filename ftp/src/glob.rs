//! Patterns in the last part of a path, as `NLST *.png` has them: `*` and `?`, and no others.
//!
//! Matching takes at most the product of both lengths, whatever a client writes.

/// Whether a text holds a pattern at all.
pub fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// Splits `a/b*.png` into the directory (`a/`) and the pattern, if its last part is one.
pub fn split(path: &str) -> (&str, Option<&str>) {
    let at = path.rfind('/').map_or(0, |slash| slash + 1);
    if is_pattern(&path[at..]) { (&path[..at], Some(&path[at..])) } else { (path, None) }
}

/// Whether `name` is what `pattern` describes.
pub fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    // Where the last star stood, and up to where it has eaten.
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(letter) if *letter == '?' || *letter == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match star {
                Some((at, eaten)) => {
                    star = Some((at, eaten + 1));
                    p = at + 1;
                    n = eaten + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|letter| *letter == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks_match_as_in_a_shell() {
        for (pattern, name, matched) in [
            ("*", "", true),
            ("*.png", "a.png", true),
            ("*.png", "a.png.x", false),
            ("3069-*-?.v*.png", "3069-cb-sonuc-1.v1.png", true),
            ("?", "ğ", true),
            ("?", "", false),
            ("a", "a", true),
            ("**a*", "bca", true),
            ("*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", false),
        ] {
            assert_eq!(matches(pattern, name), matched, "{pattern} {name}");
        }
    }

    #[test]
    fn only_the_last_part_may_be_a_pattern() {
        assert_eq!(split("a/b/*.png"), ("a/b/", Some("*.png")));
        assert_eq!(split("/*"), ("/", Some("*")));
        assert_eq!(split("*.png"), ("", Some("*.png")));
        assert_eq!(split("a*/b"), ("a*/b", None));
    }
}
