use nachweis_model::{ItemId, Lang};

use super::anchor;
use super::page::Page;
use super::parts::{long, shorten};
use crate::changes::{
    Changes, Class, Fate, Figures, Input, Item, Moved, Object, PathChange, Shown, State, input_name,
};
use crate::escape::{clip, visible};
use crate::view::{Row, View};
use crate::words::{Pick, as_verdict, counted, number, sign, status, verdict};

/// Items of one finding that are named.
const ITEMS: usize = 60;
/// Objects whose changes are told path by path, and paths of one object.
const OBJECTS: (usize, usize) = (100, 8);
/// Characters of a value.
const VALUE: usize = 160;

/// What is new, fixed or otherwise than in an older bundle, and why.
pub(super) fn write(p: &mut Page, view: &View<'_>, changes: &Changes) {
    let lang = view.lang;
    p.p(&between(lang, changes));
    let (old, new) = (&changes.delta.old.cluster, &changes.delta.new.cluster);
    if old.uid.is_some() && new.uid.is_some() && old.uid != new.uid {
        p.p(lang.pick(
            "These are two different clusters: their uids differ.",
            "Das sind zwei verschiedene Cluster: Ihre UIDs unterscheiden sich.",
        ));
    }
    p.p(&total(lang, changes));
    findings(p, view, changes);
    inputs(p, lang, &changes.delta.inputs);
    obligations(p, view, changes);
    objects(p, lang, changes);
    p.p(lang.pick(
        "Neither bundle was verified for this comparison; it is as sure as both are. This command verifies the older one:",
        "Keines der Bündel wurde für diesen Vergleich geprüft; er ist so sicher wie beide. Dieser Befehl prüft das ältere:",
    ));
    p.command(&format!("nachweis verify {}", crate::escape::shell(&changes.bundle)));
}

/// Which state the report is compared with.
fn between(lang: Lang, changes: &Changes) -> String {
    let old = &changes.delta.old;
    let name = old.cluster.name.as_deref().map_or_else(
        || lang.pick("a cluster without a name", "einem Cluster ohne Namen").to_string(),
        shorten,
    );
    let (at, catalogue) = (shorten(&old.collected_to), shorten(&old.catalogue_version));
    let (snapshot, as_of) =
        (visible(&old.snapshot).chars().take(19).collect::<String>(), shorten(&old.as_of));
    match lang {
        Lang::En => format!(
            "Compared with the assessment of {name}, state at {at}, as of {as_of}, with catalogue {catalogue} (snapshot {snapshot})."
        ),
        Lang::De => format!(
            "Verglichen mit der Bewertung von {name}, Stand {at}, Stichtag {as_of}, mit Katalog {catalogue} (Snapshot {snapshot})."
        ),
    }
}

/// The line with all numbers, also on the terminal.
pub(crate) fn total(lang: Lang, changes: &Changes) -> String {
    let all = [Class::New, Class::Fixed, Class::Changed, Class::Started, Class::Ended, Class::Balanced];
    let mut parts: Vec<String> = Vec::new();
    for (at, class) in all.into_iter().enumerate() {
        let count = changes.count(class);
        if at < 3 || count > 0 {
            parts.push(format!("{} {}", number(lang, count), class.word(lang)));
        }
    }
    let unchanged = number(lang, changes.delta.findings_unchanged);
    let objects = &changes.delta.objects;
    let [appeared, vanished, changed] =
        [objects.appeared, objects.vanished, objects.changed].map(|count| number(lang, count));
    let parts = parts.join(", ");
    match lang {
        Lang::En => format!(
            "Findings: {parts}, {unchanged} unchanged. Objects: {appeared} appeared, {vanished} vanished, {changed} changed."
        ),
        Lang::De => format!(
            "Befunde: {parts}, {unchanged} unverändert. Objekte: {appeared} erschienen, {vanished} verschwunden, {changed} geändert."
        ),
    }
}

fn findings(p: &mut Page, view: &View<'_>, changes: &Changes) {
    let lang = view.lang;
    let moved = changes.ordered();
    if moved.is_empty() {
        return p.p(lang.pick("No finding moved.", "Kein Befund hat sich bewegt."));
    }
    let heads = [
        lang.pick("What", "Was"),
        lang.pick("Control", "Kontrolle"),
        lang.pick("Before", "Vorher"),
        lang.pick("Now", "Jetzt"),
        lang.pick("Because", "Weil"),
    ];
    p.listed(
        lang,
        lang.pick("Findings that moved", "Befunde, die sich bewegten"),
        &heads,
        &moved,
        |p, moved| {
            p.leaf("td", &[("class", "class")], moved.class.word(lang));
            p.el("th", &[("scope", "row")], |p| {
                // A control that is not asked any more has no article to lead to.
                match row(view, moved) {
                    Some(row) => {
                        let link = format!("#{}", anchor(view, &moved.control));
                        p.el("a", &[("href", &link)], |p| p.rich(&shorten(&row.title(lang))));
                    }
                    None => p.text(&shorten(&moved.control)),
                }
            });
            figures(p, lang, moved.old.as_ref());
            figures(p, lang, moved.new.as_ref());
            p.td(&because(lang, moved));
        },
    );
    for moved in moved.iter().filter(|moved| !moved.items.is_empty()).take(p.most()) {
        items(p, view, moved);
    }
}

