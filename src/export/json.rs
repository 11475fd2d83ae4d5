//! A request with all that came of it, as JSON: for scripts at the machine and for operators' programs.

use crate::ledger::exports::Request;

/// What was asked, who agreed, what it is fixed at, and the media that were written.
pub fn request_json(request: &Request) -> serde_json::Value {
    let media = request.media.iter().map(|medium| {
        serde_json::json!({
            "number": medium.number, "at": medium.at, "operators": medium.operators, "scans": medium.scans,
            "files": medium.files, "bytes": medium.bytes, "digest": medium.digest, "serial": medium.serial,
            "sealed": medium.sealed,
        })
    });
    let start = request.start.as_ref().map(|start| {
        serde_json::json!({ "at": start.at, "position": start.size, "checkpoint": start.checkpoint, "media": start.media })
    });
    serde_json::json!({
        "request": request.id, "at": request.at, "candidate": request.candidate, "name": request.name,
        "place": request.place, "reason": request.reason, "operator": request.operator,
        "approvals": request.approvals, "start": start, "media": media.collect::<Vec<_>>(),
    })
}
