//! Choices and what the election says about results: taken with the rules of boxes, bound by the digest, and found for a box.

use std::path::Path;

use tutanak::domain::election::{AllianceShare, Stage};
use tutanak::domain::{BoxKind, Digest, Race};
use tutanak::ledger::Ledger;
use tutanak::ledger::registry::{BoxRow, Tally};
use tutanak::registry::{self, Registry};

use super::town::{BOXES, CODES, ELECTION, PLACES, Town, everything, place};
use crate::engines::Engine;

const CHOICES: &str = "\
race,constituency,no,kind,id,short_name,name,alliance
2,34-k,1,party,a,A,A Partisi,
2,34-k,2,independent,ayse,AYŞE,Ayşe Yılmaz,
3,,1,party,a,A,A Partisi,birlik
3,,2,party,b,B,B Partisi,birlik
3,,3,alliance,birlik,BİRLİK,Birlik (ortak oy),
3,34-k,4,independent,bag-1,BAĞIMSIZ,Bağımsız,
";

const RESULTS: &str = "\
[results]
alliance_share = \"constituency\"
[results.reasons]
3 = \"İlçe seçim kurulu kararı\"
[[results.deadline]]
race = 2
stage = \"ilce\"
until = \"2024-04-02T15:00:00\"
";

/// The town with choices, and with a word about results.
fn town() -> Town {
    let town = Town::with("choices.csv", CHOICES);
    town.write("election.toml", format!("{ELECTION}{RESULTS}"));
    town
}

async fn all(ledger: &Ledger) -> String {
    format!("{} {:?}", everything(ledger).await, ledger.choices(None).await.unwrap())
}

fn box_at(at: &str, kind: BoxKind) -> BoxRow {
    let races = Race::ALL.into_iter().collect();
    BoxRow { id: "1".parse().unwrap(), place: place(at), district: place(at), number: 1, kind, races }
}

fn ids(registry: &Registry, race: Race, at: &BoxRow) -> String {
    let choices = registry.choices(race, at).map(|choices| choices.iter().map(|choice| choice.id.as_str()).collect());
    choices.map_or("-".to_owned(), |ids: Vec<&str>| ids.join(" "))
}

#[tokio::test]
async fn choices_are_imported_once_and_covered_by_the_digest() {
    for engine in Engine::all().await {
        let ledger = engine.open().await;
        let first = town().import(&ledger).await.unwrap();
        assert_eq!(first.choices, Tally { added: 6, known: 0 }, "{}", engine.name);
        let election = format!("{ELECTION}{RESULTS}");
        let files = [("election.toml", election.as_str()), ("places.csv", PLACES), ("boxes.csv", BOXES)];
        let files = files.into_iter().chain([("codes.csv", CODES), ("choices.csv", CHOICES)]);
        let list: String = files.map(|(name, text)| format!("{}  {name}\n", Digest::of(text.as_bytes()))).collect();
        assert_eq!(first.digest, Digest::of(list.as_bytes()));
        let before = all(&ledger).await;
        let second = town().import(&ledger).await.unwrap();
        assert!(!second.changed());
        assert_eq!((second.choices, second.digest), (Tally { added: 0, known: 6 }, first.digest));
        assert_eq!(all(&ledger).await, before, "{}", engine.name);
    }
}

