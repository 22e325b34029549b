//! Lists and mappings in brackets.

use nachweis_canon::Json;

use super::{Composer, Fail, Node, Reason, syntax};
use crate::scanner::Kind;

impl<'a> Composer<'a> {
    pub(super) fn flow_sequence(&mut self, start: usize) -> Result<Json<'a>, Fail> {
        self.scanner.take()?;
        let base = self.items.len();
        let mut first = true;
        while self.scanner.peek()? != Kind::FlowSequenceEnd {
            self.flow_entry(start, first, "expected `,` or `]`")?;
            first = false;
            match self.scanner.peek()? {
                Kind::FlowSequenceEnd => break,
                Kind::Key => {
                    let at = self.scanner.take()?.at;
                    let pair = self.nested(at, Self::flow_pair)?;
                    self.items.push(super::json(pair, at)?);
                }
                _ => self.item(false, false)?,
            }
        }
        self.scanner.take()?;
        Ok(self.finish_items(base))
    }

    /// Passes the comma before an entry that is not the first.
    fn flow_entry(&mut self, start: usize, first: bool, detail: &str) -> Result<(), Fail> {
        if self.scanner.is_at_end()? {
            let detail = "the bracket is not closed".into();
            return Err(Fail { offset: start, reason: Reason::Truncated, detail });
        }
        if first {
            return Ok(());
        }
        if self.scanner.peek()? != Kind::FlowEntry {
            return syntax(self.scanner.peek_at()?, detail);
        }
        self.scanner.take()?;
        Ok(())
    }

    /// The mapping of one pair in `[a: 1]`; its key token was taken.
    fn flow_pair(&mut self, _: usize) -> Result<Json<'a>, Fail> {
        let base = self.members.len();
        let at = self.scanner.peek_at()?;
        let key = match self.scanner.peek()? {
            // libyaml drops the token after an empty key; what follows then is no entry.
            Kind::Value | Kind::FlowEntry | Kind::FlowSequenceEnd => {
                self.scanner.take()?;
                self.empty()
            }
            _ => self.node(false, false)?,
        };
        self.flow_value(key, at, Kind::FlowSequenceEnd)?;
        self.finish_members(base)
    }

    pub(super) fn flow_mapping(&mut self, start: usize) -> Result<Json<'a>, Fail> {
        self.scanner.take()?;
        let base = self.members.len();
        let mut first = true;
        while self.scanner.peek()? != Kind::FlowMappingEnd {
            self.flow_entry(start, first, "expected `,` or `}`")?;
            first = false;
            let at = self.scanner.peek_at()?;
            match self.scanner.peek()? {
                Kind::FlowMappingEnd => break,
                Kind::Key => {
                    self.scanner.take()?;
                    let empty =
                        matches!(self.scanner.peek()?, Kind::Value | Kind::FlowEntry | Kind::FlowMappingEnd);
                    let key = if empty { self.empty() } else { self.node(false, false)? };
                    self.flow_value(key, at, Kind::FlowMappingEnd)?;
                }
                _ => {
                    let key = self.node(false, false)?;
                    let value = self.empty();
                    self.member(key, value, at, at)?;
                }
            }
        }
        self.scanner.take()?;
        self.finish_members(base)
    }

    /// Reads the value of a pair in brackets and adds both.
    fn flow_value(&mut self, key: Node<'a>, at: usize, end: Kind) -> Result<(), Fail> {
        let mut value_at = self.scanner.peek_at()?;
        let value = if self.scanner.peek()? == Kind::Value {
            self.scanner.take()?;
            value_at = self.scanner.peek_at()?;
            let kind = self.scanner.peek()?;
            if kind == Kind::FlowEntry || kind == end { self.empty() } else { self.value_node(&key, false)? }
        } else {
            self.empty()
        };
        self.member(key, value, at, value_at)
    }
}
