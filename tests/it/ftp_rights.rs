//! What FTP asks of parties, and what it tells them: encryption, sums, and the end of a right.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tutanak::cli::init;
use tutanak::client::credentials::Credentials;
use tutanak::client::ftp;
use tutanak::client::ftp_check::{self, Plan as Look};
use tutanak::domain::{Channel, Digest};
use tutanak::ledger::rights::FtpTerms;

use crate::ftp::Control;
use crate::house::{House, Plan, json};
use crate::paper::{large_page, page};

const DIR: &str = "/tutanaklar/34-istanbul/kadikoy-1/caferaga-mah";

async fn strict() -> House {
    House::build(Plan { ftp_tls_required: true, ..Default::default() }).await
}

fn tls(house: &House) -> Arc<rustls::ClientConfig> {
    let ca = std::fs::read(house.dir.path().join(init::CA)).unwrap();
    assert!(CertificateDer::from_pem_slice(&ca).is_ok());
    ftp::tls(Some(&ca)).unwrap()
}

#[tokio::test]
async fn plain_ftp_is_for_parties_that_were_given_leave_and_says_when_it_ends() {
    let house = strict().await;
    let user = house.party.bulk.user.clone();
    let mut line = Control::open(house.ftp).await;
    let refused = line.say(&format!("USER {user}")).await;
    assert!(refused.starts_with("534 ") && refused.contains("AUTH TLS"), "{refused}");
    assert_eq!(line.say("USER nobody-at-all").await, refused, "it does not tell who exists");
    assert!(line.say("PASS x").await.starts_with("503"));

    // 2024-04-01, some hours after what the clock of this house says.
    let leave = FtpTerms { plain_until_ms: Some(1_711_929_600_000), ..FtpTerms::default() };
    assert!(house.ledger.party_ftp("parti", &leave).await.unwrap());
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let mut line = Control::open(house.ftp).await;
    assert!(line.say(&format!("USER {user}")).await.starts_with("331"));
    let welcome = line.say(&format!("PASS {}", house.party.bulk.password)).await;
    assert!(welcome.starts_with("230-") && welcome.contains("01.04.2024 00:00"), "{welcome}");
    assert!(line.fetch("MLSD /").await.1.starts_with("226"));

    house.clock.set("2024-04-01T00:00:00Z".parse().unwrap());
    let farewell = line.reply().await;
    assert!(farewell.starts_with("421"), "the day has come: {farewell}");
    house.audit(2, |row| row.reason == "not-encrypted" && row.outcome == "refused").await;
    assert!(!house.ledger.party_ftp("kadikoy-1", &FtpTerms::default()).await.unwrap(), "a board is no party");
}

#[tokio::test]
async fn one_party_may_be_held_to_tls_where_others_are_not() {
    let house = House::open().await;
    assert!(
        house
            .ledger
            .party_ftp("parti", &FtpTerms { require_tls: true, allow_plain: true, ..FtpTerms::default() })
            .await
            .unwrap()
    );
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let mut line = Control::open(house.ftp).await;
    assert!(line.say("USER parti").await.starts_with("534"));
}

#[tokio::test]
async fn plain_ftp_is_off_unless_a_party_is_allowed_it_and_its_end_cuts_sessions() {
    let house = House::open().await;
    let mut line = Control::log_in(&house).await;
    assert!(house.ledger.party_ftp("parti", &FtpTerms::default()).await.unwrap());
    assert!(line.reply().await.starts_with("421"), "what is no longer allowed goes on");
    let refused = Control::open(house.ftp).await.say("USER parti").await;
    assert!(refused.starts_with("534"), "{refused}");
    assert_eq!(Control::open(house.ftp).await.say("USER nobody-at-all").await, refused, "it does not tell who exists");
    let mut encrypted = Control::log_in_encrypted(&house).await;
    assert!(encrypted.say("EPSV").await.starts_with("521"), "nor do data go in the clear");
}

