//! No path leads outside, and the shelf sees each path in one spelling.

use crate::house::House;

#[tokio::test(flavor = "multi_thread")]
async fn the_shelf_sees_only_whole_clean_paths() {
    let house = House::open().await;
    let mut client = house.reader().await;
    client.say_expect("CWD /il", 250).await;
    for (said, seen) in [
        ("SIZE 34/a.png", "/il/34/a.png"),
        ("SIZE ./34//a.png", "/il/34/a.png"),
        ("SIZE ../il/34/../34/a.png", "/il/34/a.png"),
        ("SIZE ../../../etc/passwd", "/etc/passwd"),
        ("SIZE /../../etc/shadow", "/etc/shadow"),
        ("MDTM //il///34/a.png/", "/il/34/a.png"),
        ("CWD ..", "/"),
        ("CWD ../../..", "/"),
    ] {
        client.say(said).await;
        let paths = &house.diary.lock().unwrap().paths;
        assert_eq!(paths.last().map(String::as_str), Some(seen), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_paths_never_reach_the_shelf() {
    let house = House::open().await;
    let mut client = house.reader().await;
    for path in ["..\\..\\secret", "a\0b", "a\tb", "a\u{fffd}", "a\u{1b}[2J"] {
        client.say_expect(&format!("SIZE {path}"), 550).await;
        client.say_expect(&format!("CWD {path}"), 550).await;
        assert_eq!(client.fetch(&format!("RETR {path}")).await.1.code, 550);
        assert_eq!(client.fetch(&format!("MLSD {path}")).await.1.code, 550);
        assert_eq!(client.fetch(&format!("NLST {path}")).await.1.code, 550);
    }
    let diary = house.diary.lock().unwrap();
    assert!(diary.paths.is_empty() && diary.delivered.is_empty(), "{:?}", diary.paths);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_in_turkish_and_with_spaces_work() {
    let house = House::open().await;
    let mut client = house.reader().await;
    let (bytes, reply) = client.fetch("RETR İl ğ 1.png").await;
    assert_eq!((bytes.len(), reply.code), (crate::made_shelf::SCAN, 226));
}
