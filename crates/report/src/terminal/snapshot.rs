use std::collections::BTreeMap;

use nachweis_canon::Digest;
use nachweis_model::seal::{CollectionStatus, Seal};

use super::screen::{Paint, Screen};
use crate::Style;
use crate::escape::terminal as inert;
use crate::json::position;
use crate::words::{Pick, counted, identity, instant, number, status};

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
    let withheld: usize = seal.withheld.iter().map(|item| item.pointers.len()).sum();
    let withheld = counted(
        lang,
        withheld as u64,
        lang.pick("value, its place is in the seal", "Wert, die Stelle steht im Siegel"),
        lang.pick("values, their places are in the seal", "Werte, die Stellen stehen im Siegel"),
    );
    fact(&mut screen, "withheld", "verdeckt", &withheld, Paint::Dim);
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
    for (at, part) in seal.unread.iter().take(10).enumerate() {
        let place = position(part.line, part.column).map_or(String::new(), |at| format!(":{at}"));
        let ignored = if part.ignored {
            lang.pick(", ignored by --ignore", ", durch --ignore ausgenommen")
        } else {
            ""
        };
        unread.push_str(if at == 0 { ": " } else { "; " });
        unread.push_str(&format!("{}{place} ({}{ignored})", inert(&part.file), inert(&part.reason)));
    }
    if count > 10 {
        unread.push_str(&format!("; +{}", count - 10));
    }
    let paint = if count > 0 { Paint::Yellow } else { Paint::Dim };
    fact(&mut screen, "unread", "ungelesen", &unread, paint);
    screen.out
}
