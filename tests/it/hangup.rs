//! SIGHUP: the certificate and the log's level are read again, nobody is cut off, and what cannot be used changes nothing.

use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use jiff::Timestamp;
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tutanak::domain::Digest;
use tutanak::tls;

use crate::crash::{Service, set_up};

/// Writes a file so that nobody sees by its time that it changed.
fn write_unseen(path: &Path, text: &str) {
    let before: SystemTime = std::fs::metadata(path).unwrap().modified().unwrap();
    std::fs::write(path, text).unwrap();
    std::fs::File::options().write(true).open(path).unwrap().set_modified(before).unwrap();
}

async fn connect(service: &Service, ca: &Path) -> std::io::Result<TlsStream<TcpStream>> {
    let mut config = Arc::unwrap_or_clone(tls::trusting(ca).unwrap());
    config.alpn_protocols = vec![b"http/1.0".to_vec()];
    let stream = TcpStream::connect(service.url.strip_prefix("https://").unwrap()).await?;
    TlsConnector::from(Arc::new(config)).connect("localhost".try_into().unwrap(), stream).await
}

fn shown(stream: &TlsStream<TcpStream>) -> Digest {
    Digest::of(&stream.get_ref().1.peer_certificates().unwrap()[0])
}

/// One question on a connection that stays open.
async fn ask(stream: &mut TlsStream<TcpStream>) -> String {
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut answer = [0; 4096];
    let read = stream.read(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer[..read]).into_owned()
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..300 {
        if holds().await {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sighup_reads_certificate_and_level_again_and_cuts_nobody_off() {
    let dir = tempfile::tempdir().unwrap();
    set_up(dir.path());
    let path = |name: &str| dir.path().join(name);
    let (config, log) = (path("tutanak.toml"), path("log"));
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replacen("# [log]\n# level = \"info\"", "[log]\nlevel = \"off\"", 1)).unwrap();
    let mut service = Service::start(dir.path()).await;
    let hang_up = |service: &Service| {
        kill_process(Pid::from_raw(service.child.id() as i32).unwrap(), Signal::HUP).unwrap();
    };
    let ca = path("ca.pem");
    let mut stays = connect(&service, &ca).await.unwrap();
    assert_eq!(stays.get_ref().1.alpn_protocol(), Some(b"http/1.0".as_slice()));
    assert!(ask(&mut stays).await.contains("200"));
    let first = shown(&stays);

    // Another certificate, which only the signal can have had read.
    let new = tls::own(&["localhost".to_owned()], Timestamp::now()).unwrap();
    let trusted = path("new-ca.pem");
    std::fs::write(&trusted, &new.ca).unwrap();
    write_unseen(&path("tls/server.pem"), &new.certificate);
    write_unseen(&path("tls/server.key"), &new.key);
    assert_eq!(shown(&connect(&service, &ca).await.unwrap()), first);
    hang_up(&service);
    until("the new certificate is not shown", async || {
        connect(&service, &trusted).await.is_ok_and(|stream| shown(&stream) != first)
    })
    .await;
    assert!(ask(&mut stays).await.contains("200"), "who was connected was cut off");
    assert_eq!(std::fs::read_to_string(&log).unwrap(), "", "the level is off");

    // The level, and a certificate that is none.
    std::fs::write(&config, text.replacen("# [log]\n# level = \"info\"", "[log]\nlevel = \"info\"", 1)).unwrap();
    write_unseen(&path("tls/server.pem"), "no certificate");
    let told = || std::fs::read_to_string(&log).unwrap();
    until("the level was not read again", async || {
        hang_up(&service);
        told().contains("SIGHUP")
    })
    .await;
    until("nobody is told", async || {
        hang_up(&service);
        told().contains("The new certificate cannot be used; the old one stays")
    })
    .await;
    connect(&service, &trusted).await.unwrap();
    assert!(ask(&mut stays).await.contains("200"));
    assert!(service.child.try_wait().unwrap().is_none());
}

#[test]
fn check_config_says_until_when_the_certificate_is_valid_and_warns_a_month_before() {
    let dir = tempfile::tempdir().unwrap();
    set_up(dir.path());
    let check = || {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_tutanak"));
        let output = command.args(["check-config", "--config"]).arg(dir.path().join("tutanak.toml")).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let own = check();
    let line = own.lines().find(|line| line.contains("certificate: fits its key, until ")).unwrap();
    assert!(line.starts_with("ok") && line.ends_with("renewed by itself before"), "{line}");

    let hours = |n: i64| jiff::SignedDuration::from_hours(n);
    let given = |age| {
        let given = tls::own(&["localhost".to_owned()], Timestamp::now() - age).unwrap();
        std::fs::write(dir.path().join("tls/server.pem"), given.certificate).unwrap();
        std::fs::write(dir.path().join("tls/server.key"), given.key).unwrap();
        check()
    };
    let said = given(hours(24 * 780));
    assert!(said.contains("soon   certificate: WARNING: it ends on"), "{said}");
    let said = given(hours(24 * 801));
    assert!(said.contains("WRONG  certificate: it ended on"), "{said}");
}
