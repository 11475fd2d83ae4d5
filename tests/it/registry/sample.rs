//! The sample election: every kind of place and form, looked up, resolved, and walked over.

use std::collections::HashSet;
use std::path::Path;

use tutanak::domain::routing::Finding;
use tutanak::domain::{BoxKind, Election, FormKind, Level};
use tutanak::ledger::Ledger;
use tutanak::ledger::registry::{ExpectedForm, FormCursor};
use tutanak::registry::{self, resolve};

use super::town::{Town, code, form, key, place};
use crate::engines::Engine;

async fn imported(engine: &Engine) -> Ledger {
    let ledger = engine.open().await;
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/election");
    registry::import(&ledger, &dir, &mut |_| {}).await.unwrap();
    ledger
}

async fn walked(ledger: &Ledger, limit: u32) -> Vec<ExpectedForm> {
    let election = Election::loaded(ledger).await.unwrap().unwrap();
    let (mut all, mut cursor) = (Vec::new(), FormCursor::Start);
    loop {
        let (page, next) = ledger.forms_after(&election, cursor, limit).await.unwrap();
        if page.is_empty() {
            assert_eq!(next, FormCursor::End);
            return all;
        }
        all.extend(page);
        cursor = next;
    }
}

#[tokio::test]
async fn every_kind_of_place_has_its_forms() {
    let rows = [
        ("1099000001", "34-istanbul/kadikoy-1/caferaga-mah/1001-cb-sonuc"),
        ("1089000001", "34-istanbul/kadikoy-1/caferaga-mah/1001-mv-sonuc"),
        ("1099000011", "34-istanbul/kadikoy-1/1000-1099/1099-cb-sonuc"),
        ("1099000012", "34-istanbul/kadikoy-1/1100-1199/1100-cb-sonuc"),
        ("1099000013", "34-istanbul/kadikoy-1/1100-1199/1101-cb-sonuc"),
        ("1099000019", "34-istanbul/kadikoy-2/19-mayis-mah/2006-cb-sonuc"),
        ("1089000029", "22-edirne/edirne-merkez-1/uyuklutatar-koyu/1008-mv-sonuc"),
        ("1099000031", "gumruk/edr-1/1-cb-sonuc"),
        ("1099000034", "yurtdisi/almanya/berlin/1-cb-sonuc"),
        ("1099000038", "yurtdisi/almanya/koln/1-cb-sonuc"),
        ("2099000001", "34-istanbul/kadikoy-1/caferaga-mah/1001-cb-cetvel"),
        ("3090000001", "34-istanbul/kadikoy-1/denetim"),
        ("3090000004", "34-istanbul/kadikoy-1/cb-birlestirme-kurul"),
        ("3090000008", "34-istanbul/kadikoy/cb-birlestirme-ilce"),
        ("3080000015", "22-edirne/mv-birlestirme-il"),
        ("3090000016", "gumruk/edr-1/cb-birlestirme-gumruk-rumuz"),
        ("3090000019", "yurtdisi/almanya/cb-birlestirme-ulke"),
        ("3090000020", "turkiye/cb-birlestirme-genel"),
        ("1089000031", "-"), // only the president is voted for at the border
        ("1079000001", "-"), // no referendum here
        ("1099000041", "-"), // no such box
        ("109900001", "-"),
        ("10990000010", "-"),
        ("9999999999", "-"),
    ];
    for engine in Engine::all().await {
        let ledger = imported(&engine).await;
        for (code, expected) in rows {
            assert_eq!(key(&ledger, code).await, expected, "{code} on {}", engine.name);
        }
        let count = form(&ledger, "2099000001").await.unwrap();
        assert!(count.many_pages && count.kind == FormKind::Cetvel && count.sandik == Some(1001));
        assert_eq!(count.nearest_board, Some(place("34-KAD-K1")));
        let counts = ledger.registry_counts().await.unwrap();
        assert_eq!(counts.boxes.get(&u8::from(BoxKind::Abroad)), Some(&7));
        assert_eq!((counts.boxes.values().sum::<u64>(), counts.codes), (440, 29));
        let berlin = ledger.place(&place("Y-DE-BER")).await.unwrap().unwrap();
        assert_eq!((berlin.level, berlin.directory.as_str()), (Level::Temsilcilik, "yurtdisi/almanya/berlin"));
        assert_eq!(ledger.place(&place("nowhere")).await.unwrap(), None);
    }
}

