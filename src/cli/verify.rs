//! `tutanak verify PATH`: a copy, one scan with its proof, or two checkpoints; offline.

mod medium;

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::Ended;
use crate::client::disk::{self, Disk};
use crate::client::mirror::ProblemInWords;
use crate::client::problem::Problem;
use crate::client::verify::{
    CopyCheck, Verdict, View, compare, compare_with_copy, verify_copy, verify_scan, verify_scan_of_copy,
};
use crate::client::{state, trust};
use crate::domain::naming;
use crate::log::checkpoint::Checkpoint;
use crate::log::note::{NOTE_BYTES, VerifierKey};

/// What is checked, and against what.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Verify {
    /// A copy's directory; a medium (USB); a scan that has its `.tlog-proof` beside it; or a checkpoint.
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// Another checkpoint of the same log, such as another party's: do you both see the same?
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// The key that signs the log: `name+id+key`, or a file of such lines. Without it the copy's own.
    #[arg(long, value_name = "FILE|KEY")]
    key: Option<String>,
    /// The log alone: every entry, root and signature, but no scan.
    #[arg(long)]
    log_only: bool,
    /// One JSON object.
    #[arg(long)]
    json: bool,
    /// The language in which a medium is told about: tr or en. Without it that of LANG, and Turkish for all but English.
    #[arg(long, value_name = "LANG")]
    lang: Option<medium::Language>,
}

const EXAMPLES: &str = "\
Examples:
  tutanak verify kopya                                     every entry, every scan, the root and its signature
  tutanak verify kopya --checkpoint baska-parti.checkpoint are you and the other party shown the same log?
  tutanak verify 3069-cb-sonuc-1.v1.png --key anahtar.txt  one scan, by the proof beside it, or the copy it lies in
  tutanak verify benim.checkpoint --checkpoint onun.checkpoint
  tutanak verify /media/usb --key anahtar.txt              a medium: whole, unaltered, under the log that all see

Nothing is changed and nobody is asked. A copy that was made with --only is checked for what it was meant to hold.

Exit codes: 0 all is right; 1 something is wrong, each thing named; 2 could not be checked.";

/// What is told to programs.
#[derive(Default, Serialize)]
struct Answer {
    right: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    medium: Option<medium::Checked>,
    #[serde(skip_serializing_if = "Option::is_none")]
    checked: Option<Checked>,
    #[serde(skip_serializing_if = "Option::is_none")]
    view: Option<View>,
    problems: Vec<ProblemInWords>,
}

#[derive(Serialize)]
struct Checked {
    origin: String,
    size: u64,
    root: String,
    scans: u64,
    packs: u64,
    bytes: u64,
    not_held: u64,
    parts: u64,
    own_keys: bool,
    seconds: f64,
}

/// Checks, and tells.
pub fn run(args: &Verify) -> anyhow::Result<()> {
    match check(args) {
        Ok(answer) => {
            tell(args, &answer);
            match answer {
                Answer { right: false, .. } => Err(Ended(1).into()),
                Answer { view: Some(View::Unknown { .. }), .. } => Err(Ended(2).into()),
                _ => Ok(()),
            }
        }
        Err(error) => {
            crate::note!("error: {error:#}");
            Err(Ended(2).into())
        }
    }
}

fn check(args: &Verify) -> anyhow::Result<Answer> {
    let given = args.key.as_deref().map(trust::given).transpose().map_err(anyhow::Error::msg)?.unwrap_or_default();
    let began = std::time::Instant::now();
    if medium::is_one(&args.path) {
        return medium::check(args, &given);
    }
    if args.path.is_dir() {
        let disk = Disk::at(&args.path)?;
        let verdict = verify_copy(&disk, &CopyCheck { keys: given.clone(), log_only: args.log_only })?;
        let other =
            args.checkpoint.as_deref().map(|path| read_checkpoint(path, &keys(given, &args.path)?)).transpose()?;
        let view = match (other, state::checkpoint_note(&disk)?) {
            (Some(Ok(other)), Some(note)) => Some(compare_with_copy(&disk, &state::believed(&note)?, &other)),
            (Some(Err(problem)), _) => return Ok(answer(Some((verdict, began)), None, vec![problem])),
            _ => None,
        };
        return Ok(answer(Some((verdict, began)), view.transpose()?, vec![]));
    }
    let (scan, proof) = match args.path.to_str().and_then(|path| path.strip_suffix(naming::PROOF)) {
        Some(scan) => (PathBuf::from(scan), args.path.clone()),
        None => (args.path.clone(), with_suffix(&args.path, naming::PROOF)),
    };
    let keys = keys(given, &args.path)?;
    let other = args.checkpoint.as_deref().map(|path| read_checkpoint(path, &keys)).transpose()?;
    if proof.exists() || scan.extension().is_some_and(|extension| extension == "png") {
        let verdict = match copy_of(&scan)?.filter(|_| !proof.exists()) {
            Some((copy, path)) => verify_scan_of_copy(&scan, &copy, &path, &keys)?,
            None => verify_scan(&scan, &proof, &keys)?,
        };
        let proved = verdict.problems.is_empty().then(|| signed(&verdict)).flatten();
        let (view, problems) = match (proved, other) {
            (Some(proved), Some(Ok(other))) => (Some(compare(&proved, &other)), vec![]),
            (_, Some(Err(problem))) => (None, vec![problem]),
            _ => (None, vec![]),
        };
        return Ok(answer(Some((verdict, began)), view, problems));
    }
    match (read_checkpoint(&args.path, &keys)?, other) {
        (Err(problem), _) | (_, Some(Err(problem))) => Ok(answer(None, None, vec![problem])),
        (Ok(one), Some(Ok(other))) => Ok(answer(None, Some(compare(&one, &other)), vec![])),
        (Ok(_), None) => anyhow::bail!(
            "{} is a checkpoint that verifies; give another with --checkpoint to compare it with",
            args.path.display()
        ),
    }
}

