//! URLs, as Go's `net/url` reads them: `ParseRequestURI` decides what is one.

use std::fmt;

use crate::error::Fault;

/// A parsed URL: an absolute URI or an absolute path.
#[derive(Clone, Debug, PartialEq)]
pub struct Url {
    text: String,
    /// lower case, empty for a path
    pub scheme: String,
    /// with the port
    pub host: String,
    /// as it was written, escaped where that is needed
    pub escaped_path: String,
    /// what stands between `?` and `#`
    pub raw_query: String,
}

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Path,
    Host,
    Zone,
    User,
    Query,
    Fragment,
}

fn refused(text: &str, what: &str) -> Fault {
    Fault::conversion(format!("parse {text:?}: {what}"))
}

fn must_escape(byte: u8, mode: Mode) -> bool {
    if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
        return false;
    }
    if matches!(mode, Mode::Host | Mode::Zone) && b"!$&'()*+,;=:[]<>\"".contains(&byte) {
        return false;
    }
    if b"$&+,/:;=?@".contains(&byte) {
        return match mode {
            Mode::Path => byte == b'?',
            Mode::User => b"@/?:".contains(&byte),
            Mode::Fragment => false,
            _ => true,
        };
    }
    !(mode == Mode::Fragment && b"!()*".contains(&byte))
}

fn unescape(text: &str, mode: Mode) -> Option<Vec<u8>> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'%' => {
                let digits = text.get(at + 1..at + 3).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))?;
                let byte = u8::from_str_radix(digits, 16).ok()?;
                let percent = digits == "25";
                if mode == Mode::Host && byte < 0x80 && !percent {
                    return None;
                }
                if mode == Mode::Zone && !percent && byte != b' ' && must_escape(byte, Mode::Host) {
                    return None;
                }
                out.push(byte);
                at += 3;
            }
            b'+' if mode == Mode::Query => {
                out.push(b' ');
                at += 1;
            }
            byte => {
                if matches!(mode, Mode::Host | Mode::Zone) && byte < 0x80 && must_escape(byte, mode) {
                    return None;
                }
                out.push(byte);
                at += 1;
            }
        }
    }
    Some(out)
}

fn scheme(text: &str) -> Option<(&str, &str)> {
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            // A colon at the start is a scheme that is missing.
            b':' if at == 0 => return None,
            b':' => return Some((&text[..at], &text[at + 1..])),
            _ => break,
        }
    }
    Some(("", text))
}

fn valid_port(text: &str) -> bool {
    text.is_empty() || text.strip_prefix(':').is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()))
}

fn parse_host(host: &str) -> Option<String> {
    if host.starts_with('[') {
        let end = host.rfind(']')?;
        let (inside, port) = (&host[1..end], &host[end + 1..]);
        if !valid_port(port) {
            return None;
        }
        let (address, zone) =
            inside.split_once("%25").map_or((inside, ""), |(address, zone)| (address, zone));
        let address = String::from_utf8(unescape(address, Mode::Host)?).ok()?;
        address.parse::<std::net::Ipv6Addr>().ok()?;
        let zone =
            if zone.is_empty() { String::new() } else { format!("%{}", lossy(unescape(zone, Mode::Zone)?)) };
        return Some(format!("[{address}{zone}]{port}"));
    }
    if let Some(colon) = host.rfind(':')
        && (!valid_port(&host[colon..]) || host[..colon].contains(':'))
    {
        return None;
    }
    unescape(host, Mode::Host).map(lossy)
}

fn lossy(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}

fn authority(text: &str) -> Option<String> {
    let Some((user, host)) = text.rsplit_once('@') else { return parse_host(text) };
    let host = parse_host(host)?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&b);
    if !user.bytes().all(plain) {
        return None;
    }
    user.split(':').all(|part| unescape(part, Mode::User).is_some()).then_some(host)
}

/// Scheme, host, path and query. `request`: no fragment, nothing relative.
fn parse(text: &str, request: bool) -> Result<Url, &'static str> {
    if text.bytes().any(|b| b < b' ' || b == 0x7f) {
        return Err("invalid control character in URL");
    }
    if text.is_empty() && request {
        return Err("empty url");
    }
    let mut url = Url {
        text: text.to_string(),
        scheme: String::new(),
        host: String::new(),
        escaped_path: String::new(),
        raw_query: String::new(),
    };
    if text == "*" {
        url.escaped_path = "*".into();
        return Ok(url);
    }
    let (name, rest) = scheme(text).ok_or("missing protocol scheme")?;
    url.scheme = name.to_ascii_lowercase();
    let (mut rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    url.raw_query = query.to_string();
    if !rest.starts_with('/') {
        if !url.scheme.is_empty() {
            return Ok(url);
        }
        if request {
            return Err("invalid URI for request");
        }
        if rest.split('/').next().is_some_and(|segment| segment.contains(':')) {
            return Err("first path segment in URL cannot contain colon");
        }
    }
    if (!url.scheme.is_empty() || !request && !rest.starts_with("///")) && rest.starts_with("//") {
        let behind = &rest[2..];
        let end = behind.find('/').unwrap_or(behind.len());
        url.host = authority(&behind[..end]).ok_or("invalid authority")?;
        rest = &behind[end..];
    }
    let path = unescape(rest, Mode::Path).ok_or("invalid URL escape")?;
    url.escaped_path = escaped_path(rest, &path);
    Ok(url)
}

/// The path as it was written if that is a valid encoding, else the standard one.
fn escaped_path(raw: &str, path: &[u8]) -> String {
    let fine = |b: u8| b"!$&'()*+,;=:@[]%".contains(&b) || !must_escape(b, Mode::Path);
    if raw.bytes().all(fine) {
        return raw.to_string();
    }
    let mut out = String::new();
    for &byte in path {
        if must_escape(byte, Mode::Path) {
            out.push_str(&format!("%{byte:02X}"));
        } else {
            out.push(char::from(byte));
        }
    }
    out
}

impl Url {
    pub(crate) fn check(text: &str) -> Result<(), Fault> {
        parse(text, true).map(|_| ()).map_err(|what| refused(text, what))
    }

    pub(crate) fn parse(text: &str) -> Result<Url, Fault> {
        Url::check(text)?;
        let (before, fragment) = text.split_once('#').unwrap_or((text, ""));
        let mut url = parse(before, false).map_err(|what| refused(text, what))?;
        if unescape(fragment, Mode::Fragment).is_none() {
            return Err(refused(text, "invalid URL escape"));
        }
        url.text = text.to_string();
        Ok(url)
    }

    fn split_port(&self) -> (&str, &str) {
        match self.host.rfind(':') {
            Some(colon) if valid_port(&self.host[colon..]) => (&self.host[..colon], &self.host[colon + 1..]),
            _ => (&self.host, ""),
        }
    }

    pub(crate) fn hostname(&self) -> &str {
        let (host, _) = self.split_port();
        host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
    }

    pub(crate) fn port(&self) -> &str {
        self.split_port().1
    }

    /// Names and values of the query in the order of the text; pairs that cannot be read are left out.
    pub(crate) fn query(&self) -> Vec<(String, String)> {
        let pairs = self.raw_query.split('&').filter(|pair| !pair.is_empty() && !pair.contains(';'));
        pairs
            .filter_map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                Some((lossy(unescape(name, Mode::Query)?), lossy(unescape(value, Mode::Query)?)))
            })
            .collect()
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
