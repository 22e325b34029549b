//! Pieces that several sections use.

use nachweis_model::{Lang, Verdict};

use super::page::Page;
use crate::escape::{clip, visible, visible_lines};
use crate::names::Group;
use crate::view::View;
use crate::words::{Pick, counted, number, sign, verdict};

/// Most bytes of names in one folded list; the rest is in the CSV.
const FOLDED: usize = 16_000;
/// Most names of one owner where it stands by itself, and in a folded list of many.
const MEMBERS: (usize, usize) = (24, 6);

/// Class of a verdict in the style sheet.
pub(super) fn class(of: Verdict) -> &'static str {
    match of {
        Verdict::NotSatisfied => "badge not-satisfied",
        Verdict::Indeterminate => "badge indeterminate",
        Verdict::Attested => "badge attested",
        Verdict::Satisfied => "badge satisfied",
        Verdict::NotApplicable => "badge not-applicable",
    }
}

/// The verdict as a coloured word without a frame.
pub(super) fn word_class(of: Verdict) -> &'static str {
    match of {
        Verdict::NotSatisfied => "word bad",
        Verdict::Indeterminate => "word open",
        Verdict::Attested => "word told",
        Verdict::Satisfied => "word good",
        Verdict::NotApplicable => "word none",
    }
}

impl Page {
    /// Sign and word of a verdict.
    pub fn badge(&mut self, lang: Lang, of: Verdict) {
        self.leaf("span", &[("class", class(of))], &format!("{} {}", sign(of), verdict(lang, of)));
    }

    /// A section with its heading.
    pub fn section(&mut self, id: &str, title: &str, content: impl FnOnce(&mut Page)) {
        let heading = format!("{id}-title");
        self.el("section", &[("id", id), ("aria-labelledby", &heading)], |p| {
            p.leaf("h2", &[("id", &heading)], title);
            content(p);
        });
    }

    /// A paragraph.
    pub fn p(&mut self, text: &str) {
        self.leaf("p", &[], text);
    }

    /// Cited provisions, none broken over two lines.
    pub fn cited(&mut self, parts: &[String]) {
        if self.compact {
            return self.text(&shorten(&parts.join(" ")));
        }
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                self.text(" ");
            }
            self.leaf("span", &[("class", "cite")], &shorten(part));
        }
    }

    /// A folded part.
    pub fn fold(&mut self, title: &str, content: impl FnOnce(&mut Page)) {
        self.el("details", &[], |p| {
            p.el("summary", &[], |p| p.rich(title));
            content(p);
        });
    }

    /// A term and what it is.
    pub fn pair(&mut self, term: &str, content: impl FnOnce(&mut Page)) {
        self.leaf("dt", &[], term);
        self.el("dd", &[], content);
    }

    /// A command to copy.
    pub fn command(&mut self, command: &str) {
        self.el("pre", &[("class", "command")], |p| p.leaf("code", &[], command));
    }

    /// Lines to copy, where there are any.
    pub fn copyable(&mut self, lines: &[String]) {
        if !lines.is_empty() {
            let text = clip(&visible_lines(&lines.join("\n")), 4_000).into_owned();
            self.el("pre", &[("class", "command")], |p| p.leaf_lines("code", &text));
        }
    }

    /// A table that scrolls inside of its frame when it is too wide; the caption names it.
    pub fn table(&mut self, caption: &str, heads: &[&str], rows: impl FnOnce(&mut Page)) {
        let frame = [("class", "frame"), ("role", "region"), ("tabindex", "0"), ("aria-label", caption)];
        self.el("div", &frame, |p| {
            p.el("table", &[], |p| {
                p.leaf("caption", &[], caption);
                p.el("thead", &[], |p| {
                    p.el("tr", &[], |p| {
                        heads.iter().for_each(|head| p.leaf("th", &[("scope", "col")], head))
                    });
                });
                p.el("tbody", &[], rows);
            });
        });
    }

    /// Most rows of one table.
    pub fn most(&self) -> usize {
        if self.compact { 30 } else { 100 }
    }

    /// A table with one row for each of a list's first elements; the number of the others stands below it.
    pub fn listed<T>(
        &mut self,
        lang: Lang,
        caption: &str,
        heads: &[&str],
        all: &[T],
        row: impl Fn(&mut Page, &T),
    ) {
        let most = self.most();
        self.table(caption, heads, |p| {
            for one in all.iter().take(most) {
                p.el("tr", &[], |p| row(p, one));
            }
        });
        self.rest(lang, all.len(), most);
    }

    /// `and 12 more rows`, where more are there than are shown.
    pub fn rest(&mut self, lang: Lang, all: usize, shown: usize) {
        if all > shown {
            let (one, many) =
                (lang.pick("more row", "weitere Zeile"), lang.pick("more rows", "weitere Zeilen"));
            let rows = counted(lang, (all - shown) as u64, one, many);
            self.p(&format!("{} {rows}", lang.pick("and", "und")));
        }
    }

    /// The cell that names a row.
    pub fn th(&mut self, text: &str) {
        self.leaf("th", &[("scope", "row")], text);
    }

    /// A cell.
    pub fn td(&mut self, text: &str) {
        self.leaf("td", &[], text);
    }

    /// A cell with a number.
    pub fn figure(&mut self, text: &str) {
        self.leaf("td", &[("class", "figure")], text);
    }

    /// Lines of names, kept as they are; the number of the others stands below them.
    pub fn names(&mut self, lang: Lang, lines: &[String], all: usize) {
        self.el("pre", &[("class", "names")], |p| p.lines(&lines.join("\n")));
        self.rest(lang, all, lines.len());
    }

    /// `covered / total` as a bar beside its figures, which stand in the text.
    pub fn bar(&mut self, covered: u64, total: u64) {
        if total == 0 || self.compact {
            return;
        }
        let share = (u128::from(covered) * 100 / u128::from(total)).min(100).to_string();
        let box_ = [
            ("class", "bar"),
            ("viewBox", "0 0 100 4"),
            ("aria-hidden", "true"),
            ("preserveAspectRatio", "none"),
        ];
        self.el("svg", &box_, |p| {
            p.el("rect", &[("width", "100"), ("height", "4"), ("class", "rest")], |_| {});
            p.el("rect", &[("width", &share), ("height", "4"), ("class", "part")], |_| {});
        });
    }
}

