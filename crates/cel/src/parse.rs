//! From tokens to the tree. The grammar is the one of CEL; macros are handed to `macros`.

use crate::ast::{Ast, BinaryOp, ExprId, ExprKind, Literal, Node, UnaryOp};
use crate::error::CompileError;
use crate::lex::{Spanned, Token, tokens};
use crate::macros;

/// Longest source, in characters.
pub(crate) const MAX_SOURCE: usize = 100_000;
/// How often an expression may stand inside of another one in the source.
const MAX_NESTING: usize = 250;
/// Levels of the tree; every later pass may recurse once per level.
const MAX_DEPTH: u32 = 251;

/// Words that may not name a variable.
const RESERVED: [&str; 17] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

type Parsed<T> = Result<T, CompileError>;

pub(crate) struct Parser<'s> {
    pub source: &'s str,
    /// `cel.bind` is known
    pub bindings: bool,
    tokens: Vec<Spanned>,
    at: usize,
    nodes: Vec<Node>,
    nesting: usize,
}

/// Parses a whole source.
pub(crate) fn parse(source: &str, bindings: bool) -> Parsed<Ast> {
    if source.chars().count() > MAX_SOURCE {
        return Err(CompileError::new(
            source,
            0,
            format!("the expression has more than {MAX_SOURCE} characters"),
        ));
    }
    let tokens = tokens(source)?;
    let mut parser = Parser { source, bindings, tokens, at: 0, nodes: Vec::new(), nesting: 0 };
    let root = parser.expr()?;
    match parser.peek() {
        Token::End => Ok(Ast { nodes: parser.nodes, root }),
        _ => Err(parser.unexpected("the end of the expression")),
    }
}

