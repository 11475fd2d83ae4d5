//! Who may have a medium: asked, agreed to by two, after the ban, of the candidate's own place. All of it on record.

use jiff::SignedDuration;
use tutanak::access::consent::Signature;
use tutanak::access::totp;
use tutanak::clock::Clock;
use tutanak::export::ExportError;
use tutanak::export::requests::Refusal;
use tutanak::export::write::Written;
use tutanak::people::enrol;

use super::stage::{Stage, wish};
use crate::engines::Engine;

fn refusal(result: Result<Written, ExportError>) -> Refusal {
    match result {
        Err(ExportError::Refused(refusal)) => refusal,
        other => panic!("was not refused: {other:?}"),
    }
}

#[tokio::test]
async fn only_what_was_asked_for_and_agreed_to_by_two_after_the_ban() {
    for engine in Engine::all().await {
        let name = engine.name;
        let stage = Stage::build(Some(engine), None).await;
        let (to, requests) = (tempfile::tempdir().unwrap(), stage.requests());
        let wish = wish(to.path());
        assert_eq!(refusal(stage.write("aday-1", &wish).await), Refusal::NoRequest, "{name}");
        let request = requests.request("aday-1", "Dilekçe 2024/15", &stage.sign(0).await).await.unwrap();
        assert_eq!((request.place.as_str(), request.name.as_str()), ("34-c1", "Ayşe Çınar <b>&"));
        let not_approved = |there| Refusal::NotApproved { request: request.id, there };
        assert_eq!(refusal(stage.write("aday-1", &wish).await), not_approved(0));
        for _ in 0..2 {
            requests.approve(request.id, &stage.sign(0).await).await.unwrap();
            assert_eq!(refusal(stage.write("aday-1", &wish).await), not_approved(1), "one operator counts once");
        }
        requests.approve(request.id, &stage.sign(1).await).await.unwrap();
        assert_eq!(refusal(stage.write("aday-1", &wish).await), Refusal::Banned);
        assert_eq!(std::fs::read_dir(to.path()).unwrap().count(), 0, "nothing was written before the ban was lifted");
        let refused = stage.steps().await;
        for (refused, operator) in refused.iter().rev().zip(["skgm-2", "skgm-1"]) {
            assert_eq!((refused.act.as_str(), refused.outcome.as_str()), ("export-permit", "refused"));
            assert_eq!((refused.principal.as_str(), refused.reason.as_str()), (operator, "not-open-yet"));
        }
        stage.lift_ban().await;
        tokio::time::sleep(std::time::Duration::from_millis(1100)).await;

        let again = totp::code(&stage.operators[0].secret, stage.clock.now() + SignedDuration::from_secs(30)).unwrap();
        let twice = [stage.sign(0).await, Signature { code: again, ..stage.sign(0).await }];
        let alone = requests.permit("aday-1", &twice).await;
        assert!(
            matches!(alone, Err(ExportError::Refused(Refusal::NotSigned { name: "too-few-operators", .. }))),
            "{alone:?}"
        );
        let mut wrong = stage.both().await;
        wrong[1].password = "yanlış".into();
        let stranger = requests.permit("aday-1", &wrong).await;
        assert!(
            matches!(stranger, Err(ExportError::Refused(Refusal::NotSigned { name: "unknown-credential", .. }))),
            "{stranger:?}"
        );

        let written = stage.write("aday-1", &wish).await.unwrap();
        assert_eq!(written.receipt.scans, 7);
        assert_eq!(refusal(stage.write("aday-1", &wish).await), Refusal::Done(request.id), "one request, one delivery");
        let mut steps = stage.steps().await;
        steps.retain(|step| step.principal == "skgm-1");
        let acts: Vec<_> = steps.iter().rev().take(4).map(|row| (row.act.as_str(), row.outcome.as_str())).collect();
        let expected = [("export", "refused"), ("export-begin", "ok"), ("export-permit", "ok"), ("export", "ok")];
        assert_eq!(acts, expected, "{name}");
        let done = &steps[steps.len() - 4];
        assert_eq!(done.object, format!("aday-1 request {} medium 1 34-c1", request.id));
        assert_eq!(done.bytes as u64, written.receipt.bytes);
    }
}

