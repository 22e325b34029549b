//! Random expressions over real items: most of them well-typed where types are known, many of them wrong at run time.

use nachweis_canon::Json;
use nachweis_testkit::Random;

/// A node: texts around its children.
#[derive(Clone, Debug)]
pub struct Node {
    pieces: Vec<String>,
    pub kids: Vec<Node>,
}

impl Node {
    /// `{}` stands for a child.
    pub fn new(template: &str, kids: Vec<Node>) -> Node {
        let pieces: Vec<String> = template.split("{}").map(str::to_string).collect();
        assert_eq!(pieces.len(), kids.len() + 1, "{template}");
        Node { pieces, kids }
    }

    fn leaf(text: impl Into<String>) -> Node {
        Node { pieces: vec![text.into()], kids: Vec::new() }
    }

    /// The source.
    pub fn text(&self) -> String {
        let mut out = self.pieces[0].clone();
        for (kid, piece) in self.kids.iter().zip(&self.pieces[1..]) {
            out += &kid.text();
            out += piece;
        }
        out
    }

    /// The smallest expression that is still `bad`, found by putting children in the place of their parents.
    pub fn shrink(mut self, bad: &dyn Fn(&str) -> bool) -> Node {
        loop {
            let smaller = self.smaller().into_iter().find(|node| bad(&node.text()));
            match smaller {
                Some(node) => self = node,
                None => return self,
            }
        }
    }

    fn smaller(&self) -> Vec<Node> {
        let mut out = self.kids.clone();
        for (at, kid) in self.kids.iter().enumerate() {
            for smaller in kid.smaller() {
                let mut node = self.clone();
                node.kids[at] = smaller;
                out.push(node);
            }
        }
        out
    }
}

/// Static types that the generator keeps apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    Bool,
    Int,
    Uint,
    Double,
    Str,
    List,
    Map,
    Optional,
    Time,
    Span,
    Quantity,
    Semver,
    Ip,
    Cidr,
    /// known at run time only
    Any,
}

const ALL: [Of; 14] = [
    Of::Bool,
    Of::Int,
    Of::Uint,
    Of::Double,
    Of::Str,
    Of::List,
    Of::Map,
    Of::Optional,
    Of::Time,
    Of::Span,
    Of::Quantity,
    Of::Semver,
    Of::Ip,
    Of::Cidr,
];

/// Makes expressions over one document.
pub struct Maker<'m> {
    pub random: &'m mut Random,
    pub object: &'m Json<'m>,
    names: Vec<&'static str>,
}

fn quote(text: &str) -> String {
    let mut out = String::from("'");
    for c in text.chars() {
        match c {
            '\'' | '\\' => out.extend(['\\', c]),
            '\n' => out += "\\n",
            '\r' => out += "\\r",
            c => out.push(c),
        }
    }
    out + "'"
}

fn is_name(key: &str) -> bool {
    let reserved =
        ["in", "as", "true", "false", "null", "for", "if", "namespace", "var", "const", "function"];
    !key.is_empty()
        && !key.starts_with(|c: char| c.is_ascii_digit())
        && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !reserved.contains(&key)
}

impl<'m> Maker<'m> {
    pub fn new(random: &'m mut Random, object: &'m Json<'m>) -> Self {
        Maker { random, object, names: Vec::new() }
    }

    /// A whole expression.
    pub fn any(&mut self) -> Node {
        let depth = 1 + self.random.below(4);
        match self.random.below(3) {
            0 => self.of(Of::Any, depth),
            1 => self.of(Of::Bool, depth),
            _ => {
                let of = *self.random.pick(&ALL);
                self.of(of, depth)
            }
        }
    }

    /// A way into the document; sometimes one that is not there, sometimes an optional one.
    fn path(&mut self) -> Node {
        let mut here = self.object;
        let mut text = "object".to_string();
        for _ in 0..self.random.below(7) {
            let wrong = self.random.one_in(25);
            let mark = if self.random.one_in(8) { "?" } else { "" };
            match here {
                Json::Obj(members) if !members.is_empty() => {
                    let (key, value) = members.at(self.random.below(members.len())).unwrap();
                    here = value;
                    let key = if wrong { "missing" } else { key };
                    if is_name(key) && !self.random.one_in(6) {
                        text += &format!(".{mark}{key}");
                    } else {
                        text += &format!("[{mark}{}]", quote(key));
                    }
                }
                Json::Arr(items) if !items.is_empty() => {
                    let at = self.random.below(items.len());
                    here = &items[at];
                    let at = if wrong { items.len() } else { at };
                    text += &format!("[{mark}{at}]");
                }
                _ if self.random.one_in(6) => text += [".name", "[0]", "['a']"][self.random.below(3)],
                _ => break,
            }
        }
        Node::leaf(text)
    }

