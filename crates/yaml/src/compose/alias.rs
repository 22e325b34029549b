//! Anchors and aliases, and how much the aliases of a document may stand for.

use std::borrow::Cow;
use std::collections::BTreeMap;

use nachweis_canon::Json;

use super::{Fail, Node, Reason};
use crate::Limits;

/// The anchors of a document. Every alias is replaced by a copy of what its anchor holds.
pub(super) struct Aliases<'a> {
    /// where the value of a name is found; the last anchor of a name counts
    names: BTreeMap<Cow<'a, str>, usize>,
    slots: Vec<Slot<'a>>,
    /// nodes counted so far, those that aliases stand for included
    nodes: usize,
    /// nodes that aliases stand for
    alias_nodes: usize,
    /// bytes of scalars counted so far
    bytes: usize,
    /// nodes and bytes that were copied
    copied: (usize, usize),
    /// anchors whose nodes are being read
    open: usize,
    node_limit: usize,
    byte_limit: usize,
}

enum Slot<'a> {
    /// the anchor's node is still being read
    Open,
    Closed(Box<Anchored<'a>>),
}

struct Anchored<'a> {
    node: Node<'a>,
    nodes: usize,
    bytes: usize,
    levels: usize,
}

/// An anchor whose node is being read: its slot, and what was counted before it.
pub(super) struct Opened {
    slot: usize,
    nodes: usize,
    bytes: usize,
}

impl<'a> Aliases<'a> {
    pub(super) fn new(limits: &Limits) -> Self {
        Aliases {
            names: BTreeMap::new(),
            slots: Vec::new(),
            nodes: 0,
            alias_nodes: 0,
            bytes: 0,
            copied: (0, 0),
            open: 0,
            node_limit: limits.alias_nodes,
            byte_limit: limits.document_bytes,
        }
    }

    /// Counts a node.
    pub(super) fn count_node(&mut self) {
        self.nodes += 1;
    }

    /// Counts bytes of a scalar.
    pub(super) fn count_bytes(&mut self, bytes: usize) {
        self.bytes += bytes;
    }

    /// An anchor was met; its node follows.
    pub(super) fn open(&mut self, name: Cow<'a, str>) -> Opened {
        let slot = self.slots.len();
        self.slots.push(Slot::Open);
        self.names.insert(name, slot);
        self.open += 1;
        Opened { slot, nodes: self.nodes, bytes: self.bytes }
    }

    /// The node of an anchor was read: keeps a copy.
    pub(super) fn close(&mut self, opened: Opened, node: &Node<'a>, at: usize) -> Result<(), Fail> {
        self.open -= 1;
        let (nodes, bytes) = (self.nodes - opened.nodes, self.bytes - opened.bytes);
        if self.open > 0 {
            // Anchors inside of anchors are copied once for each of them.
            self.charge(nodes, bytes, at)?;
        }
        let levels = levels(node);
        self.slots[opened.slot] =
            Slot::Closed(Box::new(Anchored { node: node.clone(), nodes, bytes, levels }));
        Ok(())
    }

    /// A copy of what the anchor `name` holds.
    pub(super) fn resolve(
        &mut self,
        name: &str,
        at: usize,
        depth: usize,
        max_depth: usize,
    ) -> Result<Node<'a>, Fail> {
        let slot = self.names.get(name).map(|slot| &self.slots[*slot]);
        let fail = |reason, detail| Err(Fail { offset: at, reason, detail });
        let anchored = match slot {
            None => return fail(Reason::Alias, format!("the alias `{name}` has no anchor")),
            Some(Slot::Open) => {
                return fail(Reason::Alias, format!("the anchor `{name}` holds an alias of itself"));
            }
            Some(Slot::Closed(anchored)) => anchored,
        };
        if depth + anchored.levels > max_depth {
            return fail(Reason::TooDeep, format!("more than {max_depth} levels of nesting"));
        }
        let (nodes, bytes) = (anchored.nodes, anchored.bytes);
        // Charged before the copy is made.
        self.charge(nodes, bytes, at)?;
        self.nodes += 1 + nodes;
        self.alias_nodes += nodes;
        self.bytes += bytes;
        self.check_ratio(at)?;
        match self.names.get(name).map(|slot| &self.slots[*slot]) {
            Some(Slot::Closed(anchored)) => Ok(anchored.node.clone()),
            _ => fail(Reason::Alias, format!("the alias `{name}` has no anchor")),
        }
    }

    /// Counts a copy against the limits.
    fn charge(&mut self, nodes: usize, bytes: usize, at: usize) -> Result<(), Fail> {
        self.copied = (self.copied.0 + nodes, self.copied.1 + bytes);
        let detail = if self.copied.0 > self.node_limit {
            format!("its aliases stand for more than {} nodes", self.node_limit)
        } else if self.copied.1 > self.byte_limit {
            format!("its aliases stand for more than {} bytes", self.byte_limit)
        } else {
            return Ok(());
        };
        Err(Fail { offset: at, reason: Reason::AliasBomb, detail })
    }

    /// go-yaml refuses a document of which more than 99 % come from aliases.
    fn check_ratio(&self, at: usize) -> Result<(), Fail> {
        let excessive =
            self.alias_nodes > 100 && self.nodes > 1000 && self.alias_nodes * 100 > self.nodes * 99;
        if !excessive {
            return Ok(());
        }
        let detail = "more than 99 of 100 nodes come from aliases, which kubectl refuses".into();
        Err(Fail { offset: at, reason: Reason::AliasBomb, detail })
    }
}

/// Lists and mappings inside each other.
fn levels(node: &Node<'_>) -> usize {
    fn of(value: &Json<'_>) -> usize {
        match value {
            Json::Arr(items) => 1 + items.iter().map(of).max().unwrap_or(0),
            Json::Obj(object) => 1 + object.iter().map(|(_, value)| of(value)).max().unwrap_or(0),
            _ => 0,
        }
    }
    match node {
        Node::Tree(value) => of(value),
        _ => 0,
    }
}