#[tokio::test]
async fn codes_that_do_not_agree_name_nothing() {
    for engine in Engine::all().await {
        let ledger = imported(&engine).await;
        let found = async |codes: &[&str], board: &str| {
            let codes: Vec<_> = codes.iter().map(|text| code(text)).collect();
            match resolve(&ledger, &codes, &place(board)).await.unwrap() {
                Finding::NoCode => "no code".to_owned(),
                Finding::Unknown(codes) => format!("unknown {codes:?}"),
                Finding::Disagree(codes) => format!("{} disagree", codes.len()),
                Finding::Form { form, own, .. } => format!("{} {own}", form.key()),
            }
        };
        let (own, other) = ("1099000001", "1099000002");
        let first = "34-istanbul/kadikoy-1/caferaga-mah/1001-cb-sonuc";
        assert_eq!(found(&[], "34-KAD-K1").await, "no code");
        assert_eq!(found(&[own, own], "34-KAD-K1").await, format!("{first} true"));
        assert_eq!(found(&[own], "34-KAD-K2").await, format!("{first} false"));
        assert_eq!(found(&[own], "34").await, format!("{first} false"));
        assert_eq!(found(&[own], "nowhere").await, format!("{first} false"));
        assert_eq!(found(&[own, other], "34-KAD-K1").await, "2 disagree");
        assert_eq!(found(&[own, "1099999999"], "34-KAD-K1").await, format!("{first} true"), "it names no other form");
        assert_eq!(
            found(&[own, "1099999001"], "34-KAD-K1").await,
            format!("{first} true"),
            "three digits are no misread"
        );
        assert_eq!(found(&[own, "1099990001"], "34-KAD-K1").await, "2 disagree", "two may be");
        assert_eq!(found(&["1099999999", "1099999999"], "34-KAD-K1").await, r#"unknown [Karekod("1099999999")]"#);
        let both = r#"unknown [Karekod("1099999998"), Karekod("1099999999")]"#;
        assert_eq!(found(&["1099999999", "1099999998"], "34-KAD-K1").await, both);
        let many: Vec<String> = (0..100).map(|n| format!("{}", 1_099_000_001 + n)).collect();
        assert_eq!(found(&many.iter().map(String::as_str).collect::<Vec<_>>(), "34-KAD-K1").await, "8 disagree");
        // Of the district's boards the first one draws its merged sheet.
        for (board, own) in [("34-KAD-K1", true), ("34-KAD-K2", false), ("G-EDR1", false)] {
            let merged = format!("34-istanbul/kadikoy/cb-birlestirme-ilce {own}");
            assert_eq!(found(&["3090000008"], board).await, merged, "{}", engine.name);
        }
    }
}

#[tokio::test]
async fn two_codes_of_one_form_name_it_and_a_listed_code_wins_over_the_rule() {
    for engine in Engine::all().await {
        let ledger = engine.open().await;
        // By rule 1063717526 is box 1001's. The list gives it to box 1002, and box 1001 another one.
        let codes = "code,kind,race,box_id\n1063717526,sonuc,6,3717527\n88800001,sonuc,2,3717526\n";
        Town::with("codes.csv", codes).import(&ledger).await.unwrap();
        assert_eq!(key(&ledger, "1063717526").await, "34-istanbul/kadikoy-1/caferaga-mah/1002-bbb-sonuc");
        let both = [code("88800001"), code("1023717526")];
        let found = resolve(&ledger, &both, &place("34-k-1")).await.unwrap();
        assert!(matches!(found, Finding::Form { own: true, .. }), "{}: {found:?}", engine.name);
        // Each form is expected once, under a code that names it.
        let all = walked(&ledger, 10).await;
        let keys: HashSet<_> = all.iter().map(|expected| expected.form.key()).collect();
        assert_eq!((keys.len(), all.len()), (5, 5), "{all:#?}");
        for expected in all {
            assert_eq!(key(&ledger, expected.form.code.as_str()).await, expected.form.key().to_string());
        }
    }
}

#[tokio::test]
async fn a_walk_gives_every_form_once_with_the_names_of_its_places() {
    for engine in Engine::all().await {
        let ledger = imported(&engine).await;
        let all = walked(&ledger, 7).await;
        // 430 boxes with two races, 10 with one; 8 count sheets; 21 sheets of places.
        assert_eq!(all.len(), 430 * 2 + 10 + 8 + 21, "{}", engine.name);
        assert_eq!(all, walked(&ledger, 5_000).await);
        for expected in &all {
            let stored = form(&ledger, expected.form.code.as_str()).await;
            assert_eq!(stored.as_ref(), Some(&expected.form));
            assert!(!expected.on_file && !expected.places.is_empty());
        }
        let names = |code: &str| -> Vec<String> {
            let expected = all.iter().find(|expected| expected.form.code.as_str() == code).unwrap();
            expected.places.iter().map(|place| place.name.clone()).collect()
        };
        assert_eq!(
            names("1099000001"),
            [
                "Türkiye",
                "İSTANBUL",
                "İstanbul 1. Seçim Çevresi",
                "KADIKÖY",
                "Kadıköy 1. İlçe Seçim Kurulu",
                "CAFERAĞA MAH."
            ]
        );
        assert_eq!(names("1099000031"), ["Türkiye", "EDİRNE", "Kapıkule Gümrük Kapısı"]);
        assert_eq!(names("3090000020"), ["Türkiye"]);
    }
}
