//! Building everything from the configuration, running it, stopping it. What is wrong is found here, at the start.

mod keys;
pub mod sealing;
mod time;

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tutanak_ftp::permits::Limits;
use tutanak_ftp::{Lanes, Listener};

pub use self::keys::{binding, log_signer, signing_key};
use crate::access::addresses::{Announces, Proxies};
use crate::access::door::Door;
use crate::access::known_addresses::KnownAddresses;
use crate::access::rights::CurrentRights;
use crate::access::sessions::Sessions;
use crate::admission::Admission;
use crate::archive::Archive;
use crate::archive::packer::Packer;
use crate::archive::selections::Selections;
use crate::audit::syslog::{Collector, Shipper};
use crate::audit::{self, Audit};
use crate::clock::Clock;
use crate::config::{Config, SyslogConfig};
use crate::cpu::CpuLane;
use crate::intake::{Intake, ReceiptSigner};
use crate::ledger::append::{self, Appender};
use crate::ledger::bind::Stranger;
use crate::ledger::{Ledger, LedgerError};
use crate::log::signer::LogSigner;
use crate::operation::alarms::{AlarmError, Alarms};
use crate::operation::condition::{CertificateFiles, Observer};
use crate::operation::metrics::{self, Metrics};
use crate::operation::readiness::Readiness;
use crate::operation::scrub::Scrub;
use crate::pictures::Pictures;
use crate::publication::{self, AgreementError, Publisher};
use crate::results::{self, BoxResults, Figures};
use crate::shelf::{PartyShelf, Rules};
use crate::space::Space;
use crate::tls::{self, Clients, TlsError};
use crate::tree::Tree;
use crate::vault::{Vault, VaultError};
use crate::web::ceiling::RequestLimits;
use crate::web::{self, Services};

