//! `tutanak demo`: the embedded default with a sample election, on loopback, ready to look at.
//!
//! It is the real service with real accounts; only the election is made up. Secrets lie in `DIR`, readable by their
//! owner alone, so that a second start finds the same ones.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use bytes::Bytes;
use clap::Args;
use futures::stream;
use serde::{Deserialize, Serialize};

use super::sample::figures;
use super::{init, serve, write_private};
use crate::access::passwords::Passwords;
use crate::app::App;
use crate::beneath::{Folder, Kind};
use crate::clock::Clock;
use crate::config::{Config, PortRange};
use crate::domain::person::Role;
use crate::domain::{Digest, Gate, Karekod, PlaceId, Sender};
use crate::intake::Announced;
use crate::ledger::Ledger;
use crate::ledger::registry::FormCursor;
use crate::ledger::rights::FtpTerms;
use crate::operation::metrics::MetricsConfig;
use crate::people::enrol::{self, Login, PartySecrets, Token};
use crate::people::{self, Wanted};
use crate::reading::{self, Limits, Page};
use crate::registry;
use crate::results::Status;
use crate::results::take_in::LINES;

/// Starts a whole service with a sample election.
#[derive(Debug, Args)]
pub struct Demo {
    /// Where everything lies.
    #[arg(long, default_value = "demo", value_name = "DIR")]
    dir: PathBuf,
    /// Address and port of HTTPS.
    #[arg(long, default_value = "127.0.0.1:8443", value_name = "ADDRESS")]
    https: SocketAddr,
    /// Address and port of FTP.
    #[arg(long, default_value = "127.0.0.1:2121", value_name = "ADDRESS")]
    ftp: SocketAddr,
    /// Address and port of FTP that begins with TLS. Without it there is none.
    #[arg(long, value_name = "ADDRESS")]
    ftps: Option<SocketAddr>,
    /// Address and port of metrics. The demo takes any free port of the loopback.
    #[arg(long, default_value = "127.0.0.1:0", hide_default_value = true, value_name = "ADDRESS")]
    metrics: SocketAddr,
    /// The sample election and scans.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/samples"), hide_default_value = true, value_name = "DIR")]
    samples: PathBuf,
}

/// The secrets of the demo's accounts.
#[derive(Debug, Serialize, Deserialize)]
struct Secrets {
    /// Token of each board, by its place.
    boards: BTreeMap<String, BoardSecret>,
    party: PartySecrets,
    /// None in a directory from before there was one.
    #[serde(default)]
    feed: Option<Token>,
    operator: Login,
    auditor: Login,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct BoardSecret {
    name: String,
    token: String,
    /// Two people, where the board has any: the first board has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    clerks: Vec<Login>,
}

/// What `demo.json` says, so that scripts need not read text.
#[derive(Serialize)]
struct Described<'a> {
    https: String,
    ftp: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ftps: Option<String>,
    /// Where Prometheus reads metrics.
    #[serde(skip_serializing_if = "Option::is_none")]
    metrics: Option<String>,
    ca_pem: PathBuf,
    board: &'a BoardSecret,
    party: DescribedParty<'a>,
    /// The token by which box results are sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    feed: Option<&'a Token>,
    operator: &'a Login,
    auditor: &'a Login,
}

#[derive(Serialize)]
struct DescribedParty<'a> {
    name: &'static str,
    #[serde(flatten)]
    secrets: &'a PartySecrets,
}

/// Places of the sample election at most.
const PLACES: u32 = 10_000;
const PARTY: &str = "ornek-parti";
const FEED: &str = "secsis";
/// Results that are drawn at most, with which seed, and how many of a hundred are corrected later.
const RESULTS: usize = 1_000;
const SEED: u64 = 1;
const CORRECTIONS: f32 = 10.0;
const SECRETS: &str = "secrets.json";
/// Bytes of it at most.
const SECRETS_BYTES: u64 = 16 << 20;
const DEMO_JSON: &str = "demo.json";

