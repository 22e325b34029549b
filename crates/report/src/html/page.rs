//! A writer of HTML that cannot leave an element open or a text unescaped.
//!
//! Own code instead of a template engine: every text passes [`crate::escape`], which also shows control and
//! direction characters that template engines let through, and the nodes are counted while writing, which
//! the limits on long lists need. It costs 60 lines and no dependency.

use crate::escape;

/// An HTML document in the making.
#[derive(Default)]
pub(super) struct Page {
    /// what was written
    pub out: String,
    /// elements and texts written
    pub nodes: usize,
    /// saves nodes where the report has many findings: no bars, no unbreakable citations
    pub compact: bool,
}

impl Page {
    /// An element with its content. Tags and names of attributes are ours, values may be foreign.
    pub fn el(
        &mut self,
        tag: &'static str,
        attributes: &[(&'static str, &str)],
        content: impl FnOnce(&mut Page),
    ) {
        self.start(tag, attributes);
        content(self);
        self.out.push_str("</");
        self.out.push_str(tag);
        self.out.push('>');
    }

    /// An element that has no end tag.
    pub fn void(&mut self, tag: &'static str, attributes: &[(&'static str, &str)]) {
        self.start(tag, attributes);
    }

    /// An element that holds one text.
    pub fn leaf(&mut self, tag: &'static str, attributes: &[(&'static str, &str)], text: &str) {
        self.el(tag, attributes, |p| p.text(text));
    }

    /// An element that holds one text whose line breaks stay.
    pub fn leaf_lines(&mut self, tag: &'static str, text: &str) {
        self.el(tag, &[], |p| p.lines(text));
    }

    /// A text on one line.
    pub fn text(&mut self, text: &str) {
        self.nodes += 1;
        escape::html(text, &mut self.out);
    }

    /// A text of the catalogue, what stands in backticks as code. Without a pair the backticks stay.
    pub fn rich(&mut self, text: &str) {
        if text.matches('`').count() % 2 == 1 {
            return self.text(text);
        }
        for (at, part) in text.split('`').enumerate().filter(|(_, part)| !part.is_empty()) {
            if at % 2 == 1 { self.leaf("code", &[], part) } else { self.text(part) }
        }
    }

    /// A text whose line breaks stay.
    pub fn lines(&mut self, text: &str) {
        self.nodes += 1;
        escape::html_lines(text, &mut self.out);
    }

    /// Our own style or script, as it is.
    pub fn own(&mut self, text: &'static str) {
        self.nodes += 1;
        self.out.push_str(text);
    }

    fn start(&mut self, tag: &'static str, attributes: &[(&'static str, &str)]) {
        self.nodes += 1;
        self.out.push('<');
        self.out.push_str(tag);
        for (name, value) in attributes {
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push_str("=\"");
            escape::html(value, &mut self.out);
            self.out.push('"');
        }
        self.out.push('>');
    }
}