/// Why the service could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The ledger cannot be opened.
    #[error("the ledger cannot be opened")]
    Ledger(#[from] LedgerError),
    /// The vault cannot be opened.
    #[error("the vault cannot be opened")]
    Vault(#[from] VaultError),
    /// The directory for pictures cannot be used.
    #[error("the directory for pictures (pictures.disk) cannot be used")]
    Pictures(#[source] std::io::Error),
    /// The certificate cannot be used.
    #[error("the certificate cannot be used")]
    Tls(#[from] TlsError),
    /// Alarms cannot be told.
    #[error(transparent)]
    Alarm(#[from] AlarmError),
    /// The signing key cannot be used.
    #[error("the signing key {path} cannot be used: {cause}")]
    Key {
        /// The file.
        path: String,
        /// What is wrong with it.
        cause: String,
    },
    /// The sealing key cannot be used.
    #[error("the sealing key {path} cannot be used: {cause}")]
    Seal {
        /// The file.
        path: String,
        /// What is wrong with it.
        cause: String,
    },
    /// The database and the vault are not of the same log.
    #[error("the database and the vault's copy of the log cannot be compared, or do not belong together")]
    Agreement(#[from] AgreementError),
    /// The node must not sign this log.
    #[error("this node must not sign the log")]
    Stranger(#[source] Stranger),
    /// What the configuration says of clients' addresses and certificates would let somebody in from elsewhere, or keep
    /// everybody out.
    #[error("{0}")]
    Edge(String),
    /// The collector of logs cannot be used.
    #[error("audit.syslog.host {0} is no host name")]
    Collector(String),
    /// An address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
}

impl StartError {
    fn binding(error: LedgerError) -> Self {
        match error {
            LedgerError::Stranger(stranger) => Self::Stranger(stranger),
            error => Self::Ledger(error),
        }
    }
}

/// Everything a node consists of, opened and not yet listening.
pub struct App {
    /// The configuration it was built from.
    pub config: Config,
    /// The ledger.
    pub ledger: Ledger,
    /// Takes scans in.
    pub intake: Intake,
    /// Takes box results in.
    pub figures: Figures,
    /// Hands box results out.
    pub results: BoxResults,
    /// Hands scans out.
    pub tree: Tree,
    /// Keeps up the table of packs, and lets go of old lists.
    pub packer: Packer,
    /// Finds what people select of them.
    pub selections: Selections,
    /// Draws pictures of them.
    pub pictures: Pictures,
    /// Says who somebody is.
    pub door: Door,
    /// Writes down what they did.
    pub audit: Audit,
    /// Number of entries, as this node last saw it.
    pub appender: Appender,
    known: KnownAddresses,
    clock: Clock,
    https: TlsAcceptor,
    ftps: Arc<rustls::ServerConfig>,
    shown: tls::ServerCertificate,
    /// The two writers. They end when the last sender to them is gone.
    writers: Vec<JoinHandle<()>>,
    publisher: Publisher,
    /// Reads what is stored again.
    scrub: Scrub,
    /// Sends the record on, where there is somewhere to.
    shipper: Option<Shipper>,
    readiness: Readiness,
    /// Tells how the service is doing.
    pub observer: Observer,
    /// Where metrics are told, once it is bound.
    metrics: Option<TcpListener>,
    /// Tells people what is wrong, where there is a way.
    alarms: Option<Alarms>,
}

impl App {
    /// Opens everything that the configuration names.
    pub async fn open(config: Config, clock: Clock) -> Result<Self, StartError> {
        let ledger = Ledger::open(&config.database).await?;
        let vault = Vault::open(&config.vault).await?;
        vault.sweep().await?;
        Self::assemble(config, clock, ledger, vault).await
    }

    /// The same over a ledger and a vault that are open already, for tests with a store that fails.
    pub async fn assemble(config: Config, clock: Clock, ledger: Ledger, vault: Vault) -> Result<Self, StartError> {
        let key = signing_key(&config.keys.signing)?;
        let signer = log_signer(&config)?;
        belongs(&ledger, &vault, &signer).await?;
        sealing::begin(&config, &ledger).await?;
        let faults = edge_faults(&config, &ledger).await?;
        if !faults.is_empty() {
            return Err(StartError::Edge(faults.join("; ")));
        }
        let clients = match config.https.client_certificates {
            true => Clients::MayShowACertificate,
            false => Clients::AreNotAsked,
        };
        let shown =
            tls::ServerCertificate::open(&config.tls.certificate, &config.tls.key)?.renewed_with(config.tls.own());
        let https = shown.server(&["h2", "http/1.1", "http/1.0"], clients)?;
        let ftps = shown.server(&[], Clients::AreNotAsked)?;
        ledger.keep_time(&clock);
        let binding = binding(&signer);
        ledger.bind(&binding, clock.now()).await.map_err(StartError::binding)?;
        let size = ledger.head().await?.size;
        let (appender, entries) = append::writer(ledger.clone(), clock.clone(), size);
        let entries = entries.binding(binding);
        let (audit, rows) = audit::audit(ledger.clone(), clock.clone(), config.audit.strangers.clone());
        let receipts = Arc::new(ReceiptSigner::new(key));
        let cpu = CpuLane::one_permit_a_core();
        // Whatever began to count them again may have been stopped in the middle.
        results::settle::count(&ledger).await?;
        let figures = Figures::new(ledger.clone(), appender.clone(), cpu.clone());
        let limits = config.intake.clone();
        let disks = vault.disks().into_iter().chain(config.database.disk()).collect();
        let space = Space::new(&config.space, disks);
        let intake = Intake::new(limits, cpu, vault.clone(), ledger.clone(), appender.clone(), receipts, clock.clone())
            .with(space.clone());
        let readiness = Readiness::new(vault.clone(), ledger.clone(), audit.clone(), space.clone(), clock.clone());
        let files = CertificateFiles { certificate: config.tls.certificate.clone(), key: config.tls.key.clone() };
        let observer = Observer::new(ledger.clone(), space, readiness.clone(), clock.clone(), files);
        let publisher = Publisher::new(ledger.clone(), vault.clone(), signer.clone());
        let archive = Archive::new(&ledger, &vault, &clock, &config.address());
        let packer = Packer::new(archive.clone(), clock.clone());
        let scrub = Scrub::new(ledger.clone(), vault.clone(), clock.clone(), config.vault.scrub_pace());
        let pictures = Pictures::open(vault.clone(), &config.pictures).await.map_err(StartError::Pictures)?;
        let selections = archive.selections.clone();
        let results = figures.read_by(selections.clone());
        let tree = Tree::new(ledger.clone(), vault, clock.clone(), signer, archive);
        let door = Door::new(ledger.clone(), clock.clone());
        let known = KnownAddresses::open(&ledger).await?;
        let collector = config.audit.syslog.as_ref().map(collector).transpose()?;
        let shipper = collector.map(|to| Shipper::new(ledger.clone(), clock.clone(), &config.host, to));
        let alarms =
            config.alarm.as_ref().map(|alarm| Alarms::new(alarm, &config.host, observer.clone())).transpose()?;
        let entries = async {
            entries.run().await;
        };
        let writers = vec![tokio::spawn(entries), tokio::spawn(rows.run())];
        Ok(Self {
            known,
            clock,
            config,
            ledger,
            intake,
            figures,
            results,
            tree,
            selections,
            pictures,
            door,
            audit,
            appender,
            https: TlsAcceptor::from(https),
            ftps,
            shown,
            writers,
            publisher,
            scrub,
            shipper,
            packer,
            readiness,
            observer,
            metrics: None,
            alarms,
        })
    }

    /// Says in the log which election this is and who signs, where it does not say so yet: for whoever imports one.
    pub async fn bind(&self) -> Result<(), StartError> {
        let binding = binding(&log_signer(&self.config)?);
        self.ledger.bind(&binding, self.clock.now()).await?;
        Ok(())
    }

    /// Telling it has the certificate read again at once, without dropping a connection.
    pub fn reads_again(&self) -> Arc<Notify> {
        self.shown.again()
    }

    /// Binds all listeners as the configuration says: HTTPS, and FTP without and with implicit TLS.
    pub async fn listen(&self) -> Result<(TcpListener, Vec<Listener>), StartError> {
        let bind =
            async |address| TcpListener::bind(address).await.map_err(|cause| StartError::Listen { address, cause });
        let mut ftp = vec![Listener::explicit(bind(self.config.ftp.listen).await?)];
        if let Some(address) = self.config.ftp.implicit {
            ftp.push(Listener::implicit(bind(address).await?));
        }
        Ok((bind(self.config.https.listen).await?, ftp))
    }

    /// Binds the listener of metrics, where the configuration names one. Gives its address.
    ///
    /// # Errors
    /// It cannot be listened on.
    pub async fn listen_for_metrics(&mut self) -> Result<Option<std::net::SocketAddr>, StartError> {
        let Some(address) = self.config.metrics.as_ref().map(|metrics| metrics.listen) else { return Ok(None) };
        let failed = |cause| StartError::Listen { address, cause };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let bound = listener.local_addr().map_err(failed)?;
        self.metrics = Some(listener);
        Ok(Some(bound))
    }

    /// Serves on all of them until `stop`, lets what runs finish, and writes the last entries and rows.
    pub async fn serve(self, https: TcpListener, ftp: Vec<Listener>, stop: CancellationToken) {
        let proxies = Proxies::new(self.config.proxy.trusted.clone(), self.config.proxy.https);
        let rights = CurrentRights::new(self.ledger.clone(), self.clock.clone());
        let tls_required = self.config.ftp.tls_required;
        let (audit, door, clock) = (self.audit.clone(), self.door.clone(), self.clock.clone());
        let admission = Admission::new(audit, door, rights.clone(), clock, tls_required);
        let told = Metrics::new(self.observer, self.audit.clone());
        let telling = self.metrics.map(|listener| tokio::spawn(metrics::serve(listener, told, stop.clone())));
        let alarming = self.alarms.map(|alarms| tokio::spawn(alarms.follow(stop.clone())));
        let services = Services {
            admission: admission.clone(),
            intake: self.intake,
            figures: self.figures,
            results: self.results,
            tree: self.tree.clone(),
            pictures: self.pictures,
            selections: self.selections,
            door: self.door.clone(),
            sessions: Sessions::new(self.ledger.clone(), self.clock.clone(), self.door.clone()),
            audit: self.audit.clone(),
            ledger: self.ledger.clone(),
            readiness: self.readiness,
            size: self.appender.watch(),
            clock: self.clock.clone(),
            allowances: web::allowances::Allowances::default(),
            ceilings: web::ceiling::Ceilings::new(request_limits(&self.config)),
            bodies: web::bodies::Bodies::default(),
            counters: web::Counters::default(),
            previews: Arc::new(tokio::sync::Semaphore::new(1)),
            proxies: proxies.clone(),
        };
        // It ends last, so that the vault's copy of the log has the last entry too.
        let written = CancellationToken::new();
        let publisher = tokio::spawn(self.publisher.run(self.appender.watch(), written.clone()));
        drop(self.appender);
        let rules = shelf_rules(&self.config);
        let shelf = PartyShelf::new(self.tree, admission, self.door, rights, self.audit.clone(), rules);
        let shelf = Arc::new(shelf.knowing(self.known.clone()));
        // Kept to the end: what a session opened of the database's or the store's is driven by its lane.
        let lanes = ftp_lanes();
        let settings = tutanak_ftp::Settings { lanes: lanes.clone(), ..ftp_settings(&self.config, self.ftps) };
        let https_settings = web::server::Settings {
            tls: self.https,
            proxies,
            limits: Limits::new(
                self.config.https.connections,
                self.config.https.connections_per_address,
                self.config.https.connections_before_login,
            ),
            idle: std::time::Duration::from_secs(self.config.https.idle_seconds),
            known: self.known.clone(),
            audit: self.audit,
        };
        let scrubbing = tokio::spawn(self.scrub.follow(stop.clone()));
        let web = web::server::serve(https, https_settings, web::router(services), stop.clone());
        let ftp = tutanak_ftp::run(ftp, shelf, settings, stop.clone());
        let shipping = self.shipper.map(|shipper| tokio::spawn(shipper.run(stop.clone())));
        let watch = tokio::spawn(time::watch(self.ledger.clone(), self.clock.clone(), stop.clone()));
        let following = self.shown.follow(self.clock.clone(), stop.clone());
        let packing = self.packer.run(stop.clone());
        let knowing = self.known.follow(self.ledger.clone(), stop.clone());
        let serving = async { tokio::join!(web, ftp, packing, following, knowing).1 };
        match until(serving, &stop, LAST_ANSWERS).await {
            Some(Ok(())) => {}
            Some(Err(error)) => tracing::error!(%error, "The FTP front ended"),
            None => tracing::warn!("Some answers did not end within {LAST_ANSWERS:?} of the stop and are cut"),
        }
        watch.abort(); // it only looks
        // They only tell.
        telling.iter().chain(&alarming).for_each(JoinHandle::abort);
        // Nobody sends any more; what waits is written, then the writers end.
        let abort: Vec<_> = self.writers.iter().map(JoinHandle::abort_handle).collect();
        let last = futures::future::join_all(self.writers);
        if tokio::time::timeout(LAST_WRITES, last).await.is_err() {
            tracing::warn!(
                "The last entries and audit rows could not be written in time, or a connection outlived the stop; some \
                 rows may be missing"
            );
            abort.iter().for_each(tokio::task::AbortHandle::abort);
        }
        if let Some(shipping) = shipping
            && tokio::time::timeout(LAST_STEPS, shipping).await.is_err()
        {
            tracing::warn!("The sending of the record did not end in time");
        }
        if tokio::time::timeout(LAST_STEPS, scrubbing).await.is_err() {
            tracing::warn!("The look at the stored scans did not end in time");
        }
        written.cancel();
        if tokio::time::timeout(LAST_STEPS, publisher).await.is_err() {
            tracing::warn!(
                "The vault's copy of the log could not be brought up to date in time; the next start does it"
            );
        }
        if tokio::time::timeout(LAST_STEPS, self.ledger.close()).await.is_err() {
            tracing::warn!("The database's connections did not close in time");
        }
        drop(lanes);
    }
}

/// What `work` gives, or nothing when it goes on longer than `limit` after the stop.
async fn until<T>(work: impl Future<Output = T>, stop: &CancellationToken, limit: Duration) -> Option<T> {
    let too_late = async {
        stop.cancelled().await;
        tokio::time::sleep(limit).await;
    };
    tokio::select! {
        done = work => Some(done),
        () = too_late => None,
    }
}

/// Before anything is signed or entered: a node whose database, vault and keys do not belong together does not start.
async fn belongs(ledger: &Ledger, vault: &Vault, signer: &LogSigner) -> Result<(), StartError> {
    let agreed = publication::agreement_at_start(ledger, vault, signer).await?;
    if let Some(stored) = ledger.election().await?
        && let Some(stranger) = ledger.stranger(&signer.verifier_keys(stored.election.id())).await?
    {
        return Err(StartError::Stranger(stranger));
    }
    Ok(publication::scans_lie_there(ledger, vault, &agreed).await?)
}

/// A thread for FTP sessions on each core. Without them the sessions share the service's own threads.
fn ftp_lanes() -> Option<Arc<Lanes>> {
    let lanes = std::thread::available_parallelism().and_then(Lanes::start);
    lanes.inspect_err(|error| tracing::warn!(%error, "FTP gets no threads of its own")).ok()
}

/// Where the record is sent as well.
pub fn collector(config: &SyslogConfig) -> Result<Collector, StartError> {
    let name = ServerName::try_from(config.host.clone()).map_err(|_| StartError::Collector(config.host.clone()))?;
    let address = match config.host.parse::<std::net::Ipv6Addr>() {
        Ok(address) => format!("[{address}]:{}", config.port),
        Err(_) => format!("{}:{}", config.host, config.port),
    };
    Ok(Collector { address, name, tls: tls::trusting(&config.ca)? })
}

/// All that is wrong with what the configuration says of clients' addresses and certificates.
///
/// # Errors
/// The ledger could not be asked.
pub async fn edge_faults(config: &Config, ledger: &Ledger) -> Result<Vec<String>, LedgerError> {
    let mut faults = config.faults();
    let parties = ledger.party_addresses().await?;
    let ranges: Vec<_> = parties.iter().flat_map(|list| list.split_whitespace()).flat_map(str::parse).collect();
    faults.extend(config.proxy.faults(&ranges));
    if !config.https.client_certificates && ledger.any_certificate().await? {
        faults.push(
            "a certificate is bound to a board, and https.client_certificates is off: that board could not send"
                .to_owned(),
        );
    }
    Ok(faults)
}

fn request_limits(config: &Config) -> RequestLimits {
    RequestLimits {
        of_an_account: config.https.requests_per_second_per_account,
        of_an_address: config.https.requests_per_second_per_address,
    }
}

/// How long running answers may take when the service stops. HTTPS and FTP cut theirs before that.
const LAST_ANSWERS: Duration = Duration::from_secs(20);
/// How long the last entries and rows may take: a connection that fell silent is given up, and another tried.
const LAST_WRITES: Duration = Duration::from_secs(20);
/// How long each of the next steps may take: the record is sent on, the vault gets the last of the log, the database is
/// closed. Only a silent database or store needs all of it; a supervisor should wait for a minute and a half.
const LAST_STEPS: Duration = Duration::from_secs(10);

fn shelf_rules(config: &Config) -> Rules {
    Rules {
        tls_required: config.ftp.tls_required,
        connections: Some(config.ftp.connections_per_party),
        bytes_per_second: config.ftp.bytes_per_second_per_party,
    }
}

fn ftp_settings(config: &Config, tls: Arc<rustls::ServerConfig>) -> tutanak_ftp::Settings {
    tutanak_ftp::Settings {
        passive_ports: config.ftp.passive_ports.0.clone(),
        advertised: config.ftp.advertised,
        tls: Some(tls),
        // Who may come without TLS is the shelf's to say: some parties may, for a while.
        tls_required: false,
        greeting: "tutanak: yalniz yetkili erisim; butun erisimler kaydedilir".to_owned(),
        idle: std::time::Duration::from_secs(config.ftp.idle_seconds),
        stall: std::time::Duration::from_secs(config.ftp.stall_seconds),
        max_connections: config.ftp.connections,
        max_per_address: config.ftp.connections_per_address,
        max_before_login: config.ftp.connections_before_login,
        trusted_proxies: match config.proxy.ftp {
            Announces::ProxyProtocol => config.proxy.trusted.clone(),
            Announces::Nothing | Announces::XForwardedFor => Vec::new(),
        },
        ..tutanak_ftp::Settings::default()
    }
}
