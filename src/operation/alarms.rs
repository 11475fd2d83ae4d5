//! Alarms for people who look at no screen: each is told to a webhook once when it begins, and once when it is over.
//!
//! A message names parts of the service, and no person, party, board or address.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::condition::{Condition, Observer};
use crate::meters;

/// What alarms are told, and where.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlarmConfig {
    /// The environment variable that holds the webhook's address: most carry a secret.
    pub webhook_from: String,
    /// The address in hand, for tests. Not for configuration files.
    #[serde(skip)]
    pub webhook: Option<String>,
    /// Nothing was entered for so many minutes. Left out: that is no alarm.
    #[serde(default)]
    pub silent_minutes: Option<u32>,
    /// Less of a disk is free, in hundredths.
    #[serde(default = "free_percent")]
    pub free_percent: u8,
    /// The certificate ends within so many days.
    #[serde(default = "certificate_days")]
    pub certificate_days: u32,
    /// The vault's checkpoint lacks entries that are older, in seconds.
    #[serde(default = "checkpoint_seconds")]
    pub checkpoint_seconds: u32,
    /// More of the scans of a quarter of an hour were parked, in hundredths. Fewer than twenty are no alarm.
    #[serde(default = "parked_percent")]
    pub parked_percent: u8,
}

fn free_percent() -> u8 {
    10
}

fn certificate_days() -> u32 {
    14
}

fn checkpoint_seconds() -> u32 {
    60
}

fn parked_percent() -> u8 {
    20
}

/// How often it is looked.
const ROUND: Duration = Duration::from_secs(5);
/// How long conflicts and parked scans count.
const WINDOW: SignedDuration = SignedDuration::from_mins(15);
/// Parked scans of a window from which on they are an alarm.
const PARKED: u64 = 20;
/// How long the webhook may take.
const LIMIT: Duration = Duration::from_secs(10);
/// Messages that wait for a webhook that does not answer. The oldest are let go.
const WAITING: usize = 256;

/// A message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Message {
    /// Which service.
    pub host: String,
    /// Which alarm.
    pub alarm: String,
    /// Whether it begins or is over.
    pub state: State,
    /// What it is about, in a sentence.
    pub text: String,
    /// When.
    pub at: Timestamp,
}

/// Whether an alarm begins or is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It begins.
    Begins,
    /// It is over.
    Over,
}

/// Counts of the process at one time.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    conflicts: u64,
    linked: u64,
    parked: u64,
}

impl Counts {
    fn now() -> Self {
        let scans = |outcome| meters::SCANS.count(&[outcome]);
        let conflicts = meters::FIGURES.count(&["conflict"]);
        Self { conflicts, linked: scans("linked"), parked: scans("parked") }
    }

    fn since(self, earlier: Self) -> Self {
        Self {
            conflicts: self.conflicts - earlier.conflicts,
            linked: self.linked - earlier.linked,
            parked: self.parked - earlier.parked,
        }
    }
}

/// What an alarm is judged by.
struct Signs<'a> {
    condition: &'a Condition,
    /// For how long the checkpoint has lacked an entry.
    behind: Option<Duration>,
    /// What came within the window.
    recent: Counts,
    now: Timestamp,
}

/// What is wrong now: the alarm, and a sentence.
fn judge(config: &AlarmConfig, signs: &Signs) -> BTreeMap<String, String> {
    let mut wrong = BTreeMap::new();
    let mut says = |alarm: &str, text: String| drop(wrong.insert(alarm.to_owned(), text));
    for failing in &signs.condition.failing {
        says(&format!("not-ready {}", failing.what), format!("{} does not work: {}", failing.what, failing.why));
    }
    for disk in &signs.condition.disks {
        if let (Some(free), Some(of)) = (disk.bytes, disk.of)
            && free.saturating_mul(100) < of.saturating_mul(u64::from(config.free_percent))
        {
            says(&format!("disk {}", disk.disk), format!("{free} of {of} bytes are free on the disk of {}", disk.disk));
        }
    }
    if let Some(ends) = signs.condition.certificate_ends
        && ends.duration_since(signs.now) < SignedDuration::from_hours(24 * i64::from(config.certificate_days))
    {
        says("certificate", format!("the certificate ends on {ends}"));
    }
    if let Some(behind) = signs.behind.filter(|behind| behind.as_secs() > u64::from(config.checkpoint_seconds)) {
        says("checkpoint", format!("the checkpoint lacks entries that are {} seconds old", behind.as_secs()));
    }
    let Counts { conflicts, linked, parked } = signs.recent;
    if conflicts > 0 {
        says("conflicts", format!("{conflicts} lines of box results contradict earlier ones of their version"));
    }
    if parked >= PARKED && parked * 100 > (parked + linked) * u64::from(config.parked_percent) {
        says("parked", format!("{parked} of {} scans of a quarter of an hour were parked", parked + linked));
    }
    if let Some(ledger) = &signs.condition.ledger {
        if ledger.findings > 0 {
            says("rot", format!("{} stored scans are missing or not as they were entered", ledger.findings));
        }
        if let (Some(minutes), Some(newest)) = (config.silent_minutes, ledger.newest_at)
            && signs.now.duration_since(newest) > SignedDuration::from_mins(i64::from(minutes))
        {
            says("no-data", format!("nothing was entered since {newest}"));
        }
    }
    wrong
}

/// Who raises them.
#[derive(Debug)]
pub struct Alarms {
    config: AlarmConfig,
    host: String,
    webhook: String,
    observer: Observer,
    client: reqwest::Client,
    /// What is wrong and was told.
    told: BTreeMap<String, String>,
    waiting: VecDeque<Message>,
    history: VecDeque<(Timestamp, Counts)>,
}

