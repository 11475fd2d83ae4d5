//! What is there: listings, sizes, times and features.

use crate::house::House;
use crate::made_shelf::SCAN;

#[tokio::test(flavor = "multi_thread")]
async fn mlsd_names_type_size_and_time() {
    let house = House::open().await;
    let mut client = house.reader().await;
    let text = client.fetch_text("MLSD /il/34").await;
    assert_eq!(text, format!("type=file;size={SCAN};modify=20240331180211; a.png\r\n"));
    let text = client.fetch_text("MLSD").await;
    assert!(text.contains("type=dir;") && text.contains("; İl ğ 1.png\r\n"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_with_a_line_break_is_left_out() {
    let house = House::open().await;
    let mut client = house.reader().await;
    for command in ["MLSD /", "NLST /", "LIST /"] {
        assert_eq!(client.fetch_text(command).await.lines().count(), 2, "{command}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn list_and_nlst_take_directories_files_and_options() {
    let house = House::open().await;
    let mut client = house.reader().await;
    client.say_expect("CWD /il", 250).await;
    let list = client.fetch_text("LIST -la 34").await;
    assert!(list.starts_with("-rw-r--r--") && list.ends_with(" a.png\r\n"), "{list}");
    assert!(list.contains(&SCAN.to_string()));
    assert!(client.fetch_text("LIST").await.starts_with("drwxr-xr-x"));
    assert_eq!(client.fetch_text("LIST /il/34/a.png").await, list);
    assert_eq!(client.fetch_text("NLST 34").await, "a.png\r\n");
    assert_eq!(client.fetch_text("NLST 34/a.png").await, "a.png\r\n");
    for command in ["LIST /nothing", "NLST /nothing", "MLSD /nothing", "MLSD /il/34/a.png"] {
        assert_eq!(client.fetch(command).await.1.code, 550, "{command}");
    }
    client.say_expect("STAT /il/34/a.png", 200).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn size_mdtm_and_mlst_agree() {
    let house = House::open().await;
    let mut client = house.reader().await;
    assert_eq!(client.say_expect("SIZE /il/34/a.png", 213).await, format!("213 {SCAN}"));
    assert_eq!(client.say_expect("MDTM /il/34/a.png", 213).await, "213 20240331180211");
    let text = client.say_expect("MLST /il/34/a.png", 250).await;
    assert!(text.contains(&format!("type=file;size={SCAN};modify=20240331180211; /il/34/a.png")));
    for command in ["SIZE", "MDTM", "MLST", "CWD"] {
        client.say_expect(&format!("{command} /nothing"), 550).await;
    }
    client.say_expect("CWD /il/34/a.png", 550).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relative_mlst_never_describes_another_file() {
    let house = House::open().await;
    let mut client = house.reader().await;
    client.say_expect("MLST il", 250).await;
    client.say_expect("CWD il", 250).await;
    // libunftp forgets the working directory here: it would describe `/il`.
    client.say_expect("MLST il", 550).await;
    client.say_expect("MLST", 250).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn feat_and_opts_say_what_is_there() {
    let house = House::open().await;
    let mut client = house.reader().await;
    let text = client.say_expect("FEAT", 211).await;
    for feature in ["SIZE", "MDTM", "MLST", "MLSD", "EPSV", "UTF8", "REST STREAM"] {
        assert!(text.lines().any(|line| line.trim() == feature), "{feature} in {text}");
    }
    assert!(!text.contains("AUTH"));
    client.say_expect("OPTS UTF8 ON", 200).await;
    client.say_expect("SYST", 215).await;
    client.say_expect("TYPE I", 200).await;
    client.say_expect("NOOP", 200).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_carry_the_code_and_on_a_plain_line_the_sentence() {
    let house = House::open().await;
    let mut client = house.reader().await;
    let text = client.say_expect("SIZE /theirs.bin", 550).await;
    assert!(text.starts_with("550-Not for you\n550 "), "{text}");
    client.say_expect("SIZE /busy.bin", 450).await;
    client.say_expect("MLST /busy.bin", 550).await;
    for (path, code) in [("/theirs", 550), ("/busy", 450)] {
        for command in ["LIST", "MLSD"] {
            let reply = client.refused(&format!("{command} {path}")).await;
            assert_eq!(reply.code, code, "{}", reply.text);
            assert!(reply.text.starts_with(&format!("{code}-")), "{}", reply.text);
        }
    }
    assert_eq!(client.fetch("NLST /busy").await.1.code, 550);
    client.say_expect("NOOP", 200).await;
}
