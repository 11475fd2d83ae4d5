//! A running service in a temporary directory, with people in it: boards, a party, and a clock that stands where we put it.

use std::net::SocketAddr;
use std::path::Path;

use reqwest::{Method, RequestBuilder, Response};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tutanak::access::consent::Signature;
use tutanak::access::own_password;
use tutanak::access::passwords::Passwords;
use tutanak::access::totp;
use tutanak::app::App;
use tutanak::audit::{Access, Protocol};
use tutanak::cli::init;
use tutanak::clock::Clock;
use tutanak::config::{Config, PortRange};
use tutanak::domain::{Act, Channel, Digest, Gate};
use tutanak::ledger::audit::AuditRow;
use tutanak::ledger::rights::FtpTerms;
use tutanak::ledger::{DatabaseConfig, Ledger};
use tutanak::people::enrol::{self, Login, PartySecrets};
use tutanak::registry;
use tutanak::vault::{Vault, VaultConfig};

const ELECTION: &str = r#"
id = "deneme"
name = "Deneme Seçimi"
polling_date = "2024-03-31"
time_zone = "Europe/Istanbul"
races = [9, 8]
[gates]
parties_open = "17:00"
[[code_rule]]
prefix = "10"
kind = "sonuc"
"#;
const PLACES: &str = "\
place_id,parent_id,level,code,name
34,,il,34,İSTANBUL
34-k,34,ilce,1,KADIKÖY
34-k-1,34-k,kurul,1,KADIKÖY 1. İLÇE SEÇİM KURULU
34-k-2,34-k,kurul,2,KADIKÖY 2. İLÇE SEÇİM KURULU
34-k-m1,34-k-1,mahalle,1,CAFERAĞA MAH.
34-k-m2,34-k-2,mahalle,2,MODA MAH.
";
const BOXES: &str = "\
box_id,place_id,number,kind,races
0000001,34-k-m1,1001,0,
0000002,34-k-m1,1002,0,
0000003,34-k-m1,1003,0,
0000101,34-k-m2,2001,0,
";
const CODES: &str = "\
code,kind,race,box_id,place_id,many_pages
5550000001,cetvel,9,0000001,,true
5550000002,birlestirme-ilce,9,,34-k,false
";

/// A little before and a little after 17:00 in Istanbul on polling day.
pub const BEFORE: &str = "2024-03-31T13:59:59Z";
pub const AFTER: &str = "2024-03-31T14:00:01Z";

/// What a house is built of.
#[derive(Default)]
pub struct Plan {
    pub database: Option<DatabaseConfig>,
    pub vault: Option<VaultConfig>,
    /// A vault that is open already, for one that fails.
    pub open_vault: Option<Vault>,
    pub scan_bytes: Option<usize>,
    pub silence_seconds: Option<u64>,
    pub ftp_idle_seconds: Option<u64>,
    /// Where the party comes from, if not from this machine.
    pub party_from: Option<&'static str>,
    /// What else the configuration says.
    pub also: Option<fn(&mut Config)>,
    pub ftp_tls_required: bool,
    /// Writes another election than the house's own; it must have the house's two boards.
    pub election: Option<fn(&Path)>,
}

pub struct House {
    pub https: SocketAddr,
    pub ftp: SocketAddr,
    /// Where metrics are told, if the plan's configuration says so.
    pub metrics: Option<SocketAddr>,
    pub clock: Clock,
    pub ledger: Ledger,
    pub database: DatabaseConfig,
    pub vault: VaultConfig,
    /// The same vault, open.
    pub store: Vault,
    pub config: Config,
    pub party: PartySecrets,
    /// Tokens of the district's two boards.
    pub first: String,
    pub second: String,
    pub client: reqwest::Client,
    pub dir: TempDir,
    stop: CancellationToken,
    running: Option<JoinHandle<()>>,
}

impl House {
    /// The embedded default, after 17:00.
    pub async fn open() -> Self {
        Self::build(Plan::default()).await
    }

    /// The token of a program that gives box results, which is added the first time.
    pub async fn feed(&self) -> String {
        let kept = self.dir.path().join("feed-token");
        if let Ok(token) = std::fs::read_to_string(&kept) {
            return token;
        }
        let from = ["127.0.0.0/8".parse().unwrap()];
        let token = enrol::feed(&self.ledger, &"secsis".parse().unwrap(), "SEÇSİS", &from).await.unwrap().token;
        std::fs::write(kept, &token).unwrap();
        token
    }

