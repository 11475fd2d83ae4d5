//! Metrics: a running service tells exactly what the reference lists, and alert rules and dashboard name nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use reqwest::StatusCode;
use serde_json::Value;
use tutanak::config::Config;
use tutanak::meters::Kind;
use tutanak::operation::metrics::{self, MetricsConfig};

use crate::house::{House, Plan};

fn monitoring(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("storage-config/monitoring").join(name)
}

/// Names of metrics in an expression.
fn named(expression: &str) -> BTreeSet<String> {
    let words = expression.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    words.filter(|word| word.starts_with("tutanak_")).map(str::to_owned).collect()
}

/// Every name that a series may have.
fn readable() -> BTreeSet<String> {
    let series = |meter: &&dyn tutanak::meters::AnyMeter| match meter.kind() {
        Kind::Histogram => ["bucket", "sum", "count"].map(|end| format!("{}_{end}", meter.read_as())).to_vec(),
        Kind::Counter | Kind::Gauge => vec![meter.read_as()],
    };
    metrics::all().iter().flat_map(series).collect()
}

/// The value of a series, spelt as it is read.
fn value(text: &str, series: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {series} in {text}")).parse().unwrap()
}

async fn told(address: &str) -> String {
    let answer = reqwest::get(format!("http://{address}/metrics")).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/plain; version=0.0.4"));
    answer.text().await.unwrap()
}

fn with_metrics(config: &mut Config) {
    config.metrics = Some(MetricsConfig { listen: "127.0.0.1:0".parse().unwrap() });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_service_tells_exactly_what_the_reference_lists() {
    let mut house = House::build(Plan { also: Some(with_metrics), ..Plan::default() }).await;
    let address = house.metrics.unwrap().to_string();
    let before = told(&address).await;
    let kinds: BTreeMap<String, String> = before
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '))
        .map(|(name, kind)| (name.to_owned(), kind.to_owned()))
        .collect();
    let listed: BTreeMap<String, String> =
        metrics::all().iter().map(|meter| (meter.read_as(), format!("{:?}", meter.kind()).to_lowercase())).collect();
    assert_eq!(kinds, listed);
    let mut found = BTreeSet::new();
    for line in before.lines().filter(|line| !line.starts_with('#')) {
        let (series, number) = line.rsplit_once(' ').unwrap();
        number.parse::<f64>().unwrap();
        found.insert(series.split('{').next().unwrap().to_owned());
        for secret in ["parti", "kadikoy", "127.0.0.1", house.first.as_str()] {
            assert!(!series.contains(secret), "{series}");
        }
    }
    assert_eq!(found, readable());

    let good = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/good/linked-1099000001-sonuc.png");
    let scan = std::fs::read(good).unwrap();
    let sent = house.send(&house.first, &scan).await;
    assert!(sent.status().is_success(), "{sent:?}");
    let refused = house.send(&house.first, b"no PNG at all").await;
    assert!(refused.status().is_client_error());
    let after = told(&address).await;
    // Other tests of this process count too, so a number is never less than what this one did.
    let grew = |series: &str| value(&after, series) >= value(&before, series) + 1.0;
    for series in [
        r#"tutanak_scans_refused_total{reason="unsound"}"#,
        r#"tutanak_scans_total{outcome="refused"}"#,
        r#"tutanak_accesses_total{protocol="https",outcome="ok"}"#,
        "tutanak_reading_seconds_count",
        "tutanak_commit_seconds_count",
        r#"tutanak_store_seconds_count{operation="keep"}"#,
    ] {
        assert!(grew(series), "{series}");
    }
    let taken = ["linked", "parked"].map(|outcome| format!("tutanak_scans_total{{outcome=\"{outcome}\"}}"));
    assert!(taken.iter().any(|series| grew(series)), "{after}");
    assert_eq!(value(&after, &format!("tutanak_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"))), 1.0);
    assert!(value(&after, "tutanak_schema_version") >= 39.0);
    assert!(value(&after, r#"tutanak_disk_free_bytes{disk="vault.root"}"#) > 0.0);

    let elsewhere = reqwest::get(format!("http://{address}/arsiv/")).await.unwrap();
    assert_eq!(elsewhere.status(), StatusCode::NOT_FOUND);
    let posted = reqwest::Client::new().post(format!("http://{address}/metrics")).send().await.unwrap();
    assert_eq!(posted.status(), StatusCode::METHOD_NOT_ALLOWED);
    let outside = house.client.get(house.url("/metrics")).send().await.unwrap();
    assert!(!outside.status().is_success(), "boards and parties reach no metrics");
    house.stop().await;
}

#[test]
fn the_written_reference_is_that_of_the_code() {
    let written = std::fs::read_to_string(monitoring("metrics.md")).unwrap();
    let expected = metrics::reference();
    assert!(written.ends_with(&expected), "storage-config/monitoring/metrics.md should end with\n{expected}");
    let names: Vec<String> = metrics::all().iter().map(|meter| meter.read_as()).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
    assert!(names.contains(&"tutanak_scans_total".to_owned()));
}

#[test]
fn alert_rules_and_dashboard_name_metrics_that_are_there() {
    let readable = readable();
    let rules = std::fs::read_to_string(monitoring("alerts.yml")).unwrap();
    let in_rules = named(&rules);
    assert!(in_rules.len() > 8, "{in_rules:?}");
    assert_eq!(in_rules.difference(&readable).collect::<Vec<_>>(), [""; 0]);
    let dashboard: Value = serde_json::from_slice(&std::fs::read(monitoring("grafana.json")).unwrap()).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    assert!(panels.len() >= 12);
    for panel in panels {
        for target in panel["targets"].as_array().unwrap() {
            let names = named(target["expr"].as_str().unwrap());
            assert!(!names.is_empty() && names.is_subset(&readable), "{}: {names:?}", panel["title"]);
        }
    }
}

#[test]
fn promtool_reads_the_alert_rules_and_they_fire_when_they_should() {
    if Command::new("promtool").arg("--version").output().is_err() {
        return; // tests/install brings it
    }
    for (verb, file) in [("check", "alerts.yml"), ("test", "alerts-test.yml")] {
        let ran = Command::new("promtool").args([verb, "rules"]).arg(monitoring(file)).output().unwrap();
        assert!(ran.status.success(), "{verb}: {ran:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_metrics_in_the_configuration_nothing_listens_for_them() {
    let mut house = House::open().await;
    assert_eq!((house.config.metrics.is_some(), house.metrics), (false, None));
    house.stop().await;
}
