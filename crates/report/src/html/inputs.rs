use std::collections::BTreeMap;

use nachweis_model::Lang;
use nachweis_model::seal::{Collection, CollectionStatus};

use super::page::Page;
use super::parts::{sentence, shorten};
use crate::json::position;
use crate::remedy::Remedy;
use crate::view::View;
use crate::words::{Pick, basis, counted, identity, instant, number, status};

/// Most lines of one folded text here.
const LINES: usize = 300;

/// Collections up to which their table stands open.
const UNFOLDED: usize = 12;

/// Collections that are not closed, who waits for them, what would close them; and unread input.
pub(super) fn not_seen(p: &mut Page, view: &View<'_>) {
    let lang = view.lang;
    let remedies = view.remedies();
    if remedies.is_empty() {
        p.p(lang.pick(
            "Everything that a control reads was seen completely.",
            "Alles, was eine Kontrolle liest, wurde vollständig gesehen.",
        ));
    }
    for (at, remedy) in remedies.iter().enumerate() {
        let title = format!("({}) {}", at + 1, view.why(remedy));
        p.el("h3", &[], |p| p.rich(&title));
        p.p(&names(remedy));
        let step = view.settle(remedy);
        p.el("div", &[("class", "step")], |p| {
            p.el("p", &[], |p| {
                p.leaf("b", &[], lang.pick("What would settle it: ", "Was es klären würde: "));
                p.rich(&step.text);
            });
            p.copyable(&step.lines);
        });
        p.fold(lang.pick("Which, where, and who waits", "Welche, wo, und wer wartet"), |p| {
            kinds_table(p, view, at + 1, remedy)
        });
    }
    unread(p, view);
}

/// The first kinds of a remedy.
fn names(remedy: &Remedy<'_>) -> String {
    let names: Vec<String> = remedy.kinds.iter().map(|kind| shorten(&kind.resource)).collect();
    some(names.iter(), "–")
}

fn kinds_table(p: &mut Page, view: &View<'_>, position: usize, remedy: &Remedy<'_>) {
    let lang = view.lang;
    let heads = [
        lang.pick("Kind", "Art"),
        lang.pick("Status", "Status"),
        lang.pick("Where", "Wo"),
        lang.pick("Controls that wait", "Wartende Kontrollen"),
    ];
    let caption = format!("{} ({position})", lang.pick("Not seen completely", "Nicht vollständig gesehen"));
    p.listed(lang, &caption, &heads, &remedy.kinds, |p, open| {
        p.th(&shorten(&open.resource));
        p.td(status(lang, open.status));
        let everywhere = lang.pick("whole cluster", "ganzer Cluster");
        p.td(&some(open.namespaces.iter(), everywhere));
        p.td(&some(open.controls.iter(), "–"));
    });
}

/// Up to eight names, then the number of the others.
fn some<'a>(names: impl ExactSizeIterator<Item = &'a String>, none: &str) -> String {
    let all = names.len();
    let mut shown: Vec<String> = names.take(8).map(|name| shorten(name)).collect();
    if all > shown.len() {
        shown.push(format!("+{}", all - shown.len()));
    }
    if shown.is_empty() { none.to_string() } else { shown.join(", ") }
}

fn unread(p: &mut Page, view: &View<'_>) {
    let lang = view.lang;
    let unread = &view.report.seal.unread;
    p.leaf("h3", &[], lang.pick("Input that was not read", "Eingaben, die nicht gelesen wurden"));
    if unread.is_empty() {
        p.p(lang.pick("Every byte of the input was read.", "Jedes Byte der Eingabe wurde gelesen."));
        return;
    }
    let heads = [
        lang.pick("File", "Datei"),
        lang.pick("Line", "Zeile"),
        lang.pick("Reason", "Grund"),
        lang.pick("Detail", "Einzelheit"),
        lang.pick("Counted", "Zählt"),
    ];
    p.listed(lang, lang.pick("Unread input", "Ungelesene Eingaben"), &heads, unread, |p, part| {
        p.th(&shorten(&part.file));
        p.td(position(part.line, part.column).as_deref().unwrap_or("–"));
        p.td(&shorten(&part.reason));
        p.leaf("td", &[("lang", "en")], &shorten(&part.detail));
        p.td(if part.ignored {
            lang.pick("no, taken out by the operator", "nein, vom Betreiber ausgenommen")
        } else {
            lang.pick("yes", "ja")
        });
    });
    if let Some(step) = view.ignorable() {
        p.el("div", &[("class", "step")], |p| {
            p.el("p", &[], |p| p.rich(&sentence(&step.text)));
            p.copyable(&step.lines);
        });
    }
}

