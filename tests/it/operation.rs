//! What those who run the service look at: metrics and the files that read them.

mod metrics;