/// The copy in which a scan lies, and the scan's path in it.
fn copy_of(scan: &Path) -> anyhow::Result<Option<(Disk, String)>> {
    let Ok(scan) = scan.canonicalize() else { return Ok(None) };
    for above in scan.ancestors().skip(1).filter(|above| above.join(naming::LOG).is_dir()) {
        let path = scan.strip_prefix(above).ok().and_then(Path::to_str).filter(|path| naming::is_scan_path(path));
        if let Some(path) = path {
            return Ok(Some((Disk::at(above)?, path.to_owned())));
        }
    }
    Ok(None)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn signed(verdict: &Verdict) -> Option<Checkpoint> {
    let root = hex::decode(&verdict.root).ok()?.try_into().ok()?;
    Some(Checkpoint { origin: verdict.origin.clone(), size: verdict.size, root })
}

fn read_checkpoint(path: &Path, keys: &[VerifierKey]) -> anyhow::Result<Result<Checkpoint, Problem>> {
    let note = disk::read_named(path, NOTE_BYTES)?.ok_or_else(|| anyhow::anyhow!("{} is not there", path.display()))?;
    let checkpoint = Checkpoint::verified(&String::from_utf8_lossy(&note), keys);
    Ok(checkpoint.map_err(|error| Problem::Checkpoint { what: format!("{}: {error}", path.display()) }))
}

/// The keys that were given; else those of the copy in which `path` lies.
fn keys(given: Vec<VerifierKey>, path: &Path) -> anyhow::Result<Vec<VerifierKey>> {
    if !given.is_empty() {
        return Ok(given);
    }
    let path = path.canonicalize()?;
    for above in path.ancestors().filter(|above| above.join(naming::LOG).is_dir()) {
        let disk = Disk::at(above)?;
        let pinned = trust::pinned(&disk)?;
        if !pinned.is_empty() {
            return Ok(pinned);
        }
        let text = disk.read(&state::log_path(naming::KEYS), trust::KEYS_BYTES)?.unwrap_or_default();
        if let Ok(named) = trust::parse_keys(&String::from_utf8_lossy(&text))
            && !named.is_empty()
        {
            return Ok(named);
        }
    }
    Err(crate::client::verify::CannotVerify::NoKey.into())
}

fn answer(verdict: Option<(Verdict, std::time::Instant)>, view: Option<View>, mut problems: Vec<Problem>) -> Answer {
    let checked = verdict.map(|(verdict, began)| {
        problems.extend(verdict.problems);
        let Verdict { origin, size, root, scans, packs, bytes, not_held, parts, own_keys, .. } = verdict;
        let seconds = began.elapsed().as_secs_f64();
        Checked { origin, size, root, scans, packs, bytes, not_held, parts, own_keys, seconds }
    });
    let right = problems.is_empty() && !matches!(view, Some(View::Split { .. }));
    Answer { right, medium: None, checked, view, problems: problems.into_iter().map(ProblemInWords::from).collect() }
}

fn tell(args: &Verify, answer: &Answer) {
    if args.json {
        crate::out!("{}", serde_json::to_string(answer).expect("plain values"));
        return;
    }
    if let Some(checked) = &answer.medium {
        return medium::tell(args, answer, checked);
    }
    for told in &answer.problems {
        crate::out!("! {}\n  {}", told.tr, told.en);
    }
    if let Some(checked) = &answer.checked {
        let Checked { origin, size, root, scans, packs, bytes, not_held, parts, own_keys, seconds } = checked;
        crate::out!("{origin}: {size} kayıt/entries, kök/root {root}");
        crate::out!(
            "{scans} tutanak/scans, {packs} paket/packs, {:.1} MB hash, {seconds:.1} s; {not_held} kapsam dışı/not held, {parts} .part",
            *bytes as f64 / 1e6
        );
        if *own_keys {
            crate::out!(
                "İmza, kopyanın kendi anahtarıyla denetlendi; bağımsız denetim için --key verin.\nThe signature was checked with the copy's own key; give --key for an independent check."
            );
        }
        match answer.problems.len() {
            0 => crate::out!("DOĞRU: her şey imzalandığı gibi.\nRIGHT: everything is as it was signed."),
            n => crate::out!("YANLIŞ: {n} sorun bulundu.\nWRONG: {n} problems were found."),
        }
    }
    if let Some(view) = &answer.view {
        let (tr, en) = view.words();
        crate::out!("{tr}\n{en}");
    }
}