/// Accepted deviations with owner, approver, expiry.
pub(super) fn exemptions(p: &mut Page, view: &View<'_>) {
    let lang = view.lang;
    let used = &view.report.assessment.exemptions;
    p.p(lang.pick(
        "An exemption changes no verdict and no count: the item stays not covered and carries the exemption.",
        "Eine Ausnahme ändert kein Urteil und keine Zahl: Das Objekt bleibt nicht abgedeckt und trägt die Ausnahme.",
    ));
    if used.is_empty() {
        p.p(lang.pick("The overlay has no exemption.", "Das Overlay hat keine Ausnahme."));
        return;
    }
    let heads = [
        lang.pick("Exemption", "Ausnahme"),
        lang.pick("Control", "Kontrolle"),
        lang.pick("Items", "Objekte"),
        lang.pick("Reason", "Grund"),
        lang.pick("Owner / approver", "Verantwortlich / genehmigt von"),
        lang.pick("Expires", "Läuft ab"),
    ];
    p.listed(
        lang,
        lang.pick("Exemptions of the overlay", "Ausnahmen des Overlays"),
        &heads,
        used,
        |p, used| {
            let full = view.report.overlay.exemptions.iter().find(|known| known.id == used.id);
            p.th(&shorten(&used.id));
            p.td(&shorten(&used.control));
            p.figure(&number(lang, used.items));
            p.td(&full.map_or("–".into(), |full| shorten(&full.reason)));
            let people = full.map(|full| format!("{} / {}", shorten(&full.owner), shorten(&full.approver)));
            p.td(people.as_deref().unwrap_or("–"));
            let expired = if used.expired { lang.pick(" (expired)", " (abgelaufen)") } else { "" };
            p.td(&format!("{}{expired}", used.expires));
        },
    );
}

/// Values that were not stored.
pub(super) fn withheld(p: &mut Page, view: &View<'_>) {
    let lang = view.lang;
    let withheld = &view.report.seal.withheld;
    let values: usize = withheld.iter().map(|item| item.pointers.len()).sum();
    let (values, items) = (number(lang, values as u64), number(lang, withheld.len() as u64));
    p.p(&match lang {
        Lang::En => format!("Values that were not stored: {values}, in {items} items. Their keys stayed; a check that reads one is indeterminate for the item. The seal lists every place."),
        Lang::De => format!("Nicht gespeicherte Werte: {values}, in {items} Objekten. Ihre Schlüssel blieben; eine Prüfung, die einen liest, ist für das Objekt unbestimmt. Das Siegel nennt jede Stelle."),
    });
    if let Some(names) = &view.report.seal.pseudonyms {
        let (people, key) = (number(lang, names.people), &names.key);
        p.p(&match lang {
            Lang::En => format!("Names of people were replaced before sealing: {people} pseudonyms of the key {key}."),
            Lang::De => format!("Namen von Personen wurden vor dem Versiegeln ersetzt: {people} Pseudonyme des Schlüssels {key}."),
        });
    }
    if withheld.is_empty() {
        return;
    }
    let list: Vec<String> = withheld
        .iter()
        .take(LINES)
        .map(|item| format!("{}: {}", shorten(&view.names.title(item.item)), some(item.pointers.iter(), "–")))
        .collect();
    p.fold(lang.pick("Places", "Stellen"), |p| p.names(lang, &list, withheld.len()));
}

/// What was assessed, with which catalogue, and all digests.
pub(super) fn inputs(p: &mut Page, view: &View<'_>) {
    let (lang, report) = (view.lang, view.report);
    let (seal, assessment) = (report.seal, report.assessment);
    p.el("dl", &[("class", "digests")], |p| {
        let mut row = |en: &str, de: &str, text: &str| p.pair(lang.pick(en, de), |p| p.text(&shorten(text)));
        row("Cluster", "Cluster", &view.cluster());
        row("UID of kube-system", "UID von kube-system", seal.cluster.uid.as_deref().unwrap_or("–"));
        row(
            "Version of the API server",
            "Version des API-Servers",
            seal.cluster.version.as_deref().unwrap_or("–"),
        );
        row("Identity", "Identität", identity(lang, seal.identity_source));
        row(
            "Collected",
            "Erhoben",
            &format!(
                "{} – {} ({})",
                seal.collected_from,
                seal.collected_to,
                instant(lang, seal.instant_source)
            ),
        );
        row("Ages measured at", "Stichtag der Alter", &assessment.as_of.to_string());
        row("Snapshot id", "Snapshot-Id", &assessment.snapshot.to_string());
        row("Merkle root", "Merkle-Wurzel", &seal.root.to_string());
        row("Sealed by", "Versiegelt von", &seal.collector);
        row(
            "Catalogue",
            "Katalog",
            &format!("{}, {}", assessment.catalogue.version, assessment.catalogue.digest),
        );
        row("Catalogue, logic only", "Katalog, nur Logik", &assessment.catalogue.logic.to_string());
        row("Overlay", "Overlay", &assessment.overlay.to_string());
        let packs = if assessment.packs.is_empty() {
            lang.pick("all", "alle").into()
        } else {
            assessment.packs.join(", ")
        };
        row("Packs", "Pakete", &packs);
        row("Assessment", "Bewertung", &report.digest.to_string());
        row("Evaluation semantics", "Semantik der Auswertung", &assessment.semantics.to_string());
        row("Bundle", "Bündel", report.bundle.unwrap_or(lang.pick("none written", "keines geschrieben")));
        row(
            "Signed by key",
            "Signiert mit Schlüssel",
            report.signer.unwrap_or(lang.pick("not signed", "nicht signiert")),
        );
        let formats =
            format!("{}, {}, {}, {}", seal.format, seal.canonical, seal.normalisation, assessment.format);
        row("Formats", "Formate", &formats);
    });
    collections(p, view);
    kinds(p, view);
}

