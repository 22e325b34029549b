//! Mappings and their keys.

use std::borrow::Cow;

use nachweis_canon::{Json, Object, utf16_cmp};

use super::{Composer, Fail, Node, Reason, json, refused, syntax};
use crate::scanner::Kind;

/// A member of an open mapping.
pub(super) struct Member<'a> {
    key: Cow<'a, str>,
    value: Json<'a>,
    /// offset of the key; [`MERGED`] if the member comes from another mapping, which may be overridden
    at: usize,
}

const MERGED: usize = usize::MAX;

impl<'a> Composer<'a> {
    pub(super) fn block_mapping(&mut self, _: usize) -> Result<Json<'a>, Fail> {
        self.scanner.take()?;
        let base = self.members.len();
        loop {
            let at = self.scanner.peek_at()?;
            match self.scanner.peek()? {
                Kind::Key => {
                    self.scanner.take()?;
                    let key = self.block_part(None)?;
                    let mut value_at = self.scanner.peek_at()?;
                    let value = if self.scanner.peek()? == Kind::Value {
                        self.scanner.take()?;
                        value_at = self.scanner.peek_at()?;
                        self.block_part(Some(&key))?
                    } else {
                        self.empty()
                    };
                    self.member(key, value, at, value_at)?;
                }
                Kind::BlockEnd => {
                    self.scanner.take()?;
                    return self.finish_members(base);
                }
                _ => return syntax(at, "expected a key: the keys of a mapping are indented alike"),
            }
        }
    }

    /// A key, or the value of `key`.
    fn block_part(&mut self, key: Option<&Node<'a>>) -> Result<Node<'a>, Fail> {
        match self.scanner.peek()? {
            Kind::Key | Kind::Value | Kind::BlockEnd => Ok(self.empty()),
            _ => match key {
                Some(key) => self.value_node(key, true),
                None => self.node(true, true),
            },
        }
    }

    /// The value of `key`.
    pub(super) fn value_node(&mut self, key: &Node<'a>, block: bool) -> Result<Node<'a>, Fail> {
        if !matches!(key, Node::Merge) {
            return self.node(block, block);
        }
        let at = self.scanner.peek_at()?;
        let alias = self.scanner.peek()? == Kind::Alias;
        match self.node(block, block)? {
            // A list has to be written out.
            Node::Tree(Json::Arr(_)) if alias => not_mergeable(at),
            node @ Node::Tree(_) => Ok(node),
            _ => not_mergeable(at),
        }
    }

    /// Adds a member, or the members that a merge key brings.
    pub(super) fn member(
        &mut self,
        key: Node<'a>,
        value: Node<'a>,
        at: usize,
        value_at: usize,
    ) -> Result<(), Fail> {
        let key = match key {
            Node::Merge => return self.merge(value, value_at),
            Node::Scalar(key) => key.into_key().map_err(|refusal| refused(at, refusal))?,
            Node::Tree(_) => {
                return Err(Fail {
                    offset: at,
                    reason: Reason::MapKey,
                    detail: "a key is a list or a mapping".into(),
                });
            }
        };
        let value = json(value, value_at)?;
        self.members.push(Member { key, value, at });
        Ok(())
    }

    /// Adds the members of one mapping or several; of several the first wins, so they are added from the last on.
    fn merge(&mut self, value: Node<'a>, at: usize) -> Result<(), Fail> {
        let mut add = |value| match value {
            Json::Obj(object) => {
                let members = object.into_members().into_iter();
                self.members.extend(members.map(|(key, value)| Member { key, value, at: MERGED }));
                Ok(())
            }
            _ => not_mergeable(at),
        };
        match value {
            Node::Tree(Json::Arr(values)) => values.into_iter().rev().try_for_each(add),
            Node::Tree(value) => add(value),
            _ => not_mergeable(at),
        }
    }

    /// Closes the mapping whose members start at `base`. Of equal keys the last one given wins.
    pub(super) fn finish_members(&mut self, base: usize) -> Result<Json<'a>, Fail> {
        let members = &mut self.members[base..];
        if !members.is_sorted_by(|a, b| utf16_cmp(&a.key, &b.key).is_lt()) {
            // The sort is stable: of equal keys the later one stays later, and is the one that is kept.
            members.sort_by(|a, b| utf16_cmp(&a.key, &b.key));
            for pair in members.windows(2) {
                let merged = pair[0].at == MERGED || pair[1].at == MERGED;
                if !merged && pair[0].key == pair[1].key {
                    self.duplicates.push((pair[1].at, pair[1].key.clone().into_owned()));
                }
            }
        }
        let mut unique: Vec<(Cow<'a, str>, Json<'a>)> = Vec::with_capacity(self.members.len() - base);
        for member in self.members.drain(base..) {
            match unique.last_mut() {
                Some(last) if last.0 == member.key => last.1 = member.value,
                _ => unique.push((member.key, member.value)),
            }
        }
        Ok(Json::Obj(Object::from_members(unique, |_| {})))
    }
}

fn not_mergeable<T>(offset: usize) -> Result<T, Fail> {
    syntax(offset, "the merge key `<<` takes a mapping or a list of mappings")
}
