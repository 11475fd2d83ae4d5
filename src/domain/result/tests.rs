//! Lines that are results, lines that are not, and that one content has one spelling.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// The line of the documents: a correction of a real box of 14 May 2023.
const LINE: &str = concat!(
    r#"{"box":3717526,"race":9,"version":2,"reason":{"code":3,"text":"İlçe seçim kurulu 2023/41"},"#,
    r#""typed_at":"2023-05-15T08:20:07Z","counts":1,"registered":326,"voted":303,"valid_unobjected":299,"#,
    r#""valid_objected":0,"valid":299,"invalid":4,"sheet":{"1":293,"2":10,"4":303,"5":0,"6":303,"10":0,"11":0,"12":4,"#,
    r#""13":0},"votes":{"1":185,"2":1,"3":85,"4":28}}"#
);

#[test]
fn a_line_is_the_same_after_a_round_trip_whatever_order_it_came_in() {
    let result = BoxResult::parse(LINE).unwrap();
    assert_eq!(result.line(), LINE);
    assert_eq!(result.digest(), Digest::of(LINE.as_bytes()));
    assert_eq!((result.box_id.as_str(), result.race, result.version), ("3717526", Race::President, 2));
    let other = concat!(
        r#" { "votes": {"4":28,"3":85,"2":1,"1":185}, "sheet":{"13":0,"1":293,"2":10,"4":303,"5":0,"6":303,"10":0,"11":0,"#,
        r#""12":4}, "invalid":4,"valid":299,"valid_objected":0, "valid_unobjected":299,"voted":303,"registered":326,"#,
        r#""counts":1,"typed_at":"2023-05-15T11:20:07+03:00","reason":{"text":" İlçe seçim kurulu 2023/41 ","code":3},"#,
        r#""void":false,"version":2,"race":9,"box":"3717526"}"#
    );
    assert_eq!(BoxResult::parse(other).unwrap(), result);
}

#[test]
fn what_was_not_typed_is_left_out_and_zero_is_not() {
    let line = r#"{"box":"22-G1.7","race":8,"version":1,"valid":0,"votes":{"1":0,"17":3}}"#;
    let result = BoxResult::parse(line).unwrap();
    assert_eq!((result.figures.valid, result.figures.voted), (Some(0), None));
    assert_eq!((result.figures.votes.get(&1), result.figures.votes.get(&2)), (Some(&0), None));
    assert_eq!(result.line(), line);
    let null = r#"{"box":"22-G1.7","race":8,"version":1,"voted":null,"valid":0,"votes":{"1":0,"17":3,"2":null},"reason":null}"#;
    assert_eq!(BoxResult::parse(null).unwrap(), result);
}

