//! Every function of the dialect and its overloads. One table, read by compiler and type checker.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::types::{self, Type};

/// One overload.
#[derive(Debug)]
pub(crate) struct Overload {
    pub func: Func,
    /// receiver first, if it is a member
    pub params: Vec<Type>,
    pub result: Type,
}

/// Overloads by name and by whether they are called on a receiver.
type Table = BTreeMap<(&'static str, bool), Vec<Overload>>;

macro_rules! functions {
    ($($name:ident: $text:literal,)*) => {
        /// Functions of the dialect.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum Func { $($name,)* }

        const TEXTS: &[(Func, &str)] = &[$((Func::$name, $text),)*];
    };
}

// `name(types) type` is a global function, `type:name(types) type` one with a receiver.
functions! {
    Size: "size(string) int; size(bytes) int; size(list<A>) int; size(map<A,B>) int; \
           string:size() int; bytes:size() int; list<A>:size() int; map<A,B>:size() int",
    Type: "type(A) type<A>",
    Dyn: "dyn(A) dyn",
    Bool: "bool(bool) bool; bool(string) bool",
    Bytes: "bytes(bytes) bytes; bytes(string) bytes",
    Double: "double(double) double; double(int) double; double(string) double; double(uint) double",
    Duration: "duration(duration) duration; duration(int) duration; duration(string) duration",
    Int: "int(int) int; int(double) int; int(duration) int; int(string) int; int(timestamp) int; int(uint) int",
    String: "string(string) string; string(bool) string; string(bytes) string; string(double) string; \
             string(duration) string; string(int) string; string(timestamp) string; string(uint) string; \
             string(ip) string; string(cidr) string",
    Timestamp: "timestamp(timestamp) timestamp; timestamp(int) timestamp; timestamp(string) timestamp",
    Uint: "uint(uint) uint; uint(double) uint; uint(int) uint; uint(string) uint",
    Contains: "string:contains(string) bool",
    StartsWith: "string:startsWith(string) bool",
    EndsWith: "string:endsWith(string) bool",
    Matches: "matches(string, string) bool; string:matches(string) bool",
    CharAt: "string:charAt(int) string",
    IndexOf: "string:indexOf(string) int; string:indexOf(string, int) int; list<A>:indexOf(A) int",
    LastIndexOf: "string:lastIndexOf(string) int; string:lastIndexOf(string, int) int; list<A>:lastIndexOf(A) int",
    LowerAscii: "string:lowerAscii() string",
    UpperAscii: "string:upperAscii() string",
    Replace: "string:replace(string, string) string; string:replace(string, string, int) string",
    Split: "string:split(string) list<string>; string:split(string, int) list<string>",
    Substring: "string:substring(int) string; string:substring(int, int) string",
    Trim: "string:trim() string",
    Join: "list<string>:join() string; list<string>:join(string) string",
    Quote: "strings.quote(string) string",
    Format: "string:format(list<dyn>) string",
    GetFullYear: "timestamp:getFullYear() int; timestamp:getFullYear(string) int",
    GetMonth: "timestamp:getMonth() int; timestamp:getMonth(string) int",
    GetDate: "timestamp:getDate() int; timestamp:getDate(string) int",
    GetDayOfMonth: "timestamp:getDayOfMonth() int; timestamp:getDayOfMonth(string) int",
    GetDayOfWeek: "timestamp:getDayOfWeek() int; timestamp:getDayOfWeek(string) int",
    GetDayOfYear: "timestamp:getDayOfYear() int; timestamp:getDayOfYear(string) int",
    GetHours: "timestamp:getHours() int; timestamp:getHours(string) int; duration:getHours() int",
    GetMinutes: "timestamp:getMinutes() int; timestamp:getMinutes(string) int; duration:getMinutes() int",
    GetSeconds: "timestamp:getSeconds() int; timestamp:getSeconds(string) int; duration:getSeconds() int",
    GetMilliseconds: "timestamp:getMilliseconds() int; timestamp:getMilliseconds(string) int; \
                      duration:getMilliseconds() int",
    OptionalOf: "optional.of(A) opt<A>",
    OptionalOfNonZero: "optional.ofNonZeroValue(A) opt<A>",
    OptionalNone: "optional.none() opt<A>",
    OptionalUnwrap: "optional.unwrap(list<opt<A>>) list<A>; list<opt<A>>:unwrapOpt() list<A>",
    HasValue: "opt<A>:hasValue() bool",
    OptionalValue: "opt<A>:value() A",
    OrValue: "opt<A>:orValue(A) A",
    Or: "opt<A>:or(opt<A>) opt<A>",
    First: "list<A>:first() opt<A>",
    Last: "list<A>:last() opt<A>",
    Quantity: "quantity(string) quantity",
    IsQuantity: "isQuantity(string) bool",
    QuantitySign: "sign(quantity) int",
    IsInteger: "quantity:isInteger() bool",
    AsInteger: "quantity:asInteger() int",
    AsApproximateFloat: "quantity:asApproximateFloat() double",
    Add: "quantity:add(quantity) quantity; quantity:add(int) quantity",
    Sub: "quantity:sub(quantity) quantity; quantity:sub(int) quantity",
    IsLessThan: "quantity:isLessThan(quantity) bool; semver:isLessThan(semver) bool",
    IsGreaterThan: "quantity:isGreaterThan(quantity) bool; semver:isGreaterThan(semver) bool",
    CompareTo: "quantity:compareTo(quantity) int; semver:compareTo(semver) int",
    IsSorted: "list<int>:isSorted() bool; list<uint>:isSorted() bool; list<double>:isSorted() bool; \
               list<bool>:isSorted() bool; list<duration>:isSorted() bool; list<timestamp>:isSorted() bool; \
               list<string>:isSorted() bool; list<bytes>:isSorted() bool",
    Sum: "list<int>:sum() int; list<uint>:sum() uint; list<double>:sum() double; list<duration>:sum() \
               duration",
    Min: "list<int>:min() int; list<uint>:min() uint; list<double>:min() double; list<bool>:min() bool; \
               list<duration>:min() duration; list<timestamp>:min() timestamp; list<string>:min() string; \
               list<bytes>:min() bytes",
    Max: "list<int>:max() int; list<uint>:max() uint; list<double>:max() double; list<bool>:max() bool; \
               list<duration>:max() duration; list<timestamp>:max() timestamp; list<string>:max() string; \
               list<bytes>:max() bytes",
    Sort: "list<int>:sort() list<int>; list<uint>:sort() list<uint>; list<double>:sort() list<double>; \
               list<bool>:sort() list<bool>; list<duration>:sort() list<duration>; list<timestamp>:sort() \
               list<timestamp>; list<string>:sort() list<string>; list<bytes>:sort() list<bytes>",
    Slice: "list<A>:slice(int, int) list<A>",
    Flatten: "list<list<A>>:flatten() list<A>; list<dyn>:flatten(int) list<dyn>",
    Distinct: "list<A>:distinct() list<A>",
    Reverse: "list<A>:reverse() list<A>",
    Range: "lists.range(int) list<int>",
    SetsContains: "sets.contains(list<A>, list<A>) bool",
    SetsEquivalent: "sets.equivalent(list<A>, list<A>) bool",
    SetsIntersects: "sets.intersects(list<A>, list<A>) bool",
    Find: "string:find(string) string",
    FindAll: "string:findAll(string) list<string>; string:findAll(string, int) list<string>",
    IsIp: "isIP(string) bool",
    Ip: "ip(string) ip",
    CidrIp: "cidr:ip() ip",
    Family: "ip:family() int",
    IpIsCanonical: "ip.isCanonical(string) bool",
    IsUnspecified: "ip:isUnspecified() bool",
    IsLoopback: "ip:isLoopback() bool",
    IsLinkLocalMulticast: "ip:isLinkLocalMulticast() bool",
    IsLinkLocalUnicast: "ip:isLinkLocalUnicast() bool",
    IsGlobalUnicast: "ip:isGlobalUnicast() bool",
    Cidr: "cidr(string) cidr",
    IsCidr: "isCIDR(string) bool",
    ContainsIp: "cidr:containsIP(string) bool; cidr:containsIP(ip) bool",
    ContainsCidr: "cidr:containsCIDR(string) bool; cidr:containsCIDR(cidr) bool",
    PrefixLength: "cidr:prefixLength() int",
    Masked: "cidr:masked() cidr",
    Url: "url(string) url",
    IsUrl: "isURL(string) bool",
    GetScheme: "url:getScheme() string",
    GetHost: "url:getHost() string",
    GetHostname: "url:getHostname() string",
    GetPort: "url:getPort() string",
    GetEscapedPath: "url:getEscapedPath() string",
    GetQuery: "url:getQuery() map<string, list<string>>",
    Semver: "semver(string) semver; semver(string, bool) semver",
    IsSemver: "isSemver(string) bool; isSemver(string, bool) bool",
    Major: "semver:major() int",
    Minor: "semver:minor() int",
    Patch: "semver:patch() int",
    Validate: "format:validate(string) opt<list<string>>",
    FormatNamed: "format.named(string) opt<format>",
    FormatDns1123Label: "format.dns1123Label() format",
    FormatDns1123Subdomain: "format.dns1123Subdomain() format",
    FormatDns1035Label: "format.dns1035Label() format",
    FormatQualifiedName: "format.qualifiedName() format",
    FormatDns1123LabelPrefix: "format.dns1123LabelPrefix() format",
    FormatDns1123SubdomainPrefix: "format.dns1123SubdomainPrefix() format",
    FormatDns1035LabelPrefix: "format.dns1035LabelPrefix() format",
    FormatLabelValue: "format.labelValue() format",
    FormatUri: "format.uri() format",
    FormatUuid: "format.uuid() format",
    FormatByte: "format.byte() format",
    FormatDate: "format.date() format",
    FormatDatetime: "format.datetime() format",
    // Operators and macros, for the type checker only: their names cannot be written as calls.
    Operator: "_+_(bytes, bytes) bytes; _+_(double, double) double; _+_(duration, duration) duration; \
               _+_(duration, timestamp) timestamp; _+_(timestamp, duration) timestamp; _+_(int, int) int; \
               _+_(list<A>, list<A>) list<A>; _+_(string, string) string; _+_(uint, uint) uint; \
               _-_(double, double) double; _-_(duration, duration) duration; _-_(int, int) int; \
               _-_(timestamp, duration) timestamp; _-_(timestamp, timestamp) duration; _-_(uint, uint) uint; \
               _*_(double, double) double; _*_(int, int) int; _*_(uint, uint) uint; \
               _/_(double, double) double; _/_(int, int) int; _/_(uint, uint) uint; \
               _%_(int, int) int; _%_(uint, uint) uint; \
               _==_(A, A) bool; _!=_(A, A) bool; \
               @in(A, list<A>) bool; @in(A, map<A, B>) bool; \
               !_(bool) bool; -_(int) int; -_(double) double; _?_:_(bool, A, A) A; \
               _[_](list<A>, int) A; _[_](map<A, B>, A) B; _[_](opt<list<A>>, int) opt<A>; \
               _[_](opt<map<A, B>>, A) opt<B>; \
               _[?_](list<A>, int) opt<A>; _[?_](map<A, B>, A) opt<B>; _[?_](opt<list<A>>, int) opt<A>; \
               _[?_](opt<map<A, B>>, A) opt<B>",
}

/// The table of all functions.
pub(crate) static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table::new();
    for &(func, text) in TEXTS {
        for one in text.split(';') {
            let (name, member, overload) = read(func, one.trim());
            table.entry((name, member)).or_default().push(overload);
        }
    }
    for name in ["_<_", "_<=_", "_>_", "_>=_"] {
        table.insert((name, false), comparisons());
    }
    let sorted = SORTABLE.map(|of| Overload {
        func: Func::Operator,
        params: vec![Type::list(Type::Param(0)), Type::list(of)],
        result: Type::list(Type::Param(0)),
    });
    table.insert(("@sortBy", true), sorted.into());
    table
});

