//! Nothing can be changed over FTP, and trying does no harm to the session.

use crate::house::House;

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(feature = "libunftp", ignore = "STOR is 425 and RNFR 350")]
async fn every_writing_command_is_refused_and_the_session_goes_on() {
    let house = House::open().await;
    let mut client = house.reader().await;
    for command in [
        "DELE /il/34/a.png",
        "RMD /il",
        "XRMD /il",
        "MKD /new",
        "XMKD /new",
        "MFMT 20240331180211 /il/34/a.png",
        "MFCT 20240331180211 /il/34/a.png",
        "MFF UNIX.mode=777; /il/34/a.png",
        "SITE CHMOD 777 /il/34/a.png",
        "SITE UTIME 20240331180211 /il/34/a.png",
        "SITE MKDIR /new",
        "SITE SYMLINK /a /b",
        "SITE EXEC rm",
        "SITE UMASK 0",
        "SITE MD5 /il/34/a.png",
        "SMNT /",
        "REIN",
        "RNFR /il/34/a.png",
        "RNTO /il/34/b.png",
        "STOR /new.bin",
        "STOU",
        "APPE /il/34/a.png",
        "PORT 127,0,0,1,200,200",
        "EPRT |1|127.0.0.1|51400|",
        "LPRT 4,4,127,0,0,1,2,200,200",
    ] {
        let reply = client.say(command).await;
        assert_eq!(reply.code / 100, 5, "{command}: {}", reply.text);
        client.say_expect("NOOP", 200).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(feature = "libunftp", ignore = "RNFR is 350, STOR is 425 or 150 before it is refused")]
async fn a_write_is_refused_with_a_sentence_and_at_once() {
    let house = House::open().await;
    let mut client = house.reader().await;
    for command in ["STOR /new.bin", "STOU", "APPE /il/34/a.png", "RNFR /il/34/a.png", "DELE /nothing", "MKD x"] {
        let _data = client.passive("EPSV").await;
        let said = client.say_expect(command, 550).await;
        assert!(said.contains("read-only"), "{said}");
    }
    assert!(house.diary.lock().unwrap().paths.is_empty(), "the shelf was not even asked");
}
