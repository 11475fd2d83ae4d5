//! What a program asks for: filters, form and how much. Whatever is not understood is refused by its name, never passed over.

use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use form_urlencoded::parse;

use crate::results::Question;
use crate::results::csv::Dialect;
use crate::results::document::Format;
use crate::results::reading::LONGEST;
use crate::web::problem::Problem;

/// Longest time that a question waits for something new.
const WAIT: u64 = 25;

/// What was not understood, for whoever asked.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotUnderstood(String);

impl From<NotUnderstood> for Problem {
    fn from(NotUnderstood(detail): NotUnderstood) -> Self {
        Self::bad_query(detail)
    }
}

/// A question that was understood.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub question: Question,
    pub format: Format,
    pub since: Option<u64>,
    pub limit: u32,
    pub wait: Duration,
}

impl Asked {
    /// Reads what stands behind the `?`, and what the client accepts.
    pub fn read(query: &str, headers: &HeaderMap) -> Result<Self, NotUnderstood> {
        let mut asked = Self {
            question: Question::default(),
            format: accepted(headers),
            since: None,
            limit: LONGEST,
            wait: Duration::ZERO,
        };
        for (name, value) in parse(query.as_bytes()) {
            match &*name {
                "bicim" => asked.format = format(&value)?,
                "since" => asked.since = Some(number("since", &value)?),
                "limit" => {
                    let limit = number("limit", &value)?;
                    asked.limit = u32::try_from(limit).unwrap_or(LONGEST).clamp(1, LONGEST);
                }
                "wait" => asked.wait = Duration::from_secs(number("wait", &value)?.min(WAIT)),
                name => {
                    if !asked.question.ask(name, &value) {
                        let name: String = name.chars().take(40).collect();
                        return Err(NotUnderstood(format!("“{name}” diye bir süzgeç yok.")));
                    }
                }
            }
        }
        Ok(asked)
    }
}

fn number(name: &str, text: &str) -> Result<u64, NotUnderstood> {
    let digits = !text.is_empty() && text.len() <= 18 && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.then(|| text.parse().ok()).flatten();
    number.ok_or_else(|| NotUnderstood(format!("“{name}” rakamlardan oluşan bir sayı olmalı.")))
}

fn format(text: &str) -> Result<Format, NotUnderstood> {
    Ok(match text {
        "xml" => Format::Xml,
        "json" => Format::Json,
        "csv" => Format::Wide(Dialect::Excel),
        "rfc4180" => Format::Wide(Dialect::Rfc4180),
        "uzun" => Format::Long(Dialect::Excel),
        "uzun-rfc4180" => Format::Long(Dialect::Rfc4180),
        _ => {
            let detail = "“bicim” xml, json, csv, rfc4180, uzun ya da uzun-rfc4180 olabilir.";
            return Err(NotUnderstood(detail.to_owned()));
        }
    })
}

/// XML, unless the client says that it wants JSON or CSV.
fn accepted(headers: &HeaderMap) -> Format {
    let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let first =
        accept.split(',').filter_map(|part| part.split(';').next()).map(str::trim).find_map(|kind| match kind {
            "application/xml" | "text/xml" => Some(Format::Xml),
            "application/json" => Some(Format::Json),
            "text/csv" => Some(Format::Wide(Dialect::Rfc4180)),
            _ => None,
        });
    first.unwrap_or(Format::Xml)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::Filter;

    fn read(query: &str, accept: &str) -> Result<Asked, NotUnderstood> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, accept.parse().unwrap());
        Asked::read(query, &headers)
    }

    #[test]
    fn a_form_is_what_the_address_says_and_else_what_is_accepted() {
        for (query, accept, format) in [
            ("", "*/*", Format::Xml),
            ("", "application/json", Format::Json),
            ("", "text/html, text/csv;q=0.9", Format::Wide(Dialect::Rfc4180)),
            ("bicim=uzun", "application/json", Format::Long(Dialect::Excel)),
        ] {
            assert_eq!(read(query, accept).unwrap().format, format, "{query} {accept}");
        }
        let asked = read("il=34&since=7&limit=5000&wait=90", "*/*").unwrap();
        assert_eq!((asked.since, asked.limit, asked.wait), (Some(7), LONGEST, Duration::from_secs(WAIT)));
        assert_eq!(asked.question.get(Filter::Il), "34");
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for (query, named) in [("ill=34", "ill"), ("since=-1", "since"), ("limit=x", "limit"), ("bicim=pdf", "bicim")] {
            let problem = read(query, "*/*").unwrap_err();
            assert!(problem.0.contains(&format!("“{named}”")), "{query}: {}", problem.0);
        }
    }
}