#[tokio::test]
async fn nobody_else_and_no_other_place() {
    let stage = Stage::open().await;
    stage.lift_ban().await;
    let requests = stage.requests();
    for other in ["parti", "kimse", "skgm-1", "x\0y", ""] {
        let asked = requests.request(other, "Dilekçe", &stage.sign(0).await).await;
        assert!(matches!(asked, Err(ExportError::Refused(Refusal::NoCandidate(_)))), "{other}: {asked:?}");
    }
    for reason in ["", "  ", "a\nb", "\u{1b}[2J", "a\u{202e}b", &"ş".repeat(501)] {
        let asked = requests.request("aday-1", reason, &stage.sign(0).await).await;
        assert!(matches!(asked, Err(ExportError::Refused(Refusal::NoReason(_)))), "{asked:?}");
    }
    for request in [0, 99, u64::MAX] {
        let approved = requests.approve(request, &stage.sign(0).await).await;
        assert!(matches!(approved, Err(ExportError::Refused(Refusal::NoRequest))), "{approved:?}");
    }
    // A request stands for the place it was made for.
    stage.request("aday-1").await;
    let pool = stage.sqlite().await;
    sqlx::query("UPDATE account SET place = '34-c2' WHERE id = 'aday-1'").execute(&pool).await.unwrap();
    let to = tempfile::tempdir().unwrap();
    assert!(matches!(refusal(stage.write("aday-1", &wish(to.path())).await), Refusal::Moved(_)));
    let step = stage.steps().await.pop().unwrap();
    assert_eq!((step.act.as_str(), step.outcome.as_str()), ("export-permit", "refused"));
    assert_eq!((step.object.as_str(), step.reason.as_str()), ("aday-1", "other-place"));
    sqlx::query("UPDATE account SET active = FALSE WHERE id = 'aday-2'").execute(&pool).await.unwrap();
    stage.request("aday-2").await;
    assert!(matches!(refusal(stage.write("aday-2", &wish(to.path())).await), Refusal::Inactive(_)));
    assert_eq!(std::fs::read_dir(to.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn the_command_takes_a_request_from_the_petition_to_the_receipt() {
    let stage = Stage::open().await;
    let to = tempfile::tempdir().unwrap();
    let run = async |args: &[&str]| {
        let out = stage.tutanak(args).await.output().unwrap();
        let said = String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned();
        (out.status.code().unwrap(), said)
    };
    let (status, said) = run(&["export", "request", "--candidate", "aday-1", "--reason", "Dilekçe 2024/15"]).await;
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("request 1: Ayşe Çınar"), "{said}");
    assert_eq!(run(&["export", "approve", "1"]).await.0, 0);
    let dir = to.path().display().to_string();
    let write = ["export", "--candidate", "aday-1", "--to", &dir];
    let (status, said) = run(&write).await;
    assert_eq!(status, 1, "{said}");
    assert!(said.contains("1 of the 2 approvals"), "{said}");
    let mut second = stage.tutanak(&["export", "approve", "1"]).await;
    let [_, other] = &stage.operators;
    second.env("TUTANAK_USER", &other.login.user).env("TUTANAK_PASSWORD", &other.login.password);
    second.env("TUTANAK_CODE", other.code(&stage.ledger, &Clock::system()).await);
    assert!(second.output().unwrap().status.success());
    let (status, said) = run(&write).await;
    assert_eq!(status, 1, "{said}");
    assert!(said.contains("yayın yasağı"), "{said}");
    stage.lift_ban().await;
    let (status, receipt) = run(&write).await;
    assert_eq!(status, 0, "{receipt}");
    for part in
        ["TESLİM TUTANAĞI", "Ayşe Çınar <b>&", "İSTANBUL 1. BÖLGE", "Dilekçe 2024/15", "skgm-1 + skgm-2", "Teslim alan"]
    {
        assert!(receipt.contains(part), "{part}: {receipt}");
    }
    let (status, again) = run(&["export", "receipt", "1"]).await;
    assert_eq!(status, 0, "{again}");
    assert!(receipt.contains(again.trim()), "the receipt is kept as it was printed: {again}");
    let sheets = tempfile::tempdir().unwrap();
    let sheet = sheets.path().join("teslim.pdf");
    assert_eq!(run(&["export", "receipt", "1", "--pdf", &sheet.display().to_string()]).await.0, 0);
    let sheet = std::fs::read(sheet).unwrap();
    assert!(sheet.starts_with(b"%PDF-"));
    assert_eq!(sheet, tutanak::export::receipt::pdf(&again), "what is printed later says the same");
    let (_, listed) = run(&["export", "list", "--json"]).await;
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!((&listed["approvals"][1], &listed["media"][0]["scans"]), (&"skgm-2".into(), &7.into()));
    let (status, said) = run(&["verify", &dir, "--lang", "tr"]).await;
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("DOĞRU: ortam eksiksiz"), "{said}");
    assert!(run(&["verify", &dir, "--lang", "en"]).await.1.contains("RIGHT: the medium is whole"));
}

#[tokio::test]
async fn no_medium_is_of_a_place_that_is_divided_into_constituencies() {
    for engine in Engine::all().await {
        let name = engine.name;
        let stage = Stage::build(Some(engine), None).await;
        let add = async |id: &str, place: &str| {
            enrol::independent(&stage.ledger, &id.parse().unwrap(), "Aday", &place.parse().unwrap()).await
        };
        // İstanbul is two seçim çevresi here: nobody stands in both.
        let refused = add("aday-3", "34").await.unwrap_err();
        assert!(refused.to_string().contains("34-c1"), "{name}: it says which there are: {refused}");
        assert!(stage.ledger.account("aday-3").await.unwrap().is_none(), "{name}");
        add("aday-3", "34-c1").await.unwrap();
        add("aday-4", "34-k").await.unwrap();
        assert!(add("aday-5", "34-k-1").await.is_err(), "{name}: a board's place is none");
    }
}