#[tokio::test]
async fn choices_and_settings_come_to_an_election_that_had_none_and_then_stay() {
    for engine in Engine::all().await {
        let ledger = engine.open().await;
        let first = Town::new().import(&ledger).await.unwrap();
        assert_eq!(Registry::loaded(&ledger).await.unwrap().unwrap().reason_text(3), None);
        let second = town().import(&ledger).await.unwrap();
        assert_eq!((second.choices.added, second.settings_added), (6, 3), "{}", engine.name);
        assert_ne!(second.digest, first.digest);
        let registry = Registry::loaded(&ledger).await.unwrap().unwrap();
        assert_eq!(registry.digest(), second.digest);
        assert_eq!(registry.reason_text(3), Some("İlçe seçim kurulu kararı"));
        assert_eq!(registry.alliance_share(), AllianceShare::Constituency);
        let until = "2024-04-02T12:00:00Z".parse().unwrap();
        assert_eq!(registry.deadlines(Race::Mayor), [(Stage::Ilce, until)]);
        // A choice and a reason more.
        let more = town();
        more.write("choices.csv", format!("{CHOICES}3,34-k,5,independent,bag-2,İKİNCİ,İkinci,\n"));
        let reason = "3 = \"İlçe seçim kurulu kararı\"\n4 = \"İl seçim kurulu kararı\"\n";
        let results = RESULTS.replace("3 = \"İlçe seçim kurulu kararı\"\n", reason);
        more.write("election.toml", format!("{ELECTION}{results}"));
        let third = more.import(&ledger).await.unwrap();
        assert_eq!((third.choices, third.settings_added), (Tally { added: 1, known: 6 }, 1));
        assert!(!more.import(&ledger).await.unwrap().changed(), "{}", engine.name);
    }
}

#[tokio::test]
async fn another_story_about_a_choice_or_a_reason_is_refused_with_its_line() {
    let rows = [
        (
            "2,34-k,1,party,a,A,A Partisi,",
            "2,34-k,1,party,a,A,B Partisi,",
            "choices.csv:2 (name): \"A Partisi\" is stored",
        ),
        ("2,34-k,1,party,a", "2,34-k,1,independent,a", "choices.csv:2 (kind): \"party\" is stored"),
        (
            "3,,2,party,b,B,B Partisi,birlik",
            "3,,2,party,b,B,B Partisi,",
            "choices.csv:5 (alliance): \"birlik\" is stored",
        ),
        ("2,34-k,1,party,a,A", "2,34-k,7,party,a,A", "choices.csv:2 (id): the id a belongs to the stored number 1"),
        (
            "İlçe seçim kurulu kararı",
            "Yeniden sayım",
            "election.toml:11 (reasons): \"İlçe seçim kurulu kararı\" is stored",
        ),
        ("3 = ", "4 = ", "election.toml:11 (reasons): the stored 3 \"İlçe seçim kurulu kararı\" is missing"),
        ("\"constituency\"", "\"district\"", "election.toml:10 (alliance_share): \"constituency\" is stored"),
        ("T15:00", "T17:00", "election.toml:13 (deadline): \"2024-04-02T15:00:00\" is stored"),
    ];
    for engine in Engine::all().await {
        let ledger = engine.open().await;
        town().import(&ledger).await.unwrap();
        let before = all(&ledger).await;
        for (from, to, complaint) in rows {
            let other = town();
            let (choices, results) = (CHOICES.replacen(from, to, 1), RESULTS.replacen(from, to, 1));
            assert_ne!((choices.as_str(), results.as_str()), (CHOICES, RESULTS), "{from}");
            // A new box at the end: it must not get in beside the refused line.
            other.write("boxes.csv", format!("{BOXES}99,34-k-m,1099,0,\n"));
            other.write("choices.csv", choices);
            other.write("election.toml", format!("{ELECTION}{results}"));
            let bad = other.refused(&ledger).await;
            let said: Vec<_> = bad.list.iter().map(ToString::to_string).collect();
            assert!(said.iter().any(|said| said.starts_with(complaint)), "{}: {said:#?}", engine.name);
            assert_eq!(all(&ledger).await, before, "{} after {to}", engine.name);
        }
    }
}

