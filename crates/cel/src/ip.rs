//! Addresses and networks, as Go's `net/netip` reads them.

use std::fmt;
use std::net::IpAddr;

use crate::error::Fault;

/// An IPv4 or IPv6 address; IPv4-mapped ones and zones are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ip(pub IpAddr);

/// An address and the length of its network's prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    /// the address as it was written, host bits and all
    pub address: Ip,
    /// length of the prefix in bits
    pub prefix: u8,
}

impl Ip {
    pub(crate) fn parse(text: &str) -> Result<Ip, Fault> {
        let refused = || Fault::conversion(format!("`{text}` is no IP address"));
        match text.parse::<IpAddr>().map_err(|_| refused())? {
            IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some() => {
                Err(Fault::conversion(format!("the IPv4-mapped IPv6 address `{text}` is not allowed")))
            }
            address => Ok(Ip(address)),
        }
    }

    fn bits(self) -> u8 {
        if self.0.is_ipv4() { 32 } else { 128 }
    }

    /// The address as a number whose highest bit is the first one.
    fn number(self) -> u128 {
        match self.0 {
            IpAddr::V4(v4) => u128::from(v4.to_bits()) << 96,
            IpAddr::V6(v6) => v6.to_bits(),
        }
    }

    pub(crate) fn is_link_local_multicast(self) -> bool {
        match self.0 {
            IpAddr::V4(v4) => v4.octets()[..3] == [224, 0, 0],
            IpAddr::V6(v6) => v6.segments()[0] & 0xff0f == 0xff02,
        }
    }

    pub(crate) fn is_link_local_unicast(self) -> bool {
        match self.0 {
            IpAddr::V4(v4) => v4.is_link_local(),
            IpAddr::V6(v6) => v6.segments()[0] & 0xffc0 == 0xfe80,
        }
    }

    pub(crate) fn is_global_unicast(self) -> bool {
        let broadcast = matches!(self.0, IpAddr::V4(v4) if v4.is_broadcast());
        !broadcast
            && !self.0.is_unspecified()
            && !self.0.is_loopback()
            && !self.0.is_multicast()
            && !self.is_link_local_unicast()
    }
}

impl fmt::Display for Ip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn mask(prefix: u8) -> u128 {
    if prefix == 0 { 0 } else { u128::MAX << (128 - u32::from(prefix)) }
}

impl Cidr {
    pub(crate) fn parse(text: &str) -> Result<Cidr, Fault> {
        let refused = || Fault::conversion(format!("`{text}` is no network address"));
        let (address, prefix) = text.rsplit_once('/').ok_or_else(refused)?;
        let address = Ip::parse(address)?;
        let plain =
            prefix.bytes().all(|b| b.is_ascii_digit()) && (prefix.len() == 1 || !prefix.starts_with('0'));
        let prefix: u8 = prefix.parse().map_err(|_| refused())?;
        if !plain || prefix > address.bits() {
            return Err(refused());
        }
        Ok(Cidr { address, prefix })
    }

    pub(crate) fn contains(self, ip: Ip) -> bool {
        self.address.bits() == ip.bits() && (self.address.number() ^ ip.number()) & mask(self.prefix) == 0
    }

    pub(crate) fn contains_network(self, other: Cidr) -> bool {
        self.prefix <= other.prefix && self.contains(other.address)
    }

    pub(crate) fn masked(self) -> Cidr {
        let bits = self.address.number() & mask(self.prefix);
        let address = match self.address.0 {
            IpAddr::V4(_) => IpAddr::V4(((bits >> 96) as u32).into()),
            IpAddr::V6(_) => IpAddr::V6(bits.into()),
        };
        Cidr { address: Ip(address), prefix: self.prefix }
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}
