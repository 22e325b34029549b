use std::collections::BTreeMap;

use nachweis_model::Lang;

use super::assess::Page;
use super::screen::Paint;
use crate::escape::{clip, terminal as inert, visible};
use crate::json::position;
use crate::words::{Pick, counted, number};

/// Open collections that are shown.
const UNSEEN: usize = 6;

impl Page<'_> {
    pub(super) fn not_seen(&mut self) {
        let lang = self.lang();
        let unseen = self.view.unseen();
        let mut label = lang.pick("not seen", "nicht gesehen");
        for open in unseen.iter().take(UNSEEN) {
            let waits = counted(
                lang,
                open.controls.len() as u64,
                lang.pick("control waits", "Kontrolle wartet"),
                lang.pick("controls wait", "Kontrollen warten"),
            );
            let mut text =
                format!("{}: {}, {waits}", inert(&open.resource), crate::words::status(lang, open.status));
            if !open.namespaces.is_empty() {
                let names: Vec<String> = open
                    .namespaces
                    .iter()
                    .take(3)
                    .map(|name| clip(&visible(name), 63).into_owned())
                    .collect();
                let more = open.namespaces.len().saturating_sub(names.len());
                let more = if more > 0 { format!(", +{more}") } else { String::new() };
                text.push_str(&format!(" ({} {}{more})", lang.pick("in", "in"), names.join(", ")));
            }
            // The flag and its value stay together: they are to be copied.
            let settle = inert(&self.view.settle(open)).replace("--complete ", "--complete\u{a0}");
            let text = format!("{text} → {settle}");
            self.screen.entry(self.left, (label, Paint::Yellow), &text, Paint::Plain);
            label = "";
        }
        if unseen.len() > UNSEEN {
            let rest = format!(
                "+{} {}",
                unseen.len() - UNSEEN,
                lang.pick("more kinds, see the report", "weitere Arten, siehe Bericht")
            );
            self.screen.entry(self.left, ("", Paint::Plain), &rest, Paint::Plain);
        }
        if unseen.is_empty() {
            self.fact(
                "not seen",
                "nicht gesehen",
                lang.pick("nothing that a control reads", "nichts, was eine Kontrolle liest"),
            );
        }
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
        let mut first = self.view.report.seal.unread.iter().filter(|unread| !unread.ignored).take(3);
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
        if count > 3 {
            text.push_str(&format!(", +{}", count - 3));
        }
        if ignored > 0 {
            text.push_str(&format!(
                "; {ignored} {}",
                lang.pick("ignored by --ignore", "durch --ignore ausgenommen")
            ));
        }
        let label = lang.pick("unread", "ungelesen");
        let paint = if count > 0 { Paint::Yellow } else { Paint::Dim };
        self.screen.entry(self.left, (label, paint), &text, Paint::Plain);
    }
}