#[tokio::test]
async fn every_bad_line_is_named_and_nothing_is_imported() {
    let rows = [
        ("9,,1,party,x,X,X,", "(race): Cumhurbaşkanı is not voted on in this election"),
        ("5,,1,party,x,X,X,", "(race): 5 is no seçim türü"),
        ("3,nowhere,1,party,x,X,X,", "(constituency): no place is called nowhere"),
        ("3,a b,1,party,x,X,X,", "(constituency): a place id is"),
        ("3,,0,party,x,X,X,", "(no): \"0\" is no number of a ballot"),
        ("3,,01,party,x,X,X,", "(no): \"01\" is no number of a ballot"),
        ("3,,65536,party,x,X,X,", "(no): \"65536\" is no number of a ballot"),
        ("3,,9,parti,x,X,X,", "(kind): no kind of choice is called \"parti\""),
        ("3,,9,party,x y,X,X,", "(id): \"x y\" is no id"),
        ("3,,9,party,x,,X,", "(short_name): a name of at most 200 bytes is expected"),
        ("3,,9,party,x,X,X\u{202e}Y,", "(name): a character that is not seen: 2. harf"),
        ("3,,9,independent,x,X,X,birlik", "(alliance): only a party is a member of an alliance"),
        ("3,,9,party,x,X,X,yok", "(alliance): no row of this ballot has the id yok"),
        ("3,,9,party,x,X,X,a", "(alliance): a on line 4 is no alliance"),
        ("3,,1,party,x,X,X,", "(no): number 1 of this ballot is on line 4 already"),
        ("3,,9,party,a,X,X,", "(id): a is on line 4 of this ballot already"),
        ("3,,9,party,x,A,X,", "(short_name): parti:A is on line 4 of this ballot already"),
        ("3,,9,party,x,X", "the line has 6 fields, the header 8"),
    ];
    let engine = Engine::sqlite();
    let ledger = engine.open().await;
    let town = town();
    let bad: String = rows.iter().map(|(line, _)| format!("{line}\n")).collect();
    town.write("choices.csv", format!("{CHOICES}{bad}"));
    let said: Vec<_> = town.refused(&ledger).await.list.iter().map(ToString::to_string).collect();
    for (at, (line, complaint)) in rows.iter().enumerate() {
        let expected = format!("choices.csv:{}", at + 8);
        let found = said.iter().any(|said| {
            said.strip_prefix(&expected).is_some_and(|rest| rest.trim_start_matches([':', ' ']).starts_with(complaint))
        });
        assert!(found, "{expected} {line}: {said:#?}");
    }
    assert_eq!(ledger.election().await.unwrap(), None);
}

#[tokio::test]
async fn a_box_has_the_ballot_of_its_own_constituency() {
    for engine in Engine::all().await {
        let ledger = engine.open().await;
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/election");
        registry::import(&ledger, &dir, &mut |_| {}).await.unwrap();
        let registry = Registry::loaded(&ledger).await.unwrap().unwrap();
        let count = |at: &BoxRow| registry.choices(Race::Parliament, at).unwrap().len();
        assert_eq!(count(&box_at("34-KAD-101", BoxKind::Normal)), 28);
        assert_eq!(count(&box_at("22-MRK-201", BoxKind::Normal)), 27);
        // No seçim çevresi, hence no independents, abroad and at the gates.
        assert_eq!(count(&box_at("Y-DE-BER", BoxKind::Abroad)), 26);
        assert_eq!(count(&box_at("G-EDR1", BoxKind::Customs)), 26);
        let president = ids(&registry, Race::President, &box_at("22-MRK-201", BoxKind::Normal));
        assert_eq!(president, "birinci-aday ikinci-aday ucuncu-aday dorduncu-aday");
        assert_eq!(registry.choices(Race::Mayor, &box_at("22-MRK-201", BoxKind::Normal)), None);
        let (_, of) = registry.constituency(Race::Parliament, &box_at("34-KAD-101", BoxKind::Normal)).unwrap();
        assert_eq!(of, Some(&place("34-C1")));
        let ballots = registry.ballots(Race::Parliament);
        let places: Vec<_> = ballots.iter().map(|(place, _)| place.map_or("-", |place| place.as_str())).collect();
        assert_eq!(places, ["-", "22", "34-C1"]);
    }
}

#[tokio::test]
async fn one_race_of_the_ledger_is_read_alone() {
    for engine in Engine::all().await {
        let ledger = engine.open().await;
        town().import(&ledger).await.unwrap();
        let of = async |race| ledger.choices(race).await.unwrap().len();
        let counts = (of(None).await, of(Some(Race::Mayor)).await, of(Some(Race::President)).await);
        assert_eq!(counts, (6, 2, 0), "{}", engine.name);
        assert_eq!(ledger.registry_counts().await.unwrap().choices, 6);
    }
}
