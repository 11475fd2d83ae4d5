//! Every meter in the order of the reference, and the reference itself, which operators read.

use std::fmt::Write;

use super::{AnyMeter, Kind};

/// All that low rooms count.
pub static COUNTED: &[&dyn AnyMeter] = &[
    &super::SCANS,
    &super::PARKED,
    &super::SCANS_REFUSED,
    &super::FIGURES,
    &super::UPLOADS,
    &super::UPLOAD_WAIT,
    &super::READING,
    &super::COMMIT,
    &super::PUBLISHED,
    &super::ACCESSES,
    &super::BYTES,
    &super::REFUSED,
    &super::THROTTLED,
    &super::CONNECTIONS,
    &super::STORE,
    &super::DATABASE,
    &super::VAULT_ERRORS,
    &super::HEALED,
    &super::NOT_HEALED,
];

/// A table of meters in Markdown, one a line.
pub fn reference(meters: &[&dyn AnyMeter]) -> String {
    let mut text = String::from("| metric | kind | labels | meaning |\n|---|---|---|---|\n");
    for meter in meters {
        let kind = match meter.kind() {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        let label = |label: &super::Label| match label.values {
            [] => format!("`{}`", label.name),
            values => format!("`{}`: {}", label.name, values.join(", ")),
        };
        let labels: Vec<String> = meter.every_label().iter().map(label).collect();
        let _ = writeln!(text, "| `{}` | {kind} | {} | {} |", meter.read_as(), labels.join("; "), meter.help());
    }
    text
}
