//! What those who run the service look at: whether it can serve.
//!
//! No rule of the election lives here.

pub mod readiness;
