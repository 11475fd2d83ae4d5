//! What those who run the service look at: whether it can serve, and whether what is stored is as it was entered.
//!
//! No rule of the election lives here, and nothing here hurries: boards and parties come first.

pub mod alarms;
pub mod condition;
pub mod metrics;
pub mod readiness;
pub mod scrub;
pub mod supervisor;
