//! The service's clock beside ours. What is received when, and when a gate opens, is told by the service's; a workstation
//! whose own goes wrong writes wrong times on its files and papers, so the clerk is told.
//!
//! It must never set a clock, nor be surer than one exchange allows: how long the answer was on its way is not known.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// By how much a workstation's clock may differ before its clerk is told, in seconds.
const TOLERATED: i64 = 60;

/// A gate as the service tells it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct GateState {
    /// Which: `parties-open`, `ban-lifted`, `embargo-ended`.
    pub gate: String,
    /// Whether it is open.
    pub open: bool,
    /// When the clock opens it; none where only a decision does.
    pub opens_at: Option<Timestamp>,
    /// Its name, in Turkish.
    pub name: String,
    /// How it stands, in Turkish.
    pub told: String,
}

/// The service's clock, and how far ours is from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServerClock {
    /// What the service's clock showed when it answered.
    pub at: Timestamp,
    /// How many seconds ours is ahead of it at least; behind when negative, none when the two may well agree.
    pub ahead_seconds: i64,
    /// What to say to the clerk in Turkish when that is more than a minute.
    pub warning: Option<String>,
}

impl ServerClock {
    /// The service said `at` at some instant between our `asked` and our `answered`.
    pub fn measured(at: Timestamp, asked: Timestamp, answered: Timestamp) -> Self {
        let (least, most) = (asked.duration_since(at), answered.duration_since(at));
        let ahead = if least.is_positive() {
            least
        } else if most.is_negative() {
            most
        } else {
            SignedDuration::ZERO
        };
        let ahead_seconds = ahead.as_secs();
        let warning = (ahead_seconds.abs() > TOLERATED).then(|| {
            let which = if ahead_seconds > 0 { "ileri" } else { "geri" };
            format!(
                "Bu bilgisayarın saati yanlış: sunucunun saatinden {} {which}. Doğru saat: {}. Bilgisayarın saatini düzeltin.",
                long(ahead_seconds.unsigned_abs()),
                crate::clock::turkish(at)
            )
        });
        Self { at, ahead_seconds, warning }
    }
}

/// A length of time as people say it, in its two largest units.
fn long(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    let units = [(days, "gün"), (hours, "saat"), (minutes, "dakika"), (seconds % 60, "saniye")];
    let parts = units.iter().skip_while(|(count, _)| *count == 0).take(2).filter(|(count, _)| *count > 0);
    parts.map(|(count, unit)| format!("{count} {unit}")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clerk_is_told_only_of_a_clock_that_is_surely_wrong_by_more_than_a_minute() {
        let at: Timestamp = "2024-03-31T14:00:00Z".parse().unwrap();
        let after = |seconds: i64| at + SignedDuration::from_secs(seconds);
        for (asked, answered, ahead, words) in [
            (0, 1, 0, None),
            (-40, 3, 0, None), // a slow line proves nothing
            (-300, 300, 0, None),
            (60, 61, 60, None),
            (61, 62, 61, Some("1 dakika 1 saniye ileri. Doğru saat: 31.03.2024 17:00:00.")),
            (-70, -61, -61, Some("1 dakika 1 saniye geri.")),
            (-7230, -7200, -7200, Some("2 saat geri.")),
            (3 * 86_400 + 60, 3 * 86_400 + 61, 259_260, Some("3 gün ileri.")),
        ] {
            let clock = ServerClock::measured(at, after(asked), after(answered));
            assert_eq!(clock.ahead_seconds, ahead, "{asked} {answered}");
            match (&clock.warning, words) {
                (None, None) => {}
                (Some(said), Some(words)) => assert!(said.contains(words), "{said}"),
                (said, words) => panic!("{said:?} instead of {words:?}"),
            }
        }
    }
}
