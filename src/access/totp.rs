//! The second factor: six digits that change every 30 seconds (RFC 6238, SHA-1, as every authenticator app computes them).
//!
//! It only computes. That a step is never used twice is the ledger's word.

use jiff::Timestamp;
use qrcode::render::unicode::Dense1x2;
use qrcode::{Color, QrCode};
use totp_rs::{Builder, Secret, Totp};

use super::secrets::SecretError;

/// Bytes of a secret (RFC 4226 §4: 160 bits are recommended).
const BYTES: usize = 20;
/// Who the app says it is for.
const ISSUER: &str = "SSPS Tutanak";

/// A new secret, as it is kept and typed: base 32.
///
/// # Errors
/// The machine has no randomness to give.
pub fn generate() -> Result<String, SecretError> {
    let mut raw = [0; BYTES];
    getrandom::fill(&mut raw).map_err(|_| SecretError::Random)?;
    Ok(Secret::from(raw).to_base32())
}

fn of(secret: &str) -> Option<Totp> {
    Builder::new().with_secret(Secret::try_from_base32(secret).ok()?).build().ok()
}

/// The step that this code proves, at most one before or after `now`; none where it proves nothing.
pub fn step(secret: &str, code: &str, now: Timestamp) -> Option<i64> {
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    if digits.len() != 6 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let seconds = u64::try_from(now.as_second()).ok()?;
    of(secret)?.check(&digits, seconds).and_then(|step| i64::try_from(step).ok())
}

/// The code of this moment, for whoever holds the secret.
pub fn code(secret: &str, now: Timestamp) -> Option<String> {
    Some(of(secret)?.generate(u64::try_from(now.as_second()).ok()?).to_string())
}

/// The address that authenticator apps read.
pub fn address(secret: &str, login: &str) -> String {
    let issuer = percent_encoding::utf8_percent_encode(ISSUER, percent_encoding::NON_ALPHANUMERIC);
    format!("otpauth://totp/{issuer}:{login}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits=6&period=30")
}

/// The address as the dark squares of a QR code: its side, and a path over it for SVG. None where it does not fit.
pub fn picture(address: &str) -> Option<(usize, String)> {
    const QUIET: usize = 4;
    let code = QrCode::new(address).ok()?;
    let side = code.width();
    let colours = code.to_colors();
    let dark = colours.iter().enumerate().filter(|(_, colour)| **colour == Color::Dark);
    let path = dark.map(|(n, _)| format!("M{} {}h1v1h-1z", n % side + QUIET, n / side + QUIET)).collect();
    Some((side + 2 * QUIET, path))
}

/// The same drawn with letters, for a terminal: black on white whatever its colours are, because apps read no negative.
pub fn drawn(address: &str) -> Option<String> {
    let squares = QrCode::new(address).ok()?.render::<Dense1x2>().build();
    Some(squares.lines().map(|line| format!("\x1b[30;107m{line}\x1b[0m\n")).collect())
}

/// Whether it is a secret as [`generate`] makes them.
pub fn is_secret(text: &str) -> bool {
    text.len() == BYTES * 8 / 5 && text.bytes().all(|letter| matches!(letter, b'A'..=b'Z' | b'2'..=b'7'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B: the secret `12345678901234567890`, the last six of its eight digits.
    const RFC: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    #[test]
    fn codes_are_those_of_the_rfc() {
        for (seconds, expected) in [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924")] {
            let now = Timestamp::from_second(seconds).unwrap();
            assert_eq!(code(RFC, now).as_deref(), Some(expected));
            assert_eq!(step(RFC, expected, now), Some(seconds / 30));
        }
    }

    #[test]
    fn a_code_holds_for_its_neighbours_and_no_longer() {
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        assert_eq!(step(RFC, "287082", at(59 + 30)), Some(1));
        assert_eq!(step(RFC, "287 082", at(20)), Some(1));
        assert_eq!(step(RFC, "287082", at(59 + 61)), None);
        for nothing in ["", "28708", "2870822", "28708a", "２８７０８２"] {
            assert_eq!(step(RFC, nothing, at(59)), None, "{nothing}");
        }
    }

    #[test]
    fn an_app_finds_the_secret_in_the_picture() {
        let secret = generate().unwrap();
        assert!(secret.len() == 32 && is_secret(&secret) && is_secret(RFC));
        assert!(!is_secret("") && !is_secret(&secret[1..]) && !is_secret(&secret.replacen(&secret[..1], "1", 1)));
        assert!(drawn(&address(&secret, "skgm-1")).unwrap().lines().count() > 10);
        let (side, path) = picture(&address(&secret, "parti-1")).unwrap();
        assert!(side > 30 && path.len() > 1000);
    }
}
