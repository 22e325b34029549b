use super::assess::{Page, paint, word};
use super::screen::{Paint, at_most, cut, wrap};
use crate::escape::{clip, terminal as inert, visible};
use crate::names::Group;
use crate::view::Row;
use crate::words::{Pick, number, severity, sign, threshold};

/// Lines of a file under one row.
const SOURCE: usize = 4;

impl Page<'_> {
    pub(super) fn row(&mut self, row: &Row<'_>) {
        let lang = self.lang();
        let finding = row.finding;
        let room = self.screen.width - self.left;
        let wide = self.screen.width >= 120;
        let middle = if wide { room * 2 / 5 } else { room };
        let text_width = if wide { middle - 2 } else { middle };

        let mut facts: Vec<(String, Paint)> = Vec::new();
        let add = |text: &str, paint: Paint, width: usize, max: usize, to: &mut Vec<(String, Paint)>| {
            to.extend(at_most(wrap(text, width, 0), max, width).into_iter().map(|line| (line, paint)));
        };
        add(&inert(&row.title(lang)), Paint::Bold, text_width, 2, &mut facts);
        add(&self.coverage(row), Paint::Plain, text_width, 3, &mut facts);
        let cited = inert(&self.view.citations(&finding.obligations, 3));
        if !cited.is_empty() {
            let cited = format!("{} {cited}", lang.pick("evidence for", "Nachweis zu"))
                .replace("Art. ", "Art.\u{a0}");
            add(&cited, Paint::Plain, text_width, 2, &mut facts);
        }

        let mut acts: Vec<(String, Paint)> = Vec::new();
        let width = if wide { room - middle } else { room };
        add(&self.example(row), Paint::Plain, width, 3, &mut acts);
        acts.extend(self.source(row, width));
        let step = self.view.next_step(row);
        if !step.text.is_empty() {
            let text = clip(&visible(&step.text), 400).into_owned();
            add(&format!("→ {text}"), Paint::Plain, width, 3, &mut acts);
        }
        // Lines to copy keep their spaces; one that does not fit is cut, the report has it whole.
        acts.extend(step.lines.iter().map(|line| (cut(&format!("  {}", inert(line)), width), Paint::Bold)));

        let state = format!("{} {}", sign(finding.verdict), word(lang, finding.verdict));
        let label = vec![
            (state, paint(finding.verdict)),
            (format!("  {}", severity(lang, finding.severity)), Paint::Plain),
        ];
        if wide {
            self.screen.columns(&[(self.left, label), (middle, facts), (0, acts)]);
        } else {
            facts.extend(acts);
            self.screen.columns(&[(self.left, label), (0, facts)]);
        }
    }

    /// `24 / 36 pods (all are required); 4 / 7 namespaces, open: a, b`.
    fn coverage(&self, row: &Row<'_>) -> String {
        let (lang, finding) = (self.lang(), row.finding);
        let mut out = format!(
            "{} / {} {}",
            number(lang, finding.covered),
            number(lang, finding.total),
            inert(&row.unit(lang))
        );
        if finding.threshold != "1/1" {
            out.push_str(&format!(" ({})", inert(&threshold(lang, &finding.threshold))));
        }
        if let Some(groups) = &finding.groups {
            let by =
                if groups.by == "namespace" { lang.pick("namespaces", "Namespaces") } else { &groups.by };
            out.push_str(&format!("; {} / {} {}", groups.covered, groups.total, inert(by)));
            if !groups.failing.is_empty() {
                let names: Vec<String> =
                    groups.failing.iter().take(4).map(|name| clip(&visible(name), 63).into_owned()).collect();
                let more = if groups.failing.len() > 4 { ", …" } else { "" };
                out.push_str(&format!(", {} {}{more}", lang.pick("open:", "offen:"), names.join(", ")));
            }
        }
        if row.exempted() > 0 {
            out.push_str(&format!(
                "; {} {}",
                number(lang, row.exempted()),
                lang.pick("exempted", "ausgenommen")
            ));
        }
        out
    }

    fn example(&self, row: &Row<'_>) -> String {
        let lang = self.lang();
        match self.view.example(row) {
            Some((group, reason)) => {
                let reason = clip(&visible(&row.reason(lang, &reason)), 200).into_owned();
                format!("{} {}: {reason}", lang.pick("e.g.", "z. B."), self.group(&group))
            }
            None => {
                let mut whole = row.whole_reasons();
                whole.next().map_or(String::new(), |code| inert(&row.reason(lang, code)))
            }
        }
    }

    /// The lines of an input file at which the example failed, under the place where they stand.
    fn source(&self, row: &Row<'_>, width: usize) -> Vec<(String, Paint)> {
        let member = self.view.example(row).and_then(|(group, _)| group.members.first().copied());
        let excerpt = member.and_then(|first| self.view.report.items.excerpt(first, &row.finding.control));
        let Some((excerpt, file)) = excerpt.and_then(|found| found.file.clone().map(|file| (found, file)))
        else {
            return Vec::new();
        };
        // Of a long path its end says more, and the line always stands.
        let place = format!("{}:{}", visible(&file), excerpt.first_line);
        let (all, room) = (place.chars().count(), width / 2 + width / 4);
        let short: String = place.chars().skip(all.saturating_sub(room)).collect();
        let lead = if all > room { "--> …" } else { "--> " };
        let mut out = vec![(cut(&format!("{lead}{short}"), width), Paint::Dim)];
        for (at, line) in excerpt.text.lines().enumerate().take(SOURCE) {
            let number = excerpt.first_line.saturating_add(at as u64);
            let marked = excerpt.marked.contains(&at);
            let line = clip(&visible(line), 400).into_owned();
            let line = cut(&format!("{number:>5} | {line}"), width);
            out.push((line.trim_end().to_string(), if marked { Paint::Red } else { Paint::Plain }));
        }
        out
    }

    fn group(&self, group: &Group) -> String {
        let title = clip(&visible(&group.title), 120).into_owned();
        let kind = group.members.first().and_then(|first| self.view.names.get(*first));
        match kind.filter(|_| group.owned) {
            Some(subject) => {
                let kind = clip(&visible(&subject.id.kind), 40).into_owned();
                format!("{title} ({} × {kind})", number(self.lang(), group.members.len() as u64))
            }
            None => title,
        }
    }
}
