//! `/yardim`: the handbooks of boards, parties and operators, open to anybody. They are Markdown in `help/`, compiled into
//! the program, so that a service shows the handbook of its own version.

use std::sync::LazyLock;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

use crate::web::Services;
use crate::web::extract::Path;
use crate::web::on_record::shows_nothing;
use crate::web::problem::Problem;
use crate::web::site::page::{Frame, show};

/// One handbook.
struct Page {
    /// The last part of its address.
    name: &'static str,
    title: &'static str,
    language: &'static str,
    html: String,
}

static PAGES: LazyLock<[Page; 3]> = LazyLock::new(|| {
    let page = |name, title, language, text| Page { name, title, language, html: rendered(text) };
    [
        page("kurul", "Kurul el kitabı", "tr", include_str!("help/board.md")),
        page("parti", "Parti el kitabı", "tr", include_str!("help/party.md")),
        page("isletmen", "İşletmen el kitabı", "en", include_str!("help/operator.md")),
    ]
});

#[derive(Template)]
#[template(path = "web/site/public/help.html", config = ".askama.toml")]
struct HelpPage {
    frame: Frame,
    page: Option<&'static Page>,
    pages: &'static [Page],
}

/// The list.
pub(in crate::web) async fn home(State(services): State<Services>) -> Response {
    let frame = Frame::new(&services, "Yardım", None).await;
    shows_nothing(show(StatusCode::OK, &HelpPage { frame, page: None, pages: PAGES.as_slice() }))
}

/// One of them.
pub(in crate::web) async fn page(
    State(services): State<Services>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let page = PAGES.iter().find(|page| page.name == name).ok_or_else(Problem::missing)?;
    let frame = Frame::new(&services, page.title, None).await;
    Ok(shows_nothing(show(StatusCode::OK, &HelpPage { frame, page: Some(page), pages: &[] })))
}

/// Markdown as HTML. What looks like HTML in it is text, the title is the frame's, and wide tables scroll by themselves.
fn rendered(text: &str) -> String {
    let mut in_title = false;
    let events = Parser::new_ext(text, Options::ENABLE_TABLES).filter_map(|event| match event {
        Event::Start(Tag::Heading { level: HeadingLevel::H1, .. }) => {
            in_title = true;
            None
        }
        Event::End(TagEnd::Heading(HeadingLevel::H1)) => {
            in_title = false;
            None
        }
        _ if in_title => None,
        Event::Html(html) | Event::InlineHtml(html) => Some(Event::Text(html)),
        event => Some(event),
    });
    let mut out = String::new();
    html::push_html(&mut out, with_scrolling_tables(events));
    out
}

fn with_scrolling_tables<'a>(events: impl Iterator<Item = Event<'a>>) -> impl Iterator<Item = Event<'a>> {
    let raw = |html: &'static str| Event::Html(CowStr::Borrowed(html));
    events.flat_map(move |event| match event {
        Event::Start(Tag::Table(_)) => {
            [Some(raw("<div class=\"scroll\" tabindex=\"0\">")), Some(event)].into_iter().flatten()
        }
        Event::End(TagEnd::Table) => [Some(event), Some(raw("</div>"))].into_iter().flatten(),
        event => [Some(event), None].into_iter().flatten(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_handbook_is_html_of_its_own() {
        let html = rendered("# Başlık\n\nBir <b>şey</b> ve `<i>`\n\n<script>alert(1)</script>\n\n## İki\n");
        assert!(!html.contains("<b>") && !html.contains("<script") && !html.contains("Başlık"), "{html}");
        assert!(html.contains("&lt;b&gt;") && html.contains("<h2>İki</h2>"), "{html}");
    }

    #[test]
    fn tables_scroll_and_every_handbook_has_its_sections() {
        for page in PAGES.iter() {
            assert!(page.html.matches("<h2>").count() >= 4, "{}", page.name);
            assert_eq!(
                page.html.matches("<table>").count(),
                page.html.matches("class=\"scroll\"").count(),
                "{}",
                page.name
            );
            assert!(!page.html.contains("style=") && !page.html.contains("<h1"), "{}", page.name);
            let links = page.html.split("href=\"").skip(1);
            links.for_each(|link| {
                assert!(link.starts_with("https://") || link.starts_with('/'), "{}: {link}", page.name)
            });
        }
    }
}