    pub async fn build(plan: Plan) -> Self {
        let dir = tempfile::tempdir().unwrap();
        init::run(dir.path(), "localhost").unwrap();
        let mut config = Config::from_file(&dir.path().join(init::CONFIG)).unwrap();
        config.ftp.passive_ports = PortRange(0..=0);
        config.database = plan.database.unwrap_or(config.database);
        config.vault = plan.vault.unwrap_or(config.vault);
        config.intake.scan_bytes = plan.scan_bytes.unwrap_or(config.intake.scan_bytes);
        config.intake.silence_seconds = plan.silence_seconds.unwrap_or(config.intake.silence_seconds);
        config.ftp.idle_seconds = plan.ftp_idle_seconds.unwrap_or(config.ftp.idle_seconds);
        config.ftp.tls_required = plan.ftp_tls_required;
        // What is counted together is written soon enough for a test to wait for it.
        config.audit.strangers.seconds = 1;
        if let Some(also) = plan.also {
            also(&mut config);
        }
        let database = config.database.clone();
        let ledger = Ledger::open(&database).await.unwrap();
        plan.election.unwrap_or(write_election)(&dir.path().join("election"));
        registry::import(&ledger, &dir.path().join("election"), &mut |_| {}).await.unwrap();
        let token = async |id: &str, place: &str| {
            let (id, place) = (id.parse().unwrap(), place.parse().unwrap());
            enrol::board(&ledger, &id, "Kurul", &place, &[]).await.unwrap().token
        };
        let (first, second) = (token("kadikoy-1", "34-k-1").await, token("kadikoy-2", "34-k-2").await);
        let addresses = [plan.party_from.unwrap_or("127.0.0.0/8").parse().unwrap()];
        let party =
            enrol::party(&ledger, &"parti".parse().unwrap(), "Parti", &addresses, Gate::PartiesOpen).await.unwrap();
        let plain = FtpTerms { allow_plain: true, ..FtpTerms::default() };
        assert!(ledger.party_ftp("parti", &plain).await.unwrap());
        let vault_config = config.vault.clone();
        let clock = Clock::standing_at(AFTER.parse().unwrap());
        let vault = match plan.open_vault {
            Some(vault) => vault,
            None => Vault::open(&config.vault).await.unwrap(),
        };
        let node = Node::start(config.clone(), clock.clone(), ledger.clone(), vault.clone()).await;
        let ca = std::fs::read(dir.path().join(init::CA)).unwrap();
        let client = client(&ca);
        let Node { https, ftp, metrics, stop, running } = node;
        Self {
            https,
            ftp,
            metrics,
            store: vault,
            config,
            clock,
            ledger,
            database,
            vault: vault_config,
            party,
            first,
            second,
            client,
            dir,
            stop,
            running,
        }
    }

    /// One more node of the same service, or its next start: the same keys, database and vault.
    pub async fn another_node(&self) -> Node {
        let ledger = Ledger::open(&self.database).await.unwrap();
        Node::start(self.config.clone(), self.clock.clone(), ledger, self.store.clone()).await
    }

    /// Stops as SIGTERM does, and waits until everything is written.
    pub async fn stop(&mut self) {
        self.stop.cancel();
        if let Some(running) = self.running.take() {
            running.await.unwrap();
        }
    }

    /// Entries beyond the two that bind a fresh log to its election and its key.
    pub async fn entered(&self) -> u64 {
        self.ledger.head().await.unwrap().size - 2
    }

