//! One name that is counted or measured, with every series that it may have.

use std::fmt;
use std::sync::LazyLock;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry};

type Gauge = prometheus_client::metrics::gauge::Gauge<f64, AtomicU64>;
/// The label pairs of one series.
type Series = Vec<(&'static str, &'static str)>;
type Families<M> = Family<Series, M, fn() -> M>;

/// Upper bounds of times, in seconds.
const SECONDS: [f64; 14] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// A label and all of its values.
#[derive(Clone, Copy, Debug)]
pub struct Label {
    /// Its name.
    pub name: &'static str,
    /// Every value that it may have.
    pub values: &'static [&'static str],
}

impl Label {
    /// The value that is spelt like this, or the one for all others.
    pub fn known(&self, text: &str) -> &'static str {
        self.values.iter().find(|value| **value == text).copied().unwrap_or(super::OTHER)
    }
}

/// What a meter does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It only grows. Its name ends with `_total` where it is read.
    Counter,
    /// It goes up and down.
    Gauge,
    /// How long something took.
    Histogram,
}

/// One name.
pub struct Meter<M: 'static> {
    name: &'static str,
    help: &'static str,
    kind: Kind,
    labels: &'static [Label],
    families: LazyLock<Families<M>>,
}

impl<M> fmt::Debug for Meter<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meter").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Meter<Counter> {
    /// A counter; its name has no `_total`.
    pub const fn counter(name: &'static str, help: &'static str, labels: &'static [Label]) -> Self {
        Self {
            name,
            help,
            kind: Kind::Counter,
            labels,
            families: LazyLock::new(|| Families::new_with_constructor(Counter::default)),
        }
    }

    /// One more.
    pub fn add(&self, values: &[&'static str]) {
        self.add_many(values, 1);
    }

    /// So many more.
    pub fn add_many(&self, values: &[&'static str], number: u64) {
        self.families.get_or_create(&self.series(values)).inc_by(number);
    }

    /// How many there were.
    pub fn count(&self, values: &[&'static str]) -> u64 {
        self.families.get_or_create(&self.series(values)).get()
    }
}

impl Meter<Gauge> {
    /// A gauge.
    pub const fn gauge(name: &'static str, help: &'static str, labels: &'static [Label]) -> Self {
        Self {
            name,
            help,
            kind: Kind::Gauge,
            labels,
            families: LazyLock::new(|| Families::new_with_constructor(Gauge::default)),
        }
    }

    /// It stands at this.
    pub fn set(&self, values: &[&'static str], value: f64) {
        self.families.get_or_create(&self.series(values)).set(value);
    }

    /// Counts something until the guard is dropped.
    pub fn hold(&'static self, values: &[&'static str]) -> Held {
        let gauge = self.families.get_or_create(&self.series(values)).clone();
        gauge.inc();
        Held { gauge }
    }

    /// What it stands at.
    pub fn value(&self, values: &[&'static str]) -> f64 {
        self.families.get_or_create(&self.series(values)).get()
    }
}

impl Meter<Histogram> {
    /// A histogram of seconds.
    pub const fn seconds(name: &'static str, help: &'static str, labels: &'static [Label]) -> Self {
        let families: fn() -> Families<Histogram> = || Families::new_with_constructor(|| Histogram::new(SECONDS));
        Self { name, help, kind: Kind::Histogram, labels, families: LazyLock::new(families) }
    }

    /// It took so long.
    pub fn took(&self, values: &[&'static str], time: Duration) {
        self.families.get_or_create(&self.series(values)).observe(time.as_secs_f64());
    }
}

impl<M> Meter<M> {
    /// Its labels.
    pub fn labels(&self) -> &'static [Label] {
        self.labels
    }

    /// The pairs of one series. A value that is not in the label's list counts as [`super::OTHER`].
    fn series(&self, values: &[&'static str]) -> Series {
        debug_assert_eq!(values.len(), self.labels.len(), "{}", self.name);
        self.labels.iter().zip(values).map(|(label, value)| (label.name, label.known(value))).collect()
    }
}

/// Something that is counted while it lasts.
#[derive(Debug)]
pub struct Held {
    gauge: Gauge,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.gauge.dec();
    }
}

/// A meter of any kind, for whoever lists them.
pub trait AnyMeter: Sync {
    /// Its name as it is read: a counter's ends with `_total`.
    fn read_as(&self) -> String;
    /// What it tells.
    fn help(&self) -> &'static str;
    /// What it does.
    fn kind(&self) -> Kind;
    /// Its labels.
    fn every_label(&self) -> &'static [Label];
    /// Puts it into a registry, with every series that it may have.
    fn register(&self, registry: &mut Registry);
}

impl<M> AnyMeter for Meter<M>
where
    M: Clone + Send + Sync + 'static,
    Families<M>: Metric,
{
    fn read_as(&self) -> String {
        match self.kind {
            Kind::Counter => format!("{}_total", self.name),
            Kind::Gauge | Kind::Histogram => self.name.to_owned(),
        }
    }

    fn help(&self) -> &'static str {
        self.help
    }

    fn kind(&self) -> Kind {
        self.kind
    }

    fn every_label(&self) -> &'static [Label] {
        self.labels
    }

    fn register(&self, registry: &mut Registry) {
        // Every series from the start: an alert on the growth of one must see it at 0.
        let mut all: Vec<Series> = vec![Vec::new()];
        for label in self.labels {
            let with = |pairs: &Series| -> Vec<Series> {
                let longer = |value: &&'static str| [&pairs[..], &[(label.name, *value)]].concat();
                label.values.iter().map(longer).collect()
            };
            all = all.iter().flat_map(with).collect();
        }
        for series in &all {
            drop(self.families.get_or_create(series));
        }
        registry.register(self.name, self.help.trim_end_matches('.'), self.families.clone());
    }
}