fn row<'a>(view: &View<'a>, moved: &Moved) -> Option<Row<'a>> {
    let findings = &view.report.assessment.findings;
    let finding = findings.iter().find(|finding| finding.control == moved.control)?;
    Some(Row { finding, control: view.control(&finding.control) })
}

fn figures(p: &mut Page, lang: Lang, figures: Option<&Figures>) {
    let Some(figures) = figures else { return p.td(lang.pick("not asked", "nicht geprüft")) };
    p.el("td", &[("class", "figure")], |p| {
        p.text(&format!("{} {}", sign(figures.verdict), verdict(lang, figures.verdict)));
        let (covered, total) = (number(lang, figures.covered), number(lang, figures.total));
        p.leaf("span", &[("class", "duty")], &format!("{covered} / {total}"));
    });
}

/// `✗ not satisfied, 24 / 36`.
fn short(lang: Lang, figures: &Figures) -> String {
    let (covered, total) = (number(lang, figures.covered), number(lang, figures.total));
    format!("{} {}, {covered} / {total}", sign(figures.verdict), verdict(lang, figures.verdict))
}

/// The causes; of several each with what stood after it.
fn because(lang: Lang, moved: &Moved) -> String {
    let parts = moved.parts.iter().map(|part| {
        let words: Vec<&str> = part.kinds.iter().map(|kind| kind.word(lang)).collect();
        let mut text = words.join(" + ");
        if !part.named.is_empty() {
            let names: Vec<String> =
                part.named.iter().take(4).map(|name| shorten(&input_name(lang, &part.kinds, name))).collect();
            let more = part.named.len().saturating_sub(names.len());
            let more = if more > 0 { format!(", +{more}") } else { String::new() };
            text.push_str(&format!(" ({}{more})", names.join(", ")));
        }
        if moved.parts.len() > 1 {
            let state = |figures: Option<&Figures>| {
                figures.map_or_else(|| "–".to_string(), |figures| short(lang, figures))
            };
            text.push_str(&format!(": {} → {}", state(part.old.as_ref()), state(part.new.as_ref())));
        }
        text
    });
    parts.collect::<Vec<_>>().join("; ")
}

/// Items of one finding, those that now speak against it first.
fn items(p: &mut Page, view: &View<'_>, moved: &Moved) {
    let lang = view.lang;
    let row = row(view, moved);
    let title = row.as_ref().map_or_else(|| shorten(&moved.control), |row| shorten(&row.title(lang)));
    let count = counted(
        lang,
        moved.items.len() as u64,
        lang.pick("item stands otherwise", "Objekt steht anders"),
        lang.pick("items stand otherwise", "Objekte stehen anders"),
    );
    let mut order: Vec<&Item> = moved.items.iter().collect();
    let open = |item: &Item| !matches!(item.new.state, State::Uncovered | State::Indeterminate);
    order.sort_by_key(|item| open(item));
    let lines: Vec<String> = order.iter().take(ITEMS).map(|item| line(lang, row.as_ref(), item)).collect();
    p.fold(&format!("{title}: {count}"), |p| p.names(lang, &lines, order.len()));
}

/// `Pod payments/api-1` for an id in its text form.
fn title(id: &str) -> String {
    match id.parse::<ItemId>() {
        Ok(id) => shorten(&format!("{} {}", id.kind, id.place())),
        Err(_) => shorten(id),
    }
}

/// `Pod b/a: covered → not covered (reason); appeared`.
fn line(lang: Lang, row: Option<&Row<'_>>, item: &Item) -> String {
    let reason = item.new.reason.as_ref().map_or_else(String::new, |reason| {
        let text = row.map_or_else(|| reason.clone(), |row| row.reason(lang, reason));
        format!(" ({})", shorten(&text))
    });
    let exempted = item.new.exemption.as_ref().map_or_else(String::new, |id| {
        format!(", {} {}", lang.pick("exempted:", "ausgenommen:"), shorten(id))
    });
    let (old, new) = (item.old.state.word(lang), item.new.state.word(lang));
    format!("{}: {old} → {new}{reason}{exempted}; {}", title(&item.id), item.presence.word(lang))
}

fn inputs(p: &mut Page, lang: Lang, inputs: &[Input]) {
    if inputs.is_empty() {
        return;
    }
    let heads = [
        lang.pick("What changed", "Was sich änderte"),
        lang.pick("Name", "Name"),
        lang.pick("Values", "Werte"),
    ];
    let caption = lang.pick("Changed beside the cluster", "Neben dem Cluster geändert");
    p.listed(lang, caption, &heads, inputs, |p, input| {
        p.td(input.kind.word(lang));
        p.th(&shorten(&input_name(lang, &[input.kind], &input.name)));
        let mut lines: Vec<String> =
            input.changes.iter().take(OBJECTS.1).map(|change| path(lang, change)).collect();
        let more = input.changes.len().saturating_sub(lines.len()) as u64 + input.more;
        if more > 0 {
            lines.push(format!("+{}", number(lang, more)));
        }
        p.td(&lines.join("; "));
    });
}

