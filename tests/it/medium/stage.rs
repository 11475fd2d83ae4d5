//! A service with two çevre that share a province's directory, a candidate in each, and two operators.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;
use tutanak::access::consent::Signature;
use tutanak::access::door::Door;
use tutanak::access::gate_change::change;
use tutanak::app;
use tutanak::cli::init;
use tutanak::client::verify::{MediumVerdict, verify_medium};
use tutanak::clock::Clock;
use tutanak::config::Config;
use tutanak::cpu::CpuLane;
use tutanak::domain::{Digest, Gate};
use tutanak::export::ExportError;
use tutanak::export::progress::Progress;
use tutanak::export::requests::Requests;
use tutanak::export::seal::ARCHIVE_BYTES;
use tutanak::export::write::{Wish, Workshop, Written, write};
use tutanak::ledger::accounts::NewAccount;
use tutanak::ledger::audit::AuditRow;
use tutanak::ledger::{DatabaseConfig, Ledger};
use tutanak::people::enrol::Login;
use tutanak::registry;
use tutanak::vault::{Vault, VaultConfig};

use crate::engines::unique;
use crate::house::Operator;
use crate::paper::page;
use crate::stock::enter;

const ELECTION: &str = r#"
id = "deneme"
name = "Deneme Seçimi"
polling_date = "2024-03-31"
time_zone = "Europe/Istanbul"
races = [9, 8]
[[code_rule]]
prefix = "10"
kind = "sonuc"
"#;
/// Two çevre in one directory, a customs gate elsewhere in the tree, and a village that Windows takes for a device.
const PLACES: &str = "\
place_id,parent_id,level,code,name
34,,il,34,İSTANBUL
34-c1,34,cevre,1,İSTANBUL 1. BÖLGE
34-c2,34,cevre,2,İSTANBUL 2. BÖLGE
34-k,34-c1,ilce,1,KADIKÖY
34-k-1,34-k,kurul,1,KADIKÖY 1. İLÇE SEÇİM KURULU
34-k-m1,34-k-1,mahalle,1,CAFERAĞA MAH.
34-k-m2,34-k-1,mahalle,2,CON
34-g,34-c1,gumruk,HYD,HAYDARPAŞA
34-f,34-c2,ilce,2,FATİH
34-f-1,34-f,kurul,1,FATİH 1. İLÇE SEÇİM KURULU
34-f-m1,34-f-1,mahalle,1,AKSARAY MAH.
";
const BOXES: &str = "\
box_id,place_id,number,kind,races
0000001,34-k-m1,1001,0,
0000002,34-k-m1,1002,0,
0000003,34-k-m2,1003,0,
0000004,34-g,9001,1,
0000005,34-k-m1,1005,0,
0000101,34-f-m1,2001,0,
";
const CODES: &str = "\
code,kind,race,box_id,place_id,many_pages
5550000001,birlestirme-il,9,,34,false
5550000002,birlestirme-ilce,9,,34-k,false
";

/// Paths of the first çevre's scans as they lie in the tree.
pub const OURS: [&str; 7] = [
    "tutanaklar/34-istanbul/kadikoy-1/caferaga-mah/1001-cb-sonuc-1.v1.png",
    "tutanaklar/34-istanbul/kadikoy-1/caferaga-mah/1001-cb-sonuc-1.v2.png",
    "tutanaklar/34-istanbul/kadikoy-1/caferaga-mah/1001-mv-sonuc-1.v1.png",
    "tutanaklar/34-istanbul/kadikoy-1/caferaga-mah/1002-cb-sonuc-1.v1.png",
    "tutanaklar/34-istanbul/kadikoy-1/con/1003-cb-sonuc-1.v1.png",
    "tutanaklar/34-istanbul/kadikoy/cb-birlestirme-ilce-1.v1.png",
    "tutanaklar/gumruk/hyd/9001-cb-sonuc-1.v1.png",
];

pub struct Stage {
    pub dir: TempDir,
    pub ledger: Ledger,
    pub clock: Clock,
    pub operators: [Operator; 2],
    config: Config,
    database: DatabaseConfig,
    vault: VaultConfig,
    _database: Option<crate::engines::Engine>,
}