/// Alarms cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum AlarmError {
    /// The environment has no address.
    #[error("alarm.webhook_from: the environment variable {0} is not set")]
    NoAddress(String),
    /// It is none of HTTP.
    #[error("alarm.webhook_from: {0} does not hold an address of http or https")]
    BadAddress(String),
    /// No client could be made.
    #[error("no HTTP client for alarms")]
    Client(#[source] reqwest::Error),
}

impl Alarms {
    /// Of the service of this host.
    ///
    /// # Errors
    /// See [`AlarmError`].
    pub fn new(config: &AlarmConfig, host: &str, observer: Observer) -> Result<Self, AlarmError> {
        let variable = config.webhook_from.clone();
        let webhook = match &config.webhook {
            Some(webhook) => webhook.clone(),
            None => std::env::var(&variable).map_err(|_| AlarmError::NoAddress(variable.clone()))?,
        };
        let is_http = reqwest::Url::parse(&webhook).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
        if !is_http {
            return Err(AlarmError::BadAddress(variable));
        }
        let client = reqwest::Client::builder().timeout(LIMIT).redirect(reqwest::redirect::Policy::none()).build();
        let client = client.map_err(AlarmError::Client)?;
        let (config, host) = (config.clone(), host.to_owned());
        let (told, waiting, history) = (BTreeMap::new(), VecDeque::new(), VecDeque::new());
        Ok(Self { config, host, webhook, observer, client, told, waiting, history })
    }

    /// Looks until `stop`.
    pub async fn follow(mut self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(ROUND) => {}
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.round() => {}
            }
        }
    }

    async fn round(&mut self) {
        let condition = self.observer.condition().await;
        let published = meters::PUBLISHED.value(&[]) as u64;
        let (behind, now) = (self.observer.behind(published).await.ok(), self.observer.now());
        let recent = self.recent(now);
        let wrong = judge(&self.config, &Signs { condition: &condition, behind, recent, now });
        self.compare(wrong, now);
        while let Some(message) = self.waiting.front() {
            if !self.send(message).await {
                return; // tried again in the next round
            }
            self.waiting.pop_front();
        }
    }

    /// What was counted within the window.
    fn recent(&mut self, now: Timestamp) -> Counts {
        let counts = Counts::now();
        self.history.push_back((now, counts));
        while self.history.len() > 1 && self.history.front().is_some_and(|(at, _)| now.duration_since(*at) > WINDOW) {
            self.history.pop_front();
        }
        self.history.front().map_or(Counts::default(), |(_, earlier)| counts.since(*earlier))
    }

    /// Makes messages of what changed.
    fn compare(&mut self, wrong: BTreeMap<String, String>, now: Timestamp) {
        let message = |alarm: &String, state, text: &String| Message {
            host: self.host.clone(),
            alarm: alarm.clone(),
            state,
            text: text.clone(),
            at: now,
        };
        let begins = wrong.iter().filter(|(alarm, _)| !self.told.contains_key(*alarm));
        let begins = begins.map(|(alarm, text)| message(alarm, State::Begins, text));
        let over = self.told.iter().filter(|(alarm, _)| !wrong.contains_key(*alarm));
        let over = over.map(|(alarm, text)| message(alarm, State::Over, text));
        let changed: Vec<Message> = begins.chain(over).collect();
        self.waiting.extend(changed);
        while self.waiting.len() > WAITING {
            self.waiting.pop_front();
        }
        self.told = wrong;
    }

    async fn send(&self, message: &Message) -> bool {
        let Ok(body) = serde_json::to_vec(message) else { return true };
        let sent = self.client.post(&self.webhook).header("content-type", "application/json").body(body).send().await;
        match sent.and_then(reqwest::Response::error_for_status) {
            Ok(_) => true,
            Err(error) => {
                // The address may hold a secret.
                let error = error.without_url();
                tracing::warn!(%error, alarm = message.alarm, "Could not tell the webhook; trying again");
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::readiness::Failing;
    use crate::space::Free;

    fn config() -> AlarmConfig {
        toml::from_str("webhook_from = \"X\"\nsilent_minutes = 10").unwrap()
    }

    fn quiet() -> Condition {
        Condition { version: "1", failing: Vec::new(), ledger: None, disks: Vec::new(), certificate_ends: None }
    }

    fn names(condition: &Condition, behind: u64, recent: Counts) -> Vec<String> {
        let now = "2024-03-31T18:00:00Z".parse().unwrap();
        let behind = Some(Duration::from_secs(behind));
        judge(&config(), &Signs { condition, behind, recent, now }).into_keys().collect()
    }

    #[test]
    fn what_is_wrong_is_named_and_what_is_well_is_not() {
        assert_eq!(names(&quiet(), 60, Counts::default()), [""; 0]);
        let mut bad = quiet();
        bad.failing.push(Failing { what: "vault", why: "no answer".to_owned() });
        bad.disks.push(Free { disk: "database", bytes: Some(9), of: Some(100) });
        bad.disks.push(Free { disk: "vault.root", bytes: Some(10), of: Some(100) });
        bad.certificate_ends = Some("2024-04-10T00:00:00Z".parse().unwrap());
        let recent = Counts { conflicts: 1, linked: 79, parked: 21 };
        let expected = ["certificate", "checkpoint", "conflicts", "disk database", "not-ready vault", "parked"];
        assert_eq!(names(&bad, 61, recent), expected);
        assert_eq!(names(&quiet(), 0, Counts { parked: 19, ..Counts::default() }), [""; 0]);
        assert_eq!(names(&quiet(), 0, Counts { parked: 20, linked: 80, conflicts: 0 }), [""; 0]);
    }
}
