//! The pages of a board's people: sending, what is missing, and what could not be linked. A plain form does everything; a
//! script on the first page says each file's fate at once.
//!
//! `/v1/kurul/…` is what that script asks, in a person's session. A board's machine asks `/v1/board/…` with its token.

mod counters;
mod home;
mod missing;
mod pictures;
mod receipts;
mod send;
mod unmatched;

pub use self::counters::Counters;
use self::unmatched::scan;
use crate::access::Act::{FollowUploads, Resolve, Upload};
use crate::web::needs::Needs::{BoardPage, BoardPerson, Nobody};
use crate::web::route::{Route, get, post, put};

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/kurul", BoardPerson(FollowUploads), home::page),
        get(home::SCRIPT, Nobody, home::script),
        get("/v1/kurul/durum", BoardPage(FollowUploads), home::state_for_the_page),
        get("/v1/kurul/sira", BoardPage(FollowUploads), home::queue_for_the_page),
        put("/v1/kurul/taramalar/{digest}", BoardPerson(Upload), send::scan_by_a_person),
        post("/kurul/gonder", BoardPerson(Upload), send::form),
        get("/kurul/makbuz/{name}", BoardPerson(FollowUploads), receipts::one),
        post("/kurul/makbuzlar", BoardPerson(FollowUploads), receipts::many),
        get("/kurul/eksikler", BoardPerson(FollowUploads), missing::page),
        get("/kurul/eksikler.csv", BoardPerson(FollowUploads), missing::csv),
        get("/kurul/eslesmeyenler", BoardPerson(FollowUploads), unmatched::list),
        get("/kurul/eslesmeyen/{position}", BoardPerson(FollowUploads), scan::page),
        post("/kurul/eslesmeyen/{position}", BoardPerson(Resolve), scan::wish_link),
        post("/kurul/baglanan/{position}", BoardPerson(Resolve), scan::wish_undo),
        post("/kurul/oneri/{position}", BoardPerson(Resolve), scan::decide),
        get("/kurul/goruntu/{position}", BoardPerson(FollowUploads), pictures::whole),
        get("/kurul/goruntu/{position}/kucuk", BoardPerson(FollowUploads), pictures::small),
    ]
}
