//! The own account of whoever is logged in: its sessions, the password, the second factor.

mod factor;
mod password;
mod sessions;

use crate::access::Act::{ChangePassword, LogOut};
use crate::web::needs::Needs::{Person, Session};
use crate::web::route::{Route, get, post};

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/parola", Session(ChangePassword), password::page),
        post("/parola", Session(ChangePassword), password::change),
        get("/dogrulama", Session(ChangePassword), factor::page),
        post("/dogrulama", Session(ChangePassword), factor::set),
        post("/cikis", Session(LogOut), sessions::leave),
        get("/hesap", Person, sessions::page),
        post("/hesap/oturum", Person, sessions::end),
        post("/hesap/kodlar", Person, sessions::codes),
    ]
}
