//! Making foreign text inert: for terminals, HTML, CSV and Markdown.
//!
//! Every function first makes visible what a reader could not see or what would steer a reader's device:
//! control characters, terminal escapes, direction overrides, invisible characters. They appear as
//! `\n`, `\x1b`, `\u{202e}`. A backslash stays as it is, so the visible form is for people and cannot be
//! read back; JSON and the bundle have the exact text.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Longest foreign text that HTML and terminal show, in characters. Kubernetes names end at 253.
pub const CLIP: usize = 253;

/// Characters that are shown by their number.
fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}'    // C0, DEL, C1: terminal escapes, line breaks
        | '\u{ad}' | '\u{34f}' | '\u{61c}'          // soft hyphen, grapheme joiner, Arabic letter mark
        | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' // Hangul fillers
        | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'                   // zero width, direction marks
        | '\u{2028}'..='\u{202e}'                   // line separators, direction embeddings and overrides
        | '\u{2060}'..='\u{206f}'                   // joiners, direction isolates
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{fdd0}'..='\u{fdef}'                   // no characters: an error in HTML
        | '\u{e0000}'..='\u{e0fff}')                // tags and variation selectors
        || (c as u32 & 0xfffe) == 0xfffe
}

/// The text on one line with everything unseen made visible.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unseen) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if !is_unseen(c) => out.push(c),
            c if (c as u32) < 0x80 => drop(write!(out, "\\x{:02x}", c as u32)),
            c => drop(write!(out, "\\u{{{:x}}}", c as u32)),
        }
    }
    Cow::Owned(out)
}

/// The text with its line breaks kept, every line made visible, tabs as two spaces.
pub fn visible_lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, line) in text.split('\n').enumerate() {
        if at > 0 {
            out.push('\n');
        }
        let line = line.strip_suffix('\r').unwrap_or(line).replace('\t', "  ");
        out.push_str(&visible(&line));
    }
    out
}

/// At most `max` characters; what is cut is counted: `aaa… (+3843)`.
pub fn clip(text: &str, max: usize) -> Cow<'_, str> {
    match text.char_indices().nth(max) {
        None => Cow::Borrowed(text),
        Some((at, _)) => {
            let rest = text[at..].chars().count();
            Cow::Owned(format!("{}… (+{rest})", &text[..at]))
        }
    }
}

/// Foreign text for one line of a terminal: visible and at most [`CLIP`] characters long.
pub fn terminal(text: &str) -> String {
    clip(&visible(text), CLIP).into_owned()
}

/// Text inside an HTML element or a double-quoted attribute: visible, then escaped.
pub fn html(text: &str, out: &mut String) {
    html_escape(&visible(text), out);
}

/// Text inside `<pre>`: line breaks stay.
pub fn html_lines(text: &str, out: &mut String) {
    html_escape(&visible_lines(text), out);
}

fn html_escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
}

/// One CSV cell (RFC 4180), in quotes where needed. A cell that a spreadsheet would take for a formula gets
/// an apostrophe in front.
pub fn csv_cell(text: &str, out: &mut String) {
    let text = visible(text);
    let formula = text.trim_start().starts_with(['=', '+', '-', '@', '|', '%', '＝', '＋', '－', '＠', '\\']);
    if !formula && !text.contains(['"', ',', ';', '\'']) && text.trim() == text {
        out.push_str(&text);
        return;
    }
    out.push('"');
    if formula {
        out.push('\'');
    }
    for c in text.chars() {
        if c == '"' {
            out.push('"');
        }
        out.push(c);
    }
    out.push('"');
}

/// Text inside a line or table cell of Markdown: no mark-up, no HTML, no link.
pub fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // `:` and `.` too: some renderers make links of bare addresses.
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '+' | '-' | '.' | '!'
            | '|' | '~' | ':' | '@' | '=' | '$' | '"' | '\'' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// One argument of a shell command, quoted where needed. Shown to be copied, so it must stay one argument.
pub fn shell(text: &str) -> String {
    let text = visible(text);
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:=@%,".contains(c);
    if !text.is_empty() && !text.starts_with('-') && text.chars().all(plain) {
        return text.into_owned();
    }
    let dash = if text.starts_with('-') { "./" } else { "" };
    format!("'{dash}{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unseen_characters_are_shown() {
        assert_eq!(
            visible("a\u{202e}b\u{1b}[31m\n\u{200b}\u{9b}"),
            "a\\u{202e}b\\x1b[31m\\n\\u{200b}\\u{9b}"
        );
        assert_eq!(visible("größe 中文 שלום"), "größe 中文 שלום");
        assert_eq!(visible_lines("a\tb\r\nc\u{7}"), "a  b\nc\\x07");
    }

    #[test]
    fn long_text_is_cut_and_counted() {
        assert_eq!(clip(&"ä".repeat(4000), 3), "äää… (+3997)");
        assert_eq!(clip("abc", 3), "abc");
    }

    #[test]
    fn html_has_no_markup_left() {
        let mut out = String::new();
        html("<script>\"x\" & 'y'", &mut out);
        assert_eq!(out, "&lt;script&gt;&quot;x&quot; &amp; &#39;y&#39;");
    }

    #[test]
    fn no_cell_is_a_formula() {
        let cell = |text: &str| {
            let mut out = String::new();
            csv_cell(text, &mut out);
            out
        };
        assert_eq!(cell("=cmd|' /C calc'!A0"), "\"'=cmd|' /C calc'!A0\"");
        assert_eq!(cell(" +1"), "\"' +1\"");
        assert_eq!(cell("\t=1"), "\"'\\t=1\"");
        assert_eq!(cell("＝1"), "\"'＝1\"");
        assert_eq!(cell("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(cell("payments/api"), "payments/api");
    }

    #[test]
    fn markdown_has_no_link_and_no_row_break() {
        assert_eq!(markdown("[x](http://a)|\n"), "\\[x\\]\\(http\\://a\\)\\|\\\\n");
    }

    #[test]
    fn a_shell_argument_stays_one() {
        assert_eq!(shell("out/a.bundle"), "out/a.bundle");
        assert_eq!(shell("a b;'c'"), "'a b;'\\''c'\\'''");
        assert_eq!(shell("-rf"), "'./-rf'");
        assert_eq!(shell(""), "''");
    }
}
