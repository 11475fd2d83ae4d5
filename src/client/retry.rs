//! Again, a little later each time, and never all parties in step.

use std::time::Duration;

use super::transport::TransportError;

/// How often and how patiently something that failed for now is tried again.
#[derive(Clone, Copy, Debug)]
pub struct Retry {
    /// Attempts at most.
    pub attempts: u32,
    /// The pause after the first; doubled after each.
    pub first: Duration,
    /// No pause is longer.
    pub longest: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self { attempts: 7, first: Duration::from_millis(500), longest: Duration::from_secs(30) }
    }
}

impl Retry {
    /// Runs `ask` until it succeeds, fails for good, or has failed for now too often.
    ///
    /// # Errors
    /// The last error.
    pub async fn run<T>(&self, mut ask: impl AsyncFnMut() -> Result<T, TransportError>) -> Result<T, TransportError> {
        let mut attempt = 1;
        loop {
            match ask().await {
                Err(TransportError::Transient { what, after }) if attempt < self.attempts => {
                    let pause = self.pause(attempt, after);
                    tracing::debug!(attempt, ?pause, "Trying again: {what}");
                    tokio::time::sleep(pause).await;
                    attempt += 1;
                }
                done => return done,
            }
        }
    }

    /// The pause after so many attempts: at least what the server asked for, half of it by chance.
    pub fn pause(&self, attempt: u32, asked: Option<Duration>) -> Duration {
        let doubled = self.first.saturating_mul(1_u32.checked_shl(attempt - 1).unwrap_or(u32::MAX));
        let pause = doubled.min(self.longest);
        let mut byte = [128];
        let _ = getrandom::fill(&mut byte); // Without chance the pause is as good, only less apart from others'.
        let jittered = pause.mul_f64(0.5 + f64::from(byte[0]) / 255.0 / 2.0);
        // A hostile server must not send us to sleep for a year.
        jittered.max(asked.unwrap_or_default().min(10 * self.longest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_fails_for_now_is_tried_again_and_what_is_refused_is_not() {
        let retry = Retry { attempts: 3, first: Duration::from_millis(1), longest: Duration::from_millis(2) };
        let mut asked = 0;
        let done = retry.run(async || {
            asked += 1;
            if asked < 3 { Err(TransportError::transient("500")) } else { Ok(asked) }
        });
        assert_eq!(done.await.unwrap(), 3);
        let mut asked = 0;
        let refused: Result<(), _> = retry
            .run(async || {
                asked += 1;
                Err(TransportError::Refused("no".into()))
            })
            .await;
        assert!(refused.is_err());
        assert_eq!(asked, 1);
        assert!(retry.pause(1, Some(Duration::from_secs(3600))) <= Duration::from_millis(20));
    }
}