impl Stage {
    /// On SQLite and a local disk, so that the program itself can be run on it.
    pub async fn open() -> Self {
        Self::build(None, None).await
    }

    pub async fn build(engine: Option<crate::engines::Engine>, vault: Option<VaultConfig>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        init::run(dir.path(), "localhost").unwrap();
        let config = Config::from_file(&dir.path().join(init::CONFIG)).unwrap();
        let database = engine.as_ref().map_or(config.database.clone(), |engine| engine.config.clone());
        let vault = vault.unwrap_or(config.vault.clone());
        let ledger = Ledger::open(&database).await.unwrap();
        let election = dir.path().join("election");
        std::fs::create_dir_all(&election).unwrap();
        for (name, text) in
            [("election.toml", ELECTION), ("places.csv", PLACES), ("boxes.csv", BOXES), ("codes.csv", CODES)]
        {
            std::fs::write(election.join(name), text).unwrap();
        }
        registry::import(&ledger, &election, &mut |_| {}).await.unwrap();
        for (id, name, place) in [("aday-1", "Ayşe Çınar <b>&", "34-c1"), ("aday-2", "=1+1", "34-c2")] {
            candidate(&ledger, id, name, place, "independent").await;
        }
        candidate(&ledger, "parti", "Parti", "34-c1", "party").await;
        let operators = [Operator::new(&ledger, "skgm-1").await, Operator::new(&ledger, "skgm-2").await];
        let clock = Clock::standing_at("2024-03-31T18:00:00Z".parse().unwrap());
        let stage = Self { dir, ledger, clock, operators, config, database, vault, _database: engine };
        stage.send(&["1090000001", "1080000001", "1090000101", "5550000001", "1090000003"], 1).await;
        stage.send(&["1090000002", "1090000001", "1090000004", "5550000002", "none"], 50).await;
        stage
    }

    /// Enters a page for each code; `none` is a page without one.
    pub async fn send(&self, codes: &[&str], seed: u32) {
        let vault = Vault::open(&self.vault).await.unwrap();
        let mut sent = Vec::new();
        for (n, code) in (0..).zip(codes) {
            // Another sheet of paper in every test: the bucket is shared.
            let salt = Digest::of(unique().as_bytes()).as_bytes()[0] as u32;
            let paper = page(&[code], (seed + n) << 8 | salt);
            let form = match *code {
                "none" => None,
                code => Some(self.ledger.form_by_code(&code.parse().unwrap()).await.unwrap().unwrap()),
            };
            sent.push((paper, form));
        }
        enter(&self.ledger, &vault, &self.clock, &sent).await;
    }

    pub async fn lift_ban(&self) {
        let door = Door::new(self.ledger.clone(), Clock::system());
        let now = self.clock.now();
        let mut by = Vec::new();
        for operator in &self.operators {
            by.push(operator.sign(&self.ledger, &Clock::system()).await);
        }
        change(&self.ledger, &door, Gate::BanLifted, true, "YSK kararı", &by, now).await.unwrap();
    }

    /// One of the operators signs.
    pub async fn sign(&self, n: usize) -> Signature {
        self.operators[n].sign(&self.ledger, &self.clock).await
    }

    pub async fn both(&self) -> [Signature; 2] {
        [self.sign(0).await, self.sign(1).await]
    }

    pub fn requests(&self) -> Requests {
        Requests::new(self.ledger.clone(), self.clock.clone())
    }

    /// Enters a request and has both agree.
    pub async fn request(&self, candidate: &str) -> u64 {
        let requests = self.requests();
        let request = requests.request(candidate, "Dilekçe 2024/15", &self.sign(0).await).await.unwrap();
        for by in self.both().await {
            requests.approve(request.id, &by).await.unwrap();
        }
        request.id
    }

    /// Lifts the ban, requests and approves: what every medium needs.
    pub async fn ready(&self, candidate: &str) -> u64 {
        self.lift_ban().await;
        self.request(candidate).await
    }

