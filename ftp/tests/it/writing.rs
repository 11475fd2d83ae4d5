//! Nothing can be changed over FTP, and trying does no harm to the session.

use tokio::io::AsyncWriteExt;

use crate::house::House;

#[tokio::test(flavor = "multi_thread")]
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
async fn renaming_is_refused_at_its_second_step() {
    let house = House::open().await;
    let mut client = house.reader().await;
    // libunftp answers 350 to any name that is there; nothing has happened then.
    client.say_expect("RNFR /il/34/a.png", 350).await;
    client.say_expect("RNTO /il/34/b.png", 550).await;
    client.say_expect("RNFR /nothing", 550).await;
    client.say_expect("SIZE /il/34/a.png", 213).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_are_refused_with_and_without_a_data_connection() {
    let house = House::open().await;
    let mut client = house.reader().await;
    for command in ["STOR /new.bin", "APPE /il/34/a.png", "APPE /theirs.bin", "STOU"] {
        let mut wire = client.begin(command).await;
        let _ = wire.write_all(&[1; 100_000]).await;
        client.expect(550).await;
        drop(wire);
        // Without a data connection libunftp says so first.
        client.say_expect(command, 425).await;
    }
    client.say_expect("SIZE /il/34/a.png", 213).await;
    client.say_expect("SIZE /new.bin", 550).await;
}
