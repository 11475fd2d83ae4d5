//! The names on an encrypted medium.

/// The file that explains how to open it.
pub const HOW_TO_OPEN: &str = "OKU-BENI.txt";
/// The digests of the encrypted files.
pub const SUMS: &str = "SHA256SUMS";
/// The end of an encrypted file's name: a tar archive in an age file (C2SP age).
pub const ENDING: &str = ".tar.age";
