//! Tokens to a tree, by recursive descent after the grammar of the CEL specification.

use super::ast::Expr;
use super::lex::{MINUS_ONLY, Token, tokens};
use super::macros;
use super::value::Value;

/// The text is no expression, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(pub String);

/// Expressions that may stand inside each other.
const MAX_DEPTH: usize = 200;

/// Operators, calls and brackets of one source: no tree can be deeper than this, so that walking it is safe.
const MAX_STEPS: usize = 1_000;

/// Words that no variable may have as its name.
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
    "in",
    "let",
    "loop",
    "namespace",
    "package",
    "return",
    "var",
    "void",
];

/// Words that are not even fields.
const KEYWORDS: [&str; 4] = ["true", "false", "null", "in"];

/// Reads an expression.
pub fn parse(source: &str) -> Result<Expr, Refused> {
    let mut parser = Parser { tokens: tokens(source)?, at: 0, depth: 0, steps: 0 };
    let expr = parser.expression()?;
    match parser.tokens.get(parser.at) {
        None => Ok(expr),
        Some(token) => Err(Refused(format!("{token:?} after the end of the expression"))),
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    steps: usize,
}

type Parsed = Result<Expr, Refused>;

impl Parser {
    fn sign(&self) -> &str {
        match self.tokens.get(self.at) {
            Some(Token::Sign(sign)) => sign,
            _ => "",
        }
    }

    /// Takes the sign if it stands here.
    fn eat(&mut self, sign: &str) -> bool {
        let here = self.sign() == sign;
        self.at += usize::from(here);
        here
    }

    fn expect(&mut self, sign: &str) -> Result<(), Refused> {
        if self.eat(sign) { Ok(()) } else { Err(Refused(format!("`{sign}` is missing"))) }
    }

    fn deeper(&mut self) -> Result<(), Refused> {
        self.steps += 1;
        if self.steps > MAX_STEPS { Err(Refused("too long".into())) } else { Ok(()) }
    }

    fn expression(&mut self) -> Parsed {
        self.deeper()?;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Refused("nested too deeply".into()));
        }
        let mut out = self.or()?;
        if self.eat("?") {
            let yes = self.or()?;
            self.expect(":")?;
            let no = self.expression()?;
            out = Expr::Choice(Box::new(out), Box::new(yes), Box::new(no));
        }
        self.depth -= 1;
        Ok(out)
    }

    fn or(&mut self) -> Parsed {
        let mut out = self.and()?;
        while self.eat("||") {
            self.deeper()?;
            out = Expr::Or(Box::new(out), Box::new(self.and()?));
        }
        Ok(out)
    }

    fn and(&mut self) -> Parsed {
        let mut out = self.relation()?;
        while self.eat("&&") {
            self.deeper()?;
            out = Expr::And(Box::new(out), Box::new(self.relation()?));
        }
        Ok(out)
    }

    /// The operator of `among` that stands here.
    fn operator(&mut self, among: &[&'static str]) -> Option<&'static str> {
        let found = match self.tokens.get(self.at)? {
            Token::Sign(sign) => among.iter().find(|known| *known == sign),
            Token::Name(name) => among.iter().find(|known| *known == name),
            Token::Literal(_) => None,
        };
        self.at += usize::from(found.is_some());
        found.copied()
    }

    fn relation(&mut self) -> Parsed {
        let mut out = self.sum()?;
        while let Some(operator) = self.operator(&["<", "<=", ">", ">=", "==", "!=", "in"]) {
            self.deeper()?;
            out = Expr::Binary(operator, Box::new(out), Box::new(self.sum()?));
        }
        Ok(out)
    }

    fn sum(&mut self) -> Parsed {
        let mut out = self.product()?;
        while let Some(operator) = self.operator(&["+", "-"]) {
            self.deeper()?;
            out = Expr::Binary(operator, Box::new(out), Box::new(self.product()?));
        }
        Ok(out)
    }

    fn product(&mut self) -> Parsed {
        let mut out = self.unary()?;
        while let Some(operator) = self.operator(&["*", "/", "%"]) {
            self.deeper()?;
            out = Expr::Binary(operator, Box::new(out), Box::new(self.unary()?));
        }
        Ok(out)
    }

    /// Either some `!` or some `-`, never both. Two of them are none, whatever stands behind them: `--'a'` is `'a'`.
    fn unary(&mut self) -> Parsed {
        let mut nots = 0;
        while self.eat("!") {
            self.deeper()?;
            nots += 1;
        }
        if nots > 0 {
            let inner = self.member()?;
            return Ok(if nots % 2 == 0 { inner } else { Expr::Not(Box::new(inner)) });
        }
        let mut minuses = 0;
        while self.sign() == "-" {
            // The last minus before a number is a part of the literal.
            if let Some(Token::Literal(value)) = self.tokens.get(self.at + 1)
                && let Some(value) = negative(value)
            {
                self.tokens[self.at + 1] = Token::Literal(value);
                self.at += 1;
                break;
            }
            self.at += 1;
            self.deeper()?;
            minuses += 1;
        }
        let inner = self.member()?;
        Ok(if minuses % 2 == 0 { inner } else { Expr::Minus(Box::new(inner)) })
    }

    fn member(&mut self) -> Parsed {
        let mut out = self.primary()?;
        loop {
            if self.eat(".") {
                self.deeper()?;
                let optional = self.eat("?");
                let name = self.name()?;
                if KEYWORDS.contains(&name.as_str()) {
                    return Err(Refused(format!("`{name}` is no field")));
                }
                if !optional && self.eat("(") {
                    let arguments = self.arguments(")")?;
                    out = macros::expand(Some(out), name, arguments)?;
                } else {
                    out = Expr::Select { of: Box::new(out), field: name, optional };
                }
            } else if self.eat("[") {
                self.deeper()?;
                let optional = self.eat("?");
                let key = self.expression()?;
                self.expect("]")?;
                out = Expr::Index { of: Box::new(out), key: Box::new(key), optional };
            } else if self.sign() == "{" {
                return Err(Refused("messages are no part of the dialect".into()));
            } else {
                return Ok(out);
            }
        }
    }

    fn name(&mut self) -> Result<String, Refused> {
        match self.tokens.get(self.at) {
            Some(Token::Name(name)) => {
                self.at += 1;
                Ok(name.clone())
            }
            _ => Err(Refused("a name is missing".into())),
        }
    }

    /// Expressions up to the closing sign, which is taken.
    fn arguments(&mut self, close: &str) -> Result<Vec<Expr>, Refused> {
        let mut out = Vec::new();
        if self.eat(close) {
            return Ok(out);
        }
        loop {
            out.push(self.expression()?);
            if self.eat(close) {
                return Ok(out);
            }
            self.expect(",")?;
        }
    }

    fn primary(&mut self) -> Parsed {
        if self.eat("(") {
            let inner = self.expression()?;
            self.expect(")")?;
            return Ok(inner);
        }
        if self.eat("[") {
            return self.list();
        }
        if self.eat("{") {
            return self.map();
        }
        if let Some(Token::Literal(value)) = self.tokens.get(self.at) {
            let value = value.clone();
            self.at += 1;
            return match value {
                Value::Timestamp(MINUS_ONLY, _) => Err(Refused("an int is too large".into())),
                value => Ok(Expr::Literal(value)),
            };
        }
        let global = self.eat(".");
        let name = self.name()?;
        match name.as_str() {
            "true" if !global => return Ok(Expr::Literal(Value::Bool(true))),
            "false" if !global => return Ok(Expr::Literal(Value::Bool(false))),
            "null" if !global => return Ok(Expr::Literal(Value::Null)),
            word if RESERVED.contains(&word) || KEYWORDS.contains(&word) => {
                return Err(Refused(format!("`{word}` is reserved")));
            }
            _ => {}
        }
        if self.eat("(") {
            let arguments = self.arguments(")")?;
            return macros::expand(None, name, arguments);
        }
        // A leading dot means a name of the outermost scope; the tree keeps it in the name.
        Ok(Expr::Name(if global { format!(".{name}") } else { name }))
    }

    fn list(&mut self) -> Parsed {
        let mut items = Vec::new();
        if self.eat(",") {
            self.expect("]")?;
            return Ok(Expr::List(items));
        }
        while !self.eat("]") {
            let optional = self.eat("?");
            items.push((optional, self.expression()?));
            if !self.eat(",") {
                self.expect("]")?;
                break;
            }
        }
        Ok(Expr::List(items))
    }

    fn map(&mut self) -> Parsed {
        let mut entries = Vec::new();
        if self.eat(",") {
            self.expect("}")?;
            return Ok(Expr::Map(entries));
        }
        while !self.eat("}") {
            let optional = self.eat("?");
            let key = self.expression()?;
            self.expect(":")?;
            entries.push((optional, key, self.expression()?));
            if !self.eat(",") {
                self.expect("}")?;
                break;
            }
        }
        Ok(Expr::Map(entries))
    }
}

/// The literal behind a minus, where it is an int or a double.
fn negative(value: &Value) -> Option<Value> {
    match value {
        Value::Int(value) => Some(Value::Int(-value)),
        Value::Timestamp(MINUS_ONLY, _) => Some(Value::Int(i64::MIN)),
        Value::Double(value) => Some(Value::Double(-value)),
        _ => None,
    }
}
