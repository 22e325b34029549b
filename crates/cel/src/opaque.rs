use std::fmt;

use crate::ip::{Cidr, Ip};
use crate::semver::Semver;
use crate::url::Url;

/// Values of Kubernetes' own types that have no operators.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Opaque {
    /// `net.IP`
    Ip(Ip),
    /// `net.CIDR`
    Cidr(Cidr),
    /// `kubernetes.URL`
    Url(Url),
    /// `kubernetes.Semver`
    Semver(Semver),
    /// `kubernetes.NamedFormat`, by the name of its function
    Format(&'static str),
}

impl Opaque {
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Opaque::Ip(_) => "net.IP",
            Opaque::Cidr(_) => "net.CIDR",
            Opaque::Url(_) => "kubernetes.URL",
            Opaque::Semver(_) => "kubernetes.Semver",
            Opaque::Format(_) => "kubernetes.NamedFormat",
        }
    }
}

impl fmt::Display for Opaque {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Opaque::Ip(ip) => ip.fmt(f),
            Opaque::Cidr(cidr) => cidr.fmt(f),
            Opaque::Url(url) => url.fmt(f),
            Opaque::Semver(version) => version.fmt(f),
            Opaque::Format(name) => f.write_str(name),
        }
    }
}