/// Types whose values have an order.
const SORTABLE: [Type; 8] = [
    Type::Int,
    Type::Uint,
    Type::Double,
    Type::Bool,
    Type::Duration,
    Type::Timestamp,
    Type::String,
    Type::Bytes,
];

/// Values compare with their own type, numbers with all numbers.
fn comparisons() -> Vec<Overload> {
    let number = |of: &Type| matches!(of, Type::Int | Type::Uint | Type::Double);
    let mut out = Vec::new();
    for a in SORTABLE {
        for b in SORTABLE {
            if a == b || number(&a) && number(&b) {
                out.push(Overload { func: Func::Operator, params: vec![a.clone(), b], result: Type::Bool });
            }
        }
    }
    out
}

fn read(func: Func, text: &'static str) -> (&'static str, bool, Overload) {
    let open = text.find('(').unwrap_or(text.len());
    let close = text.rfind(')').unwrap_or(text.len());
    // The conditional operator has a colon in its name.
    let (receiver, name) = match text[..open].split_once(':').filter(|_| !text.starts_with('_')) {
        Some((receiver, name)) => (Some(receiver), name),
        None => (None, &text[..open]),
    };
    let mut params: Vec<Type> = receiver.map(types::read).into_iter().collect();
    let arguments = text[open..close].trim_start_matches('(');
    if !arguments.is_empty() {
        params.extend(split_types(arguments).into_iter().map(types::read));
    }
    let result = types::read(text[close..].trim_start_matches(')'));
    (name, receiver.is_some(), Overload { func, params, result })
}

/// Splits at commas outside of `<>`.
fn split_types(text: &str) -> Vec<&str> {
    let (mut depth, mut from, mut out) = (0usize, 0, Vec::new());
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'<' => depth += 1,
            b'>' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                out.push(&text[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    out.push(&text[from..]);
    out
}

/// Overloads under a name.
pub(crate) fn overloads(name: &str, member: bool) -> &'static [Overload] {
    // The table's keys live forever, the name does not: look it up by a range over the same key type.
    TABLE
        .iter()
        .find(|((found, found_member), _)| *found == name && *found_member == member)
        .map_or(&[], |(_, overloads)| overloads)
}