    fn dynamic(&mut self) -> Node {
        if !self.names.is_empty() && self.random.one_in(2) {
            let name = *self.random.pick(&self.names);
            return match self.random.below(4) {
                0 => Node::leaf(format!("{name}.name")),
                1 => Node::leaf(format!("{name}.?image")),
                _ => Node::leaf(name),
            };
        }
        match self.random.below(12) {
            0 => Node::leaf("params.names"),
            1 => Node::leaf("params.labels"),
            2 => Node::leaf("namespaceObject.metadata.labels"),
            3 => Node::leaf("related.list"),
            4 => Node::leaf("params.days"),
            _ => self.path(),
        }
    }

    /// An expression of a static type, or one whose type is known at run time only.
    pub fn of(&mut self, of: Of, depth: usize) -> Node {
        if of == Of::Any {
            return match self.random.below(if depth == 0 { 1 } else { 4 }) {
                0 | 1 => self.dynamic(),
                _ => {
                    let of = *self.random.pick(&ALL);
                    Node::new("dyn({})", vec![self.of(of, depth - 1)])
                }
            };
        }
        // What is dynamic fits everywhere, and is often wrong when it comes.
        if self.random.one_in(5) {
            return self.of(Of::Any, depth.saturating_sub(1));
        }
        if depth == 0 {
            return self.literal(of);
        }
        let templates = templates(of);
        let (template, kids) = templates[self.random.below(templates.len())];
        if let Some(template) = template.strip_prefix('@') {
            // The last child sees the macro's variables.
            let names = ["x", "y"];
            let range = self.of(kids[0], depth - 1);
            let name = names[self.names.len() % 2];
            let mut all = vec![range];
            self.names.push(name);
            for kid in &kids[1..] {
                all.push(self.of(*kid, depth - 1));
            }
            self.names.pop();
            return Node::new(&template.replace('$', name), all);
        }
        let kids = kids.iter().map(|kid| self.of(*kid, depth - 1)).collect();
        Node::new(template, kids)
    }

    fn literal(&mut self, of: Of) -> Node {
        let texts: &[&str] = match of {
            Of::Bool => &["true", "false"],
            Of::Int => &["0", "1", "-1", "2", "3", "100", "9223372036854775807", "-9223372036854775808"],
            Of::Uint => &["0u", "1u", "3u", "18446744073709551615u"],
            Of::Double => &["0.0", "1.0", "-0.5", "2.5", "1e300", "9007199254740993.0"],
            Of::Str => &[
                "''",
                "'a'",
                "'name'",
                "'kube-system'",
                "'ä€😀'",
                "'latest'",
                "':'",
                "'1'",
                "'10m'",
                "r'a.b'",
                "'-'",
            ],
            Of::List => {
                &["[]", "[1, 2, 3]", "['a', 'b']", "[[1], [2, 3]]", "[true]", "[1.5, 2.5]", "['a', 'a']"]
            }
            Of::Map => &["{}", "{'a': 1}", "{'name': 'a', 'b': 'c'}", "{1: 'a', 2: 'b'}", "{true: 1}"],
            Of::Optional => &["optional.none()", "optional.of(1)", "optional.of('a')"],
            Of::Time => {
                &["asOf", "timestamp('2026-03-29T01:59:59.5Z')", "timestamp('1999-12-31T23:59:59+05:30')"]
            }
            Of::Span => &["duration('1h')", "duration('-1.5s')", "duration('26280h')"],
            Of::Quantity => &["quantity('1Gi')", "quantity('100m')", "quantity('-2')", "quantity('1e3')"],
            Of::Semver => &["semver('1.2.3')", "semver('1.2.3-rc.1')", "semver('1.10.0')"],
            Of::Ip => &["ip('10.0.0.1')", "ip('::1')", "ip('192.168.1.255')"],
            Of::Cidr => &["cidr('10.0.0.0/8')", "cidr('fd00::/8')", "cidr('192.168.1.7/24')"],
            Of::Any => &["object"],
        };
        if of == Of::Time && *self.random.pick(&[true, false]) {
            // The instant is a variable, hence dynamic to the type checker.
            return Node::leaf(texts[1 + self.random.below(texts.len() - 1)]);
        }
        Node::leaf(texts[self.random.below(texts.len())])
    }
}

