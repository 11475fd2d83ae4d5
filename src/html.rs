//! The one escaper of all HTML: of the site's pages, of directories, of the pages of a medium.
//!
//! Every `{{ … }}` of a template goes through it; `.askama.toml` says so. Names of places, people and files come from
//! elsewhere, and a page shows them as text: no markup, no character that turns the reading order round or is not seen.

use std::fmt;

use askama::filters::{self, Escaper};

use crate::domain::words::shown;

/// Text as HTML shows it, also between the quotes of an attribute.
#[derive(Clone, Copy, Debug)]
pub struct Html;

impl Escaper for Html {
    fn write_escaped_str<W: fmt::Write>(&self, dest: W, text: &str) -> fmt::Result {
        filters::Html.write_escaped_str(dest, &shown(text))
    }
}

#[cfg(test)]
mod tests {
    use askama::Template;

    #[derive(Template)]
    #[template(source = "<p title=\"{{ name }}\">{{ name }}</p>", ext = "html", config = ".askama.toml")]
    struct Page<'a> {
        name: &'a str,
    }

    #[test]
    fn a_name_is_text_whatever_it_holds() {
        let shown = |name| Page { name }.render().unwrap();
        let twice = |text: &str| format!("<p title=\"{text}\">{text}</p>");
        assert_eq!(shown("Kadıköy 1. İlçe Seçim Kurulu"), twice("Kadıköy 1. İlçe Seçim Kurulu"));
        assert_eq!(shown("</p><script>"), twice("&#60;/p&#62;&#60;script&#62;"));
        assert_eq!(shown("a & b"), twice("a &#38; b"));
        assert_eq!(shown("\" onload='x'"), twice("&#34; onload=&#39;x&#39;"));
        assert_eq!(shown("\u{202e}gnp.\u{2066}"), twice("\\u202egnp.\\u2066"));
        assert_eq!(shown("a\u{200b}b\r\nc\0"), twice("a\\u200bb\\u000d\\u000ac\\u0000"));
    }
}
