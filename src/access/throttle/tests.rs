//! Who is slowed, for how long, and who is not.

use super::table::{MOST, REMEMBERED};
use super::*;

const RIVAL: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(198, 51, 100, 7));
const PARTY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

/// Guesses as fast as the waiting times allow; gives how many were looked at within `time`.
fn guesses_within(throttle: &Throttle, login: &str, from: IpAddr, start: Instant, time: Duration) -> u32 {
    let (mut now, mut looked_at) = (start, 0);
    while now < start + time {
        match throttle.ask(login, from, now) {
            Ok(this) => {
                looked_at += 1;
                this.wrong(now);
            }
            Err(NotNow::Wait(wait) | NotNow::Crowded(wait)) => now += wait,
            Err(NotNow::Busy) => panic!("nothing else is looked at"),
        }
    }
    looked_at
}

fn asked(throttle: &Throttle, login: &str, from: IpAddr, now: Instant) -> Result<(), NotNow> {
    throttle.ask(login, from, now).map(drop)
}

fn wrong(throttle: &Throttle, login: &str, from: IpAddr, now: Instant) {
    throttle.ask(login, from, now).unwrap().wrong(now);
}

#[test]
fn waits_grow_and_after_a_hundred_in_a_row_there_are_four_tries_an_hour() {
    let throttle = Throttle::default();
    let start = Instant::now();
    let minute = guesses_within(&throttle, "parti", RIVAL, start, Duration::from_secs(60));
    assert!((FREE..FREE + 7).contains(&minute), "{minute} in the first minute");
    let day = guesses_within(&throttle, "parti", RIVAL, start + Duration::from_secs(60), Duration::from_secs(86_340));
    // Some 90 until there are 100 in a row, one and a half hours later; then one every 15 minutes.
    assert!(day < IN_A_ROW + 24 * 4, "{day} in a day");
    let hour = guesses_within(&throttle, "parti", RIVAL, start + REMEMBERED, Duration::from_secs(3600));
    assert!(hour <= 5, "{hour} in an hour after a day of it");
}

#[test]
fn no_rivals_tries_make_an_account_wait_at_its_own_address() {
    let throttle = Throttle::default();
    let now = Instant::now();
    guesses_within(&throttle, "parti", RIVAL, now, Duration::from_secs(100_000));
    assert!(asked(&throttle, "parti", RIVAL, now).is_err());
    assert_eq!(asked(&throttle, "parti", PARTY, now), Ok(()));
    assert!(
        asked(&throttle, "parti", "::ffff:198.51.100.7".parse().unwrap(), now).is_err(),
        "the same in IPv6's clothes"
    );
}

#[test]
fn a_right_secret_breaks_the_row() {
    let throttle = Throttle::default();
    let now = Instant::now();
    for _ in 0..20 {
        for _ in 1..FREE {
            wrong(&throttle, "parti", PARTY, now);
        }
        throttle.ask("parti", PARTY, now).unwrap().right(now);
    }
    assert_eq!(asked(&throttle, "parti", PARTY, now), Ok(()));
}

#[test]
fn who_tries_many_accounts_waits_as_well_but_those_that_were_right_there_do_not() {
    let throttle = Throttle::default();
    let now = Instant::now();
    throttle.ask("known", RIVAL, now).unwrap().right(now);
    for n in 0..FREE_AT_AN_ADDRESS {
        wrong(&throttle, &format!("guess-{n}"), RIVAL, now);
    }
    assert!(asked(&throttle, "another", RIVAL, now).is_err());
    assert_eq!(asked(&throttle, "known", RIVAL, now), Ok(()));
    assert_eq!(asked(&throttle, "another", PARTY, now), Ok(()));
    let neighbour = |last: u16| IpAddr::from([0x2001, 0xdb8, 0, 7, 0, 0, 0, last]);
    for n in 0..FREE_AT_AN_ADDRESS {
        wrong(&throttle, &format!("x-{n}"), neighbour(n as u16), now);
    }
    assert!(asked(&throttle, "y", neighbour(9999), now).is_err(), "one IPv6 line is one address");
    assert_eq!(asked(&throttle, "y", IpAddr::from([0x2001, 0xdb8, 0, 8, 0, 0, 0, 1]), now), Ok(()));
}

#[test]
fn a_thousand_at_once_are_not_looked_at_at_once() {
    let throttle = Throttle::default();
    let now = Instant::now();
    let at_once: Vec<_> = (0..1000).filter_map(|_| throttle.ask("parti", RIVAL, now).ok()).collect();
    assert_eq!(at_once.len() as u32, SIDE_BY_SIDE);
    assert_eq!(asked(&throttle, "parti", RIVAL, now), Err(NotNow::Busy));
    assert_eq!(asked(&throttle, "parti", PARTY, now), Ok(()));
    at_once.into_iter().for_each(|this| this.wrong(now));
    const { assert!(10 * SIDE_BY_SIDE + FREE < IN_A_ROW) };
    assert!(matches!(asked(&throttle, "parti", RIVAL, now), Err(NotNow::Wait(_))));
    let later = now + LONGEST;
    let one = throttle.ask("parti", RIVAL, later).unwrap();
    assert_eq!(asked(&throttle, "parti", RIVAL, later), Err(NotNow::Busy), "one by one from here on");
    drop(one);
    assert_eq!(asked(&throttle, "parti", RIVAL, later), Ok(()), "what nobody judged is not counted");
}

