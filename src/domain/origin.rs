//! Where somebody comes from, as far as limits are concerned.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What counts as one place: an IPv4 address, or the /64 that one IPv6 line has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Origin(u128);

impl Origin {
    /// Of one address.
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self(u128::from(u32::from(address))),
            // The bit keeps the first /64 apart from IPv4.
            IpAddr::V6(address) => Self(u128::from(address) & !u128::from(u64::MAX) | 1 << 63),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match u32::try_from(self.0) {
            Ok(address) => Ipv4Addr::from(address).fmt(f),
            Err(_) => write!(f, "{}/64", Ipv6Addr::from(self.0 & !u128::from(u64::MAX))),
        }
    }
}