    pub async fn workshop(&self) -> Workshop {
        Workshop {
            ledger: self.ledger.clone(),
            vault: Vault::open(&self.vault).await.unwrap(),
            clock: self.clock.clone(),
            cpu: CpuLane::one_permit_a_core(),
            signer: app::log_signer(&self.config).unwrap(),
            key: app::signing_key(&self.config.keys.signing).unwrap(),
            progress: Progress::default(),
        }
    }

    pub async fn write(&self, candidate: &str, wish: &Wish) -> Result<Written, ExportError> {
        let permit = self.requests().permit(candidate, &self.both().await).await?;
        write(&self.workshop().await, &permit, wish).await
    }

    /// The program, for which nobody has to sign.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tutanak"));
        command
            .env("TUTANAK_CONFIG", self.dir.path().join(init::CONFIG))
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// The program, as the two operators run it.
    pub async fn tutanak(&self, args: &[&str]) -> Command {
        let mut command = self.command(args);
        for (prefix, operator) in ["TUTANAK", "TUTANAK_SECOND"].into_iter().zip(&self.operators) {
            let Login { user, password } = &operator.login;
            let code = operator.code(&self.ledger, &Clock::system()).await;
            command.env(format!("{prefix}_USER"), user).env(format!("{prefix}_PASSWORD"), password);
            command.env(format!("{prefix}_CODE"), code);
        }
        command
    }

    /// `tutanak export` onto `to`, with the answer that programs read.
    pub async fn export(
        &self,
        candidate: &str,
        to: &Path,
        more: &[&str],
        set: &[(&str, &str)],
    ) -> (i32, serde_json::Value) {
        let to = to.display().to_string();
        let arguments = [&["export", "--candidate", candidate, "--to", &to, "--json"], more].concat();
        let mut command = self.tutanak(&arguments).await;
        let out = command.envs(set.iter().copied()).output().unwrap();
        (out.status.code().unwrap_or(-1), answer(&out))
    }

    /// The rows of the record about media.
    pub async fn steps(&self) -> Vec<AuditRow> {
        let rows = self.ledger.audit_after(0, 10_000).await.unwrap();
        rows.into_iter().filter(|row| row.act.starts_with("export")).collect()
    }

    /// How the database is opened, for a scene that no command sets.
    pub async fn sqlite(&self) -> sqlx::SqlitePool {
        let DatabaseConfig::Sqlite { path } = &self.database else { panic!("not on SQLite") };
        sqlx::SqlitePool::connect(&format!("sqlite://{}", path.display())).await.unwrap()
    }
}

pub fn answer(out: &Output) -> serde_json::Value {
    let text = String::from_utf8_lossy(&out.stdout);
    let line = text.lines().last().unwrap_or("null");
    serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {text}\n{}", String::from_utf8_lossy(&out.stderr)))
}

pub fn wish(to: &Path) -> Wish {
    Wish {
        to: to.to_owned(),
        seal: None,
        archive_bytes: ARCHIVE_BYTES,
        previews: true,
        capacity: None,
        number: None,
        serial: None,
    }
}

async fn candidate(ledger: &Ledger, id: &str, name: &str, place: &str, kind: &'static str) {
    let account = NewAccount {
        id: id.into(),
        kind,
        name: name.into(),
        place: Some(place.into()),
        addresses: String::new(),
        opens_with: Gate::BanLifted,
        credentials: vec![],
        first: None,
    };
    assert!(ledger.account_add(&account).await.unwrap());
}

/// Every file below a directory, with its bytes.
pub fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    fn below(root: &Path, dir: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
        for entry in std::fs::read_dir(dir).unwrap().map(Result::unwrap) {
            let path: PathBuf = entry.path();
            if path.is_dir() {
                below(root, &path, found);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    below(dir, dir, &mut found);
    found
}

/// What a check of a medium says; nothing is wrong.
pub fn sound(root: &Path) -> MediumVerdict {
    let verdict = verify_medium(root, &[]).unwrap();
    assert!(verdict.problems.is_empty(), "{:#?}", verdict.problems);
    verdict
}
