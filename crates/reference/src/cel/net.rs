//! Addresses and networks.

use std::net::IpAddr;

use super::eval::Outcome;
use super::fault::Fault;
use super::value::Value;

fn address(text: &str) -> Option<IpAddr> {
    let ip: IpAddr = text.parse().ok()?;
    // An IPv4 address inside IPv6 is refused, whatever it is written like.
    match ip {
        IpAddr::V6(six) if six.to_ipv4_mapped().is_some() => None,
        ip => Some(ip),
    }
}

/// `ip(text)`
pub(crate) fn ip(text: &str) -> Outcome {
    address(text).map(Value::Ip).ok_or_else(|| Fault::conversion(text))
}

/// `cidr(text)`
pub(crate) fn cidr(text: &str) -> Outcome {
    let network = || {
        let (ip, length) = text.split_once('/')?;
        let ip = address(ip)?;
        let plain =
            length.bytes().all(|b| b.is_ascii_digit()) && (length.len() == 1 || !length.starts_with('0'));
        let length: u8 = plain.then(|| length.parse().ok())??;
        (u32::from(length) <= width(ip)).then_some(Value::Cidr(ip, length))
    };
    network().ok_or_else(|| Fault::conversion(text))
}

/// Bits of an address.
fn width(ip: IpAddr) -> u32 {
    if ip.is_ipv4() { 32 } else { 128 }
}

/// The address as a number.
fn number(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(four) => u128::from(u32::from(four)),
        IpAddr::V6(six) => u128::from(six),
    }
}

/// The first `length` bits, as a number.
fn prefix(ip: IpAddr, length: u8) -> u128 {
    let rest = width(ip) - u32::from(length);
    number(ip).checked_shr(rest).unwrap_or(0)
}

fn contains(network: (IpAddr, u8), ip: IpAddr) -> bool {
    network.0.is_ipv4() == ip.is_ipv4() && prefix(network.0, network.1) == prefix(ip, network.1)
}

fn masked(ip: IpAddr, length: u8) -> IpAddr {
    let rest = width(ip) - u32::from(length);
    let bits = prefix(ip, length).checked_shl(rest).unwrap_or(0);
    match ip {
        IpAddr::V4(_) => IpAddr::V4(u32::try_from(bits).unwrap_or(0).into()),
        IpAddr::V6(_) => IpAddr::V6(bits.into()),
    }
}

fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(four) => four.is_link_local(),
        IpAddr::V6(six) => six.segments()[0] & 0xffc0 == 0xfe80,
    }
}

/// Functions of addresses and networks.
pub(crate) fn call(name: &str, values: &[Value]) -> Outcome {
    let yes = |value: bool| Ok(Value::Bool(value));
    match (name, values) {
        (":family", [Value::Ip(ip)]) => Ok(Value::Int(if ip.is_ipv4() { 4 } else { 6 })),
        (":isUnspecified", [Value::Ip(ip)]) => yes(ip.is_unspecified()),
        (":isLoopback", [Value::Ip(ip)]) => yes(ip.is_loopback()),
        (":isLinkLocalUnicast", [Value::Ip(ip)]) => yes(is_link_local(*ip)),
        (":isLinkLocalMulticast", [Value::Ip(ip)]) => yes(match ip {
            IpAddr::V4(four) => four.octets()[..3] == [224, 0, 0],
            IpAddr::V6(six) => six.segments()[0] & 0xff0f == 0xff02,
        }),
        (":isGlobalUnicast", [Value::Ip(ip)]) => {
            let broadcast = matches!(ip, IpAddr::V4(four) if four.is_broadcast());
            let other = ip.is_unspecified() || ip.is_loopback() || ip.is_multicast() || is_link_local(*ip);
            yes(!broadcast && !other)
        }
        (":ip", [Value::Cidr(ip, _)]) => Ok(Value::Ip(*ip)),
        (":prefixLength", [Value::Cidr(_, length)]) => Ok(Value::Int(i64::from(*length))),
        (":masked", [Value::Cidr(ip, length)]) => Ok(Value::Cidr(masked(*ip, *length), *length)),
        (":containsIP", [Value::Cidr(network, length), Value::Ip(ip)]) => {
            yes(contains((*network, *length), *ip))
        }
        (":containsIP", [network, Value::Str(text)]) => call(name, &[network.clone(), ip(text)?]),
        (":containsCIDR", [Value::Cidr(network, length), Value::Cidr(ip, longer)]) => {
            yes(length <= longer && contains((*network, *length), *ip))
        }
        (":containsCIDR", [network @ Value::Cidr(..), Value::Str(text)]) => {
            call(name, &[network.clone(), cidr(text)?])
        }
        _ => Err(Fault::overload(name)),
    }
}
