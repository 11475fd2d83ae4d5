//! Who gets in, how wrong passwords are slowed, and what is said about it.

use std::time::Duration;

use tokio::time::Instant;

use crate::client::Client;
use crate::house::{House, settings};
use crate::made_shelf::MadeShelf;

#[tokio::test(flavor = "multi_thread")]
async fn the_right_password_logs_in_and_the_shelf_hears_of_the_goodbye() {
    let house = House::open().await;
    let mut client = Client::connect(house.address).await;
    assert_eq!(client.expect(220).await, "220 Hosgeldiniz");
    client.log_in().await;
    client.say_expect("QUIT", 221).await;
    house.eventually("the reader left", |d| d.left.len() == 1).await;
    let diary = house.diary.lock().unwrap();
    let visitor = &diary.visitors[0];
    assert_eq!(diary.left[0], (visitor.session, Some("party".to_owned())));
    assert!(visitor.address.is_loopback() && !visitor.encrypted);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_does_not_log_in() {
    let house = House::open().await;
    let mut client = house.visitor().await;
    client.say_expect("USER party", 331).await;
    client.say_expect("PASS wrong", 530).await;
    client.say_expect("PWD", 530).await;
    client.say_expect("EPSV", 530).await;
    client.say_expect("SIZE /il/34/a.png", 530).await;
    drop(client);
    house.eventually("the visitor left", |d| d.left.len() == 1).await;
    assert_eq!(house.diary.lock().unwrap().left[0].1, None);
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(feature = "libunftp", ignore = "its own line comes behind the sentence")]
async fn the_shelf_says_why() {
    let house = House::open().await;
    let mut client = house.visitor().await;
    client.say_expect("USER early", 331).await;
    let text = client.say_expect("PASS right", 530).await;
    assert_eq!(text, "530 Acilis 17:00");
    client.say_expect("USER down", 331).await;
    let text = client.say_expect("PASS right", 530).await;
    assert_eq!(text, "530 Sonra deneyin");
    client.log_in().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_passwords_are_slowed_and_after_ten_the_line_is_cut() {
    let first_penalty = Duration::from_millis(20);
    let house = House::with(tutanak_ftp::Settings { first_penalty, ..settings() }).await;
    let mut client = house.visitor().await;
    let mut waits = Vec::new();
    for _ in 0..9 {
        client.say_expect("USER party", 331).await;
        let asked = Instant::now();
        client.say_expect("PASS wrong", 530).await;
        waits.push(asked.elapsed());
    }
    assert!(waits[0] >= first_penalty && waits[3] >= first_penalty * 8 && waits[8] >= first_penalty * 8);
    client.say_expect("USER party", 331).await;
    client.say_expect("PASS wrong", 530).await;
    client.expect(421).await;
    assert!(client.is_cut().await);
    assert_eq!(house.diary.lock().unwrap().attempts, 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_that_do_not_wait_for_an_answer_wait_all_the_same() {
    let first_penalty = Duration::from_millis(20);
    let house = House::with(tutanak_ftp::Settings { first_penalty, ..settings() }).await;
    let mut client = house.visitor().await;
    let flood = ["USER party\r\nPASS wrong"; 2000].join("\r\n");
    client.send(&flood).await;
    assert!(client.is_cut().await);
    assert!(house.diary.lock().unwrap().attempts <= 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_admitted_gets_one_sentence() {
    let shelf = MadeShelf { closed: Some("Acilis\r\n230 17:00".to_owned()), ..MadeShelf::default() };
    let house = House::over(shelf, settings()).await;
    let mut client = Client::connect(house.address).await;
    assert_eq!(client.expect(421).await, "421 Acilis  230 17:00");
    assert!(client.is_cut().await);
    assert!(house.diary.lock().unwrap().left.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_log_in_is_cut_off() {
    let login_within = Duration::from_millis(900);
    let house = House::with(tutanak_ftp::Settings { login_within, ..settings() }).await;
    let mut slow = house.visitor().await;
    let mut quick = house.reader().await;
    slow.expect(421).await;
    assert!(slow.is_cut().await);
    quick.say_expect("PWD", 257).await;
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(feature = "libunftp", ignore = "a name cannot be refused by itself")]
async fn some_names_may_not_send_a_password_in_the_clear() {
    let shelf = MadeShelf { never_plain: vec!["careful".to_owned()], ..MadeShelf::default() };
    let house = House::over(shelf, settings()).await;
    let mut client = house.visitor().await;
    assert_eq!(client.say_expect("USER careful", 534).await, "534 Once sifreleyin");
    client.say_expect("PASS right", 503).await;
    client.say_expect("OPTS UTF8 ON", 200).await;
    assert_eq!(client.say_expect("USER careful", 534).await, "534 Önce şifreleyin");
    assert_eq!(house.diary.lock().unwrap().attempts, 0);
    client.log_in().await;
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(feature = "libunftp", ignore = "nothing but its own sentence can be said at a login")]
async fn a_banner_is_shown_after_the_login() {
    let terms = tutanak_ftp::Terms { banner: vec!["Bu bağlantı şifrelenmiyor".to_owned()], ..Default::default() };
    let house = House::over(MadeShelf { terms, ..MadeShelf::default() }, settings()).await;
    let mut client = house.visitor().await;
    client.say_expect("USER party", 331).await;
    let text = client.say_expect("PASS right", 230).await;
    assert_eq!(text, "230-Logged in\n Bu baglanti sifrelenmiyor\n230 Read-only");
}
