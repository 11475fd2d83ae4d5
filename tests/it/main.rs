//! The one integration binary: `mod` lines and nothing else.

mod registry;