/// Runs until SIGTERM or Ctrl-C.
pub async fn run(demo: Demo) -> anyhow::Result<()> {
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&demo.dir);
    made.with_context(|| format!("cannot make {}", demo.dir.display()))?;
    let dir = demo.dir.canonicalize()?;
    // The file says that everything listens, so an old one must go first.
    match std::fs::remove_file(dir.join(DEMO_JSON)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).context("cannot remove demo.json");
        }
        _ => {}
    }
    if !dir.join(init::CONFIG).exists() {
        init::run(&dir, "localhost")?;
    }
    let mut config = Config::from_file(&dir.join(init::CONFIG))?;
    config.https.listen = demo.https;
    config.ftp.listen = demo.ftp;
    config.ftp.implicit = demo.ftps;
    config.metrics = Some(MetricsConfig { listen: demo.metrics });
    // Any free ports: a second demo on the same machine must not meet the first one's.
    config.ftp.passive_ports = PortRange(0..=0);
    let mut app = App::open(config, Clock::system()).await?;
    registry::import(&app.ledger, &demo.samples.join("election"), &mut |_| {}).await?;
    app.bind().await?;
    let secrets = enrol_everybody(&app.ledger, &dir).await?;
    // So that any client can try it; a real party's must be encrypted.
    let plain = FtpTerms { allow_plain: true, ..FtpTerms::default() };
    app.ledger.party_ftp(PARTY, &plain).await?;
    let (https, ftp) = app.listen().await?;
    let metrics = app.listen_for_metrics().await?;
    let mut taken = 0;
    for part in ["good", "parked"] {
        taken += take_samples(&app, &demo.samples.join(part), &secrets).await?;
    }
    let results = take_figures(&app).await?;
    let board = first_board(&app.ledger, &secrets).await?;
    let implicit = ftp.get(1).map(|listener| listener.local_addr()).transpose()?;
    let implicit = implicit.map(|address| format!("ftps://{address}"));
    let described = Described {
        https: format!("https://{}", https.local_addr()?),
        ftp: format!("ftp://{}", ftp[0].local_addr()?),
        ftps: implicit,
        metrics: metrics.map(|address| format!("http://{address}/metrics")),
        ca_pem: dir.join(init::CA),
        board,
        party: DescribedParty { name: PARTY, secrets: &secrets.party },
        feed: secrets.feed.as_ref(),
        operator: &secrets.operator,
        auditor: &secrets.auditor,
    };
    write_private(&dir.join(DEMO_JSON), &serde_json::to_string_pretty(&described)?)?;
    tell(&described, &dir, taken, results);
    app.serve(https, ftp, serve::stop_signal()).await;
    std::fs::remove_file(dir.join(DEMO_JSON)).context("cannot remove demo.json")
}

/// One party, one operator, one auditor, and a board wherever one sits.
async fn enrol_everybody(ledger: &Ledger, dir: &Path) -> anyhow::Result<Secrets> {
    let there = Folder::open(dir).and_then(|dir| dir.read(Path::new(SECRETS), SECRETS_BYTES));
    if let Some(text) = there.context("cannot read secrets.json")? {
        return serde_json::from_slice(&text).context("secrets.json is not as it was written");
    }
    let mut boards = BTreeMap::new();
    let places = ledger.places_after(0, PLACES).await?;
    for place in places.into_iter().filter(|place| place.level.seats_a_board()) {
        let name = crate::domain::naming::slug(place.id.as_str());
        let Token { token } = enrol::board(ledger, &name.parse()?, &place.name, &place.id, &[]).await?;
        boards.insert(place.id.to_string(), BoardSecret { name, token, clerks: Vec::new() });
    }
    let loopback = ["127.0.0.0/8".parse()?, "::1/128".parse()?];
    let party = enrol::party(ledger, &PARTY.parse()?, "Örnek Parti", &loopback, Gate::PartiesOpen).await?;
    let feed = Some(enrol::feed(ledger, &FEED.parse()?, "SEÇSİS", &loopback).await?);
    let operator = enrol::operator(ledger, "skgm-1", "SKGM işletmeni").await?;
    let auditor = enrol::auditor(ledger, "denetci-1", "Denetçi").await?;
    let mut secrets = Secrets { boards, party, feed, operator, auditor };
    let first = first_board(ledger, &secrets).await?.name.clone();
    let clerks = enrol_clerks(ledger, &first).await?;
    secrets.boards.values_mut().filter(|board| board.name == first).for_each(|board| board.clerks.clone_from(&clerks));
    write_private(&dir.join(SECRETS), &serde_json::to_string_pretty(&secrets)?)?;
    Ok(secrets)
}

/// Two people of a board: what is linked by hand takes two.
async fn enrol_clerks(ledger: &Ledger, board: &str) -> anyhow::Result<Vec<Login>> {
    let clerk = |name: &str, email: &str| -> anyhow::Result<Wanted> {
        let (name, phone, email) = (name.parse()?, "0532 000 00 00".parse()?, email.parse()?);
        Ok(Wanted { account: board.to_owned(), role: Role::User, name, phone, email })
    };
    let wanted = [clerk("Birinci Üye", "birinci@kurul.example")?, clerk("İkinci Üye", "ikinci@kurul.example")?];
    let outcomes = people::define(ledger, &Passwords::new(), &wanted, &[], Clock::system().now()).await?;
    let slips = outcomes.into_iter().filter_map(|outcome| outcome.slip);
    Ok(slips.map(|slip| Login { user: slip.login, password: slip.password }).collect())
}

/// The board whose boxes come first in the election: `tutanak sample scans` draws their forms first.
async fn first_board<'a>(ledger: &Ledger, secrets: &'a Secrets) -> anyhow::Result<&'a BoardSecret> {
    let stored = ledger.election().await?.context("no election is imported")?;
    let (forms, _) = ledger.forms_after(&stored.election, FormCursor::Start, 1).await?;
    let place = forms.first().and_then(|expected| expected.form.nearest_board.clone());
    let board = place.and_then(|place| secrets.boards.get(place.as_str()));
    board.context("no board sends the sample election's first form")
}

