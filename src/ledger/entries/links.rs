//! Which links stand. A withdrawal takes back every link of its bytes that was entered before it; bytes and entries stay.
//!
//! Since the same bytes are never two forms' at a time, there is at most one such link.

/// The condition that the link in row `$entry` stands, up to a further condition on the withdrawal and the closing bracket.
macro_rules! stands {
    ($entry:literal) => {
        concat!(
            "NOT EXISTS (SELECT 1 FROM entry w WHERE w.sha256 = ",
            $entry,
            ".sha256 AND w.kind = 'withdrawn' AND w.position > ",
            $entry,
            ".position"
        )
    };
}

pub(in crate::ledger) use stands;
