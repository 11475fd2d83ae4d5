//! `tutanak mirror URL DIR`: a party's copy.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::{Ended, PEM_BYTES};
use crate::beneath;
use crate::client::credentials::Credentials;
use crate::client::disk::Disk;
use crate::client::metered::Metered;
use crate::client::mirror::{Report, Wishes, mirror};
use crate::client::order::Order;
use crate::client::pace::{Pace, Rate};
use crate::client::progress::Progress;
use crate::client::remote::Remote;
use crate::client::retry::Retry;
use crate::client::round::Context;
use crate::client::trust;
use crate::cpu::CpuLane;

/// What is copied, from where, and how.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Mirror {
    /// The archive: https://HOST/arsiv/, ftps://HOST/ (explicit TLS) or ftp://HOST/ (not encrypted).
    #[arg(value_name = "URL")]
    address: String,
    /// The copy. It is made if it is not there; a later run goes on where the last one stopped, however that ended.
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// Certificates to trust, as PEM, instead of the system's.
    #[arg(long, value_name = "PEM")]
    ca: Option<PathBuf>,
    /// The key that signs the log: `name+id+key`, or a file of such lines. Without it the key that the server names is
    /// pinned at first use: compare it with the printed one.
    #[arg(long, value_name = "FILE|KEY")]
    key: Option<String>,
    /// Go on until stopped: new scans are fetched as they come.
    #[arg(long)]
    follow: bool,
    /// These provinces first: `34`, `istanbul`. Can be given several times.
    #[arg(long, value_name = "NAME")]
    il: Vec<String>,
    /// These districts first: `kadikoy`, `kadikoy-1`. Can be given several times.
    #[arg(long, value_name = "NAME")]
    ilce: Vec<String>,
    /// These kinds of form first: `sonuc`, `cetvel`, `birlestirme-il` …
    #[arg(long, value_name = "KIND")]
    kind: Vec<String>,
    /// Only what --il, --ilce and --kind name, nothing after it. The log itself is always copied whole.
    #[arg(long)]
    only: bool,
    /// From the newest scans backwards.
    #[arg(long, conflicts_with = "oldest_first")]
    newest_first: bool,
    /// From the oldest scans on. This is the default.
    #[arg(long)]
    oldest_first: bool,
    /// Keep packs (ZIPs of up to 256 scans) and not the tree: few large files, for a large archive.
    #[arg(long)]
    packs: bool,
    /// No faster than so many bytes a second: 800k, 5M.
    #[arg(long, value_name = "RATE")]
    limit: Option<Rate>,
    /// Downloads at a time.
    #[arg(long, default_value = "4", value_name = "N", value_parser = clap::value_parser!(u8).range(1..=32))]
    parallel: u8,
    /// One JSON object a round on standard output, and no progress bar.
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Name and password of the party's bulk account come from TUTANAK_USER and TUTANAK_PASSWORD, or are asked for.

Examples:
  tutanak mirror https://arsiv.example/ kopya                        everything there is now
  tutanak mirror https://arsiv.example/ kopya --follow --limit 5M    all night, at 5 MB/s at most
  tutanak mirror ftps://arsiv.example/ kopya --il 34 --newest-first  İstanbul first, the newest before the older
  tutanak mirror https://arsiv.example/ kopya --only --kind sonuc    result sheets alone
  tutanak verify kopya                                               checks the copy, offline

What is in DIR: tutanaklar/… the scans; defter/ the whole transparency log, which can itself be served and mirrored;
durum.json; .tutanak/ this program's notes: trusted keys, evidence of contradictions. Every scan was checked against
the digest that the log's signature covers before it got its name; *.part files are unfinished downloads.

Exit codes: 0 done, and all is right; 1 something is wrong with what the server gives (said in words, and kept as
evidence where it contradicts a signature; what was right before stays as it is); 2 could not: line, password, disk.";

/// Mirrors until done, or for ever.
pub async fn run(args: Mirror) -> anyhow::Result<()> {
    let progress = Progress::new(!args.json);
    match copy(&args, &progress).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(Ended(1).into()),
        Err(error) => {
            progress.done();
            crate::note!("error: {error:#}");
            Err(Ended(2).into())
        }
    }
}

async fn copy(args: &Mirror, progress: &Progress) -> anyhow::Result<bool> {
    use anyhow::Context as _;
    let keys = args.key.as_deref().map(trust::given).transpose().map_err(anyhow::Error::msg)?.unwrap_or_default();
    let ca = args
        .ca
        .as_ref()
        .map(|path| beneath::read_named(path, PEM_BYTES).with_context(|| format!("cannot read {}", path.display())));
    let remote = Remote::open(&args.address, ca.transpose()?.as_deref(), Credentials::find()?)?;
    if matches!(remote, Remote::Ftp(_)) && args.address.starts_with("ftp://") {
        progress.line("uyarı: ftp:// şifresizdir, parola açık gider / warning: ftp:// is not encrypted, the password is sent in the clear");
    }
    let (disk, _lock) = Disk::lock(&args.dir)?;
    let transport = Arc::new(Metered::new(remote, Pace::new(args.limit), progress.clone()));
    let context = Context {
        transport: transport.clone(),
        disk,
        retry: Retry::default(),
        cpu: CpuLane::one_permit_a_core(),
        parallel: usize::from(args.parallel),
    };
    let order = Order {
        il: args.il.clone(),
        ilce: args.ilce.clone(),
        kind: args.kind.clone(),
        only: args.only,
        newest_first: args.newest_first,
    };
    let wishes = Wishes { order, packs: args.packs, follow: args.follow, keys };
    let right = mirror(&context, &transport, &wishes, progress, |report| tell(args, progress, report)).await?;
    progress.done();
    Ok(right)
}

fn tell(args: &Mirror, progress: &Progress, report: &Report) {
    if args.json {
        crate::out!("{}", serde_json::to_string(report).expect("plain values"));
        return;
    }
    for key in &report.pinned {
        progress.line(&format!(
            "İLK KULLANIM: Sunucunun bildirdiği anahtar bundan sonra esas alınacak. Tutanak ya da basın yoluyla \
             duyurulan anahtarla karşılaştırın:\nFIRST USE: the key that the server names is pinned from now on. \
             Compare it with the published one:\n  {key}"
        ));
    }
    for told in report.problems.iter().take(50) {
        progress.line(&format!("! {}\n  {}", told.tr, told.en));
    }
    if report.problems.len() > 50 {
        progress.line(&format!("! … +{}", report.problems.len() - 50));
    }
    let Report { size, entries, scans, bytes, seconds, .. } = report;
    let megabytes = *bytes as f64 / 1e6;
    let what = if args.packs { "paket/packs" } else { "tutanak/scans" };
    progress.line(&format!(
        "{size} kayıt/entries (+{entries}), +{scans} {what}, {megabytes:.1} MB, {seconds:.1} s, kök/root {}",
        report.root
    ));
}
