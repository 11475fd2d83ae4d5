//! Where a request comes from, as its connection and its headers say it.

use std::net::IpAddr;

use axum::http::HeaderMap;
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;

use crate::access::certificate::ShownCertificate;
use crate::access::sessions::Caller;
use crate::web::Peer;
use crate::web::who::peer;

/// Where a request comes from.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    pub address: IpAddr,
    pub agent: String,
    /// The certificate whose key the browser has, if it showed one.
    pub certificate: Option<ShownCertificate>,
}

impl Origin {
    pub fn of(request: &Parts) -> Self {
        let agent = request.headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
        let certificate = request.extensions.get::<Peer>().and_then(|peer| peer.certificate);
        Self { address: peer(request), agent: agent.to_owned(), certificate }
    }

    pub fn caller(&self) -> Caller<'_> {
        Caller { address: self.address, agent: &self.agent }
    }
}

/// Whether another site made the browser send this. Browsers say so themselves; other programs hold no session that a
/// foreign site could abuse.
pub(super) fn from_elsewhere(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|from| from != "same-origin")
}