/// Collections summed up by resource, status and basis.
fn collections(p: &mut Page, view: &View<'_>) {
    let lang = view.lang;
    let mut all: BTreeMap<(&str, CollectionStatus, _), (u64, u64, &Collection)> = BTreeMap::new();
    for row in &view.report.seal.collections {
        let entry = all.entry((&row.resource, row.status, row.basis)).or_insert((0, 0, row));
        entry.0 += 1;
        entry.1 += row.count;
    }
    if all.is_empty() {
        return;
    }
    let heads = [
        lang.pick("Kind", "Art"),
        lang.pick("Scope", "Bereich"),
        lang.pick("Status", "Status"),
        lang.pick("Who says so", "Wer es sagt"),
        lang.pick("Items", "Objekte"),
    ];
    let mut by_status: BTreeMap<CollectionStatus, u64> = BTreeMap::new();
    all.keys().for_each(|(_, of, _)| *by_status.entry(*of).or_default() += 1);
    let statuses: Vec<String> = by_status
        .iter()
        .map(|(of, count)| format!("{} {}", number(lang, *count), status(lang, *of)))
        .collect();
    let rows: Vec<_> = all.into_iter().collect();
    let title = format!("{}: {}", lang.pick("Collections", "Erhebungen"), statuses.join(", "));
    let table = |p: &mut Page| {
        p.listed(lang, lang.pick("Collections", "Erhebungen"), &heads, &rows, |p, row| {
            let ((resource, of, by), (scopes, count, first)) = row;
            p.th(&shorten(resource));
            let scope = match (*scopes, &*first.scope) {
                (1, nachweis_model::seal::EVERYWHERE) => lang.pick("whole cluster", "ganzer Cluster").into(),
                (1, one) => shorten(one),
                (many, _) => format!("{} {}", number(lang, many), lang.pick("namespaces", "Namespaces")),
            };
            p.td(&scope);
            p.td(status(lang, *of));
            p.td(basis(lang, *by));
            p.figure(&number(lang, *count));
        });
    };
    if rows.len() > UNFOLDED { p.fold(&title, table) } else { table(p) }
}

/// Kinds, left-out objects, conflicts, second listings and repeated keys, folded.
fn kinds(p: &mut Page, view: &View<'_>) {
    let (lang, seal) = (view.lang, view.report.seal);
    let mut list = |title: String, lines: Vec<String>| {
        let all = lines.len();
        if all > 0 {
            p.fold(&title, |p| p.names(lang, &lines[..all.min(LINES)], all));
        }
    };
    let kinds =
        seal.kinds.iter().map(|kind| format!("{:>7}  {}", number(lang, kind.count), shorten(&kind.resource)));
    let title = counted(
        lang,
        seal.kinds.len() as u64,
        lang.pick("kind sealed", "Art versiegelt"),
        lang.pick("kinds sealed", "Arten versiegelt"),
    );
    list(title, kinds.collect());
    let left = seal.left_out.iter().map(|kind| {
        format!("{:>7}  {} {}", number(lang, kind.count), shorten(&kind.kind), shorten(&kind.group))
    });
    let title = counted(
        lang,
        seal.left_out.len() as u64,
        lang.pick("kind left out and counted", "Art ausgelassen und gezählt"),
        lang.pick("kinds left out and counted", "Arten ausgelassen und gezählt"),
    );
    list(title, left.collect());
    let conflicts = seal.conflicts.iter().map(|conflict| {
        format!("{}: {}", shorten(&view.names.title(conflict.item)), some(conflict.files.iter(), "–"))
    });
    let title = counted(
        lang,
        seal.conflicts.len() as u64,
        lang.pick("object declared differently more than once", "Objekt mehrfach verschieden erklärt"),
        lang.pick("objects declared differently more than once", "Objekte mehrfach verschieden erklärt"),
    );
    list(title, conflicts.collect());
    let aliases = seal.aliases.iter().map(|alias| {
        format!(
            "{}: {} {}",
            shorten(&view.names.title(alias.item)),
            shorten(&alias.kind),
            shorten(&alias.group)
        )
    });
    let title = counted(
        lang,
        seal.aliases.len() as u64,
        lang.pick("object listed under two groups", "Objekt unter zwei Gruppen aufgeführt"),
        lang.pick("objects listed under two groups", "Objekte unter zwei Gruppen aufgeführt"),
    );
    list(title, aliases.collect());
    let keys = seal
        .duplicate_keys
        .iter()
        .map(|key| format!("{}:{}  {}", shorten(&key.file), key.line, shorten(&key.key)));
    let title = counted(
        lang,
        seal.duplicate_keys.len() as u64,
        lang.pick("key given twice, the last one kept", "Schlüssel doppelt, der letzte gilt"),
        lang.pick("keys given twice, the last ones kept", "Schlüssel doppelt, die letzten gelten"),
    );
    list(title, keys.collect());
}