    pub fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.https)
    }

    /// An upload that has taken all the room there is, and does not end until it is let go. For a house whose memory is
    /// that of one scan.
    pub async fn all_room_taken(&self, token: &str) -> Hog {
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let first = futures::stream::once(async { Ok::<_, std::io::Error>(bytes::Bytes::from_static(b"\x89PNG")) });
        let rest = futures::stream::once(async move {
            let _ = stopped.await;
            Err(std::io::Error::other("given up"))
        });
        let body = reqwest::Body::wrap_stream(futures::StreamExt::chain(first, rest));
        let put = self.put(token, &Digest::of(b"slow").to_string());
        let sending = tokio::spawn(put.header("content-length", self.config.intake.scan_bytes).body(body).send());
        // Whoever is not answered at once waits for it.
        let probe = async || {
            let sent = self.send(&self.first, b"no scan");
            tokio::time::timeout(std::time::Duration::from_millis(500), sent).await
        };
        while probe().await.is_ok_and(|answer| answer.status() != 503) {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        Hog { stop, sending }
    }

    /// A board sends a scan.
    pub async fn send(&self, token: &str, bytes: &[u8]) -> Response {
        self.put(token, &Digest::of(bytes).to_string()).body(bytes.to_vec()).send().await.unwrap()
    }

    pub fn put(&self, token: &str, digest: &str) -> RequestBuilder {
        self.client.put(self.url(&format!("/v1/scans/{digest}"))).bearer_auth(token)
    }

    /// The party asks the archive.
    pub fn archive(&self, method: Method, path: &str) -> RequestBuilder {
        let bulk = &self.party.bulk;
        self.client.request(method, self.url(&format!("/arsiv/{path}"))).basic_auth(&bulk.user, Some(&bulk.password))
    }

    /// What clients must trust.
    pub fn ca(&self) -> Vec<u8> {
        std::fs::read(self.dir.path().join(init::CA)).unwrap()
    }

    /// A client of this house that comes from another address of this machine.
    pub fn client_from(&self, address: [u8; 4]) -> reqwest::Client {
        builder(&self.ca()).local_address(std::net::IpAddr::from(address)).build().unwrap()
    }

    pub async fn get(&self, path: &str) -> Response {
        self.archive(Method::GET, path).send().await.unwrap()
    }

    /// The database file itself, to set a scene that no command sets.
    pub async fn sqlite(&self) -> sqlx::SqlitePool {
        let DatabaseConfig::Sqlite { path } = &self.database else { panic!("not on SQLite") };
        sqlx::SqlitePool::connect(&format!("sqlite://{}", path.display())).await.unwrap()
    }

    /// Every audit row of a house that was stopped, read as its successor would read them.
    pub async fn ledger_rows(&self) -> Vec<AuditRow> {
        Ledger::open(&self.database).await.unwrap().audit_after(0, 100_000).await.unwrap()
    }

    /// Audit rows that fit, once they tell of `count` accesses; fails when they do not come.
    pub async fn told(&self, count: usize, fits: impl Fn(&AuditRow) -> bool) -> Vec<AuditRow> {
        for _ in 0..200 {
            let rows = self.ledger.audit_after(0, 100_000).await.unwrap();
            let fitting: Vec<_> = rows.into_iter().filter(|row| fits(row)).collect();
            if times(&fitting) >= count {
                return fitting;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("{count} accesses were expected on record: {:#?}", self.ledger.audit_after(0, 100).await.unwrap());
    }

    /// Audit rows once there are `count` that fit; fails when they do not come.
    pub async fn audit(&self, count: usize, fits: impl Fn(&AuditRow) -> bool) -> Vec<AuditRow> {
        for _ in 0..100 {
            let rows = self.ledger.audit_after(0, 100_000).await.unwrap();
            let fitting: Vec<_> = rows.into_iter().filter(|row| fits(row)).collect();
            if fitting.len() >= count {
                return fitting;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("{count} audit rows were expected: {:#?}", self.ledger.audit_after(0, 100).await.unwrap());
    }
}

/// How many accesses rows tell of: those that were counted together say so.
pub fn times(rows: &[AuditRow]) -> usize {
    let together = |row: &AuditRow| row.reason.starts_with("counted together");
    let of = |row: &AuditRow| match row.object.strip_suffix(" times").filter(|_| together(row)) {
        Some(times) => times.parse().unwrap(),
        None => 1,
    };
    rows.iter().map(of).sum()
}

/// How many accesses a row tells of that ended for this reason.
pub fn reasons(row: &AuditRow, reason: &str) -> usize {
    match row.reason.strip_prefix("counted together: ") {
        None => usize::from(row.reason == reason),
        Some(counted) => {
            let named = counted.split(", ").find_map(|told| told.strip_prefix(reason)?.strip_prefix(' '));
            named.map_or(0, |times| times.parse().unwrap())
        }
    }
}

/// An upload that does not end.
pub struct Hog {
    stop: tokio::sync::oneshot::Sender<()>,
    sending: JoinHandle<reqwest::Result<Response>>,
}

impl Hog {
    /// It ends, and gives back what it held.
    pub async fn leave(self) {
        drop(self.stop);
        let _ = self.sending.await.unwrap();
    }
}

/// A running node.
pub struct Node {
    pub https: SocketAddr,
    pub ftp: SocketAddr,
    metrics: Option<SocketAddr>,
    stop: CancellationToken,
    running: Option<JoinHandle<()>>,
}

impl Node {
    async fn start(config: Config, clock: Clock, ledger: Ledger, vault: Vault) -> Self {
        let mut app = App::assemble(config, clock, ledger, vault).await.unwrap();
        let metrics = app.listen_for_metrics().await.unwrap();
        let (https, ftp) = (listener().await, listener().await);
        let (https_at, ftp_at) = (https.local_addr().unwrap(), ftp.local_addr().unwrap());
        let stop = CancellationToken::new();
        let running = Some(tokio::spawn(app.serve(https, vec![ftp.into()], stop.clone())));
        Self { https: https_at, ftp: ftp_at, metrics, stop, running }
    }

    /// What this node gives the house's party.
    pub async fn get(&self, house: &House, path: &str) -> Response {
        let bulk = &house.party.bulk;
        let asked = house.client.get(format!("https://{}/arsiv/{path}", self.https));
        asked.basic_auth(&bulk.user, Some(&bulk.password)).send().await.unwrap()
    }

    /// Stops as SIGTERM does.
    pub async fn stop(mut self) {
        self.stop.cancel();
        if let Some(running) = self.running.take() {
            running.await.unwrap();
        }
    }
}

/// Writes the house's election: one district with two boards.
pub fn write_election(dir: &Path) {
    std::fs::create_dir_all(dir).unwrap();
    for (name, text) in
        [("election.toml", ELECTION), ("places.csv", PLACES), ("boxes.csv", BOXES), ("codes.csv", CODES)]
    {
        std::fs::write(dir.join(name), text).unwrap();
    }
}

/// Somebody who has replaced the first password by one of their own.
pub async fn settled(ledger: &Ledger, slip: Login) -> Login {
    let own = Login { user: slip.user, password: format!("yağmurlu bir akşam {}", slip.password) };
    let (passwords, now) = (Passwords::new(), Clock::system().now());
    own_password::change(ledger, &passwords, &own.user, &slip.password, &own.password, now).await.unwrap();
    own
}

/// An operator who has replaced the first password and set a second factor up.
#[derive(Clone)]
pub struct Operator {
    pub login: Login,
    pub secret: String,
}

impl Operator {
    pub async fn new(ledger: &Ledger, id: &str) -> Self {
        let login = settled(ledger, enrol::operator(ledger, id, "İşletmen").await.unwrap()).await;
        let secret = totp::generate().unwrap();
        assert!(ledger.person_set_totp(id, Some(&secret), 0).await.unwrap());
        Self { login, secret }
    }

    /// The app's code of this moment, as if none had been used before: no test waits half a minute for the next one.
    pub async fn code(&self, ledger: &Ledger, clock: &Clock) -> String {
        assert!(ledger.person_set_totp(&self.login.user, Some(&self.secret), 0).await.unwrap());
        totp::code(&self.secret, clock.now()).unwrap()
    }

    /// Name, password and that code.
    pub async fn sign(&self, ledger: &Ledger, clock: &Clock) -> Signature {
        let Login { user, password } = self.login.clone();
        Signature { user, password, code: self.code(ledger, clock).await }
    }
}

/// An HTTPS client that trusts only this CA.
pub fn client(ca: &[u8]) -> reqwest::Client {
    builder(ca).build().unwrap()
}

/// The same, to which something can still be added.
pub fn builder(ca: &[u8]) -> reqwest::ClientBuilder {
    let ca = reqwest::Certificate::from_pem(ca).unwrap();
    reqwest::Client::builder().tls_certs_only([ca]).redirect(reqwest::redirect::Policy::none())
}

/// Somebody on this machine who asks for something.
pub fn asks(object: &str) -> Access {
    Access::by("parti", Channel::Bulk, (Protocol::Https, [127, 0, 0, 1].into()), Act::Download, object)
}

async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

/// The answer's JSON.
pub async fn json(response: Response) -> serde_json::Value {
    let text = response.text().await.unwrap();
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("no JSON: {text}"))
}
