//! `tutanak upload DIR`: a board's scanner folder.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::{Ended, PEM_BYTES};
use crate::beneath;
use crate::client::credentials::Token;
use crate::client::progress::Progress;
use crate::client::trust;
use crate::client::upload::clocks::{GateState, ServerClock};
use crate::client::upload::report::{Event, Summary};
use crate::client::upload::server::{Server, Tls};
use crate::client::upload::status::{self, Would};
use crate::client::upload::{Plan, Upload as Client};
use crate::clock::turkish;
use crate::domain::words::shown;

/// What is sent, where to, and how.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Upload {
    /// The folder that the scanner writes to. Folders in it are looked into as well.
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// The service: `https://HOST[:PORT]/`.
    #[arg(long, env = "TUTANAK_SERVER", value_name = "URL")]
    server: String,
    /// Certificates to trust, as PEM, instead of the system's.
    #[arg(long, env = "TUTANAK_CA", value_name = "PEM")]
    ca: Option<PathBuf>,
    /// The workstation's certificate as PEM, for boards to which one is bound (`tutanak board bind`). Its private key
    /// stands in the same file, or in that of --certificate-key.
    #[arg(long, env = "TUTANAK_CERTIFICATE", value_name = "PEM")]
    certificate: Option<PathBuf>,
    /// The private key of --certificate as PEM, not encrypted: keep the file readable for its owner alone.
    #[arg(long, env = "TUTANAK_CERTIFICATE_KEY", value_name = "PEM", requires = "certificate")]
    certificate_key: Option<PathBuf>,
    /// The key that signs receipts: `name+id+key`, or a file of such lines. Without it the keys that the service names are
    /// pinned at first contact.
    #[arg(long, env = "TUTANAK_KEY", value_name = "FILE|KEY")]
    key: Option<String>,
    /// Go on until stopped: new scans are sent as they come.
    #[arg(long)]
    watch: bool,
    /// Send nothing and move nothing: say what waits here, and which of the board's forms the service has no scan of.
    #[arg(long, conflicts_with_all = ["watch", "dry_run"])]
    status: bool,
    /// Send nothing and move nothing: say what would be sent.
    #[arg(long, conflicts_with = "watch")]
    dry_run: bool,
    /// Scans sent at a time.
    #[arg(long, default_value = "4", value_name = "N", value_parser = clap::value_parser!(u8).range(1..=32))]
    parallel: u8,
    /// How long a file must stand still before it is taken, in seconds.
    #[arg(long, default_value = "5", value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=600))]
    still: u64,
    /// How long a file that is no whole PNG must hold the same bytes before it is put aside as damaged, in seconds.
    #[arg(long, default_value = "60", value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    patience: u64,
    /// How often the folder is looked at where no event comes, in seconds: shares over a network send none.
    #[arg(long, default_value = "10", value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    rescan: u64,
    /// One JSON object an event on standard output, the sum as the last one, and no progress bar.
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
The board's token comes from TUTANAK_TOKEN, or is asked for.

Examples:
  tutanak upload tarama --server https://tutanak.example/ --ca ca.pem      everything that lies there
  tutanak upload tarama --server https://tutanak.example/ --watch          all night
  tutanak upload tarama --server https://tutanak.example/ --status         what is missing here and there

What becomes of the files in DIR:
  gonderildi/   linked: the signed receipt lies in makbuzlar/
  elle/         taken in, but not linked to a form: the text beside each says why and what to do
  bozuk/        no sound PNG, not sent: the text beside each says why
  makbuzlar/    one signed receipt a scan, named after its SHA-256
  .tutanak/     this program's notes: journal, trusted keys
Nothing is ever deleted or overwritten. Killed, or without a line for days, it goes on where it was: a scan is sent once.

Exit codes: 0 everything in DIR was received; 1 something was not (damaged, or still there when it was stopped);
2 could not: token, key, disk, or another client works in DIR.";

/// Sends, or tells.
pub async fn run(args: Upload) -> anyhow::Result<()> {
    let progress = Progress::new(!args.json);
    match act(&args, &progress).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(Ended(1).into()),
        Err(error) => {
            progress.done();
            crate::note!("error: {error:#}");
            Err(Ended(2).into())
        }
    }
}

