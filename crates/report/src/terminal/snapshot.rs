use std::collections::{BTreeMap, BTreeSet};

use nachweis_canon::Digest;
use nachweis_model::Lang;
use nachweis_model::seal::{Collection, CollectionStatus, EVERYWHERE, InstantSource, Seal};

use super::screen::{Paint, Screen};
use crate::Style;
use crate::escape::terminal as inert;
use crate::json::position;
use crate::remedy::is_harmless;
use crate::words::{Pick, counted, identity, instant, number, origins, status};

/// What `snapshot` prints: what was sealed, how completely, and what was not read.
pub fn snapshot_terminal(seal: &Seal, id: Digest, style: &Style) -> String {
    let lang = style.lang;
    let mut screen = Screen::new(style);
    let left = 14;
    let fact = |screen: &mut Screen, en: &str, de: &str, text: &str, paint: Paint| {
        screen.entry(left, (lang.pick(en, de), paint), text, Paint::Plain);
    };
    screen.put(&format!("snapshot: {id}"), Paint::Bold);
    screen.blank();
    screen.blank();
    let cluster = [&seal.cluster.name, &seal.cluster.uid, &seal.cluster.version];
    let cluster: Vec<String> = cluster.into_iter().flatten().map(|part| inert(part)).collect();
    let cluster = if cluster.is_empty() {
        lang.pick("unnamed cluster", "Cluster ohne Namen").to_string()
    } else {
        cluster.join(", ")
    };
    let source = identity(lang, seal.identity_source);
    fact(&mut screen, "cluster", "Cluster", &format!("{cluster}: {source}"), Paint::Dim);
    let read_as = origins(lang, &seal.origins);
    let read_as = if read_as.is_empty() {
        lang.pick(
            "plain files and lists: they close nothing by themselves",
            "einfache Dateien und Listen: sie schließen nichts ab",
        )
        .to_string()
    } else {
        read_as
    };
    fact(&mut screen, "read as", "gelesen als", &read_as, Paint::Dim);
    let when = format!("{} ({})", seal.collected_to, instant(lang, seal.instant_source));
    fact(&mut screen, "collected", "erhoben", &when, Paint::Dim);
    let left_out: u64 = seal.left_out.iter().map(|kind| kind.count).sum();
    let items = format!(
        "{} {} {}; {}",
        counted(lang, seal.items, lang.pick("item", "Objekt"), lang.pick("items", "Objekte")),
        lang.pick("of", "von"),
        counted(lang, seal.kinds.len() as u64, lang.pick("kind", "Art"), lang.pick("kinds", "Arten")),
        format_args!(
            "{} {}",
            number(lang, left_out),
            lang.pick("left out as no evidence", "ausgelassen, da kein Nachweis")
        ),
    );
    fact(&mut screen, "items", "Objekte", &items, Paint::Dim);

    let mut by_status: BTreeMap<CollectionStatus, u64> = BTreeMap::new();
    for collection in &seal.collections {
        *by_status.entry(collection.status).or_default() += 1;
    }
    let statuses: Vec<String> = by_status
        .iter()
        .map(|(of, count)| format!("{} {}", number(lang, *count), status(lang, *of)))
        .collect();
    let statuses = if statuses.is_empty() { "0".into() } else { statuses.join(", ") };
    fact(&mut screen, "collections", "Erhebungen", &statuses, Paint::Dim);
    fact(&mut screen, "closed", "abgeschlossen", &closed(seal, lang), Paint::Dim);
    let withheld: usize = seal.withheld.iter().map(|item| item.pointers.len()).sum();
    let withheld = counted(
        lang,
        withheld as u64,
        lang.pick("value, its place is in the seal", "Wert, die Stelle steht im Siegel"),
        lang.pick("values, their places are in the seal", "Werte, die Stellen stehen im Siegel"),
    );
    fact(&mut screen, "withheld", "verdeckt", &withheld, Paint::Dim);
    if let Some(names) = &seal.pseudonyms {
        let people = counted(
            lang,
            names.people,
            lang.pick("person has a pseudonym", "Person hat ein Pseudonym"),
            lang.pick("people have pseudonyms", "Personen haben Pseudonyme"),
        );
        let key = lang.pick("of the key", "des Schlüssels");
        fact(&mut screen, "people", "Personen", &format!("{people} {key} {}", inert(&names.key)), Paint::Dim);
    }
    if !seal.conflicts.is_empty() {
        let conflicts = counted(
            lang,
            seal.conflicts.len() as u64,
            lang.pick(
                "object is declared more than once, differently",
                "Objekt ist mehrfach und verschieden erklärt",
            ),
            lang.pick(
                "objects are declared more than once, differently",
                "Objekte sind mehrfach und verschieden erklärt",
            ),
        );
        fact(&mut screen, "conflicts", "Konflikte", &conflicts, Paint::Yellow);
    }
    let count = seal.unread.len();
    let mut unread = counted(
        lang,
        count as u64,
        lang.pick("part of the input", "Teil der Eingabe"),
        lang.pick("parts of the input", "Teile der Eingabe"),
    );
    let harmless = seal.unread.iter().filter(|part| is_harmless(part)).count();
    for (at, part) in seal.unread.iter().filter(|part| !is_harmless(part)).take(10).enumerate() {
        let place = position(part.line, part.column).map_or(String::new(), |at| format!(":{at}"));
        let ignored = if part.ignored {
            lang.pick(", ignored by --ignore", ", durch --ignore ausgenommen")
        } else {
            ""
        };
        unread.push_str(if at == 0 { ": " } else { "; " });
        // What a chart or a kustomization needs is said there, and short.
        let why = match &*part.reason {
            "helm-chart" | "kustomization" => &part.detail,
            reason => reason,
        };
        unread.push_str(&format!("{}{place} ({}{ignored})", inert(&part.file), inert(why)));
    }
    if count - harmless > 10 {
        unread.push_str(&format!("; +{}", count - harmless - 10));
    }
    if harmless > 0 {
        let no_objects = lang.pick(
            "are no manifests: logs, records of the collector, lists for kustomize",
            "sind keine Manifeste: Protokolle, Aufzeichnungen des Sammlers, Listen für kustomize",
        );
        unread.push_str(&format!("; {} {no_objects}", number(lang, harmless as u64)));
    }
    let paint = if count > harmless { Paint::Yellow } else { Paint::Dim };
    fact(&mut screen, "unread", "ungelesen", &unread, paint);
    if let Some(step) = next(seal, lang) {
        fact(&mut screen, "next", "als Nächstes", step, Paint::Dim);
    }
    screen.out
}

