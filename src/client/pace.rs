//! Not faster than was asked for: one allowance for all downloads together.

use std::str::FromStr;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Bytes a second, written like `5M` or `800k` (powers of 1,000).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate(u64);

/// The text is no rate.
#[derive(Debug, thiserror::Error)]
#[error("a rate is a number of bytes a second, such as 800k, 5M or 1G")]
pub struct BadRate;

impl FromStr for Rate {
    type Err = BadRate;

    fn from_str(text: &str) -> Result<Self, BadRate> {
        let (digits, unit) = match text.char_indices().next_back() {
            Some((at, 'k' | 'K')) => (&text[..at], 1_000),
            Some((at, 'm' | 'M')) => (&text[..at], 1_000_000),
            Some((at, 'g' | 'G')) => (&text[..at], 1_000_000_000),
            _ => (text, 1),
        };
        let rate = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
        rate.filter(|rate| *rate > 0).map(Self).ok_or(BadRate)
    }
}

/// The allowance. Without a rate it is boundless.
#[derive(Debug)]
pub struct Pace {
    rate: Option<Rate>,
    /// When all that was taken so far will have been paid for.
    paid: Mutex<Instant>,
}

/// What may be taken at once after a rest.
const BURST: Duration = Duration::from_millis(250);

impl Pace {
    /// At most so many bytes a second.
    pub fn new(rate: Option<Rate>) -> Self {
        Self { rate, paid: Mutex::new(Instant::now()) }
    }

    /// Returns when `bytes` more fit.
    pub async fn take(&self, bytes: usize) {
        let Some(Rate(rate)) = self.rate else { return };
        let wait = {
            let mut paid = self.paid.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let now = Instant::now();
            let start = (*paid).max(now.checked_sub(BURST).unwrap_or(now));
            *paid = start + Duration::from_secs_f64(bytes as f64 / rate as f64);
            paid.saturating_duration_since(now)
        };
        tokio::time::sleep(wait).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_as_people_write_them() {
        for (text, rate) in [("5M", 5_000_000), ("800k", 800_000), ("1G", 1_000_000_000), ("12", 12)] {
            assert_eq!(text.parse::<Rate>().unwrap(), Rate(rate));
        }
        for text in ["", "M", "0", "-1", "5MB", "1.5M", "99999999999999G"] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
    }

    #[tokio::test]
    async fn all_downloads_together_stay_below_the_rate() {
        let pace = Pace::new(Some("1M".parse().unwrap()));
        let began = Instant::now();
        futures::future::join_all((0..10).map(|_| pace.take(60_000))).await;
        let took = began.elapsed();
        assert!(took > Duration::from_millis(340) && took < Duration::from_secs(3), "{took:?}");
    }
}