async fn act(args: &Upload, progress: &Progress) -> anyhow::Result<bool> {
    let keys = args.key.as_deref().map(trust::given).transpose().map_err(anyhow::Error::msg)?.unwrap_or_default();
    let read = |path: &PathBuf| {
        beneath::read_named(path, PEM_BYTES).with_context(|| format!("cannot read {}", path.display()))
    };
    let ca = args.ca.as_ref().map(read).transpose()?;
    let mut identity = args.certificate.as_ref().map(read).transpose()?;
    if let (Some(identity), Some(key)) = (&mut identity, &args.certificate_key) {
        identity.push(b'\n');
        identity.extend(read(key)?);
    }
    let tls = Tls { ca: ca.as_deref(), identity: identity.as_deref() };
    let server = Server::open(&args.server, tls, Token::find()?)?;
    if args.status {
        return tell_status(args, &server).await;
    }
    if args.dry_run {
        return rehearse(args, &server).await;
    }
    let plan = Plan {
        still: Duration::from_secs(args.still),
        patience: Duration::from_secs(args.patience),
        rescan: Duration::from_secs(args.rescan),
        parallel: usize::from(args.parallel),
        watch: args.watch,
        keys,
    };
    let (json, bar) = (args.json, progress.clone());
    let tell = Arc::new(move |event: &Event| if json { print_json(event) } else { say(&bar, event) });
    let mut client = Client::open(&args.dir, server, plan, progress.clone(), tell)?;
    let (mut term, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let ended = tokio::select! {
        ended = client.run() => ended,
        _ = term.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
    };
    let summary = client.summary();
    progress.done();
    match args.json {
        true => print_json(&serde_json::json!({ "event": "summary", "summary": summary })),
        false => sum_up(&summary),
    }
    ended?;
    Ok(summary.complete())
}

/// Who reads along may leave; the scans are sent all the same.
fn print_json(value: &impl serde::Serialize) {
    crate::out!("{}", serde_json::to_string(value).expect("plain values"));
}

/// What a clerk reads while it runs. Scans that simply went through are counted by the bar alone.
fn say(progress: &Progress, event: &Event) {
    match event {
        Event::Connected { board, election, pinned, clock, gates } => {
            let election = election.as_deref().unwrap_or("seçim yüklenmemiş");
            progress.line(&format!("Bağlandı: {board} ({election})"));
            for key in pinned {
                progress.line(&format!("İLK BAĞLANTI: makbuzlar bundan sonra bu anahtarla denetlenir:\n  {key}"));
            }
            hours(clock.as_ref(), gates).iter().for_each(|line| progress.line(line));
        }
        // On a terminal the bar says it.
        Event::Queued { place, of } if !progress.is_shown() => {
            progress.line(&format!("sırada    sunucuda {place}. sıradasınız; bekleyen kurul: {of}"));
        }
        Event::Queued { .. } => {}
        Event::Received { file, advice, .. } => {
            for advice in advice {
                progress.line(&format!("öneri  {}: {advice}", shown(file)));
            }
        }
        Event::PassedOver { tr, .. } => progress.line(&format!("geçildi   {tr}")),
        Event::Parked { file, to, tr, .. } => {
            progress.line(&format!("ELLE   {}: {tr} Bkz. {}.txt", shown(file), shown(to)))
        }
        Event::Damaged { file, to, tr } => {
            progress.line(&format!("BOZUK  {}: {tr} Bkz. {}.txt", shown(file), shown(to)))
        }
        Event::Waiting { why, seconds } => {
            progress.line(&format!("bekliyor  {}; {seconds:.1} sn sonra yeniden denenecek", shown(why)));
        }
    }
}

/// What time it is at the service, and what is open there.
fn hours(clock: Option<&ServerClock>, gates: &[GateState]) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(clock) = clock {
        lines.push(format!("Sunucu saati: {}", turkish(clock.at)));
        lines.extend(clock.warning.as_ref().map(|warning| format!("DİKKAT  {warning}")));
    }
    lines.extend(gates.iter().map(|gate| format!("  {}: {}", gate.name, gate.told)));
    lines
}

fn sum_up(summary: &Summary) {
    let Summary { linked, parked, damaged, waiting, others, passed, unread, bytes, sent, seconds } = summary;
    crate::out!(
        "{linked} tutanak alındı ve bağlandı, {parked} elle bağlanmayı bekliyor, {damaged} dosya bozuk, {waiting} dosya \
         gönderilmeyi bekliyor. Gönderilen: {sent} görüntü, {:.1} MB, {seconds:.0} sn.",
        *bytes as f64 / 1e6
    );
    if *others > 0 {
        crate::out!("Klasörde PNG olmayan {others} dosya var; onlar gönderilmez.");
    }
    if !passed.is_empty() {
        crate::out!("{}", passed.turkish());
    }
    for folder in unread {
        crate::out!("Okunamayan klasör: {}", shown(folder));
    }
}

async fn tell_status(args: &Upload, server: &Server) -> anyhow::Result<bool> {
    let status = status::status(&args.dir, server).await?;
    let complete = status.waiting == 0 && status.by_hand == 0 && status.damaged == 0 && status.missing.is_empty();
    if args.json {
        print_json(&status);
        return Ok(complete);
    }
    hours(status.clock.as_ref(), &status.gates).iter().for_each(|line| crate::out!("{line}"));
    crate::out!("Bu klasörde: {} dosya gönderilmeyi bekliyor", status.waiting);
    crate::out!("  gonderildi/ {}   elle/ {}   bozuk/ {}", status.received, status.by_hand, status.damaged);
    if status.others > 0 {
        crate::out!("  PNG olmayan {} dosya gönderilmez", status.others);
    }
    if !status.passed.is_empty() {
        crate::out!("  {}", status.passed.turkish());
    }
    crate::out!("Hizmette: beklenen {} tutanaktan {} tanesi eksik", status.expected, status.missing.len());
    for form in &status.missing {
        crate::out!("  {}  {}  ({})", form.code, form.tr, form.places.join(" / "));
    }
    Ok(complete)
}

async fn rehearse(args: &Upload, server: &Server) -> anyhow::Result<bool> {
    let mut nothing_to_do = true;
    status::rehearse(&args.dir, server, |would| {
        nothing_to_do = false;
        if args.json {
            return print_json(would);
        }
        match would {
            Would::Send { file, size, .. } => crate::out!("gönderilecek  {}  ({size} bayt)", shown(file)),
            Would::Settle { file, .. } => crate::out!("hizmette var  {}", shown(file)),
            Would::Wait { file, tr } => crate::out!("beklenecek    {}: {tr}", shown(file)),
        }
    })
    .await?;
    Ok(nothing_to_do)
}
