//! A directory over HTTPS: plain HTML with relative links, which rclone and wget follow, or JSON for who asks for it.

use askama::Template;
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
pub(super) fn page(path: &str, nodes: &[Node], headers: &HeaderMap) -> askama::Result<(Response, u64)> {
    let json = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.split(',').any(|kind| kind.trim().starts_with("application/json")));
    let (mut response, size) = if json {
        let lines: Vec<Line> = nodes.iter().map(line).collect();
        let size = serde_json::to_vec(&lines).map_or(0, |bytes| bytes.len());
        (Json(lines).into_response(), size)
    } else {
        let rows: Vec<Row<'_>> = nodes.iter().map(Row::from).collect();
        let html = html(path, &rows)?;
        let size = html.len();
        (Html(html).into_response(), size)
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("private, no-cache"));
    headers.insert(header::VARY, header::HeaderValue::from_static("accept"));
    headers.insert(header::CONTENT_SECURITY_POLICY, header::HeaderValue::from_static("default-src 'none'"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, header::HeaderValue::from_static("nosniff"));
    Ok((response, size as u64))
}

fn line(node: &Node) -> Line<'_> {
    let kind = if node.size().is_none() { "directory" } else { "file" };
    let sha256 = match &node.content {
        Content::Scan(scan) => Some(scan.digest),
        _ => None,
    };
    Line { name: &node.name, kind, size: node.size(), modified: node.modified, sha256 }
}

#[derive(Template)]
#[template(path = "web/archive/directory.html", config = ".askama.toml")]
struct Page<'a> {
    path: &'a str,
    rows: &'a [Row<'a>],
}

/// A line of the page.
struct Row<'a> {
    name: &'a str,
    /// Behind the name of a directory.
    slash: &'static str,
    modified: String,
    size: String,
}

impl<'a> From<&'a Node> for Row<'a> {
    fn from(node: &'a Node) -> Self {
        let modified = node.modified.map(|modified| modified.strftime("%Y-%m-%d %H:%M:%S").to_string());
        Self {
            name: &node.name,
            slash: if node.size().is_none() { "/" } else { "" },
            modified: modified.unwrap_or_else(|| "-".to_owned()),
            size: node.size().map_or_else(|| "-".to_owned(), |size| size.to_string()),
        }
    }
}

fn html(path: &str, rows: &[Row<'_>]) -> askama::Result<String> {
    Page { path, rows }.render()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_has_a_line_for_each_name_as_clients_read_it() {
        let row = |name, slash, size: &str| Row { name, slash, modified: "-".into(), size: size.into() };
        let page = html("tutanaklar/", &[row("34-istanbul", "/", "-"), row("x-1.png", "", "12")]).unwrap();
        let expected = "<!doctype html>\n<html lang=\"tr\"><head><meta charset=\"utf-8\"><title>/tutanaklar/</title></head>\n\
                        <body>\n<h1>/tutanaklar/</h1>\n<p>YSK'ca belirlenen süre sona ermeden yayımlanamaz.</p>\n<pre>\n\
                        <a href=\"../\">../</a>\n<a href=\"34-istanbul/\">34-istanbul/</a>  -  -\n\
                        <a href=\"x-1.png\">x-1.png</a>  -  12\n</pre>\n</body></html>\n";
        assert_eq!(page, expected);
        assert!(!html("", &[]).unwrap().contains("../"));
    }

    #[test]
    fn a_name_is_no_markup_and_leads_to_itself() {
        let name = "javascript:<b>\"&'\u{202e}gnp";
        let row = Row { name, slash: "", modified: "-".into(), size: "1".into() };
        let page = html(name, &[row]).unwrap();
        let link =
            "<a href=\"javascript%3A%3Cb%3E%22%26%27%E2%80%AEgnp\">javascript:&#60;b&#62;&#34;&#38;&#39;\\u202egnp</a>";
        assert!(page.contains(link), "{page}");
        assert!(!page.contains("<b>") && !page.contains('\u{202e}'), "{page}");
    }
}
