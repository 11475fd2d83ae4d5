//! `tutanak verify MEDIUM`: in the language of whoever holds it.

use std::path::Path;
use std::str::FromStr;
use std::time::Instant;

use serde::Serialize;

use super::{Answer, Verify, read_checkpoint};
use crate::client::mirror::ProblemInWords;
use crate::client::verify::{MediumVerdict, View, is_medium, is_sealed, verify_medium, verify_sealed};
use crate::formats::bag::PAYLOAD;
use crate::log::note::VerifierKey;

/// Problems that are printed at most; programs are given all.
const PRINTED: usize = 50;

/// A language that a medium is told about in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// In Turkish, for the candidate.
    Turkish,
    /// In English, for engineers.
    English,
}

impl FromStr for Language {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "tr" => Ok(Self::Turkish),
            "en" => Ok(Self::English),
            other => Err(format!("{other:?} is no language that is spoken here: tr or en is expected")),
        }
    }
}

impl Language {
    /// That of the environment: English where it says so, else Turkish.
    fn of_environment() -> Self {
        let of = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let said = of("LC_ALL").or_else(|| of("LC_MESSAGES")).or_else(|| of("LANG")).unwrap_or_default();
        if said.starts_with("en") { Self::English } else { Self::Turkish }
    }

    fn pick<'a>(self, tr: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Turkish => tr,
            Self::English => en,
        }
    }
}

/// What was looked at.
#[derive(Default, Serialize)]
pub(super) struct Checked {
    sealed: bool,
    origin: String,
    request: u64,
    candidate: String,
    place: String,
    medium: u32,
    of: u32,
    position: u64,
    root: String,
    fingerprint: String,
    files: u64,
    scans: u64,
    elsewhere: u64,
    bytes: u64,
    own_keys: bool,
    seconds: f64,
}

/// Whether a medium lies there, in the clear or encrypted.
pub(super) fn is_one(path: &Path) -> bool {
    path.is_dir() && (is_medium(path) || is_sealed(path))
}

pub(super) fn check(args: &Verify, given: &[VerifierKey]) -> anyhow::Result<Answer> {
    let began = Instant::now();
    if is_sealed(&args.path) && !is_medium(&args.path) {
        return Ok(answer(verify_sealed(&args.path)?, true, None, began));
    }
    let mut verdict = verify_medium(&args.path, given)?;
    let mut view = None;
    if let Some(path) = &args.checkpoint {
        let keys = super::keys(given.to_vec(), &args.path.join(PAYLOAD))?;
        match read_checkpoint(path, &keys)? {
            Ok(theirs) => view = verdict.view(&args.path, &theirs)?,
            Err(problem) => verdict.problems.push(problem),
        }
    }
    Ok(answer(verdict, false, view, began))
}

fn answer(verdict: MediumVerdict, sealed: bool, view: Option<View>, began: Instant) -> Answer {
    let right = verdict.problems.is_empty() && !matches!(view, Some(View::Split { .. }));
    let mut checked = Checked {
        sealed,
        fingerprint: verdict.fingerprint,
        files: verdict.files,
        scans: verdict.scans,
        elsewhere: verdict.elsewhere,
        bytes: verdict.bytes,
        own_keys: verdict.own_keys,
        seconds: began.elapsed().as_secs_f64(),
        ..Checked::default()
    };
    if let Some(info) = verdict.info {
        (checked.origin, checked.request, checked.candidate) = (info.origin, info.request, info.candidate);
        (checked.place, checked.medium, checked.of) = (info.place, info.number, info.of);
        (checked.position, checked.root) = (info.size, info.root);
    }
    Answer {
        right,
        medium: Some(checked),
        checked: None,
        view,
        problems: verdict.problems.into_iter().map(ProblemInWords::from).collect(),
    }
}

pub(super) fn tell(args: &Verify, answer: &Answer, checked: &Checked) {
    let language = args.lang.unwrap_or_else(Language::of_environment);
    let pick = |tr, en| language.pick(tr, en);
    for told in answer.problems.iter().take(PRINTED) {
        crate::out!("! {}", pick(&told.tr, &told.en));
    }
    if answer.problems.len() > PRINTED {
        crate::out!("! … +{}", answer.problems.len() - PRINTED);
    }
    let Checked { files, scans, bytes, seconds, .. } = checked;
    let megabytes = *bytes as f64 / 1e6;
    if checked.sealed {
        crate::out!("{files} {}, {megabytes:.1} MB, {seconds:.1} s", pick("şifreli dosya", "encrypted files"));
        crate::out!(
            "{}",
            if answer.right {
                pick(
                    "DOĞRU: şifreli dosyalar yazıldığı gibi. İçeriğini denetlemek için açın ve açılan klasörü denetleyin.",
                    "RIGHT: the encrypted files are as they were written. To check what is in them, open them and check that directory.",
                )
            } else {
                pick(
                    "YANLIŞ: şifreli dosyalar yazıldığı gibi değil.",
                    "WRONG: the encrypted files are not as they were written.",
                )
            }
        );
        return;
    }
    let Checked { origin, request, candidate, place, medium, of, position, root, fingerprint, .. } = checked;
    crate::out!("{}: {request} ({origin})", pick("Talep", "Request"));
    crate::out!("{}: {candidate}, {place}; {} {medium}/{of}", pick("Aday", "Candidate"), pick("ortam", "medium"));
    crate::out!("{}: {position}, {} {root}", pick("Kayıt sayısı", "Entries"), pick("kök özet", "root"));
    crate::out!("{}: {fingerprint}", pick("İmza anahtarı", "Signing key"));
    let (of_files, of_scans) = (pick("dosya", "files"), pick("görüntü", "scans"));
    crate::out!("{files} {of_files}, {scans} {of_scans}, {megabytes:.1} MB, {seconds:.1} s");
    if checked.elsewhere > 0 {
        crate::out!(
            "{} {}",
            checked.elsewhere,
            pick("görüntü bu teslimatın diğer ortamlarında.", "scans lie on other media of this request.")
        );
    }
    if checked.own_keys {
        crate::out!(
            "{}",
            pick(
                "İmza, ortamın kendi anahtarıyla denetlendi: parmak izini teslim tutanağıyla karşılaştırın ya da --key verin.",
                "The signature was checked with the medium's own key: compare the fingerprint with the receipt, or give --key.",
            )
        );
    }
    if let Some(view) = &answer.view {
        let (tr, en) = view.words();
        crate::out!("{}", language.pick(&tr, &en));
    }
    match (answer.right, answer.problems.len()) {
        (true, _) => crate::out!(
            "{}",
            pick(
                "DOĞRU: ortam eksiksiz ve değiştirilmemiş; her görüntü imzalı defterde.",
                "RIGHT: the medium is whole and unaltered; every scan is in the signed log.",
            )
        ),
        (false, n) => crate::out!(
            "{}",
            match language {
                Language::Turkish => format!("YANLIŞ: {} sorun bulundu.", n.max(1)),
                Language::English => format!("WRONG: {} problems were found.", n.max(1)),
            }
        ),
    }
}
