//! Which host a request is for. One request, one host: where two are named, a proxy in front and the service behind it may
//! each believe another one (RFC 9112 §3.2, RFC 9113 §8.3.1).

use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri, Version, header};

/// The port of HTTPS, which need not be written.
const PORT: u16 = 443;

/// Whether a request names exactly one host. HTTP/1.0 knew no hosts: health checks of balancers speak it without one.
pub(super) fn is_named_once(version: Version, uri: &Uri, headers: &HeaderMap) -> bool {
    let mut lines = headers.get_all(header::HOST).iter();
    let (first, more) = (lines.next(), lines.next().is_some());
    let in_header = first.map(|line| line.to_str().ok().and_then(host));
    let in_target = uri.authority().map(|authority| host(authority.as_str()));
    match (in_target, in_header) {
        _ if more => false,
        (Some(target), Some(header)) => target.is_some() && target == header,
        (Some(host), None) | (None, Some(host)) => host.is_some(),
        (None, None) => version < Version::HTTP_11,
    }
}

/// A host and its port in one spelling. `None` for what names no host.
fn host(text: &str) -> Option<(String, u16)> {
    let authority: Authority = text.parse().ok()?;
    let rest = authority.as_str().strip_prefix(authority.host())?;
    let port = match rest.strip_prefix(':') {
        None if rest.is_empty() => PORT,
        None => return None, // a user's name before the host
        Some("") => PORT,
        Some(port) => port.parse().ok()?,
    };
    (!authority.host().is_empty()).then(|| (authority.host().to_ascii_lowercase(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_host_is_named_and_no_second_one() {
        let named = |version, target: &str, hosts: &[&str]| {
            let mut headers = HeaderMap::new();
            for host in hosts {
                headers.append(header::HOST, host.parse().unwrap());
            }
            is_named_once(version, &target.parse().unwrap(), &headers)
        };
        for (version, target, hosts, fine) in [
            (Version::HTTP_11, "/", vec!["tutanak.example"], true),
            (Version::HTTP_11, "/", vec!["tutanak.example:8443"], true),
            (Version::HTTP_11, "/", vec!["[::1]:8443"], true),
            (Version::HTTP_11, "/", vec!["127.0.0.1"], true),
            (Version::HTTP_11, "/", vec![], false),
            (Version::HTTP_11, "/", vec![""], false),
            (Version::HTTP_11, "/", vec![":8443"], false),
            (Version::HTTP_11, "/", vec!["a", "a"], false),
            (Version::HTTP_11, "/", vec!["a", "b"], false),
            (Version::HTTP_11, "/", vec!["a b"], false),
            (Version::HTTP_11, "/", vec!["a/b"], false),
            (Version::HTTP_11, "/", vec!["user@a"], false),
            (Version::HTTP_11, "/", vec!["a:port"], false),
            (Version::HTTP_11, "https://a/", vec!["A:443"], true),
            (Version::HTTP_11, "https://a/", vec!["b"], false),
            (Version::HTTP_10, "/", vec![], true),
            (Version::HTTP_10, "/", vec!["a", "b"], false),
            (Version::HTTP_2, "https://a:8443/", vec![], true),
            (Version::HTTP_2, "https://a:8443/", vec!["a:8443"], true),
            (Version::HTTP_2, "https://a:8443/", vec!["a"], false),
            (Version::HTTP_2, "https://a:8443/", vec!["b:8443"], false),
            (Version::HTTP_2, "https://a:8443/", vec!["a:8443", "a:8443"], false),
            (Version::HTTP_2, "/", vec![], false),
            (Version::HTTP_2, "/", vec!["a"], true),
        ] {
            assert_eq!(named(version, target, &hosts), fine, "{version:?} {target} {hosts:?}");
        }
    }
}
