//! Text for people: headings, wrapped paragraphs, tables of two columns; everything foreign made visible.

use nachweis_model::Lang;
use nachweis_report::escape::visible;

/// Columns of a paragraph.
const WIDTH: usize = 100;

/// A page that is being written.
pub struct Page {
    lang: Lang,
    out: String,
}

impl Page {
    /// An empty page.
    pub fn new(lang: Lang) -> Self {
        Page { lang, out: String::new() }
    }

    /// The page's language.
    pub fn lang(&self) -> Lang {
        self.lang
    }

    /// The text in the page's language.
    pub fn pick<'a>(&self, en: &'a str, de: &'a str) -> &'a str {
        match self.lang {
            Lang::En => en,
            Lang::De => de,
        }
    }

    /// A heading, after an empty line where something stands above.
    pub fn heading(&mut self, en: &str, de: &str) {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        let text = self.pick(en, de).to_string();
        self.line(0, &text);
    }

    /// One line, not wrapped.
    pub fn line(&mut self, indent: usize, text: &str) {
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.out.push_str(visible(text).trim_end());
        self.out.push('\n');
    }

    /// A paragraph, wrapped; lines after the first stand under the text after `lead`.
    pub fn paragraph(&mut self, indent: usize, lead: &str, text: &str) {
        let (lead, text) = (visible(lead), visible(text));
        let hang = indent + lead.chars().count();
        let mut line = format!("{}{lead}", " ".repeat(indent));
        let mut used = hang;
        let mut empty = true;
        for word in text.split_whitespace() {
            let long = word.chars().count();
            if !empty && used + 1 + long > WIDTH {
                self.out.push_str(line.trim_end());
                self.out.push('\n');
                line = " ".repeat(hang);
                (used, empty) = (hang, true);
            }
            if !empty {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += long;
            empty = false;
        }
        self.out.push_str(line.trim_end());
        self.out.push('\n');
    }

    /// Several lines as they are, such as a rule.
    pub fn lines(&mut self, indent: usize, text: &str) {
        text.lines().for_each(|line| self.line(indent, line));
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_wrapped_and_foreign_text_is_visible() {
        let mut page = Page::new(Lang::En);
        page.paragraph(2, "why: ", &"word ".repeat(40));
        assert!(page.text().lines().all(|line| line.chars().count() <= WIDTH));
        assert!(page.text().lines().nth(1).unwrap().starts_with("       word"));
        page.line(0, "a\u{1b}[31mb");
        assert!(page.text().ends_with("a\\x1b[31mb\n"));
    }
}
