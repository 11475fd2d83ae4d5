//! What comes before anybody is known: PROXY headers, X-Forwarded-For, and the credentials of a request. Whatever comes, no
//! panic; no client's claim stands for a client; and a header that is read names the address that it was written for.
#![no_main]

use std::net::IpAddr;

use headers::authorization::{Authorization, Basic, Bearer};
use headers::{Header, HeaderValue};
use libfuzzer_sys::fuzz_target;
use tutanak::access::addresses::{Announces, Proxies};
use tutanak::access::secrets;
use tutanak_ftp::proxy;

fuzz_target!(|bytes: &[u8]| {
    let _ = proxy::parse(bytes);

    let proxies = Proxies::new(vec!["10.0.0.0/8".parse().unwrap()], Announces::XForwardedFor);
    let (proxy, client): (IpAddr, IpAddr) = ([10, 0, 0, 1].into(), [192, 0, 2, 7].into());
    let _ = proxies.client(proxy, [bytes].into_iter());
    assert_eq!(proxies.client(proxy, [bytes, b"192.0.2.7"].into_iter()), Some(client));
    assert_eq!(proxies.client(client, [bytes].into_iter()), Some(client));

    if let Ok(value) = HeaderValue::from_bytes(bytes) {
        if let Ok(Authorization(basic)) = Authorization::<Basic>::decode(&mut [&value].into_iter()) {
            let _ = (basic.username().len(), secrets::matches(None, basic.password()));
        }
        if let Ok(Authorization(bearer)) = Authorization::<Bearer>::decode(&mut [&value].into_iter()) {
            assert_eq!(secrets::token_login(bearer.token()).len(), 16);
        }
    }
});
