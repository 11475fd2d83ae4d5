//! What lies in the folder: whole scans, half ones, copies, damaged ones, others; and what becomes of each.

use std::io::Write;
use std::time::Duration;

use tutanak::client::disk::DiskError;
use tutanak::client::upload::UploadError;
use tutanak::client::upload::report::Event;

use super::workplace::{Workplace, entered, plan, sent};
use crate::house::House;
use crate::paper::{page, sheet};

#[tokio::test]
async fn each_file_ends_in_the_place_that_says_what_became_of_it() {
    let house = House::open().await;
    let workplace = Workplace::new();
    let scan = page(&["1090000001"], 1);
    let linked = workplace.put("tarama 1.png", &scan);
    workplace.put("gün 1/kopya.PNG", &scan);
    let other = workplace.put("tarama 2.png", &page(&["1080000001"], 1));
    let no_code = workplace.put("kodsuz.png", &page(&[], 5));
    let foreign = workplace.put("yabancı.png", &page(&["1090000101"], 5));
    workplace.put("yarım.png", &scan[..scan.len() / 2]);
    workplace.put("resim.png", b"\xff\xd8\xff\xe0 JFIF");
    workplace.put("boş.png", b"");
    let mut pixels = scan.clone();
    let at = pixels.windows(4).position(|window| window == b"IDAT").unwrap();
    let length = u32::from_be_bytes(pixels[at - 4..at].try_into().unwrap()) as usize;
    pixels[at + 4 + length / 2] ^= 0xff;
    let crc = crc32fast::hash(&pixels[at..at + 4 + length]).to_be_bytes();
    pixels[at + 4 + length..at + 8 + length].copy_from_slice(&crc);
    workplace.put("içi bozuk.png", &pixels); // every chunk is sound: only the service sees that the pixels are not
    for other in ["liste.pdf", "Thumbs.db", "x.png.tmp", "._tarama 1.png", "y.png.part"] {
        workplace.put(other, b"x");
    }
    let summary = workplace.run(&house, &house.url("")).await;
    assert_eq!((summary.linked, summary.parked, summary.damaged), (3, 2, 4), "{summary:?}");
    assert_eq!((summary.waiting, summary.others, summary.sent), (0, 1, 4));
    assert!(!summary.complete(), "something was damaged");
    assert_eq!(workplace.names("gonderildi"), ["gün 1/kopya.PNG", "tarama 1.png", "tarama 2.png"]);
    assert_eq!(workplace.names("elle"), ["kodsuz.png", "kodsuz.png.txt", "yabancı.png", "yabancı.png.txt"]);
    let damaged = ["boş.png", "içi bozuk.png", "resim.png", "yarım.png"];
    let with_texts: Vec<_> = damaged.iter().flat_map(|name| [(*name).to_owned(), format!("{name}.txt")]).collect();
    assert_eq!(workplace.names("bozuk"), with_texts);
    for name in ["liste.pdf", "Thumbs.db", "x.png.tmp", "._tarama 1.png", "y.png.part"] {
        assert!(workplace.root().join(name).exists(), "{name} is none of ours");
    }
    for (digest, status, reason) in [
        (linked, "linked", None),
        (other, "linked", None),
        (no_code, "parked", Some("no-code")),
        (foreign, "parked", Some("other-board")),
    ] {
        let receipt = workplace.receipt(digest).unwrap();
        assert_eq!((receipt["status"].as_str(), receipt["reason"].as_str()), (Some(status), reason));
        assert!(receipt["signature"].is_string());
    }
    let text = |name: &str| std::fs::read_to_string(workplace.root().join(name)).unwrap();
    assert!(
        text("elle/kodsuz.png.txt").contains("karekod okunamadı")
            && text("elle/kodsuz.png.txt").contains("yeniden tarayıp")
    );
    assert!(text("elle/yabancı.png.txt").contains("başka bir kurulun"));
    assert!(text("bozuk/yarım.png.txt").contains("GÖNDERİLMEDİ") && text("bozuk/yarım.png.txt").contains("yarım"));
    assert!(text("bozuk/içi bozuk.png.txt").contains("görüntü verisi"), "{}", text("bozuk/içi bozuk.png.txt"));
    // The leaf on a receipt is the hash over these very bytes' entry; not where the receipt was asked for without them.
    let told = workplace.told.lock().unwrap().clone();
    let checked = told.iter().filter_map(|event| match event {
        Event::Received { leaf_checked, .. } => Some(*leaf_checked),
        _ => None,
    });
    assert!(checked.clone().count() == 3 && checked.clone().all(|checked| checked), "{told:#?}");
    assert!(entered(&house).await.values().all(|times| *times == 1));
    assert_eq!(entered(&house).await.len(), 4);

    // The same scan put there once more goes to its place without being sent.
    workplace.put("tarama 1.png", &scan);
    let summary = workplace.run(&house, &house.url("")).await;
    assert_eq!((summary.linked, summary.sent, summary.complete()), (1, 0, true));
    assert!(workplace.root().join("gonderildi/tarama 1-2.png").exists());
    assert_eq!(sent(&house).await, 4);
}

