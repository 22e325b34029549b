use std::collections::BTreeMap;

use nachweis_model::Lang;

use super::assess::Page;
use super::screen::Paint;
use crate::escape::{clip, terminal as inert, visible};
use crate::json::position;
use crate::remedy::{Unseen, is_harmless};
use crate::words::{Pick, counted, number};

/// Most characters of a line to copy; only a hostile name makes one longer.
const COPY: usize = 700;
/// Kinds that are named for one remedy.
const KINDS: usize = 3;

impl Page<'_> {
    /// One numbered entry per remedy, with the flags or commands to copy under it.
    pub(super) fn not_seen(&mut self) {
        let lang = self.lang();
        let remedies = self.view.remedies();
        let mut label = lang.pick("not seen", "nicht gesehen");
        for (at, remedy) in remedies.iter().enumerate() {
            let names: Vec<String> = remedy.kinds.iter().take(KINDS).map(|kind| self.kind(kind)).collect();
            let rest = remedy.kinds.len().saturating_sub(KINDS);
            let waits = counted(
                lang,
                remedy.controls.len() as u64,
                lang.pick("control waits", "Kontrolle wartet"),
                lang.pick("controls wait", "Kontrollen warten"),
            );
            let rest = if rest > 0 { format!(", +{}", number(lang, rest as u64)) } else { String::new() };
            let why = inert(&self.view.why(remedy));
            let text = format!("({}) {why}: {}{rest}; {waits}", at + 1, names.join(", "));
            self.screen.entry(self.left, (label, Paint::Yellow), &text, Paint::Plain);
            label = "";
            let step = self.view.settle(remedy);
            self.screen.entry(
                self.left,
                ("", Paint::Plain),
                &format!("→ {}", inert(&step.text)),
                Paint::Plain,
            );
            for line in &step.lines {
                self.screen.copy(self.left + 2, &clip(&visible(line), COPY));
            }
        }
        if remedies.is_empty() {
            self.fact(
                "not seen",
                "nicht gesehen",
                lang.pick("nothing that a control reads", "nichts, was eine Kontrolle liest"),
            );
        }
    }

    /// `pods (in a, b, +5)`.
    fn kind(&self, kind: &Unseen) -> String {
        let name = inert(&kind.resource);
        if kind.namespaces.is_empty() {
            return name;
        }
        let names: Vec<String> =
            kind.namespaces.iter().take(2).map(|name| clip(&visible(name), 63).into_owned()).collect();
        let more = kind.namespaces.len().saturating_sub(names.len());
        let more = if more > 0 { format!(", +{more}") } else { String::new() };
        format!("{name} ({} {}{more})", self.lang().pick("in", "in"), names.join(", "))
    }

    /// Open items in namespaces of the system, which examples leave alone.
    pub(super) fn system(&mut self) {
        let lang = self.lang();
        let mut namespaces = BTreeMap::new();
        let (mut inside, mut all) = (0, 0);
        for row in self.view.rows() {
            for group in &row.finding.items {
                inside += self.view.names.system_share(&group.items, &mut namespaces);
                all += group.items.len();
            }
        }
        if inside == 0 {
            return;
        }
        let names: Vec<String> =
            namespaces.keys().take(5).map(|name| clip(&visible(name), 63).into_owned()).collect();
        let more = namespaces.len().saturating_sub(names.len());
        let more = if more > 0 { format!(", +{more}") } else { String::new() };
        let (inside, all) = (number(lang, inside), number(lang, all));
        let text = match lang {
            Lang::En => format!("{inside} of {all} open items lie in {}{more}", names.join(", ")),
            Lang::De => format!("{inside} von {all} offenen Objekten liegen in {}{more}", names.join(", ")),
        };
        self.fact("system", "System", &text);
    }

    pub(super) fn unread(&mut self) {
        let lang = self.lang();
        let (count, ignored) = self.view.unread();
        let mut text = counted(
            lang,
            count,
            lang.pick("part of the input was not read", "Teil der Eingabe wurde nicht gelesen"),
            lang.pick("parts of the input were not read", "Teile der Eingabe wurden nicht gelesen"),
        );
        let all = || self.view.report.seal.unread.iter().filter(|unread| !unread.ignored);
        let harmless = all().filter(|part| is_harmless(part)).count() as u64;
        let mut first = all().filter(|part| !is_harmless(part)).take(3);
        let named: Vec<String> = first
            .by_ref()
            .map(|unread| {
                let place = position(unread.line, unread.column).map_or(String::new(), |at| format!(":{at}"));
                format!("{}{place} ({})", inert(&unread.file), inert(&unread.reason))
            })
            .collect();
        if !named.is_empty() {
            text.push_str(&format!(": {}", named.join(", ")));
        }
        if count - harmless > 3 {
            text.push_str(&format!(", +{}", number(lang, count - harmless - 3)));
        }
        if harmless > 0 {
            let figure =
                if harmless == count { String::new() } else { format!("{} ", number(lang, harmless)) };
            let no_objects = lang.pick(
                "of them no manifests: logs, records of the collector",
                "davon keine Manifeste: Protokolle, Aufzeichnungen des Sammlers",
            );
            text.push_str(&format!("; {figure}{no_objects}"));
        }
        if ignored > 0 {
            text.push_str(&format!(
                "; {ignored} {}",
                lang.pick("ignored by --ignore", "durch --ignore ausgenommen")
            ));
        }
        let flags = self.view.ignorable();
        let label = lang.pick("unread", "ungelesen");
        let paint = if count > harmless { Paint::Yellow } else { Paint::Dim };
        self.screen.entry(self.left, (label, paint), &text, Paint::Plain);
        if let Some(step) = flags {
            self.screen.entry(
                self.left,
                ("", Paint::Plain),
                &format!("→ {}", inert(&step.text)),
                Paint::Plain,
            );
            step.lines.iter().for_each(|line| self.screen.copy(self.left + 2, &clip(&visible(line), COPY)));
        }
    }
}
