//! What graphical programs say that cannot be run here, as their logs show it.

use std::sync::Arc;

use tokio::io::AsyncReadExt;
use tutanak_ftp::Settings;

use crate::house::{House, settings};
use crate::made_shelf::scan;
use crate::tls::identities;

/// Says each line and expects its code; a `150` is followed by everything on the data connection and `226`.
async fn replay(house: &House, lines: &[(&str, u16)]) -> Vec<u8> {
    let mut client = house.visitor().await;
    let (mut data, mut bytes) = (None, Vec::new());
    for (line, code) in lines {
        if *code == 229 || *code == 227 {
            data = Some(client.passive(line).await);
            continue;
        }
        client.say_expect(line, *code).await;
        if *code == 150 {
            bytes.clear();
            data.take().unwrap().read_to_end(&mut bytes).await.unwrap();
            client.expect(226).await;
        }
    }
    bytes
}

/// FileZilla 3, plain FTP allowed: it asks for encryption twice, names itself and its facts only where `FEAT` makes that
/// worth while, says the type once, lists before it fetches, resumes behind `PASV`, and takes the offset back afterwards.
#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(feature = "libunftp", ignore = "OPTS MLST ends the session")]
async fn filezilla() {
    let house = House::open().await;
    let login = [
        ("AUTH TLS", 431),
        ("AUTH SSL", 504),
        ("USER party", 331),
        ("PASS right", 230),
        ("SYST", 215),
        ("FEAT", 211),
        ("OPTS UTF8 ON", 200),
        ("PWD", 257),
        ("TYPE I", 200),
        ("PASV", 227),
        ("MLSD", 150),
        ("CWD /il/34", 250),
        ("PWD", 257),
        ("PASV", 227),
        ("MLSD", 150),
    ];
    let fetch = [("PASV", 227), ("RETR a.png", 150)];
    assert_eq!(replay(&house, &[&login[..], &fetch].concat()).await, scan());
    let resume = [("PASV", 227), ("REST 50000", 350), ("RETR a.png", 150)];
    assert_eq!(replay(&house, &[&login[..], &resume].concat()).await, scan()[50_000..]);
    let another = [("PASV", 227), ("REST 0", 350), ("RETR a.png", 150), ("NOOP", 200), ("QUIT", 221)];
    assert_eq!(replay(&house, &[&login[..], &resume, &another].concat()).await, scan());
}

/// The same over TLS: `PBSZ` and `PROT` come behind the login and what `FEAT` brings about.
#[tokio::test(flavor = "multi_thread")]
async fn filezilla_encrypted() {
    let (server, config) = identities();
    let house = House::with(Settings { tls: Some(server), ..settings() }).await;
    let mut client = house.visitor().await;
    client.encrypt(Arc::clone(&config)).await;
    for (line, code) in [
        ("USER party", 331),
        ("PASS right", 230),
        ("SYST", 215),
        ("FEAT", 211),
        ("OPTS UTF8 ON", 200),
        ("PBSZ 0", 200),
        ("PROT P", 200),
        ("CWD /il/34", 250),
        ("PWD", 257),
        ("TYPE I", 200),
    ] {
        client.say_expect(line, code).await;
    }
    for command in ["MLSD", "RETR a.png"] {
        let stream = client.passive("PASV").await;
        client.say_expect(command, 150).await;
        let mut bytes = Vec::new();
        client.wrap(stream, Some(&config)).await.read_to_end(&mut bytes).await.unwrap();
        client.expect(226).await;
        assert!(command == "MLSD" || bytes == scan());
    }
}

/// The Explorer of Windows: it tries things that nobody has, lists in ASCII, and asks for a size before it fetches.
#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(feature = "libunftp", ignore = "SITE HELP is 500 and lower-case OPTS ends the session")]
async fn windows_explorer() {
    let house = House::open().await;
    let lines = [
        ("USER anonymous", 331),
        ("PASS IEUser@", 530),
        ("USER party", 331),
        ("PASS right", 230),
        ("opts utf8 on", 200),
        ("syst", 215),
        ("site help", 214),
        ("PWD", 257),
        ("noop", 200),
        ("CWD /", 250),
        ("TYPE A", 200),
        ("PASV", 227),
        ("LIST", 150),
        ("CWD /il/34/", 250),
        ("TYPE A", 200),
        ("PASV", 227),
        ("LIST", 150),
        ("SIZE a.png", 213),
        ("MDTM a.png", 213),
        ("TYPE I", 200),
        ("PASV", 227),
        ("RETR a.png", 150),
    ];
    assert_eq!(replay(&house, &lines).await, scan());
}
