//! Fields of a form (`application/x-www-form-urlencoded`), and of an address behind its `?`.

use form_urlencoded::{Serializer, parse};

/// A field of a form's body.
pub(super) fn field(body: &[u8], name: &str) -> Option<String> {
    parse(body).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// Every field of that name.
pub(super) fn fields(body: &[u8], name: &str) -> Vec<String> {
    parse(body).filter(|(key, _)| key == name).map(|(_, value)| value.into_owned()).collect()
}

/// The fields that are not empty, as an address has them behind its `?`.
pub(super) fn query(fields: &[(&str, &String)]) -> String {
    let given = fields.iter().filter(|(_, value)| !value.is_empty());
    Serializer::new(String::new()).extend_pairs(given).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_read_as_browsers_write_it() {
        let body = b"_token=abc&parola=yedi+uyurlar+ma%C4%9Farada+%2B1&bos=&_token=other";
        assert_eq!(field(body, "parola").as_deref(), Some("yedi uyurlar mağarada +1"));
        assert_eq!(field(body, "_token").as_deref(), Some("abc"));
        assert_eq!(fields(body, "_token"), ["abc", "other"]);
        assert_eq!(field(body, "bos").as_deref(), Some(""));
        assert_eq!(field(body, "yok"), None);
        assert_eq!(field(b"a=%FF", "a").as_deref(), Some("\u{fffd}"), "what is no text is no secret of anybody");
    }

    #[test]
    fn a_query_reads_back_as_it_was_asked() {
        let (object, none) = ("/arsiv/a b&c=ğ\"<\u{202e}".to_owned(), String::new());
        let query = query(&[("nesne", &object), ("ip", &none)]);
        assert!(query.is_ascii() && !query.contains(['"', '<', ' ']), "{query}");
        assert_eq!(field(query.as_bytes(), "nesne"), Some(object));
        assert_eq!(field(query.as_bytes(), "ip"), None);
    }
}