#[tokio::test]
async fn a_party_whose_data_connections_must_resume_shares_them_with_nobody_behind_its_address() {
    let house = House::open().await;
    let scan = page(&["1090000001"], 1);
    house.send(&house.first, &scan).await;
    let strict = FtpTerms { session_reuse: true, ..FtpTerms::default() };
    assert!(house.ledger.party_ftp("parti", &strict).await.unwrap());
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    assert!(Control::open(house.ftp).await.say("USER parti").await.starts_with("534"));
    let mut line = Control::log_in_encrypted(&house).await;
    line.say("PBSZ 0").await;
    assert!(line.say("PROT P").await.starts_with("200"));
    let data = line.data().await;
    let file = format!("{DIR}/1001-cb-sonuc-1.v1.png");
    assert!(line.say(&format!("RETR {file}")).await.starts_with("150"));
    // Somebody else, who speaks TLS as well.
    let name = rustls::pki_types::ServerName::try_from("localhost").unwrap();
    let mut taken = Vec::new();
    if let Ok(mut stream) = tokio_rustls::TlsConnector::from(tls(&house)).connect(name, data).await {
        let _ = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut taken).await;
    }
    assert!(taken.is_empty(), "{} bytes", taken.len());
    assert!(line.reply().await.starts_with("522"));
    house.audit(1, |row| row.reason == "tls-not-resumed" && row.principal == "parti" && row.protocol == "ftps").await;
    let rows = house.audit(1, |row| row.act == "download" && row.object == file).await;
    assert!(rows.iter().all(|row| row.bytes == 0 && !row.complete), "{rows:?}");
}

#[tokio::test]
async fn whoever_loses_a_right_is_cut_whatever_they_do() {
    for sql in [
        "UPDATE account SET active = FALSE WHERE id = 'parti'",
        "UPDATE account SET addresses = '192.0.2.0/24' WHERE id = 'parti'",
    ] {
        let house = House::open().await;
        let mut line = Control::log_in(&house).await;
        sqlx::query(sql).execute(&house.sqlite().await).await.unwrap();
        let asked = std::time::Instant::now();
        assert!(line.reply().await.starts_with("421"), "{sql}");
        assert!(asked.elapsed() < std::time::Duration::from_secs(5), "{sql}");
        house.audit(1, |row| row.act == "logout" && row.reason == "revoked").await;
    }
}

#[tokio::test]
async fn a_session_and_a_download_end_when_the_time_of_their_secret_does() {
    let house = House::open().await;
    let receipt = json(house.send(&house.first, &large_page("1090000001")).await).await;
    let path = format!("/arsiv/{}", receipt["path"].as_str().unwrap());
    let mut line = Control::log_in(&house).await;
    let bulk = &house.party.bulk;
    let slow = crate::house::client(&house.ca());
    let mut answer = slow.get(house.url(&path)).basic_auth(&bulk.user, Some(&bulk.password)).send().await.unwrap();
    assert!(answer.chunk().await.unwrap().is_some());
    let until = house.clock.now().as_millisecond() + 3_600_000;
    let party = ("party", "parti");
    let replaced = house.ledger.secret_replace(party, Channel::Bulk, (&bulk.user, "another"), until).await.unwrap();
    assert!(replaced);
    tokio::time::sleep(std::time::Duration::from_millis(1200)).await;
    assert!(line.say("NOOP").await.starts_with("200"), "both hold for an hour");
    house.clock.set("2024-03-31T15:00:02Z".parse().unwrap());
    let farewell = line.reply().await;
    assert!(farewell.starts_with("421"), "{farewell}");
    house.audit(1, |row| row.act == "logout" && row.reason == "revoked").await;
    let rest = async {
        while answer.chunk().await?.is_some() {}
        Ok::<_, reqwest::Error>(())
    };
    assert!(rest.await.is_err(), "a download goes on with a secret whose time is over");
    house
        .audit(1, |row| row.act == "download" && row.protocol == "https" && row.reason == "the right to read ended")
        .await;
}