#[test]
fn a_box_id_of_fewer_digits_is_the_number_with_zeros_before_it_and_a_text_is_as_it_is() {
    let short = BoxResult::parse(r#"{"box":42,"race":9,"version":1,"voted":0}"#).unwrap();
    assert_eq!(short.box_id.as_str(), "0000042");
    assert_eq!(short.line(), r#"{"box":42,"race":9,"version":1,"voted":0}"#);
    let text = BoxResult::parse(r#"{"box":"42","race":9,"version":1,"voted":0}"#).unwrap();
    assert_eq!((text.box_id.as_str(), text.line().as_str()), ("42", r#"{"box":"42","race":9,"version":1,"voted":0}"#));
}

#[test]
fn a_result_is_taken_back_with_or_without_a_reason_and_says_when_there_is_none() {
    let void = BoxResult::parse(r#"{"box":1,"race":2,"version":3,"void":true,"reason":{"code":7}}"#).unwrap();
    assert!(void.void && !void.lacks_a_reason() && void.figures.is_empty());
    let silent = BoxResult::parse(r#"{"box":1,"race":2,"version":1,"void":true,"reason":{}}"#).unwrap();
    assert!(silent.lacks_a_reason());
    assert!(!BoxResult::parse(r#"{"box":1,"race":2,"version":1,"voted":1}"#).unwrap().lacks_a_reason());
}

#[test]
fn what_is_no_result_is_refused_in_a_sentence_that_names_the_field() {
    for (line, sentence) in [
        (r#"{"box":1,"race":9,"version":1,"votes":{"1":-1}}"#, "\"votes.1\" sıfırdan küçük"),
        (r#"{"box":1,"race":9,"version":1,"voted":-0.5}"#, "\"voted\" sıfırdan küçük"),
        (r#"{"box":1,"race":9,"version":1,"voted":1.5}"#, "\"voted\" tam sayı değil"),
        (r#"{"box":1,"race":9,"version":1,"voted":1e2}"#, "\"voted\" tam sayı değil"),
        (r#"{"box":1,"race":9,"version":1,"voted":"12"}"#, "\"voted\" tam sayı değil"),
        (r#"{"box":1,"race":9,"version":1,"voted":[1]}"#, "\"voted\" tam sayı değil"),
        (r#"{"box":1,"race":9,"version":1,"voted":2147483648}"#, "\"voted\" en çok 2147483647 olabilir"),
        (r#"{"box":1,"race":9,"version":1,"voted":36893488147419103232}"#, "\"voted\" en çok 2147483647 olabilir"),
        (r#"{"box":1,"race":9,"version":0,"voted":1}"#, "\"version\" en az 1 olabilir"),
        (r#"{"box":1,"race":9,"version":-1,"voted":1}"#, "\"version\" sıfırdan küçük"),
        (r#"{"box":1,"race":5,"version":1,"voted":1}"#, "\"race\": 5 diye bir seçim türü yok"),
        (r#"{"box":1,"race":"9","version":1,"voted":1}"#, "\"race\" seçim türünün kodu"),
        (r#"{"box":12345678,"race":9,"version":1,"voted":1}"#, "\"box\" bir sandık kimliği değil"),
        (r#"{"box":"a b","race":9,"version":1,"voted":1}"#, "\"box\" bir sandık kimliği değil"),
        (r#"{"box":"3 ","race":9,"version":1,"voted":1}"#, "\"box\" bir sandık kimliği değil"),
        (r#"{"race":9,"version":1,"voted":1}"#, "\"box\" yazılmamış"),
        (r#"{"box":1,"version":1,"voted":1}"#, "\"race\" yazılmamış"),
        (r#"{"box":1,"race":9,"voted":1}"#, "\"version\" yazılmamış"),
        (r#"{"box":1,"race":9,"version":null,"voted":1}"#, "\"version\" yazılmamış"),
        (r#"{"box":1,"race":9,"version":1,"voted":1,"oy":3}"#, "bilinmeyen alan: \"oy\""),
        (r#"{"box":1,"race":9,"version":1,"voted":1,"oy":null}"#, "bilinmeyen alan: \"oy\""),
        (r#"{"box":1,"race":9,"version":1,"voted":1,"a\u001b[2J":1}"#, "bilinmeyen alan: \"a\\u001b[2J\""),
        (r#"{"box":1,"race":9,"version":1,"voted":1,"voted":2}"#, "\"voted\" iki kez yazılmış"),
        (r#"{"box":1,"race":9,"version":1,"votes":{"1":1,"1":2}}"#, "\"votes.1\" iki kez yazılmış"),
        (r#"{"box":1,"race":9,"version":1,"votes":{"01":1}}"#, "\"votes\": 01 bir seçenek numarası değil"),
        (r#"{"box":1,"race":9,"version":1,"votes":{"0":1}}"#, "\"votes\": 0 bir seçenek numarası değil"),
        (r#"{"box":1,"race":9,"version":1,"votes":{"65536":1}}"#, "\"votes\": 65536 bir seçenek numarası değil"),
        (r#"{"box":1,"race":9,"version":1,"votes":[1,2]}"#, "\"votes\" {\"1\":…,\"2\":…} gibi bir nesne olmalı"),
        (r#"{"box":1,"race":9,"version":1,"sheet":{"3":1}}"#, "\"sheet\": tutanağın 3 numaralı satırı"),
        (r#"{"box":1,"race":9,"version":1,"sheet":{"15":1}}"#, "\"sheet\": tutanağın 15 numaralı satırı"),
        (r#"{"box":1,"race":9,"version":1,"void":1}"#, "\"void\" true ya da false olmalı"),
        (r#"{"box":1,"race":9,"version":1}"#, "satırda hiç rakam yok"),
        (r#"{"box":1,"race":9,"version":1,"votes":{},"sheet":{"1":null}}"#, "satırda hiç rakam yok"),
        (r#"{"box":1,"race":9,"version":1,"voted":1,"typed_at":"dün"}"#, "\"typed_at\" bir zaman değil"),
        (
            r#"{"box":1,"race":9,"version":1,"voted":1,"typed_at":"2023-05-15T11:20:07"}"#,
            "\"typed_at\" bir zaman değil",
        ),
        (r#"{"box":1,"race":9,"version":1,"voted":1,"reason":"x"}"#, "\"reason\" {\"code\":…,\"text\":…} gibi"),
        (r#"{"box":1,"race":9,"version":1,"voted":1,"reason":{"kod":1}}"#, "bilinmeyen alan: \"reason.kod\""),
        (r#"{"box":1,"race":9,"version":1,"voted":1,"reason":{"code":70000}}"#, "\"reason.code\" en çok 65535 olmalı"),
        (
            r#"{"box":1,"race":9,"version":1,"voted":1,"reason":{"text":"a\nb"}}"#,
            "\"reason.text\" 2. harf denetim karakteri",
        ),
        (
            r#"{"box":1,"race":9,"version":1,"voted":1,"reason":{"text":"a\u202eb"}}"#,
            "\"reason.text\" 2. harf yazı yönünü",
        ),
        (
            r#"{"box":1,"race":9,"version":1,"voted":1,"reason":{"text":"a\u0000b"}}"#,
            "\"reason.text\" 2. harf denetim karakteri",
        ),
        (r#"{"box":1,"race":9,"version":1,"voted":1,"reason":{"text":"  "}}"#, "\"reason.text\" boş bırakılamaz"),
        (r#"{"box":1,"race":9,"version":1,"vo"#, "satır geçerli bir JSON değil"),
        (r#"{"box":1,"race":9,"version":1,"voted":1}{}"#, "satır geçerli bir JSON değil"),
        ("", "satır geçerli bir JSON değil"),
        ("[]", "satır bir JSON nesnesi değil"),
        ("7", "satır bir JSON nesnesi değil"),
    ] {
        let refused = BoxResult::parse(line).expect_err(line).to_string();
        assert!(refused.starts_with(sentence), "{line}\n{refused}");
        assert_eq!(crate::domain::words::check(&refused), Ok(()), "{refused}");
    }
    let deep = format!("{}{}", "[".repeat(8000), "]".repeat(8000));
    assert!(matches!(BoxResult::parse(&deep), Err(BadResult::NotJson(_))));
    let long = format!("{{\"box\":1{}}}", " ".repeat(LONGEST_LINE));
    assert!(matches!(BoxResult::parse(&long), Err(BadResult::TooLong(_))));
}

fn figure() -> impl Strategy<Value = Option<u32>> {
    proptest::option::of(0..=LARGEST)
}

fn figures() -> impl Strategy<Value = Figures> {
    let sheet = proptest::collection::btree_map(proptest::sample::select(&Figures::SHEET[..]), 0..=LARGEST, 0..9);
    let votes = proptest::collection::btree_map(1u16..=u16::MAX, 0..=LARGEST, 0..12);
    (figure(), figure(), figure(), figure(), figure(), figure(), sheet, votes).prop_map(
        |(registered, voted, valid_unobjected, valid_objected, valid, invalid, sheet, votes)| Figures {
            registered,
            voted,
            valid_unobjected,
            valid_objected,
            valid,
            invalid,
            sheet,
            votes,
        },
    )
}

fn result() -> impl Strategy<Value = BoxResult> {
    let reason = (proptest::option::of(any::<u16>()), proptest::option::of("[a-zçğıöşü\"\\\\/<&]{1,12}"));
    let id = proptest::sample::select(vec!["3717526", "0000042", "42", "12345678", "TR-22.1_a", "00000001"]);
    let time = proptest::option::of(0i64..4_000_000_000_000);
    let parts = (id, proptest::sample::select(&Race::ALL[..]), 1..=LARGEST, any::<bool>(), reason, time);
    (parts, figure(), figures()).prop_map(|((id, race, version, void, (code, text), time), counts, figures)| {
        BoxResult {
            box_id: id.parse().unwrap(),
            race,
            version,
            void: void || figures.is_empty(),
            reason: (code.is_some() || text.is_some()).then_some(ChangeReason { code, text }),
            typed_at: time.map(|ms| Timestamp::from_millisecond(ms).unwrap()),
            counts,
            figures,
        }
    })
}

proptest! {
    #[test]
    fn every_result_is_read_back_from_its_line(result in result()) {
        let line = result.line();
        let again = BoxResult::parse(&line);
        prop_assert_eq!(again.as_ref().ok(), Some(&result), "{}", line);
        prop_assert_eq!(again.unwrap().line(), line);
    }

    #[test]
    fn a_line_with_any_bytes_in_it_is_read_or_refused(at in 0usize..300, text in ".{0,6}") {
        let at = (0..=at.min(LINE.len())).rev().find(|at| LINE.is_char_boundary(*at)).unwrap();
        let line = format!("{}{text}{}", &LINE[..at], &LINE[at..]);
        if let Ok(result) = BoxResult::parse(&line) {
            prop_assert_eq!(BoxResult::parse(&result.line()), Ok(result));
        }
    }

    #[test]
    fn other_figures_have_other_lines(a in figures(), b in figures()) {
        let of = |figures: Figures| BoxResult {
            box_id: "3717526".parse().unwrap(), race: Race::President, version: 1, void: true,
            reason: None, typed_at: None, counts: None, figures,
        };
        let equal = a == b;
        prop_assert_eq!(of(a).digest() == of(b).digest(), equal);
    }
}

#[test]
fn the_real_figures_of_a_box_fit_into_a_line_many_times() {
    let votes: BTreeMap<u16, u32> = (1..=100).map(|no| (no, LARGEST)).collect();
    let figures = Figures { votes, ..BoxResult::parse(LINE).unwrap().figures };
    let line = BoxResult { figures, ..BoxResult::parse(LINE).unwrap() }.line();
    assert!(line.len() < LONGEST_LINE / 4, "{}", line.len());
}
