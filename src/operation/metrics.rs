//! Metrics for Prometheus: what the rooms counted, and how the service is doing at the moment of the question.
//!
//! They have a listener of their own, so that neither boards nor parties can reach it, and tell no name, address or secret.

mod gauges;
mod listener;

use std::fmt;
use std::sync::LazyLock;

use prometheus_client::encoding::prometheus_text;
use prometheus_client::registry::Registry;
use tokio::sync::Mutex;

pub use self::gauges::MEASURED;
pub use self::listener::{MetricsConfig, serve};
use super::condition::Observer;
use crate::audit::Audit;
use crate::meters::{self, AnyMeter, COUNTED};

/// Every metric in the order of the reference.
pub fn all() -> Vec<&'static dyn AnyMeter> {
    COUNTED.iter().chain(MEASURED).copied().collect()
}

/// The reference for operators, in Markdown.
pub fn reference() -> String {
    meters::reference(&all())
}

/// The process's registry. Whoever asks waits for the one before: what is measured is measured for one answer.
static REGISTRY: LazyLock<Mutex<Registry>> = LazyLock::new(|| {
    let mut registry = Registry::default();
    all().iter().for_each(|meter| meter.register(&mut registry));
    Mutex::new(registry)
});

/// Who answers.
#[derive(Clone, Debug)]
pub struct Metrics {
    observer: Observer,
    audit: Audit,
}

impl Metrics {
    /// Of this service.
    pub fn new(observer: Observer, audit: Audit) -> Self {
        Self { observer, audit }
    }

    /// All of them, as Prometheus reads them.
    ///
    /// # Errors
    /// They could not be written as text.
    pub async fn text(&self) -> Result<String, fmt::Error> {
        let condition = self.observer.condition().await;
        let published = meters::PUBLISHED.value(&[]) as u64;
        let lag = self.observer.behind(published).await.ok();
        let registry = REGISTRY.lock().await;
        gauges::set(&condition, lag, self.audit.backlog());
        let mut text = String::new();
        prometheus_text::encode(&mut text, &registry)?;
        Ok(text)
    }
}
