//! Lines of a given width: wrapping, columns, colour.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::Style;

/// How a piece of text looks. Colour only repeats what a word says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paint {
    Plain,
    Bold,
    Dim,
    Red,
    Yellow,
    Green,
    Blue,
}

impl Paint {
    /// SGR parameters out of the sixteen colours that every palette, dark or light, keeps readable.
    fn sgr(self) -> Option<&'static str> {
        match self {
            Paint::Plain => None,
            Paint::Bold => Some("1"),
            Paint::Dim => Some("2"),
            Paint::Red => Some("1;31"),
            Paint::Yellow => Some("1;33"),
            Paint::Green => Some("32"),
            Paint::Blue => Some("34"),
        }
    }
}

/// Text that grows line by line; no line is wider than the style's width but those of [`Screen::command`]
/// and [`Screen::copy`].
pub(crate) struct Screen {
    pub out: String,
    pub width: usize,
    colour: bool,
}

impl Screen {
    pub fn new(style: &Style) -> Self {
        Screen { out: String::new(), width: style.width.max(40), colour: style.colour }
    }

    pub fn blank(&mut self) {
        self.out.push('\n');
    }

    /// Appends text as it is, painted; the caller made it inert.
    pub fn put(&mut self, text: &str, paint: Paint) {
        match paint.sgr().filter(|_| self.colour && !text.is_empty()) {
            Some(sgr) => self.out.push_str(&format!("\x1b[{sgr}m{text}\x1b[0m")),
            None => self.out.push_str(text),
        }
    }

    fn end(&mut self) {
        let end = self.out.trim_end_matches(' ').len();
        self.out.truncate(end);
        self.out.push('\n');
    }

    fn pad(&mut self, text: &str, to: usize) {
        self.out.extend(std::iter::repeat_n(' ', to.saturating_sub(text.width())));
    }

    /// Rows of cells, side by side. Every cell has a width, its lines are wrapped already.
    pub fn columns(&mut self, cells: &[(usize, Vec<(String, Paint)>)]) {
        let height = cells.iter().map(|(_, lines)| lines.len()).max().unwrap_or(0);
        for at in 0..height {
            for (width, lines) in cells {
                let empty = (String::new(), Paint::Plain);
                let (text, paint) = lines.get(at).unwrap_or(&empty);
                self.put(text, *paint);
                self.pad(text, *width);
            }
            self.end();
        }
    }

    /// A label in a column of `left` and a text wrapped beside it.
    pub fn entry(&mut self, left: usize, label: (&str, Paint), text: &str, paint: Paint) {
        let body = wrap(text, self.width - left, 0);
        let body = body.into_iter().map(|line| (line, paint)).collect();
        self.columns(&[(left, vec![(label.0.to_string(), label.1)]), (0, body)]);
    }

    /// A line to copy: unbroken, under the texts of `left` where it fits.
    pub fn copy(&mut self, left: usize, line: &str) {
        let left = if left + line.width() > self.width { 2 } else { left };
        self.pad("", left);
        self.put(line, Paint::Bold);
        self.end();
    }

    /// A label and a command, which stays on one line so that it can be copied.
    pub fn command(&mut self, left: usize, label: &str, command: &str) {
        self.put(label, Paint::Dim);
        if label.width() + 1 > left || left + command.width() > self.width {
            self.end();
            self.put("  ", Paint::Plain);
        } else {
            self.pad(label, left);
        }
        self.put(command, Paint::Bold);
        self.end();
    }
}

/// Breaks text at spaces into lines of at most `width` columns, words that are wider anywhere. Lines after the
/// first begin with `indent` spaces. An empty text gives no line.
pub(crate) fn wrap(text: &str, width: usize, indent: usize) -> Vec<String> {
    let width = width.max(indent + 8);
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    let next = |line: &mut String, lines: &mut Vec<String>| {
        lines.push(std::mem::replace(line, " ".repeat(indent)));
        indent
    };
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let wide = word.width();
        let at_start = line.trim().is_empty();
        if !at_start && used + 1 + wide > width {
            used = next(&mut line, &mut lines);
        } else if !at_start {
            line.push(' ');
            used += 1;
        }
        for c in word.chars() {
            let wide = c.width().unwrap_or(0);
            if used + wide > width {
                used = next(&mut line, &mut lines);
            }
            // A no-break space did its work now: what is printed can be copied into a shell.
            line.push(if c == '\u{a0}' { ' ' } else { c });
            used += wide;
        }
    }
    if !line.trim().is_empty() {
        lines.push(line);
    }
    lines
}

/// At most `max` lines; a cut is marked.
pub(crate) fn at_most(mut lines: Vec<String>, max: usize, width: usize) -> Vec<String> {
    if lines.len() > max {
        lines.truncate(max);
        if let Some(last) = lines.last_mut() {
            *last = cut(&format!("{last} …"), width);
            if !last.ends_with('…') {
                last.push('…');
            }
        }
    }
    lines
}

/// The text in at most `width` columns, `…` where something was cut.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_string();
    }
    let mut out = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > width {
            break;
        }
        out.push(c);
    }
    out.push('…');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_wrapped_by_columns() {
        assert_eq!(wrap("one two three", 8, 0), ["one two", "three"]);
        assert_eq!(wrap("中文中文中文", 8, 0), ["中文中文", "中文"]);
        assert_eq!(wrap(&"x".repeat(20), 10, 2), ["xxxxxxxxxx", "  xxxxxxxx", "  xx"]);
        assert_eq!(wrap("a --flag\u{a0}value", 13, 0), ["a", "--flag value"]);
        assert!(wrap("", 10, 0).is_empty());
    }

    #[test]
    fn cuts_are_marked() {
        assert_eq!(cut("中文中文", 5), "中文…");
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(at_most(vec!["a".into(), "b".into()], 1, 10), ["a …"]);
    }
}