/// Takes every sample scan in, as the board that would send it. Gives their number.
async fn take_samples(app: &App, dir: &Path, secrets: &Secrets) -> anyhow::Result<usize> {
    let folder = Folder::open(dir).with_context(|| format!("cannot read {}", dir.display()))?;
    let listed: Vec<_> = folder.list(Path::new(""))?.collect::<std::io::Result<_>>()?;
    let regular = listed.into_iter().filter(|(_, kind)| *kind == Kind::File).map(|(name, _)| PathBuf::from(name));
    let mut files: Vec<PathBuf> = regular.filter(|name| name.extension().is_some_and(|kind| kind == "png")).collect();
    files.sort();
    for file in &files {
        let bytes = folder.read(file, app.intake.limits().scan_bytes as u64)?.context("a sample went away")?;
        let sender = sender(app, &bytes, secrets).await?;
        let digest = Digest::of(&bytes);
        let whole = stream::iter([Ok::<_, Infallible>(Bytes::from(bytes))]);
        let received = app.intake.receive(&sender, digest, Announced::default(), whole).await;
        let accepted = match received {
            Ok(received) => app.intake.take_in(&sender, received).await,
            Err(error) => Err(error),
        };
        accepted.with_context(|| format!("cannot take in {}", file.display()))?;
    }
    Ok(files.len())
}

/// Takes drawn results of every box in, as the program that would send them. Gives their number.
async fn take_figures(app: &App) -> anyhow::Result<usize> {
    let (results, drawn) = figures::drawn(&app.ledger, RESULTS, SEED, CORRECTIONS).await?;
    for batch in drawn.chunks(LINES) {
        let lines = batch.iter().map(|result| result.line().into_bytes()).collect();
        let receipts = app.figures.take_in(lines).await.context("cannot take in the drawn results")?;
        if let Some(refused) = receipts.iter().find(|receipt| receipt.status == Status::Refused) {
            bail!("a drawn result was refused: {}", refused.problem.as_deref().unwrap_or_default());
        }
    }
    Ok(results)
}

/// The board that would send this page: its form's own, or any where the page names none.
async fn sender(app: &App, bytes: &[u8], secrets: &Secrets) -> anyhow::Result<Sender> {
    let page = Page::from_png(bytes, Limits::default())?;
    let mut place = None;
    for code in reading::read(&page).codes() {
        let Ok(code) = code.parse::<Karekod>() else { continue };
        if let Some(form) = app.ledger.form_by_code(&code).await? {
            place = form.nearest_board;
        }
    }
    let known =
        place.as_ref().and_then(|place| secrets.boards.get(place.as_str()).map(|board| (place.as_str(), board)));
    let any = secrets.boards.iter().next().map(|(place, board)| (place.as_str(), board));
    let Some((place, board)) = known.or(any) else { bail!("the sample election has no board") };
    Ok(Sender { board: board.name.parse()?, place: place.parse::<PlaceId>()? })
}

fn tell(described: &Described, dir: &Path, taken: usize, results: usize) {
    let Login { user, password } = &described.party.secrets.bulk;
    crate::out!("tutanak demo: {taken} sample scans and {results} drawn results are in.\n");
    crate::out!("  archive   {}/arsiv/   (user {user}, password {password})", described.https);
    let web = &described.party.secrets.web;
    crate::out!(
        "  site      {}/giris   (user {}, first password {}, to be replaced)",
        described.https,
        web.user,
        web.password
    );
    if let Some(clerk) = described.board.clerks.first() {
        crate::out!(
            "  board     {}/giris   (user {}, first password {}, to be replaced)",
            described.https,
            clerk.user,
            clerk.password
        );
    }
    crate::out!(
        "  operator  {}/giris   (user {}, first password {}, to be replaced; then a second factor)",
        described.https,
        described.operator.user,
        described.operator.password
    );
    crate::out!("  FTP(S)    {}   (the same user and password; AUTH TLS)", described.ftp);
    crate::out!(
        "            without TLS too, which only this demo's party is allowed: `tutanak party ftp --allow-plain`"
    );
    crate::out!("  trust     {}", described.ca_pem.display());
    crate::out!(
        "  upload    PUT {}/v1/scans/<sha256>   (Authorization: Bearer {})",
        described.https,
        described.board.token
    );
    if let Some(Token { token }) = described.feed {
        crate::out!("  figures   POST {}/v1/figures   (Authorization: Bearer {token})", described.https);
    }
    if let Some(metrics) = &described.metrics {
        crate::out!("  metrics   {metrics}");
    }
    crate::out!("  scripts   {}\n", dir.join(DEMO_JSON).display());
    crate::out!(
        "  curl --cacert {} -u {user}:{password} {}/arsiv/durum.json",
        described.ca_pem.display(),
        described.https
    );
    crate::out!("\nCtrl-C stops it.");
}
