//! A directory over HTTPS: plain HTML with relative links, which rclone and wget follow, or JSON for who asks for it.

use std::fmt::Write as _;

use axum::Json;
use axum::http::{HeaderMap, header};
use axum::response::{Html, IntoResponse, Response};
use serde::Serialize;

use crate::domain::Digest;
use crate::tree::{Content, Node};

#[derive(Serialize)]
struct Line<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    modified: Option<jiff::Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<Digest>,
}

/// The listing of `path` and its bytes.
pub(super) fn page(path: &str, nodes: &[Node], headers: &HeaderMap) -> (Response, u64) {
    let json = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.split(',').any(|kind| kind.trim().starts_with("application/json")));
    let (mut response, size) = if json {
        let lines: Vec<Line> = nodes.iter().map(line).collect();
        let size = serde_json::to_vec(&lines).map_or(0, |bytes| bytes.len());
        (Json(lines).into_response(), size)
    } else {
        let html = html(path, nodes);
        let size = html.len();
        (Html(html).into_response(), size)
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("private, no-cache"));
    headers.insert(header::VARY, header::HeaderValue::from_static("accept"));
    headers.insert(header::CONTENT_SECURITY_POLICY, header::HeaderValue::from_static("default-src 'none'"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, header::HeaderValue::from_static("nosniff"));
    (response, size as u64)
}

fn line(node: &Node) -> Line<'_> {
    let kind = if node.size().is_none() { "directory" } else { "file" };
    let sha256 = match &node.content {
        Content::Scan(scan) => Some(scan.digest),
        _ => None,
    };
    Line { name: &node.name, kind, size: node.size(), modified: node.modified, sha256 }
}

/// Names are ASCII letters, digits, `-` and `.` by construction, so they need no escaping; the path is a name that was
/// found, for the same reason.
fn html(path: &str, nodes: &[Node]) -> String {
    let mut out = format!(
        "<!doctype html>\n<html lang=\"tr\"><head><meta charset=\"utf-8\"><title>/{path}</title></head>\n<body>\n\
         <h1>/{path}</h1>\n<p>YSK'ca belirlenen süre sona ermeden yayımlanamaz.</p>\n<pre>\n"
    );
    if !path.trim_matches('/').is_empty() {
        out.push_str("<a href=\"../\">../</a>\n");
    }
    for node in nodes {
        let slash = if node.size().is_none() { "/" } else { "" };
        let size = node.size().map_or("-".to_owned(), |size| size.to_string());
        let modified =
            node.modified.map_or("-".to_owned(), |modified| modified.strftime("%Y-%m-%d %H:%M:%S").to_string());
        let name = &node.name;
        let _ = writeln!(out, "<a href=\"{name}{slash}\">{name}{slash}</a>  {modified}  {size}");
    }
    out.push_str("</pre>\n</body></html>\n");
    out
}