/// `Deployment payments/api, 3 × Pod: api-1, api-2, api-3`, or the title alone for an item without owner.
pub(super) fn group_line(view: &View<'_>, group: &Group) -> String {
    let title = shorten(&group.title);
    match members_at_most(view, group, MEMBERS.1) {
        Some((count, names)) => format!("{title}, {count}: {names}"),
        None => title,
    }
}

/// Number and kind of an owner's items, and their names without namespace.
pub(super) fn members(view: &View<'_>, group: &Group) -> Option<(String, String)> {
    members_at_most(view, group, MEMBERS.0)
}

fn members_at_most(view: &View<'_>, group: &Group, max: usize) -> Option<(String, String)> {
    let first = view.names.get(*group.members.first()?).filter(|_| group.owned)?;
    let kind = clip(&visible(&first.id.kind), 63).into_owned();
    let names = group.members.iter().take(max).filter_map(|index| view.names.get(*index));
    let mut names: Vec<String> = names.map(|subject| shorten(&subject.id.name)).collect();
    if group.members.len() > max {
        names.push(format!("+{}", number(view.lang, (group.members.len() - max) as u64)));
    }
    Some((format!("{} × {kind}", number(view.lang, group.members.len() as u64)), names.join(", ")))
}

/// A foreign name on one line, cut.
pub(super) fn shorten(text: &str) -> String {
    clip(&visible(text), crate::escape::CLIP).into_owned()
}

/// A text of the catalogue: longer than a name, and still with an end.
pub(super) fn long(text: &str) -> String {
    clip(&visible(text), 2_000).into_owned()
}

/// The text as a sentence: our shared reasons begin in lower case.
pub(super) fn sentence(text: &str) -> String {
    let text = long(text);
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    let end = if text.ends_with(['.', ')', '!', '?', ':']) { "" } else { "." };
    format!("{first}{}{end}", chars.as_str())
}

/// A folded list of items under their owners, as one text; what does not fit is counted.
pub(super) fn folded(p: &mut Page, view: &View<'_>, title: &str, groups: &[Group], total: u64) {
    let mut text = String::new();
    let mut shown = 0;
    for group in groups {
        if text.len() > FOLDED {
            break;
        }
        text.push_str(&group_line(view, group));
        text.push('\n');
        shown += group.members.len() as u64;
    }
    p.fold(title, |p| {
        p.el("pre", &[("class", "names")], |p| p.lines(text.trim_end()));
        more(p, view, total.saturating_sub(shown));
    });
}

/// `and 11,240 more; the full list: nachweis report … --format csv`.
pub(super) fn more(p: &mut Page, view: &View<'_>, rest: u64) {
    if rest == 0 {
        return;
    }
    let lang = view.lang;
    let bundle = view.report.bundle.map_or_else(|| "BUNDLE".into(), crate::escape::shell);
    let items = counted(
        lang,
        rest,
        lang.pick("more item", "weiteres Objekt"),
        lang.pick("more items", "weitere Objekte"),
    );
    let full = lang.pick("full list:", "vollständige Liste:");
    p.el("p", &[("class", "more")], |p| {
        p.text(&format!("{} {items}; {full} ", lang.pick("and", "und")));
        p.leaf("code", &[], &format!("nachweis report {bundle} --format csv"));
    });
}
