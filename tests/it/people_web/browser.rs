//! A browser as far as the site's door is concerned: it keeps cookies, fills forms in, and does not follow redirects.

use std::collections::BTreeMap;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Method, StatusCode};

use crate::house::House;

/// A password that somebody would choose.
pub const OWN: &str = "yedi uyurlar mağarada";

pub struct Page {
    pub status: StatusCode,
    pub location: Option<String>,
    pub body: String,
}

pub struct Browser {
    client: reqwest::Client,
    base: String,
    cookies: BTreeMap<String, String>,
    pub last_cookie: Option<String>,
}

impl Browser {
    pub fn new(house: &House) -> Self {
        Self { client: house.client.clone(), base: house.url(""), cookies: BTreeMap::new(), last_cookie: None }
    }

    pub fn with_ticket(house: &House, ticket: &str) -> Self {
        let mut browser = Self::new(house);
        browser.cookies.insert("__Host-tutanak".to_owned(), ticket.to_owned());
        browser
    }

    pub fn ticket(&self) -> Option<String> {
        self.cookies.get("__Host-tutanak").cloned()
    }

    pub async fn ask(
        &mut self,
        method: Method,
        path: &str,
        body: Option<(&str, Vec<u8>)>,
        headers: &[(&str, &str)],
    ) -> Page {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request = request.header(COOKIE, cookies.join("; "));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some((kind, body)) = body {
            request = request.header(CONTENT_TYPE, kind).body(body);
        }
        let answer = request.send().await.unwrap();
        for cookie in answer.headers().get_all(SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            match value {
                "" => self.cookies.remove(name),
                value => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
            if name == "__Host-tutanak" {
                self.last_cookie = Some(cookie.to_owned());
            }
        }
        let location = answer.headers().get(LOCATION).map(|value| value.to_str().unwrap().to_owned());
        Page { status: answer.status(), location, body: answer.text().await.unwrap_or_default() }
    }

    /// An answer that is no text.
    pub async fn bytes(&mut self, path: &str) -> (StatusCode, bytes::Bytes) {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.client.get(format!("{}{path}", self.base)).header(COOKIE, cookies.join("; "));
        let answer = request.send().await.unwrap();
        (answer.status(), answer.bytes().await.unwrap())
    }

    pub async fn get(&mut self, path: &str) -> Page {
        self.ask(Method::GET, path, None, &[]).await
    }

    /// Sends a form as it is.
    pub async fn send(&mut self, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Page {
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let body = ("application/x-www-form-urlencoded", pairs.join("&").into_bytes());
        self.ask(Method::POST, path, Some(body), headers).await
    }

    /// The token of the first form on a page.
    pub async fn form_token(&mut self, path: &str) -> String {
        let page = self.get(path).await.body;
        let rest = page.split("name=\"_token\" value=\"").nth(1).unwrap_or_else(|| panic!("no form on {path}: {page}"));
        rest.split('"').next().unwrap().to_owned()
    }

    /// Sends a form as the page at hand would.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let token = self.form_token("/parola").await;
        let mut fields = fields.to_vec();
        fields.push(("_token", &token));
        self.send(path, &fields, &[("sec-fetch-site", "same-origin")]).await
    }

    pub async fn try_in(&mut self, user: &str, password: &str, code: &str) -> Page {
        let token = self.form_token("/giris").await;
        let fields = [("_token", token.as_str()), ("kullanici", user), ("parola", password), ("kod", code)];
        self.send("/giris", &fields, &[("sec-fetch-site", "same-origin")]).await
    }

    pub async fn log_in(&mut self, user: &str, password: &str, code: &str) -> StatusCode {
        self.try_in(user, password, code).await.status
    }

    pub async fn change_password(&mut self, present: &str, new: &str) -> Page {
        self.post("/parola", &[("simdiki", present), ("yeni", new), ("yeniden", new)]).await
    }

    /// JSON to the operators' interface.
    pub async fn json(
        &mut self,
        method: Method,
        path: &str,
        body: &serde_json::Value,
    ) -> (StatusCode, serde_json::Value) {
        let session = self.get("/v1/yonetim/oturum").await;
        let session: serde_json::Value = serde_json::from_str(&session.body).unwrap();
        let token = session["form_token"].as_str().unwrap().to_owned();
        let body = Some(("application/json", serde_json::to_vec(body).unwrap()));
        let page = self.ask(method, path, body, &[("x-form-token", &token)]).await;
        (page.status, serde_json::from_str(&page.body).unwrap_or_default())
    }
}