/// `/data/one: "first" → "second"`.
fn path(lang: Lang, change: &PathChange) -> String {
    let pointer = if change.pointer.is_empty() { "/".into() } else { shorten(&change.pointer) };
    format!("{pointer}: {} → {}", shown(lang, change.old.as_ref()), shown(lang, change.new.as_ref()))
}

fn shown(lang: Lang, value: Option<&Shown>) -> String {
    let Some(value) = value else { return lang.pick("nothing", "nichts").into() };
    if value.withheld {
        return lang.pick("(withheld)", "(zurückgehalten)").into();
    }
    let before = if value.skipped > 0 { "…" } else { "" };
    let after = if value.cut > 0 { "…" } else { "" };
    format!("{before}{}{after}", clip(&visible(&value.text), VALUE))
}

fn obligations(p: &mut Page, view: &View<'_>, changes: &Changes) {
    let lang = view.lang;
    let rows = &changes.delta.obligations;
    if rows.is_empty() {
        return;
    }
    let heads = [
        lang.pick("Evidence for", "Nachweis zu"),
        lang.pick("Worst row before", "Schwerste Zeile vorher"),
        lang.pick("Worst row now", "Schwerste Zeile jetzt"),
    ];
    let caption =
        lang.pick("Evidence for obligations that moved", "Nachweise zu Pflichten, die sich bewegten");
    p.listed(lang, caption, &heads, rows, |p, row| {
        p.th(&shorten(&view.cite(&row.id)));
        for state in [row.old, row.new] {
            p.el("td", &[], |p| match state {
                Some(state) => p.badge(lang, as_verdict(state)),
                None => p.text(lang.pick("not selected", "nicht ausgewählt")),
            });
        }
    });
}

fn objects(p: &mut Page, lang: Lang, changes: &Changes) {
    let objects = &changes.delta.objects;
    if !objects.kinds.is_empty() {
        let heads = [
            lang.pick("Kind", "Art"),
            Fate::Added.word(lang),
            Fate::NewlySeen.word(lang),
            Fate::Removed.word(lang),
            Fate::NotSeen.word(lang),
            Fate::Changed.word(lang),
        ];
        let unchanged = number(lang, objects.unchanged);
        let caption = format!(
            "{} ({unchanged} {})",
            lang.pick("Objects by kind", "Objekte nach Art"),
            lang.pick("unchanged", "unverändert")
        );
        p.listed(lang, &caption, &heads, &objects.kinds, |p, kind| {
            p.th(&shorten(&kind.resource));
            for count in [kind.added, kind.newly_seen, kind.removed, kind.not_seen, kind.changed] {
                p.figure(&number(lang, count));
            }
        });
    }
    if objects.kinds.iter().any(|kind| kind.not_seen + kind.newly_seen > 0) {
        p.p(lang.pick(
            "Not seen any more, newly seen: the other snapshot is not complete there, so nothing says that these objects were removed or added.",
            "Nicht mehr gesehen, neu gesehen: Der andere Snapshot ist dort nicht vollständig; nichts sagt, dass diese Objekte entfernt wurden oder hinzukamen.",
        ));
    }
    if !objects.items.is_empty() {
        let title = counted(
            lang,
            objects.items.len() as u64,
            lang.pick("object, and what changed in it", "Objekt, und was sich darin änderte"),
            lang.pick("objects, and what changed in them", "Objekte, und was sich darin änderte"),
        );
        let lines: Vec<String> =
            objects.items.iter().take(OBJECTS.0).map(|object| changed(lang, object)).collect();
        p.fold(&title, |p| p.names(lang, &lines, objects.items.len()));
    }
    if !objects.collections.is_empty() {
        let lines = objects.collections.iter().take(OBJECTS.0).map(|row| {
            let place = if row.scope == "*" { String::new() } else { format!(" / {}", shorten(&row.scope)) };
            format!(
                "{}{place}: {} → {}",
                shorten(&row.resource),
                status(lang, row.old),
                status(lang, row.new)
            )
        });
        let lines: Vec<String> = lines.collect();
        let title = lang.pick("Collections that are seen otherwise", "Erhebungen, die anders gesehen wurden");
        p.fold(title, |p| p.names(lang, &lines, objects.collections.len()));
    }
}

/// An object and, under it, its changed paths.
fn changed(lang: Lang, object: &Object) -> String {
    let mut out = format!("{}: {}", title(&object.id), object.fate.word(lang));
    for change in object.changes.iter().take(OBJECTS.1) {
        out.push_str(&format!("\n  {}", long(&path(lang, change))));
    }
    let more = object.changes.len().saturating_sub(OBJECTS.1) as u64 + object.more;
    if more > 0 {
        out.push_str(&format!("\n  +{}", number(lang, more)));
    }
    out
}
