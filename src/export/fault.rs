//! What a medium can do wrong, each named in words that operators understand, Turkish first.

use std::io::{self, ErrorKind};

use serde::Serialize;

use crate::beneath::{self, Unsafe};
use crate::domain::words::shown;

/// Files that are named at most, however many are wrong.
pub const NAMED: usize = 50;

/// Why a medium could not be written.
#[derive(Debug, thiserror::Error)]
pub enum MediumError {
    /// Full before everything was on it.
    #[error(
        "ortam dolu: {path} yazılamadı; yazılanlar duruyor / the medium is full: {path} was not written; what is on it stays"
    )]
    Full {
        /// The file.
        path: String,
    },
    /// Less room than is needed, found out before anything was written.
    #[error(
        "ortamda yeterli yer yok: {needed} bayt gerekli, {free} bayt var; daha büyük bir ortam kullanın / too little room on the medium: {needed} bytes are needed, {free} are free; use a larger one"
    )]
    TooSmall {
        /// Bytes that would be written.
        needed: u64,
        /// Bytes that are free.
        free: u64,
    },
    /// The medium is write-protected.
    #[error(
        "ortam salt okunur: {path} yazılamadı; yazma korumasını kaldırın / the medium is read-only: {path} was not written; take the write protection off"
    )]
    ReadOnly {
        /// The file.
        path: String,
    },
    /// Pulled out, or broken.
    #[error(
        "ortam çıkarıldı ya da yanıt vermiyor ({path}: {why}); yeniden takıp aynı komutu yineleyin: yazılanlar korunur / the medium was pulled out or does not answer ({path}: {why}); plug it in and run the same command again: what is on it is kept"
    )]
    Gone {
        /// The file that was being written or read.
        path: String,
        /// What the system said.
        why: String,
    },
    /// What was written does not come back.
    #[error("{0}")]
    Unreliable(Unreliable),
    /// Something else lies on it.
    #[error(
        "ortam boş değil: {} / the medium is not empty: {}", names.join(", "), names.join(", ")
    )]
    NotEmpty {
        /// Some of what lies there.
        names: Vec<String>,
    },
    /// The bag of another request, or of another medium of this one, lies on it.
    #[error("ortamda başka bir teslimat var: {found} / another bag lies on the medium: {found}")]
    OtherBag {
        /// Which one it is.
        found: String,
    },
    /// Another export writes to it.
    #[error("bu ortama başka bir aktarım yazıyor / another export is writing to this medium")]
    Busy,
    /// A name or a size that some file system refuses.
    #[error("{path} bu hâliyle bir ortama yazılamaz / {path} cannot be written to a medium as it is")]
    NotPortable {
        /// The path.
        path: String,
    },
    /// A link, a FIFO or a device lies where files are to be written.
    #[error("ortamda tuzak olabilir, hiçbir şey teslim edilmedi: {path}: {why}")]
    NotPlain {
        /// The path.
        path: String,
        /// What lies there, in Turkish and English.
        why: Unsafe,
    },
    /// The disk of this machine failed.
    #[error("the directory for temporary files cannot be used")]
    Spool(#[source] io::Error),
}

impl MediumError {
    /// What an error of the system while writing or reading `path` means.
    pub fn at(path: &str, error: &io::Error) -> Self {
        let path = shown(path).into_owned();
        match beneath::why(error) {
            None | Some(Unsafe::TooLong(_)) => {}
            Some(why) => return Self::NotPlain { path, why },
        }
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => Self::Full { path },
            ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => Self::ReadOnly { path },
            _ => Self::Gone { path, why: error.to_string() },
        }
    }

    /// A stable name, for the record and for programs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Full { .. } => "full",
            Self::TooSmall { .. } => "too-small",
            Self::ReadOnly { .. } => "read-only",
            Self::Gone { .. } => "gone",
            Self::Unreliable(unreliable) => unreliable.pattern.name(),
            Self::NotEmpty { .. } => "not-empty",
            Self::OtherBag { .. } => "other-bag",
            Self::Busy => "busy",
            Self::NotPortable { .. } => "not-portable",
            Self::NotPlain { .. } => "not-plain",
            Self::Spool(_) => "spool",
        }
    }
}

