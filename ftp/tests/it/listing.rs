//! What is there: listings, sizes, times and features.

use crate::house::House;
use crate::made_shelf::{DIGEST, SCAN};

/// The facts of every scan of the made-up shelf.
fn facts() -> String {
    let digest: String = DIGEST.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("type=file;size={SCAN};modify=20240331180211;perm=r;x.sha256={digest};")
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(feature = "libunftp", ignore = "facts without a digest")]
async fn mlsd_names_type_size_and_time() {
    let house = House::open().await;
    let mut client = house.reader().await;
    let text = client.fetch_text("MLSD /il/34").await;
    assert_eq!(text, format!("{} a.png\r\n", facts()));
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
#[cfg_attr(feature = "libunftp", ignore = "names without their directory, no globs, STAT is 200")]
async fn list_and_nlst_take_directories_files_and_options() {
    let house = House::open().await;
    let mut client = house.reader().await;
    client.say_expect("CWD /il", 250).await;
    let list = client.fetch_text("LIST -la 34").await;
    assert!(list.starts_with("-rw-r--r--") && list.ends_with(" a.png\r\n"), "{list}");
    assert!(list.contains(&SCAN.to_string()));
    assert!(client.fetch_text("LIST").await.starts_with("drwxr-xr-x"));
    assert_eq!(client.fetch_text("LIST /il/34/a.png").await, list);
    // RFC 1123 §4.1.2.7: what NLST names can be fetched under that name.
    assert_eq!(client.fetch_text("NLST 34").await, "34/a.png\r\n");
    assert_eq!(client.fetch_text("NLST 34/a.png").await, "34/a.png\r\n");
    assert_eq!(client.fetch_text("NLST 34/*.png").await, "34/a.png\r\n");
    assert_eq!(client.fetch_text("NLST 34/b*").await, "");
    assert_eq!(client.fetch_text("LIST 34/a*").await, list);
    for command in ["LIST /nothing", "NLST /nothing", "MLSD /nothing"] {
        assert_eq!(client.fetch(command).await.1.code, 550, "{command}");
    }
    // RFC 3659 §7.2.1. libunftp tells no file from nothing.
    let code = if cfg!(feature = "libunftp") { 550 } else { 501 };
    assert_eq!(client.fetch("MLSD /il/34/a.png").await.1.code, code);
    assert!(client.say_expect("STAT /il/34/a.png", 213).await.contains(list.trim_end()));
    assert!(client.say_expect("STAT /il/34", 213).await.contains(list.trim_end()));
    client.say_expect("STAT /many", 504).await;
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(feature = "libunftp", ignore = "facts without a digest")]
async fn size_mdtm_and_mlst_agree() {
    let house = House::open().await;
    let mut client = house.reader().await;
    assert_eq!(client.say_expect("SIZE /il/34/a.png", 213).await, format!("213 {SCAN}"));
    assert_eq!(client.say_expect("MDTM /il/34/a.png", 213).await, "213 20240331180211");
    let text = client.say_expect("MLST /il/34/a.png", 250).await;
    assert!(text.contains(&format!("\n {} /il/34/a.png\n", facts())), "{text}");
    for command in ["SIZE", "MDTM", "MLST", "CWD"] {
        client.say_expect(&format!("{command} /nothing"), 550).await;
    }
    client.say_expect("CWD /il/34/a.png", 550).await;
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(feature = "libunftp", ignore = "MLST forgets the working directory")]
async fn a_relative_mlst_never_describes_another_file() {
    let house = House::open().await;
    let mut client = house.reader().await;
    client.say_expect("MLST il", 250).await;
    client.say_expect("CWD il", 250).await;
    client.say_expect("MLST il", 550).await;
    assert!(client.say_expect("MLST 34", 250).await.contains(" /il/34\n"));
    assert!(client.say_expect("MLST", 250).await.contains(" /il\n"));
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(feature = "libunftp", ignore = "no facts in FEAT, and OPTS MLST ends the session")]
async fn feat_and_opts_say_what_is_there() {
    let house = House::open().await;
    let mut client = house.reader().await;
    let text = client.say_expect("FEAT", 211).await;
    for feature in ["SIZE", "MDTM", "EPSV", "UTF8", "REST STREAM", "TVFS", "HASH SHA-256*;CRC32"] {
        assert!(text.lines().any(|line| line.trim() == feature), "{feature} in {text}");
    }
    assert!(text.contains("\n MLST type*;size*;modify*;perm*;x.sha256*;\n"), "{text}");
    assert!(!text.contains("AUTH"));
    client.say_expect("OPTS Utf8 On", 200).await;
    assert_eq!(client.say_expect("OPTS MLST size;type;unique;", 200).await, "200 MLST OPTS type;size;");
    assert_eq!(client.fetch_text("MLSD /il/34").await, format!("type=file;size={SCAN}; a.png\r\n"));
    client.say_expect("SYST", 215).await;
    client.say_expect("TYPE I", 200).await;
    client.say_expect("NOOP", 200).await;
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(feature = "libunftp", ignore = "sentences are lost")]
async fn refusals_carry_the_code_and_the_sentence() {
    let house = House::open().await;
    let mut client = house.reader().await;
    assert_eq!(client.say_expect("SIZE /theirs.bin", 550).await, "550 Not for you");
    client.say_expect("SIZE /busy.bin", 450).await;
    client.say_expect("MLST /busy.bin", 450).await;
    for (path, said) in [("/theirs", "550 Not for you"), ("/busy", "450 Ask again")] {
        for command in ["LIST", "NLST", "MLSD"] {
            assert_eq!(client.refused(&format!("{command} {path}")).await.text, said);
        }
    }
    client.say_expect("NOOP", 200).await;
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(feature = "libunftp", ignore = "it has no such commands")]
async fn sums_are_told_without_reading() {
    let house = House::open().await;
    let mut client = house.reader().await;
    let digest: String = DIGEST.iter().map(|byte| format!("{byte:02x}")).collect();
    client.say_expect("CWD /il", 250).await;
    let hash = client.say_expect("HASH 34/a.png", 213).await;
    assert_eq!(hash, format!("213 SHA-256 0-{SCAN} {digest} 34/a.png"));
    assert_eq!(client.say_expect("XSHA256 34/a.png", 250).await, format!("250 {digest}"));
    assert_eq!(client.say_expect("XCRC \"34/a.png\"", 250).await, "250 00C0FFEE");
    client.say_expect("OPTS HASH CRC32", 200).await;
    assert_eq!(client.say_expect("HASH 34/a.png", 213).await, format!("213 CRC32 0-{SCAN} 00C0FFEE 34/a.png"));
    client.say_expect("OPTS HASH MD5", 504).await;
    client.say_expect("HASH /torn.bin", 550).await;
    client.say_expect("HASH /il", 550).await;
    assert!(house.diary.lock().unwrap().delivered.is_empty());
}
