//! Alarms: a webhook hears of each once when it begins and once when it is over.

use std::path::Path;
use std::sync::OnceLock;

use jiff::SignedDuration;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tutanak::config::Config;
use tutanak::operation::alarms::AlarmConfig;

use crate::house::{House, Plan};

static WEBHOOK: OnceLock<String> = OnceLock::new();

fn with_alarms(config: &mut Config) {
    let mut alarm: AlarmConfig = toml::from_str("webhook_from = \"NONE\"\nsilent_minutes = 15").unwrap();
    alarm.webhook = WEBHOOK.get().cloned();
    config.alarm = Some(alarm);
}

/// The body of the next message of this alarm; every message is answered.
async fn heard(webhook: &TcpListener, alarm: &str) -> Value {
    loop {
        let (mut stream, _) = webhook.accept().await.unwrap();
        let mut request = Vec::new();
        let message: Value = loop {
            let read = stream.read_buf(&mut request).await.unwrap();
            assert!(read > 0, "{}", String::from_utf8_lossy(&request));
            let text = String::from_utf8_lossy(&request);
            if let Some(message) = text.split_once("\r\n\r\n").and_then(|(_, body)| serde_json::from_str(body).ok()) {
                break message;
            }
        };
        stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await.unwrap();
        if message["alarm"] == alarm {
            return message;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_hears_of_silence_once_and_of_its_end() {
    let webhook = TcpListener::bind("127.0.0.1:0").await.unwrap();
    WEBHOOK.set(format!("http://{}/secret-path", webhook.local_addr().unwrap())).unwrap();
    let mut house = House::build(Plan { also: Some(with_alarms), ..Plan::default() }).await;
    house.clock.advance(SignedDuration::from_mins(20));
    let begins = heard(&webhook, "no-data").await;
    assert_eq!((&begins["state"], &begins["host"]), (&Value::from("begins"), &Value::from("localhost")), "{begins}");
    let good = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/good/linked-1099000001-sonuc.png");
    let sent = house.send(&house.first, &std::fs::read(good).unwrap()).await;
    assert!(sent.status().is_success());
    let over = heard(&webhook, "no-data").await;
    assert_eq!(over["state"], "over", "one message was sent while it lasted: {over}");
    house.stop().await;
}
