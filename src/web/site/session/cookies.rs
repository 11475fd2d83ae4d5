//! The cookie that holds a session's ticket, and any other of ours: only over TLS, only from this host, for every path.

use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use headers::{Cookie, HeaderMapExt};

use crate::access::sessions::Ticket;

/// The cookie. `__Host-`: only over TLS, only from this host, for every path.
const COOKIE_NAME: &str = "__Host-tutanak";

/// A cookie's value.
pub(in crate::web::site) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let cookies = headers.typed_get::<Cookie>()?;
    // 32 bytes as base64url have 43 letters: nothing longer is ours.
    cookies.get(name).filter(|value| value.len() <= 64).map(str::to_owned)
}

/// The ticket that a browser brings.
pub(in crate::web::site) fn ticket(headers: &HeaderMap) -> Option<String> {
    cookie(headers, COOKIE_NAME)
}

/// Gives the browser a session's ticket.
pub(in crate::web::site) fn give(response: &mut Response, ticket: &Ticket) {
    set_cookie(response, COOKIE_NAME, ticket.as_str(), "");
}

/// Takes it away.
pub(in crate::web::site) fn take_away(response: &mut Response) {
    set_cookie(response, COOKIE_NAME, "", "; Max-Age=0");
}

/// Sets a cookie of ours.
pub(in crate::web::site) fn set_cookie(response: &mut Response, name: &str, value: &str, more: &str) {
    let cookie = format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Strict{more}");
    if let Ok(value) = HeaderValue::try_from(cookie) {
        response.headers_mut().append(SET_COOKIE, value);
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header::COOKIE;

    use super::*;

    #[test]
    fn only_the_cookie_of_that_name_is_taken_and_no_long_one() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, "a=b; __Host-tutanak=ticket".parse().unwrap());
        assert_eq!(ticket(&headers).as_deref(), Some("ticket"));
        assert_eq!(cookie(&headers, "Host-tutanak"), None);
        headers.append(COOKIE, "c=d".parse().unwrap());
        assert_eq!(cookie(&headers, "c").as_deref(), Some("d"), "HTTP/2 may send each in a header of its own");
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, format!("__Host-tutanak={}", "x".repeat(65)).parse().unwrap());
        assert_eq!(ticket(&headers), None);
    }
}