/// A medium that does not give back what was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unreliable {
    /// What it looks like.
    pub pattern: Pattern,
    /// How many files are wrong.
    pub wrong: u64,
    /// How many were read back.
    pub of: u64,
    /// Some of them, with what was found in their place.
    pub files: Vec<(String, Found)>,
}

/// What was found in the place of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Found {
    /// Nothing at all.
    Nothing,
    /// Other bytes.
    OtherBytes,
    /// More or fewer bytes.
    OtherLength(u64),
    /// An error.
    Unreadable(String),
}

/// What the wrong files look like together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pattern {
    /// All that was written after, or before, a certain amount is wrong: it holds less than it says.
    LessThanItSays {
        /// About so many bytes came back.
        holds: u64,
    },
    /// Some bytes here and there.
    Damaged,
}

impl Pattern {
    /// Decides by the order of writing: `bytes` and whether they came back, file by file, run by run.
    pub fn of(runs: &[(bool, u64)]) -> Self {
        let sound = runs.iter().filter(|(sound, _)| *sound).map(|(_, bytes)| bytes).sum();
        let files_wrong = runs.iter().filter(|(sound, _)| !sound).count();
        // One run of sound files and one of wrong ones: the wrong ones lie beyond the end, or were written over by those.
        match (runs, files_wrong) {
            ([_, _], 1) if sound > 0 => Self::LessThanItSays { holds: sound },
            _ => Self::Damaged,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::LessThanItSays { .. } => "less-than-it-says",
            Self::Damaged => "damaged",
        }
    }
}

impl std::fmt::Display for Unreliable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { pattern, wrong, of, files } = self;
        match pattern {
            Pattern::LessThanItSays { holds } => write!(
                f,
                "ORTAM SAHTE: gösterdiği kadar yeri yok; yaklaşık {holds} bayt geri okunabildi ({of} dosyadan {wrong} tanesi yanlış). Başka bir ortam kullanın. / THE MEDIUM LIES ABOUT ITS SIZE: about {holds} bytes came back ({wrong} of {of} files are wrong). Use another one."
            )?,
            Pattern::Damaged => write!(
                f,
                "ORTAM ARIZALI: yazılanı geri vermiyor ({of} dosyadan {wrong} tanesi yanlış). Başka bir ortam kullanın. / THE MEDIUM IS FAULTY: it does not give back what was written ({wrong} of {of} files are wrong). Use another one."
            )?,
        }
        for (path, found) in files {
            match found {
                Found::Nothing => write!(f, "\n  {path}: yok / not there")?,
                Found::OtherBytes => write!(f, "\n  {path}: içeriği farklı / other bytes")?,
                Found::OtherLength(bytes) => write!(f, "\n  {path}: boyu farklı / other length ({bytes})")?,
                Found::Unreadable(why) => write!(f, "\n  {path}: okunamıyor / unreadable ({why})")?,
            }
        }
        if *wrong > files.len() as u64 {
            write!(f, "\n  … +{}", wrong - files.len() as u64)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lie_about_the_size_looks_other_than_a_flipped_bit() {
        let holds = |holds| Pattern::LessThanItSays { holds };
        assert_eq!(Pattern::of(&[(true, 100), (false, 50)]), holds(100), "what lies beyond the end is gone");
        assert_eq!(Pattern::of(&[(false, 50), (true, 100)]), holds(100), "the beginning was written over");
        assert_eq!(Pattern::of(&[(true, 100), (false, 5), (true, 60)]), Pattern::Damaged);
        assert_eq!(Pattern::of(&[(false, 5)]), Pattern::Damaged);
    }
}