/// Which kinds nothing is missing of: in the whole cluster, and in single namespaces.
fn closed(seal: &Seal, lang: Lang) -> String {
    let kinds = |wanted: &dyn Fn(&Collection) -> bool| {
        let rows = seal.collections.iter().filter(|row| wanted(row));
        rows.map(|row| row.resource.as_str()).collect::<BTreeSet<_>>()
    };
    let everywhere = kinds(&|row| row.scope == EVERYWHERE && row.status == CollectionStatus::Complete);
    let not_served = kinds(&|row| row.status == CollectionStatus::NotServed).len() as u64;
    let in_some = kinds(&|row| row.scope != EVERYWHERE && row.status.closes());
    let in_some: BTreeSet<&str> = in_some.difference(&everywhere).copied().collect();
    if everywhere.is_empty() && in_some.is_empty() && not_served == 0 {
        return lang.pick("no kind: absence proves nothing", "keine Art: Fehlendes beweist nichts").into();
    }
    let named = |kinds: &BTreeSet<&str>| {
        let names: Vec<String> = kinds.iter().take(4).map(|name| inert(name)).collect();
        let more = kinds.len().saturating_sub(names.len());
        let more = if more > 0 { format!(", +{}", number(lang, more as u64)) } else { String::new() };
        format!("{}{more}", names.join(", "))
    };
    let mut parts = Vec::new();
    if !everywhere.is_empty() {
        parts.push(format!("{} {}", lang.pick("cluster-wide", "clusterweit"), named(&everywhere)));
    }
    if !in_some.is_empty() {
        parts.push(format!("{} {}", lang.pick("by namespace", "je Namespace"), named(&in_some)));
    }
    if not_served > 0 {
        parts.push(counted(
            lang,
            not_served,
            lang.pick("kind not served", "Art nicht angeboten"),
            lang.pick("kinds not served", "Arten nicht angeboten"),
        ));
    }
    parts.join("; ")
}

/// What would make more of the snapshot, if something stands out.
fn next(seal: &Seal, lang: Lang) -> Option<&'static str> {
    let closed = seal.collections.iter().any(|row| row.status.closes());
    let backup = seal.origins.iter().any(|origin| origin.form == "velero-backup");
    if seal.items == 0 {
        return Some(lang.pick(
            "nothing was read: name a folder, an archive, or the output of `kubectl get -o json`",
            "nichts wurde gelesen: einen Ordner, ein Archiv oder die Ausgabe von `kubectl get -o json` angeben",
        ));
    }
    if !closed && backup {
        return Some(lang.pick(
            "add the `velero-backup.json` of a finished backup: only it says what the backup covers",
            "das `velero-backup.json` einer fertigen Sicherung dazugeben: nur darin steht, was sie umfasst",
        ));
    }
    if !closed {
        return Some(lang.pick(
            "if the input holds everything that people declare, say so with `--complete all`",
            "wenn die Eingabe alles enthält, was Menschen erklären, das mit `--complete all` sagen",
        ));
    }
    (seal.instant_source == InstantSource::Clock).then(|| {
        lang.pick(
            "the input does not say when it was taken: say so with `--at INSTANT`, ages are measured against it",
            "die Eingabe sagt nicht, von wann sie ist: mit `--at INSTANT` angeben, Alter werden daran gemessen",
        )
    })
}