impl Parser<'_> {
    fn peek(&self) -> &Token {
        &self.tokens[self.at].token
    }

    fn ahead(&self, by: usize) -> &Token {
        let last = self.tokens.len() - 1;
        &self.tokens[(self.at + by).min(last)].token
    }

    fn start(&self) -> usize {
        self.tokens[self.at].start
    }

    /// End of the token before the cursor.
    fn end(&self) -> usize {
        self.at.checked_sub(1).map_or(0, |at| self.tokens[at].end)
    }

    fn next(&mut self) -> Spanned {
        let token = self.tokens[self.at].clone();
        if self.at + 1 < self.tokens.len() {
            self.at += 1;
        }
        token
    }

    fn is(&self, op: &str) -> bool {
        matches!(self.peek(), Token::Op(found) if *found == op)
    }

    fn eat(&mut self, op: &str) -> bool {
        let found = self.is(op);
        if found {
            self.at += 1;
        }
        found
    }

    fn expect(&mut self, op: &str) -> Parsed<()> {
        if self.eat(op) { Ok(()) } else { Err(self.unexpected(&format!("`{op}`"))) }
    }

    pub fn error(&self, offset: usize, message: impl Into<String>) -> CompileError {
        CompileError::new(self.source, offset, message)
    }

    fn unexpected(&self, wanted: &str) -> CompileError {
        let token = &self.tokens[self.at];
        let shown = match token.token {
            Token::End => "the end".to_string(),
            _ => format!("`{}`", &self.source[token.start..token.end]),
        };
        self.error(token.start, format!("syntax error: found {shown}, expected {wanted}"))
    }

    pub fn node(&self, id: ExprId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    pub fn add(&mut self, kind: ExprKind, at: usize, start: usize) -> Parsed<ExprId> {
        let mut depth = 0;
        kind.children(|id| depth = depth.max(self.nodes[id.0 as usize].depth));
        if depth >= MAX_DEPTH {
            return Err(self.error(at, format!("the expression is nested more than {MAX_DEPTH} levels deep")));
        }
        let id = ExprId(self.nodes.len() as u32);
        self.nodes.push(Node { kind, at, start, end: self.end(), depth: depth + 1 });
        Ok(id)
    }

    pub fn expr(&mut self) -> Parsed<ExprId> {
        if self.nesting == MAX_NESTING {
            return Err(
                self.error(self.start(), format!("more than {MAX_NESTING} expressions inside each other"))
            );
        }
        self.nesting += 1;
        let result = self.conditional();
        self.nesting -= 1;
        result
    }

    fn conditional(&mut self) -> Parsed<ExprId> {
        let start = self.start();
        let condition = self.or()?;
        let at = self.start();
        if !self.eat("?") {
            return Ok(condition);
        }
        let yes = self.or()?;
        self.expect(":")?;
        let no = self.expr()?;
        self.add(ExprKind::Cond(condition, yes, no), at, start)
    }

    fn or(&mut self) -> Parsed<ExprId> {
        let (start, mut at) = (self.start(), None);
        let mut terms = vec![self.and()?];
        while self.is("||") {
            at = at.or(Some(self.start()));
            self.at += 1;
            terms.push(self.and()?);
        }
        match at {
            Some(at) => self.add(ExprKind::Or(terms), at, start),
            None => Ok(terms[0]),
        }
    }

    fn and(&mut self) -> Parsed<ExprId> {
        let (start, mut at) = (self.start(), None);
        let mut terms = vec![self.binary(0)?];
        while self.is("&&") {
            at = at.or(Some(self.start()));
            self.at += 1;
            terms.push(self.binary(0)?);
        }
        match at {
            Some(at) => self.add(ExprKind::And(terms), at, start),
            None => Ok(terms[0]),
        }
    }

    fn operator(&self) -> Option<(BinaryOp, u8)> {
        Some(match self.peek() {
            Token::In => (BinaryOp::In, 0),
            Token::Op(op) => match *op {
                "==" => (BinaryOp::Eq, 0),
                "!=" => (BinaryOp::Ne, 0),
                "<" => (BinaryOp::Lt, 0),
                "<=" => (BinaryOp::Le, 0),
                ">" => (BinaryOp::Gt, 0),
                ">=" => (BinaryOp::Ge, 0),
                "+" => (BinaryOp::Add, 1),
                "-" => (BinaryOp::Sub, 1),
                "*" => (BinaryOp::Mul, 2),
                "/" => (BinaryOp::Div, 2),
                "%" => (BinaryOp::Rem, 2),
                _ => return None,
            },
            _ => return None,
        })
    }

    /// Operators that bind at least as tight as `min`, all of them to the left.
    fn binary(&mut self, min: u8) -> Parsed<ExprId> {
        let start = self.start();
        let mut left = self.unary()?;
        while let Some((op, binds)) = self.operator().filter(|(_, binds)| *binds >= min) {
            let at = self.start();
            self.at += 1;
            let right = self.binary(binds + 1)?;
            left = self.add(ExprKind::Binary(op, left, right), at, start)?;
        }
        Ok(left)
    }

    fn unary(&mut self) -> Parsed<ExprId> {
        let start = self.start();
        let (sign, op) = match self.peek() {
            Token::Op("!") => ("!", UnaryOp::Not),
            Token::Op("-") => ("-", UnaryOp::Negate),
            _ => return self.member(),
        };
        if op == UnaryOp::Negate && matches!(self.ahead(1), Token::Int(_) | Token::Float(_)) {
            return self.member();
        }
        let mut count = 0;
        while self.eat(sign) {
            count += 1;
        }
        let operand = self.member()?;
        if count % 2 == 0 { Ok(operand) } else { self.add(ExprKind::Unary(op, operand), start, start) }
    }

    fn member(&mut self) -> Parsed<ExprId> {
        let start = self.start();
        let mut left = self.primary()?;
        loop {
            let at = self.start();
            if self.eat(".") {
                let optional = self.eat("?");
                let name = self.name()?;
                let call_at = self.start();
                if !optional && self.eat("(") {
                    let args = self.arguments()?;
                    left = self.call(Some(left), name, args, call_at, start)?;
                } else {
                    let select = ExprKind::Select { operand: left, field: name, optional, test: false };
                    left = self.add(select, at, start)?;
                }
            } else if self.eat("[") {
                let optional = self.eat("?");
                let index = self.expr()?;
                self.expect("]")?;
                left = self.add(ExprKind::Index { operand: left, index, optional }, at, start)?;
            } else {
                return Ok(left);
            }
        }
    }

    fn name(&mut self) -> Parsed<String> {
        match self.peek() {
            Token::Ident(name) => {
                let name = name.clone();
                self.at += 1;
                Ok(name)
            }
            Token::Quoted => Err(self.error(self.start(), "a quoted field name is not part of the dialect")),
            _ => Err(self.unexpected("a name")),
        }
    }

    /// The rest of an argument list after its opening parenthesis.
    fn arguments(&mut self) -> Parsed<Vec<ExprId>> {
        let mut args = Vec::new();
        if self.eat(")") {
            return Ok(args);
        }
        loop {
            args.push(self.expr()?);
            if !self.eat(",") {
                self.expect(")")?;
                return Ok(args);
            }
        }
    }

    fn call(
        &mut self,
        target: Option<ExprId>,
        name: String,
        args: Vec<ExprId>,
        at: usize,
        start: usize,
    ) -> Parsed<ExprId> {
        if let Some(expanded) = macros::expand(self, target, &name, &args, at, start)? {
            return Ok(expanded);
        }
        self.add(ExprKind::Call { target, function: name, args }, at, start)
    }

    fn primary(&mut self) -> Parsed<ExprId> {
        let start = self.start();
        match self.peek() {
            Token::Op("(") => {
                self.at += 1;
                let inner = self.expr()?;
                self.expect(")")?;
                Ok(inner)
            }
            Token::Op("[") => self.list(),
            Token::Op("{") => self.map(),
            Token::Op(".") | Token::Ident(_) => self.ident(),
            Token::Op("-") => {
                self.at += 1;
                let token = self.next();
                self.number(token.token, true, start)
            }
            Token::Int(_) | Token::Uint(_) | Token::Float(_) => {
                let token = self.next();
                self.number(token.token, false, start)
            }
            Token::Str(_) | Token::Bytes(_) | Token::True | Token::False | Token::Null => {
                let literal = match self.next().token {
                    Token::Str(text) => Literal::Str(text),
                    Token::Bytes(bytes) => Literal::Bytes(bytes),
                    Token::True => Literal::Bool(true),
                    Token::False => Literal::Bool(false),
                    _ => Literal::Null,
                };
                self.add(ExprKind::Literal(literal), start, start)
            }
            _ => Err(self.unexpected("an expression")),
        }
    }

    fn number(&mut self, token: Token, negative: bool, start: usize) -> Parsed<ExprId> {
        let signed = |digits: &str| if negative { format!("-{digits}") } else { digits.to_string() };
        let literal = match &token {
            Token::Int(digits) => match digits.strip_prefix("0x") {
                Some(hex) => i64::from_str_radix(&signed(hex), 16).ok().map(Literal::Int),
                None => signed(digits).parse().ok().map(Literal::Int),
            },
            Token::Uint(digits) => match digits.strip_prefix("0x") {
                Some(hex) => u64::from_str_radix(hex, 16).ok().map(Literal::Uint),
                None => digits.parse().ok().map(Literal::Uint),
            },
            Token::Float(digits) => {
                signed(digits).parse().ok().filter(|value: &f64| value.is_finite()).map(Literal::Double)
            }
            _ => None,
        };
        match literal {
            Some(literal) => self.add(ExprKind::Literal(literal), start, start),
            None => Err(self.error(start, "the number is outside of its type's range")),
        }
    }

    fn list(&mut self) -> Parsed<ExprId> {
        let start = self.start();
        self.at += 1;
        let mut items = Vec::new();
        if self.is(",") {
            self.at += 1;
            self.expect("]")?;
            return self.add(ExprKind::List(items), start, start);
        }
        while !self.eat("]") {
            let optional = self.eat("?");
            items.push((optional, self.expr()?));
            if !self.eat(",") {
                self.expect("]")?;
                break;
            }
        }
        self.add(ExprKind::List(items), start, start)
    }

    fn map(&mut self) -> Parsed<ExprId> {
        let start = self.start();
        self.at += 1;
        let mut entries = Vec::new();
        if self.is(",") {
            self.at += 1;
            self.expect("}")?;
            return self.add(ExprKind::Map(entries), start, start);
        }
        while !self.eat("}") {
            let optional = self.eat("?");
            let key = self.expr()?;
            self.expect(":")?;
            entries.push((optional, key, self.expr()?));
            if !self.eat(",") {
                self.expect("}")?;
                break;
            }
        }
        self.add(ExprKind::Map(entries), start, start)
    }

    /// A name, a call of a global function, or a message constructor.
    fn ident(&mut self) -> Parsed<ExprId> {
        let start = self.start();
        let dot = if self.eat(".") { "." } else { "" };
        let name = self.name()?;
        if let Some(message) = self.message(dot, &name, start)? {
            return Ok(message);
        }
        let at = self.start();
        if self.eat("(") {
            let args = self.arguments()?;
            return self.call(None, format!("{dot}{name}"), args, at, start);
        }
        if RESERVED.contains(&name.as_str()) {
            return Err(self.error(start, format!("`{name}` is reserved and names no variable")));
        }
        self.add(ExprKind::Ident(format!("{dot}{name}")), start, start)
    }

    /// `a.b.C{field: value}`; leaves the cursor alone where no such thing stands.
    fn message(&mut self, dot: &str, first: &str, start: usize) -> Parsed<Option<ExprId>> {
        let mut name = format!("{dot}{first}");
        let mut ahead = 0;
        while let (Token::Op("."), Token::Ident(part)) = (self.ahead(ahead), self.ahead(ahead + 1)) {
            name.push('.');
            name.push_str(part);
            ahead += 2;
        }
        if !matches!(self.ahead(ahead), Token::Op("{")) {
            return Ok(None);
        }
        self.at += ahead;
        let at = self.start();
        self.at += 1;
        let mut fields = Vec::new();
        while !self.eat("}") {
            let optional = self.eat("?");
            let field = self.name()?;
            self.expect(":")?;
            fields.push((optional, field, self.expr()?));
            if !self.eat(",") {
                self.expect("}")?;
                break;
            }
        }
        self.add(ExprKind::Message(name, fields), at, start).map(Some)
    }
}
