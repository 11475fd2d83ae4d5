//! What stands on a receipt, what its signature covers, and what stands beside it.

use base64::Engine as _;
use ed25519_dalek::pkcs8::DecodePublicKey;
use ed25519_dalek::{Signature, Verifier, VerifyingKey};
use reqwest::StatusCode;
use serde_json::Value;
use tutanak::drawing::ScanStyle;

use crate::house::{House, json};
use crate::paper::page;
use crate::scanner::{drawn, office};

/// Verifies an answer as a board would: what stands before the signature is what was signed, and nothing else.
fn verify(house: &House, answer: &str) {
    let public = std::fs::read_to_string(house.dir.path().join("keys/signing.pub.pem")).unwrap();
    let key = VerifyingKey::from_public_key_pem(&public).unwrap();
    let (signed, rest) = answer.split_once(",\"signature\":\"").unwrap();
    let (signature, _) = rest.split_once('"').unwrap();
    let signature = base64::engine::general_purpose::STANDARD.decode(signature).unwrap();
    let statement = format!("tutanak/receipt/v1\n{signed}}}");
    key.verify(statement.as_bytes(), &Signature::from_slice(&signature).unwrap()).unwrap();
}

#[tokio::test]
async fn a_receipt_is_signed_by_the_services_key() {
    let house = House::open().await;
    let text = house.send(&house.first, &page(&["1090000001"], 1)).await.text().await.unwrap();
    verify(&house, &text);
    assert!(text.ends_with("=\"}"), "without advice the signature is the last field: {text}");
}

/// Whatever a scan looks like it is taken in, and the receipt is the same with advice and without.
#[tokio::test]
async fn advice_about_the_scanner_stands_beside_the_receipt_and_outside_its_signature() {
    let house = House::open().await;
    let upside_down = ScanStyle { quarter_turns: 2, ..office(200) };
    let faint = ScanStyle { fade: 1.0, ..office(200) };
    for (name, style, advice) in [
        ("clean", office(200), None),
        ("upside down", upside_down, Some("upside-down")),
        ("faint", faint, Some("faint")),
    ] {
        let scan = drawn(&style, 3);
        let answer = house.send(&house.first, &scan).await;
        assert_eq!(answer.status(), StatusCode::CREATED, "{name}");
        let text = answer.text().await.unwrap();
        verify(&house, &text);
        let mut told: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(told["status"], "linked", "{name}");
        let said = told.as_object_mut().unwrap().remove("advice");
        let kinds = said.iter().flat_map(|said| said.as_array().unwrap()).map(|said| said["kind"].as_str().unwrap());
        assert_eq!(kinds.collect::<Vec<_>>(), Vec::from_iter(advice), "{name}: {text}");
        // Sent again: the pixels are not looked at, the receipt is the very same.
        let again = house.send(&house.first, &scan).await;
        assert_eq!((again.status(), json(again).await), (StatusCode::OK, told), "{name}");
    }
}
