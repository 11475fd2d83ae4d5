//! A result bundle: the result lines of 256 entries of the log, each on a line of its own, in the order of the entries. Entries
//! that are about something else bring none; bundle N belongs to the entries 256N…256N+255.
//!
//! It must never be written another way: its bytes are handed out under a name whose content never changes.

/// What is wrong with bytes that should be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadResultBundle {
    /// They are no text.
    #[error("it is no UTF-8")]
    NotText,
    /// The last line is cut off.
    #[error("its last line has no end")]
    CutOff,
}

/// The bytes of a bundle.
pub fn encode<L: AsRef<str>>(lines: &[L]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(lines.iter().map(|line| line.as_ref().len() + 1).sum());
    for line in lines {
        bytes.extend_from_slice(line.as_ref().as_bytes());
        bytes.push(b'\n');
    }
    bytes
}

/// The lines of a bundle.
///
/// # Errors
/// See [`BadResultBundle`].
pub fn decode(bytes: &[u8]) -> Result<Vec<String>, BadResultBundle> {
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    let text = std::str::from_utf8(bytes).map_err(|_| BadResultBundle::NotText)?;
    let text = text.strip_suffix('\n').ok_or(BadResultBundle::CutOff)?;
    Ok(text.split('\n').map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_is_read_back_and_a_torn_one_is_none() {
        let lines = ["{\"box\":1}", "{\"box\":2}"];
        let bytes = encode(&lines);
        assert_eq!(decode(&bytes).unwrap(), lines);
        assert_eq!(decode(&bytes[..bytes.len() - 1]), Err(BadResultBundle::CutOff));
        assert_eq!(decode(b"\xff\n"), Err(BadResultBundle::NotText));
        assert_eq!(decode(&encode::<&str>(&[])).unwrap(), Vec::<String>::new());
    }
}