#[tokio::test]
async fn a_download_ends_with_the_right_to_it() {
    let house = House::open().await;
    let receipt = json(house.send(&house.first, &large_page("1090000001")).await).await;
    let mut answer = house.get(receipt["path"].as_str().unwrap()).await;
    assert!(answer.chunk().await.unwrap().is_some());
    assert!(house.ledger.account_set_active("party", "parti", false).await.unwrap());
    tokio::time::sleep(std::time::Duration::from_millis(1200)).await;
    let rest = async {
        while answer.chunk().await?.is_some() {}
        Ok::<_, reqwest::Error>(())
    };
    assert!(rest.await.is_err(), "a party that was taken out of use gets the rest");
    house.audit(1, |row| row.act == "download" && row.reason == "the right to read ended").await;
}

#[tokio::test]
async fn sums_come_out_of_the_ledger_and_are_those_of_the_bytes() {
    let house = House::open().await;
    let scan = page(&["1090000001"], 1);
    house.send(&house.first, &scan).await;
    let mut line = Control::log_in(&house).await;
    let file = format!("{DIR}/1001-cb-sonuc-1.v1.png");
    let digest = Digest::of(&scan);
    assert_eq!(line.say(&format!("XSHA256 {file}")).await.trim(), format!("250 {digest}"));
    let crc = crc32fast::hash(&scan);
    assert_eq!(line.say(&format!("XCRC {file}")).await.trim(), format!("250 {crc:08X}"));
    assert!(line.say(&format!("HASH {file}")).await.starts_with(&format!("213 SHA-256 0-{} {digest}", scan.len())));
    let (listing, _) = line.fetch(&format!("MLSD {DIR}")).await;
    let listing = String::from_utf8(listing).unwrap();
    assert!(listing.contains(&format!("x.sha256={digest}; 1001-cb-sonuc-1.v1.png\r\n")), "{listing}");
}

#[tokio::test]
async fn a_listing_that_was_kept_shows_what_was_added_since() {
    let house = House::open().await;
    house.send(&house.first, &page(&["1090000001"], 1)).await;
    let mut line = Control::log_in(&house).await;
    let names =
        async |line: &mut Control, dir: &str| String::from_utf8(line.fetch(&format!("NLST {dir}")).await.0).unwrap();
    let before = names(&mut line, DIR).await;
    assert_eq!(names(&mut line, DIR).await, before);
    assert!(before.contains("1001-cb") && !before.contains("1002-cb"), "{before}");
    house.send(&house.first, &page(&["1090000002"], 2)).await;
    let after = names(&mut line, DIR).await;
    assert!(after.contains("1001-cb") && after.contains("1002-cb"), "{after}");
    assert!(line.say("SIZE /tutanaklar/34-istanbul/kadikoy-1/yok.png").await.starts_with("550"));
}

#[tokio::test]
async fn connections_logins_and_goodbyes_are_on_record() {
    let house = House::open().await;
    let mut line = Control::log_in(&house).await;
    line.say("QUIT").await;
    drop(Control::open(house.ftp).await);
    house.audit(2, |row| row.act == "connect" && row.outcome == "ok").await;
    house.audit(1, |row| row.act == "logout" && row.reason == "quit" && row.principal == "parti").await;
    house.audit(1, |row| row.act == "disconnect" && row.reason == "gone").await;
}

#[tokio::test]
async fn ftp_check_says_what_is_seen_from_outside() {
    let house = strict().await;
    let bulk = &house.party.bulk;
    let credentials = Credentials { user: bulk.user.clone(), password: bulk.password.clone() };
    let look = |credentials| Look {
        host: "127.0.0.1".to_owned(),
        port: house.ftp.port(),
        implicit: false,
        tls: tls(&house),
        credentials,
        ports: 3,
    };
    let found = ftp_check::check(&look(Some(credentials))).await;
    assert!(found.iter().all(|finding| finding.good), "{found:#?}");
    for what in ["greeting", "TLS", "login", "PASV address", "passive ports", "listing"] {
        assert!(found.iter().any(|finding| finding.what == what), "nothing about {what}: {found:#?}");
    }
    let wrong = Credentials { user: bulk.user.clone(), password: "wrong".to_owned() };
    let found = ftp_check::check(&look(Some(wrong))).await;
    assert!(found.iter().any(|finding| finding.what == "login" && !finding.good), "{found:#?}");
    let nobody = Look { port: 1, ..look(None) };
    assert!(!ftp_check::check(&nobody).await[0].good);
}