/// Expressions that give a type, `{}` for each operand. `@`: a macro whose variable is `$`.
#[rustfmt::skip]
fn templates(of: Of) -> &'static [(&'static str, &'static [Of])] {
    use Of::*;
    match of {
        Bool => &[
            ("({} && {})", &[Bool, Bool]), ("({} || {})", &[Bool, Bool]), ("!({})", &[Bool]),
            ("({} ? {} : {})", &[Bool, Bool, Bool]),
            ("({} == {})", &[Int, Int]), ("({} == {})", &[Str, Str]), ("({} == {})", &[Any, Any]),
            ("({} != {})", &[Any, Any]), ("({} == {})", &[Any, Str]), ("(dyn({}) == {})", &[List, Any]),
            ("({} < {})", &[Int, Int]), ("({} <= {})", &[Any, Int]), ("({} > {})", &[Str, Str]),
            ("({} >= {})", &[Any, Any]), ("({} < {})", &[Time, Time]), ("({} >= {})", &[Span, Span]),
            ("({} < {})", &[Double, Any]), ("({} in {})", &[Any, List]), ("({} in {})", &[Str, Map]),
            ("({} in {})", &[Any, Any]), ("has({}.name)", &[Any]), ("has(object.metadata.labels)", &[]),
            ("has(object.spec)", &[]), ("has({}.a)", &[Map]),
            ("@{}.all($, {})", &[List, Bool]), ("@{}.exists($, {})", &[List, Bool]),
            ("@{}.exists_one($, {})", &[List, Bool]), ("@{}.all($, {})", &[Any, Bool]),
            ("@{}.exists($, {})", &[Any, Bool]), ("@{}.all(i, $, {})", &[Any, Bool]),
            ("@{}.exists($, v, {})", &[Map, Bool]),
            ("{}.contains({})", &[Str, Str]), ("{}.startsWith({})", &[Str, Str]), ("{}.endsWith({})", &[Any, Str]),
            ("{}.matches('^[a-z-]+$')", &[Str]), ("{}.hasValue()", &[Optional]),
            ("{}.orValue(false)", &[Any]), ("{}.isSorted()", &[Any]), ("sets.contains({}, {})", &[Any, Any]),
            ("sets.intersects({}, {})", &[List, Any]), ("sets.equivalent({}, {})", &[Any, Any]),
            ("{}.isLessThan({})", &[Quantity, Quantity]), ("{}.isGreaterThan({})", &[Semver, Semver]),
            ("isQuantity({})", &[Str]), ("isIP({})", &[Str]), ("isSemver({})", &[Any]), ("isCIDR({})", &[Str]),
            ("{}.containsIP({})", &[Cidr, Ip]), ("{}.isLoopback()", &[Ip]), ("bool({})", &[Any]),
            ("(type({}) == {})", &[Any, Any]), ("{}.containsIP({})", &[Cidr, Str]),
        ],
        Int => &[
            ("({} + {})", &[Int, Int]), ("({} - {})", &[Int, Int]), ("({} * {})", &[Int, Int]),
            ("({} / {})", &[Int, Int]), ("({} % {})", &[Int, Int]), ("-({})", &[Int]), ("size({})", &[Any]),
            ("{}.size()", &[Str]), ("{}.size()", &[List]), ("{}.size()", &[Map]), ("int({})", &[Any]),
            ("int({})", &[Str]), ("int({})", &[Double]), ("{}.indexOf({})", &[Str, Str]),
            ("{}.lastIndexOf({})", &[Str, Str]), ("{}.getFullYear()", &[Time]), ("{}.getDayOfYear()", &[Time]),
            ("{}.getHours('Europe/Berlin')", &[Time]), ("{}.getDayOfWeek()", &[Time]), ("{}.getSeconds()", &[Span]),
            ("{}.compareTo({})", &[Quantity, Quantity]), ("{}.major()", &[Semver]), ("{}.family()", &[Ip]),
            ("({} ? {} : {})", &[Bool, Int, Int]), ("{}.sum()", &[Any]), ("{}.prefixLength()", &[Cidr]),
            ("{}.orValue(0)", &[Any]), ("{}.getMinutes()", &[Any]), ("{}.indexOf({})", &[Any, Any]),
        ],
        Uint => &[("({} + {})", &[Uint, Uint]), ("uint({})", &[Any]), ("({} - {})", &[Uint, Uint]), ("({} % {})", &[Uint, Uint])],
        Double => &[
            ("({} + {})", &[Double, Double]), ("({} / {})", &[Double, Double]), ("double({})", &[Any]),
            ("-({})", &[Double]), ("({} * {})", &[Any, Double]), ("double({})", &[Int]), ("double({})", &[Uint]),
        ],
        Str => &[
            ("({} + {})", &[Str, Str]), ("string({})", &[Any]), ("string({})", &[Int]), ("string({})", &[Time]),
            ("string({})", &[Span]), ("string({})", &[Double]), ("{}.substring({})", &[Str, Int]),
            ("{}.substring({}, {})", &[Str, Int, Int]), ("{}.charAt({})", &[Str, Int]),
            ("{}.lowerAscii()", &[Str]), ("{}.upperAscii()", &[Any]), ("{}.trim()", &[Str]),
            ("{}.replace({}, {})", &[Str, Str, Str]), ("{}.join({})", &[Any, Str]), ("{}.join()", &[Any]),
            ("{}.orValue('')", &[Any]), ("({} ? {} : {})", &[Bool, Str, Str]), ("{}.find('[a-z]+')", &[Str]),
            ("{}.replace({}, {}, {})", &[Str, Str, Str, Int]), ("string({})", &[Ip]), ("string({})", &[Cidr]),
        ],
        List => &[
            ("[{}, {}]", &[Any, Any]), ("[?{}, {}]", &[Any, Any]), ("@{}.map($, {})", &[Any, Any]),
            ("@{}.map($, {}, {})", &[List, Bool, Any]), ("@{}.filter($, {})", &[Any, Bool]),
            ("(dyn({}) + {})", &[List, Any]), ("{}.split({})", &[Str, Str]), ("{}.split({}, {})", &[Str, Str, Int]),
            ("{}.distinct()", &[Any]), ("{}.flatten()", &[Any]), ("{}.reverse()", &[Any]), ("{}.sort()", &[Any]),
            ("{}.slice({}, {})", &[Any, Int, Int]), ("@{}.transformList(i, $, {})", &[Any, Any]),
            ("{}.findAll('[a-z]+')", &[Str]), ("@{}.sortBy($, {})", &[Any, Any]), ("{}.orValue([])", &[Any]),
            ("lists.range({} % 7)", &[Int]), ("@{}.filter($, {})", &[Map, Bool]),
        ],
        Map => &[
            ("{'a': {}, 'b': {}}", &[Any, Any]), ("{?'a': {}, 'b': {}}", &[Any, Any]), ("{{}: {}}", &[Any, Any]),
            ("@{}.transformMap(k, $, {})", &[Any, Any]), ("@{}.transformMap(k, $, {}, {})", &[Any, Bool, Any]),
            ("@{}.transformMapEntry(k, $, {'a': {}})", &[Any, Any]), ("{}.orValue({'a': 1})", &[Any]),
        ],
        Optional => &[
            ("optional.of({})", &[Any]), ("optional.ofNonZeroValue({})", &[Any]), ("{}.?a", &[Map]),
            ("{}[?{}]", &[Any, Any]), ("{}.?name", &[Any]), ("@{}.optMap($, {})", &[Any, Any]),
            ("@{}.optFlatMap($, optional.of({}))", &[Any, Any]), ("{}.or({})", &[Any, Any]), ("{}.first()", &[Any]),
            ("{}.last()", &[Any]), ("{}.?metadata.?labels", &[Any]),
        ],
        Time => &[("timestamp({})", &[Any]), ("({} + {})", &[Time, Span]), ("({} - {})", &[Time, Span]), ("timestamp({})", &[Int])],
        Span => &[("duration({})", &[Str]), ("({} + {})", &[Span, Span]), ("({} - {})", &[Span, Span]), ("({} - {})", &[Time, Time])],
        Quantity => &[("quantity({})", &[Any]), ("{}.add({})", &[Quantity, Quantity]), ("{}.sub({})", &[Quantity, Int])],
        Semver => &[("semver({})", &[Any]), ("semver({}, true)", &[Str])],
        Ip => &[("ip({})", &[Any]), ("{}.ip()", &[Cidr])],
        Cidr => &[("cidr({})", &[Any]), ("{}.masked()", &[Cidr])],
        Any => &[("{}", &[Any])],
    }
}
