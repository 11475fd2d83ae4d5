//! What stands on a receipt, what its signature covers, and what stands beside it.

use base64::Engine as _;
use ed25519_dalek::pkcs8::DecodePublicKey;
use ed25519_dalek::{Signature, Verifier, VerifyingKey};
use reqwest::StatusCode;
use serde_json::Value;
use tutanak::domain::Digest;
use tutanak::drawing::ScanStyle;

use crate::house::{House, json};
use crate::paper::{chunk, page};
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

/// What a fault of a file makes of a scan: taken in, linked, kept byte for byte, and told with the chunk's name.
#[tokio::test]
async fn a_fault_that_changes_no_pixel_is_taken_in_and_told_beside_the_receipt() {
    let house = House::open().await;
    let sound = page(&["1090000001", "1090000001"], 1);
    let mut profile = chunk(b"iCCP", b"profile\0\0nothing");
    *profile.last_mut().unwrap() ^= 1;
    let with_profile = [&sound[..33], &profile, &sound[33..]].concat();
    for (name, scan, kind, words) in [
        ("a profile with a wrong checksum", with_profile, "file-chunk-checksum", "iCCP parçasının denetim toplamı"),
        ("bytes behind the end", [&sound[..], b"\0\0"].concat(), "file-bytes-behind-end", "(IEND) sonra 2 bayt"),
    ] {
        let answer = house.send(&house.first, &scan).await;
        assert_eq!(answer.status(), StatusCode::CREATED, "{name}");
        let text = answer.text().await.unwrap();
        verify(&house, &text);
        let told: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(told["status"], "linked", "{name}");
        assert_eq!(told["advice"][0]["kind"], kind, "{name}: {text}");
        assert!(told["advice"][0]["tr"].as_str().unwrap().contains(words), "{name}: {text}");
        let digest = Digest::of(&scan).to_string();
        let kept = house.dir.path().join("vault/b").join(&digest[..2]).join(&digest);
        assert_eq!(std::fs::read(kept).unwrap(), scan, "{name}: the bytes are kept as they came");
    }
}

/// A telephone number in a QR code is no second form.
#[tokio::test]
async fn a_code_that_no_registry_knows_is_told_and_does_not_keep_a_form_from_being_linked() {
    let house = House::open().await;
    let text = house.send(&house.first, &page(&["1090000001", "5321234567"], 1)).await.text().await.unwrap();
    verify(&house, &text);
    let told: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((told["status"].as_str(), told["form"]["code"].as_str()), (Some("linked"), Some("1090000001")));
    let strange = told["advice"].as_array().unwrap().iter().find(|advice| advice["kind"] == "strange-code");
    assert!(strange.unwrap()["tr"].as_str().unwrap().contains("5321234567"), "{text}");
}
