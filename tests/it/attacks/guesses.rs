//! Guesses at several nodes of one service: they are counted together.

use std::net::IpAddr;

use jiff::SignedDuration;
use reqwest::StatusCode;
use tutanak::access::throttle::{NotNow, Shared};
use tutanak::clock::Clock;

use crate::engines::Engine;
use crate::house::{AFTER, House, Node, Plan};
use crate::people_web::browser::Browser;

const RIVAL: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(198, 51, 100, 7));
const LOGIN: &str = "bulk parti";

async fn nodes(engine: &Engine) -> (Clock, [Shared; 2]) {
    let clock = Clock::standing_at(AFTER.parse().unwrap());
    let node = async || Shared::new(engine.open().await, clock.clone());
    (clock.clone(), [node().await, node().await])
}

#[tokio::test]
async fn a_day_of_guessing_at_two_nodes_gives_no_more_tries_than_at_one() {
    for engine in Engine::all().await {
        let (clock, nodes) = nodes(&engine).await;
        let (start, mut looked_at) = (clock.now(), 0);
        while clock.now().duration_since(start) < SignedDuration::from_hours(24) {
            let mut waits = Vec::new();
            for node in &nodes {
                match node.ask(LOGIN, RIVAL).await.unwrap() {
                    Ok(this) => {
                        looked_at += 1;
                        this.wrong().await;
                    }
                    Err(NotNow::Wait(wait)) => waits.push(wait),
                    Err(NotNow::Busy | NotNow::Crowded(_)) => panic!("nothing is said of others"),
                }
            }
            if waits.len() == nodes.len() {
                clock.advance(SignedDuration::try_from(*waits.iter().min().unwrap()).unwrap());
            }
        }
        // A hundred in a row (NIST SP 800-63B-4), and from there on one every 15 minutes.
        assert!((100..100 + 24 * 4).contains(&looked_at), "{}: {looked_at}", engine.name);
        let elsewhere = nodes[0].ask(LOGIN, "192.0.2.1".parse().unwrap()).await.unwrap();
        assert!(elsewhere.is_ok(), "{}: nobody's tries keep an account out at its own address", engine.name);
    }
}

#[tokio::test]
async fn after_the_free_tries_one_is_looked_at_at_a_time_in_the_whole_service() {
    for engine in Engine::all().await {
        let (clock, nodes) = nodes(&engine).await;
        for _ in 0..5 {
            nodes[0].ask(LOGIN, RIVAL).await.unwrap().unwrap().wrong().await;
        }
        assert!(matches!(nodes[1].ask(LOGIN, RIVAL).await.unwrap(), Err(NotNow::Wait(_))), "{}", engine.name);
        for round in 0..5 {
            clock.advance(SignedDuration::from_secs(64));
            let all = (0..8).map(|n| nodes[n % 2].ask(LOGIN, RIVAL));
            let all = futures::future::join_all(all).await;
            let passed = all.into_iter().filter_map(|asked| asked.unwrap().ok()).collect::<Vec<_>>();
            assert_eq!(passed.len(), 1, "{}, round {round}: many at once", engine.name);
            for this in passed {
                this.wrong().await;
            }
        }
        clock.advance(SignedDuration::from_mins(15));
        nodes[1].ask(LOGIN, RIVAL).await.unwrap().unwrap().right().await;
        for node in &nodes {
            assert!(node.ask(LOGIN, RIVAL).await.unwrap().is_ok(), "{}: the row is broken for all", engine.name);
        }
    }
}

#[tokio::test]
async fn who_guessed_at_one_node_waits_at_the_other_as_well_and_nobody_else_does() {
    for engine in Engine::all().await {
        let house = House::build(Plan { database: Some(engine.config.clone()), ..Plan::default() }).await;
        let other = house.another_node().await;
        let bulk = &house.party.bulk;
        let rival = house.client_from([127, 0, 0, 66]);
        let ask = async |client: &reqwest::Client, node: Option<&Node>, password: &str| {
            let at = node.map_or(house.https, |node| node.https);
            let asked = client.get(format!("https://{at}/arsiv/durum.json")).basic_auth(&bulk.user, Some(password));
            asked.send().await.unwrap().status()
        };
        for n in 0..5 {
            let at = if n < 3 { None } else { Some(&other) };
            assert_eq!(ask(&rival, at, "yanlış").await, StatusCode::UNAUTHORIZED, "{}", engine.name);
        }
        for at in [None, Some(&other)] {
            assert_eq!(ask(&rival, at, &bulk.password).await, StatusCode::TOO_MANY_REQUESTS, "{}", engine.name);
            assert_eq!(ask(&house.client, at, &bulk.password).await, StatusCode::OK, "{}", engine.name);
        }
        let refused = house.audit(2, |row| row.reason == "too-many-tries").await;
        let whose: Vec<_> = refused.iter().map(|row| (row.principal.as_str(), row.address.as_str())).collect();
        assert_eq!(whose, [("parti", "127.0.0.66"); 2], "{}", engine.name);
        other.stop().await;
    }
}

#[tokio::test]
async fn wrong_tokens_of_an_old_client_keep_no_right_password_out() {
    let house = House::open().await;
    for n in 0..160 {
        // One goes on with its old token, another one tries all sorts.
        let token = if n % 2 == 0 { "eski".to_owned() } else { format!("guess-{n}") };
        let answer = house.put(&token, &"0".repeat(64)).send().await.unwrap();
        assert!(matches!(answer.status(), StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS));
        let asked = house.client.get(house.url("/v1/durum")).bearer_auth(&token).send().await.unwrap();
        assert!(matches!(asked.status(), StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS));
    }
    assert_eq!(house.put("eski", &"0".repeat(64)).send().await.unwrap().status(), StatusCode::TOO_MANY_REQUESTS);
    // Nobody was right at this address before: the party's machine, its program and its person all come in.
    assert_eq!(house.get("durum.json").await.status(), StatusCode::OK);
    let asked = house.client.get(house.url("/v1/durum")).bearer_auth(&house.party.service.token).send().await;
    assert_eq!(asked.unwrap().status(), StatusCode::OK);
    let web = &house.party.web;
    let mut browser = Browser::new(&house);
    assert_eq!(browser.log_in(&web.user, &web.password, "").await, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn who_was_right_somewhere_waits_for_no_stranger_there_at_any_node_nor_after_a_restart() {
    for engine in Engine::all().await {
        let house = House::build(Plan { database: Some(engine.config.clone()), ..Plan::default() }).await;
        assert_eq!(house.get("durum.json").await.status(), StatusCode::OK, "{}", engine.name);
        let other = house.another_node().await;
        let url = format!("https://{}/arsiv/durum.json", other.https);
        let guess = async |user: &str, client: &reqwest::Client| {
            client.get(&url).basic_auth(user, Some("yanlış")).send().await.unwrap().status()
        };
        let elsewhere = house.client_from([127, 0, 0, 66]);
        for n in 0..60 {
            for client in [&house.client, &elsewhere] {
                guess(&format!("guess-{n}"), client).await;
            }
        }
        assert_eq!(guess("another", &house.client).await, StatusCode::TOO_MANY_REQUESTS, "{}", engine.name);
        assert_eq!(
            other.get(&house, "durum.json").await.status(),
            StatusCode::OK,
            "{}: right there before",
            engine.name
        );
        let bulk = &house.party.bulk;
        let never = elsewhere.get(&url).basic_auth(&bulk.user, Some(&bulk.password)).send().await.unwrap();
        assert_eq!(never.status(), StatusCode::TOO_MANY_REQUESTS, "{}: never right from there", engine.name);
        other.stop().await;
    }
}