#[tokio::test]
async fn a_parked_scan_that_is_put_back_is_linked_once_its_code_is_known() {
    let house = House::open().await;
    let workplace = Workplace::new();
    let digest = workplace.put("a.png", &page(&["1090000009"], 1));
    assert_eq!(workplace.run(&house, &house.url("")).await.parked, 1);
    let late = house.dir.path().join("late.csv");
    std::fs::write(&late, "box_id,place_id,number,kind,races\n0000009,34-k-m1,1009,0,\n").unwrap();
    tutanak::registry::add_boxes(&house.ledger, &late, &mut |_| {}).await.unwrap();
    std::fs::rename(workplace.root().join("elle/a.png"), workplace.root().join("a.png")).unwrap();
    let summary = workplace.run(&house, &house.url("")).await;
    assert_eq!((summary.linked, summary.parked, workplace.names("gonderildi")), (1, 0, vec!["a.png".to_owned()]));
    assert_eq!(workplace.receipt(digest).unwrap()["status"], "linked");
    // The receipt that said it was parked is kept as well.
    assert_eq!(workplace.names("makbuzlar").len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_taken_only_when_its_writer_is_through() {
    let house = House::open().await;
    let workplace = Workplace::new();
    let scans: Vec<Vec<u8>> = (1..=4).map(|seed| page(&["1090000001"], seed)).collect();
    let root = workplace.root().to_owned();
    let written = scans.clone();
    let scanner = std::thread::spawn(move || {
        let wait = |ms| std::thread::sleep(Duration::from_millis(ms));
        // Byte by byte, with a rest that is shorter than what counts as still.
        let mut dribble = std::fs::File::create(root.join("damla.png")).unwrap();
        for piece in written[0].chunks(written[0].len() / 12) {
            dribble.write_all(piece).unwrap();
            wait(60);
        }
        // Half of it, a rest that is longer, and then the other half.
        let (half, rest) = written[1].split_at(written[1].len() / 2);
        let mut paused = std::fs::File::create(root.join("mola.png")).unwrap();
        paused.write_all(half).unwrap();
        wait(350);
        paused.write_all(rest).unwrap();
        // Room is made first, as a copy over a network does, and filled later.
        let mut copied = std::fs::File::create(root.join("kopya.png")).unwrap();
        copied.set_len(written[2].len() as u64).unwrap();
        wait(300);
        copied.write_all(&written[2]).unwrap();
        // Under another name, and then renamed.
        std::fs::write(root.join("isim.png.tmp"), &written[3]).unwrap();
        std::fs::rename(root.join("isim.png.tmp"), root.join("isim.png")).unwrap();
    });
    let summary = workplace.watch(&house, &house.url(""), async || workplace.linked() == 4).await;
    scanner.join().unwrap();
    assert_eq!((summary.linked, summary.parked, summary.damaged), (4, 0, 0), "{:#?}", workplace.told.lock().unwrap());
    assert_eq!(entered(&house).await.len(), 4);
    assert!(workplace.names("bozuk").is_empty());
}

#[tokio::test]
async fn a_folder_is_for_one_client_at_a_time_and_is_never_made() {
    let house = House::open().await;
    let workplace = Workplace::new();
    let held = workplace.client(&house, &house.url(""), plan()).unwrap();
    let second = workplace.client(&house, &house.url(""), plan()).err().unwrap();
    assert!(matches!(second, UploadError::Disk(DiskError::Busy(_))), "{second}");
    drop(held);
    workplace.client(&house, &house.url(""), plan()).unwrap();
    let gone = Workplace::new();
    std::fs::remove_dir(gone.root()).unwrap();
    assert!(gone.client(&house, &house.url(""), plan()).is_err());
    assert!(!gone.root().exists(), "a share that is not mounted must not be written to");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_scanner_puts_down_is_with_the_board_without_being_asked_for() {
    let house = House::open().await;
    let workplace = Workplace::new();
    let root = workplace.root().to_owned();
    let putting = std::thread::spawn(move || {
        for n in 0..30_u32 {
            let name = if n % 3 == 0 { format!("gun-{}/{n}.png", n / 10) } else { format!("{n}.png") };
            std::fs::create_dir_all(root.join(&name).parent().unwrap()).unwrap();
            std::fs::write(root.join(name), page(&["1090000002"], 100 + n)).unwrap();
            std::thread::sleep(Duration::from_millis(u64::from(n * 7 % 40)));
        }
    });
    let summary = workplace.watch(&house, &house.url(""), async || workplace.linked() == 30).await;
    putting.join().unwrap();
    assert_eq!((summary.linked, summary.sent, summary.waiting), (30, 30, 0));
    let entered = entered(&house).await;
    assert_eq!((entered.len(), entered.values().max()), (30, Some(&1)));
    assert_eq!(workplace.names("makbuzlar").len(), 30);
    let told = workplace.told.lock().unwrap();
    assert!(matches!(&told[0], Event::Connected { board, pinned, .. } if board == "kadikoy-1" && pinned.len() == 1));
}

#[tokio::test]
async fn what_systems_keep_beside_the_scans_is_passed_over_and_told() {
    let house = House::open().await;
    let workplace = Workplace::new();
    let scan = workplace.put("1.png", &sheet(&["1090000001"], 1, 1654, 2339));
    let passed = [
        "@eaDir/1.png/SYNOFILE_THUMB_M.png",
        "gün/@eaDir/2.png",
        "#recycle/3.png",
        "$RECYCLE.BIN/4.png",
        "System Volume Information/5.png",
        "lost+found/6.png",
        ".Trash-1000/files/7.png",
        "@Recycle/8.png",
        ".snapshot/9.png",
        "SYNOFILE_THUMB_XL.png",
        "._1.png",
        "~$1.png",
        ".DS_Store",
    ];
    for (n, name) in (0..).zip(passed) {
        workplace.put(name, &page(&["1090000001"], 100 + n));
    }
    let summary = workplace.run(&house, &house.url("")).await;
    assert_eq!((summary.linked, summary.parked, summary.damaged, summary.others), (1, 0, 0, 0), "{summary:?}");
    assert_eq!(entered(&house).await.keys().copied().collect::<Vec<_>>(), [scan]);
    assert!(passed.iter().all(|name| workplace.root().join(name).exists()), "they are none of ours");
    let told = summary.passed.turkish();
    for name in
        ["@eaDir/ (2)", "#recycle/ (1)", "$RECYCLE.BIN/ (1)", "lost+found/ (1)", "._* (1)", "SYNOFILE_THUMB* (1)"]
    {
        assert!(told.contains(name), "{name}: {told}");
    }
    let events =
        workplace.told.lock().unwrap().iter().filter(|event| matches!(event, Event::PassedOver { .. })).count();
    assert_eq!(events, 1, "it is told once");
}

#[tokio::test]
async fn a_thumbnail_under_a_plain_name_is_parked_and_the_scan_stays_current() {
    let house = House::open().await;
    house.send(&house.first, &sheet(&["1090000001"], 1, 1654, 2339)).await;
    let workplace = Workplace::new();
    let small = workplace.put("kucuk.png", &page(&["1090000001"], 2));
    let summary = workplace.run(&house, &house.url("")).await;
    assert_eq!((summary.linked, summary.parked), (0, 1), "{summary:?}");
    assert_eq!(workplace.receipt(small).unwrap()["reason"], "too-small");
    let text = std::fs::read_to_string(workplace.root().join("elle/kucuk.png.txt")).unwrap();
    assert!(text.contains("çok daha küçük"), "{text}");
    // Sent again, it is the same entry; a scan of another resolution is the next revision.
    std::fs::rename(workplace.root().join("elle/kucuk.png"), workplace.root().join("yine.png")).unwrap();
    workplace.put("yeni.png", &sheet(&["1090000001"], 3, 1240, 1754));
    let summary = workplace.run(&house, &house.url("")).await;
    assert_eq!((summary.linked, summary.parked), (1, 1), "{summary:?}");
    assert_eq!(house.entered().await, 3);
}

#[tokio::test]
async fn one_file_that_cannot_be_put_away_holds_no_other_up() {
    let house = House::open().await;
    let workplace = Workplace::new();
    // The longest name there is, where a text is written beside it; and a directory in the place of a receipt.
    let long = format!("{}.png", "x".repeat(250));
    workplace.put(&long, &page(&[], 1));
    workplace.put(&format!("{}a.png", "ğ".repeat(125)), &page(&["1090000001"], 2));
    let stuck = workplace.put("takılan.png", &page(&["1090000001"], 3));
    std::fs::create_dir_all(workplace.root().join(format!("makbuzlar/{stuck}.json/x"))).unwrap();
    for n in 0..20 {
        workplace.put(&format!("{n}.png"), &page(&["1080000001"], 10 + n));
    }
    let summary = workplace.run(&house, &house.url("")).await;
    assert_eq!((summary.linked, summary.parked, summary.waiting), (21, 1, 1), "{summary:?}");
    assert!(workplace.root().join("takılan.png").exists(), "without its receipt it stays");
    assert_eq!(workplace.names("elle").len(), 2, "{:?}", workplace.names("elle"));
    std::fs::remove_dir_all(workplace.root().join(format!("makbuzlar/{stuck}.json"))).unwrap();
    let summary = workplace.run(&house, &house.url("")).await;
    assert_eq!((summary.linked, summary.waiting, summary.sent), (1, 0, 0), "{summary:?}");
}
