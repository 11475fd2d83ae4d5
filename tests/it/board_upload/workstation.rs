//! What a workstation shows: the certificate that is bound to its board, through the program itself; and a token that takes
//! over from the one before.

use jiff::SignedDuration;
use reqwest::StatusCode;
use tutanak::config::Config;
use tutanak::domain::Channel;
use tutanak::people::enrol;
use tutanak::tls;

use super::killed::{done, tutanak};
use super::workplace::Workplace;
use crate::edges::certificates::{Made, made};
use crate::house::{House, Plan};
use crate::paper::page;

#[tokio::test(flavor = "multi_thread")]
async fn a_board_with_a_certificate_uploads_with_it_and_is_told_so_without() {
    let also = |config: &mut Config| config.https.client_certificates = true;
    let house = House::build(Plan { also: Some(also), ..Plan::default() }).await;
    let day = SignedDuration::from_hours(24);
    let (from, until) = (house.clock.now() - day, house.clock.now() + day);
    let workplace = Workplace::new();
    let place = |name: &str| house.dir.path().join(name).display().to_string();
    let keep = |name: &str| {
        let Made { certificate, key } = made(from, until);
        std::fs::write(place(&format!("{name}.pem")), &certificate).unwrap();
        std::fs::write(place(&format!("{name}.key")), &key).unwrap();
        std::fs::write(place(&format!("{name}-both.pem")), format!("{certificate}{key}")).unwrap();
        tls::fingerprint(place(&format!("{name}.pem")).as_ref()).unwrap().0
    };
    let (own, neighbours) = (keep("own"), keep("neighbours"));
    for (board, certificate) in [("kadikoy-1", own), ("kadikoy-2", neighbours)] {
        assert!(house.ledger.bind_certificate(&board.parse().unwrap(), &certificate, house.clock.now()).await.unwrap());
    }
    workplace.put("a.png", &page(&["1090000001"], 1));
    let needed = "Bu kurul için tanımlı istemci sertifikası gereklidir.";
    for (shown, words) in [
        (vec![], needed),
        (vec!["--certificate", &place("neighbours-both.pem")], needed),
        (vec!["--certificate", &place("own.pem")], "cannot be shown"),
        (vec!["--certificate", &place("own.pem"), "--certificate-key", &place("neighbours.key")], "cannot be shown"),
        (vec!["--certificate", &place("none.pem")], "cannot read"),
        (vec!["--certificate-key", &place("own.key")], "--certificate"),
    ] {
        let (status, said, _) = done(&mut tutanak(&house, workplace.root(), &shown)).await;
        assert_eq!(status, 2, "{shown:?}: {said}");
        assert!(said.contains(words), "{words}: {said}");
        assert!(!said.contains("BEGIN") && workplace.root().join("a.png").exists(), "{said}");
    }
    house.audit(2, |row| row.reason == "wrong-certificate" && row.principal == "kadikoy-1").await;
    let (own, key, both) = (place("own.pem"), place("own.key"), place("own-both.pem"));
    let (status, said, told) =
        done(&mut tutanak(&house, workplace.root(), &["--certificate", &own, "--certificate-key", &key])).await;
    assert_eq!((status, &told["summary"]["linked"]), (0, &1.into()), "{said} {told}");
    workplace.put("b.png", &page(&["1090000002"], 1));
    let (status, said, told) = done(tutanak(&house, workplace.root(), &[]).env("TUTANAK_CERTIFICATE", &both)).await;
    assert_eq!((status, &told["summary"]["linked"]), (0, &1.into()), "{said} {told}");
    let (_, said, told) =
        done(tutanak(&house, workplace.root(), &["--status"]).env("TUTANAK_CERTIFICATE", &both)).await;
    assert_eq!(told["missing"].as_array().map(Vec::len), Some(6), "{said} {told}");
}

#[tokio::test]
async fn a_new_token_takes_over_while_the_one_before_ends_its_work() {
    let house = House::open().await;
    let until = house.clock.now() + SignedDuration::from_hours(1);
    let new = enrol::new_secret(&house.ledger, ("board", "kadikoy-1"), Channel::Board, until).await.unwrap();
    let status =
        async |token: &str| house.client.get(house.url("/v1/board")).bearer_auth(token).send().await.unwrap().status();
    assert_eq!((status(&house.first).await, status(&new).await), (StatusCode::OK, StatusCode::OK));
    house.clock.advance(SignedDuration::from_hours(1));
    assert_eq!((status(&house.first).await, status(&new).await), (StatusCode::UNAUTHORIZED, StatusCode::OK));
}
