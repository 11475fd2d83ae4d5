//! A picture of a form that nobody could read for want of pixels is parked, even when it is the first of its form; the scan
//! that comes after it is the first that counts.

use image::imageops::{FilterType, resize};
use serde_json::Value;

use crate::house::{House, json};
use crate::paper::{png, sheet};

/// A scan of a form at 200 dpi, made so small that its longer side has so many pixels.
fn small(scan: &[u8], longer: u32) -> Vec<u8> {
    let whole = image::load_from_memory(scan).unwrap().to_luma8();
    let small = resize(&whole, whole.width() * longer / whole.height(), longer, FilterType::Triangle);
    png(small.as_raw(), small.width(), small.height())
}

async fn sent(house: &House, bytes: &[u8]) -> Value {
    json(house.send(&house.first, bytes).await).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thumbnail_that_comes_first_is_parked_and_the_scan_is_the_first_revision() {
    let house = House::open().await;
    let scan = sheet(&["1090000001", "1090000001"], 7, 1654, 2339);
    // What a NAS lays beside a scan. At 120 and 320 pixels no code is read, and from 480 on one is.
    for longer in [120, 320, 480, 560, 640] {
        let receipt = sent(&house, &small(&scan, longer)).await;
        assert_eq!(receipt["status"], "parked", "{longer}: {receipt}");
        let read = receipt["reason"] == "too-small";
        assert!(read || receipt["reason"] == "no-code" && longer < 640, "{longer}: {receipt}");
    }
    let receipt = sent(&house, &scan).await;
    assert_eq!((&receipt["status"], &receipt["form"]["revision"]), (&"linked".into(), &1.into()), "{receipt}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_smallest_pictures_that_people_read_are_linked_when_they_come_first() {
    let house = House::open().await;
    // 75, 100 and 150 dpi: what scanners offer below what offices use.
    for (n, longer) in (1..).zip([877, 1169, 1754]) {
        let code = format!("109000000{n}");
        let scan = sheet(&[&code, &code], 7, 1654, 2339);
        let receipt = sent(&house, &small(&scan, longer)).await;
        assert_eq!(receipt["status"], "linked", "{longer}: {receipt}");
    }
}
