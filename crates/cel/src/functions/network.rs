//! Addresses, networks, URLs, versions.

use std::net::IpAddr;
use std::sync::Arc;

use crate::container::Key;
use crate::error::Fault;
use crate::eval::Outcome;
use crate::functions::text;
use crate::ip::{Cidr, Ip};
use crate::opaque::Opaque;
use crate::semver::Semver;
use crate::signatures::Func;
use crate::url::Url;
use crate::value::Value;

fn opaque<'a>(of: Opaque) -> Value<'a> {
    Value::Opaque(Arc::new(of))
}

pub(crate) fn call<'a>(func: Func, args: &[Value<'a>]) -> Outcome<'a> {
    match func {
        Func::IsIp => Ok(Value::Bool(Ip::parse(text(&args[0])?).is_ok())),
        Func::IsCidr => Ok(Value::Bool(Cidr::parse(text(&args[0])?).is_ok())),
        Func::IsUrl => Ok(Value::Bool(Url::check(text(&args[0])?).is_ok())),
        Func::IsSemver => Ok(Value::Bool(semver(args)?.is_ok())),
        Func::IpIsCanonical => {
            let own = text(&args[0])?;
            Ok(Value::Bool(Ip::parse(own)?.to_string() == own))
        }
        Func::Cidr => Cidr::parse(text(&args[0])?).map(|cidr| opaque(Opaque::Cidr(cidr))),
        Func::Url => Url::parse(text(&args[0])?).map(|url| opaque(Opaque::Url(url))),
        Func::Semver => semver(args)?.map(|version| opaque(Opaque::Semver(version))),
        Func::Ip => Ip::parse(text(&args[0])?).map(|ip| opaque(Opaque::Ip(ip))),
        _ => {
            let Value::Opaque(own) = &args[0] else { return Err(Fault::no_overload()) };
            match &**own {
                Opaque::Ip(ip) => ip_member(func, *ip),
                Opaque::Cidr(cidr) => cidr_member(func, *cidr, args),
                Opaque::Url(url) => url_member(func, url),
                Opaque::Semver(version) => semver_member(func, version, args),
                Opaque::Format(_) => Err(Fault::no_overload()),
            }
        }
    }
}

/// Outer error: no version can be asked for; inner one: the text is none.
fn semver(args: &[Value<'_>]) -> Result<Result<Semver, Fault>, Fault> {
    let own = text(&args[0])?;
    match args.get(1) {
        None | Some(Value::Bool(false)) => Ok(Semver::parse(own)),
        Some(Value::Bool(true)) => Ok(Semver::parse_normalized(own)),
        Some(_) => Err(Fault::no_overload()),
    }
}

fn ip_member<'a>(func: Func, ip: Ip) -> Outcome<'a> {
    Ok(Value::Bool(match func {
        Func::Family => return Ok(Value::Int(if matches!(ip.0, IpAddr::V4(_)) { 4 } else { 6 })),
        Func::IsUnspecified => ip.0.is_unspecified(),
        Func::IsLoopback => ip.0.is_loopback(),
        Func::IsLinkLocalMulticast => ip.is_link_local_multicast(),
        Func::IsLinkLocalUnicast => ip.is_link_local_unicast(),
        Func::IsGlobalUnicast => ip.is_global_unicast(),
        _ => return Err(Fault::no_overload()),
    }))
}

fn cidr_member<'a>(func: Func, cidr: Cidr, args: &[Value<'a>]) -> Outcome<'a> {
    let other = args.get(1).map(|value| match value {
        Value::Opaque(other) => Some(&**other),
        _ => None,
    });
    Ok(match (func, other) {
        (Func::CidrIp, None) => opaque(Opaque::Ip(cidr.address)),
        (Func::PrefixLength, None) => Value::Int(i64::from(cidr.prefix)),
        (Func::Masked, None) => opaque(Opaque::Cidr(cidr.masked())),
        (Func::ContainsIp, Some(Some(Opaque::Ip(ip)))) => Value::Bool(cidr.contains(*ip)),
        (Func::ContainsIp, Some(None)) => Value::Bool(cidr.contains(Ip::parse(text(&args[1])?)?)),
        (Func::ContainsCidr, Some(Some(Opaque::Cidr(other)))) => Value::Bool(cidr.contains_network(*other)),
        (Func::ContainsCidr, Some(None)) => Value::Bool(cidr.contains_network(Cidr::parse(text(&args[1])?)?)),
        _ => return Err(Fault::no_overload()),
    })
}

fn url_member<'a>(func: Func, url: &Url) -> Outcome<'a> {
    Ok(Value::str(match func {
        Func::GetScheme => url.scheme.clone(),
        Func::GetHost => url.host.clone(),
        Func::GetHostname => url.hostname().to_string(),
        Func::GetPort => url.port().to_string(),
        Func::GetEscapedPath => url.escaped_path.clone(),
        Func::GetQuery => return query(url),
        _ => return Err(Fault::no_overload()),
    }))
}

fn query<'a>(url: &Url) -> Outcome<'a> {
    let mut values: std::collections::BTreeMap<String, Vec<Value<'a>>> = Default::default();
    for (name, value) in url.query() {
        values.entry(name).or_default().push(Value::str(value));
    }
    let entries = values.into_iter().map(|(name, list)| (Key::Str(name.into()), Value::list(list)));
    crate::eval::finish_map(entries.collect())
}

fn semver_member<'a>(func: Func, version: &Semver, args: &[Value<'a>]) -> Outcome<'a> {
    let other = || match args.get(1) {
        Some(Value::Opaque(other)) => match &**other {
            Opaque::Semver(other) => Ok(version.order(other)),
            _ => Err(Fault::no_overload()),
        },
        _ => Err(Fault::no_overload()),
    };
    Ok(match func {
        Func::Major => Value::Int(version.numbers[0] as i64),
        Func::Minor => Value::Int(version.numbers[1] as i64),
        Func::Patch => Value::Int(version.numbers[2] as i64),
        Func::IsLessThan => Value::Bool(other()?.is_lt()),
        Func::IsGreaterThan => Value::Bool(other()?.is_gt()),
        Func::CompareTo => Value::Int(other()? as i64),
        _ => return Err(Fault::no_overload()),
    })
}