#[test]
fn who_looked_at_the_clock_before_another_was_right_does_not_wait() {
    let throttle = Throttle::default();
    let before = Instant::now();
    let after = before + Duration::from_micros(10);
    throttle.ask("parti", PARTY, before).unwrap().right(after);
    assert_eq!(asked(&throttle, "parti", PARTY, before), Ok(()));
    throttle.ask("parti", PARTY, before).unwrap().wrong(after);
    assert_eq!(asked(&throttle, "parti", PARTY, before), Ok(()), "nor before one that cost nothing");
}

#[test]
fn what_counts_as_one_address_is_written_so_that_it_can_be_read() {
    let written = |address: &str| Origin::of(address.parse().unwrap()).to_string();
    assert_eq!(written("192.0.2.7"), "192.0.2.7");
    assert_eq!(written("::ffff:192.0.2.7"), "192.0.2.7");
    assert_eq!(written("2001:db8:0:7::9"), "2001:db8:0:7::/64");
}

#[test]
fn a_right_token_never_waits_for_the_wrong_ones_of_its_neighbours() {
    let throttle = Throttle::default();
    let now = Instant::now();
    let wrong = |n: u32| throttle.wrong_token(&format!("board {n}"), RIVAL, now);
    let waits: Vec<_> = (0..=FREE_AT_AN_ADDRESS).map(wrong).collect();
    assert!(waits[..FREE_AT_AN_ADDRESS as usize - 1].iter().all(Option::is_none));
    assert_eq!(waits.last().unwrap(), &Some(Duration::from_secs(2)));
}

#[test]
fn an_old_token_sent_again_and_again_makes_no_password_and_no_other_token_wait() {
    let throttle = Throttle::default();
    let now = Instant::now();
    for _ in 0..10 * FREE_AT_AN_ADDRESS {
        throttle.wrong_token("board old", RIVAL, now);
    }
    assert_eq!(throttle.wrong_token("board old", RIVAL, now), Some(LAST_RESORT));
    assert_eq!(throttle.wrong_token("board another", RIVAL, now), None, "one token is one mistake");
    assert_eq!(asked(&throttle, "parti", RIVAL, now), Ok(()));
    for n in 0..10 * FREE_AT_AN_ADDRESS {
        throttle.wrong_token(&format!("board {n}"), RIVAL, now);
    }
    assert_eq!(asked(&throttle, "parti", RIVAL, now), Ok(()), "nor do many");
}

#[test]
fn an_old_password_sent_again_and_again_is_the_trouble_of_its_own_account() {
    let throttle = Throttle::default();
    let start = Instant::now();
    guesses_within(&throttle, "old", PARTY, start, REMEMBERED);
    assert!(asked(&throttle, "old", PARTY, start + REMEMBERED).is_err());
    assert_eq!(asked(&throttle, "another", PARTY, start + REMEMBERED), Ok(()));
}

#[test]
fn who_was_right_before_this_node_started_does_not_wait_for_strangers() {
    let throttle = Throttle::default();
    let now = Instant::now();
    for n in 0..FREE_AT_AN_ADDRESS {
        wrong(&throttle, &format!("guess-{n}"), RIVAL, now);
    }
    assert!(matches!(asked(&throttle, "known", RIVAL, now), Err(NotNow::Crowded(_))));
    throttle.was_right("known", RIVAL, now);
    assert_eq!(asked(&throttle, "known", RIVAL, now), Ok(()));
    for _ in 0..FREE {
        wrong(&throttle, "known", RIVAL, now);
    }
    assert!(matches!(asked(&throttle, "known", RIVAL, now), Err(NotNow::Wait(_))), "its own wrong tries count");
}

#[test]
fn memory_is_bounded_and_a_flood_of_names_does_not_make_the_guesser_forgotten() {
    let throttle = Throttle::default();
    let start = Instant::now();
    throttle.ask("parti", PARTY, start).unwrap().right(start);
    guesses_within(&throttle, "parti", RIVAL, start, REMEMBERED);
    let now = start + REMEMBERED;
    for n in 0..2 * MOST as u32 {
        wrong(&throttle, &n.to_string(), IpAddr::from((n | 1 << 31).to_be_bytes()), now);
    }
    let counts = throttle.counts();
    assert!(counts.pairs.len() <= MOST && counts.origins.len() <= MOST);
    drop(counts);
    if let Ok(this) = throttle.ask("parti", RIVAL, now) {
        this.wrong(now);
    }
    let waits = asked(&throttle, "parti", RIVAL, now);
    assert!(matches!(waits, Err(NotNow::Wait(wait)) if wait > LONGEST), "{waits:?}");
    for n in 0..FREE_AT_AN_ADDRESS {
        wrong(&throttle, &format!("stranger-{n}"), PARTY, now);
    }
    assert_eq!(asked(&throttle, "parti", PARTY, now), Ok(()), "who was right is remembered");
}
