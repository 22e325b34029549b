use nachweis_model::seal::IdentitySource;

use super::page::Page;
use super::parts::shorten;
use crate::view::View;
use crate::words::Pick;

/// What a verification shows, and what none can show.
pub(super) fn write(p: &mut Page, view: &View<'_>) {
    let lang = view.lang;
    p.leaf("h3", &[], lang.pick("What anyone can verify, offline", "Was jeder offline prüfen kann"));
    p.command(&view.verify_command());
    p.el("ul", &[], |p| {
        for (en, de) in VERIFIED {
            p.leaf("li", &[], lang.pick(en, de));
        }
        p.leaf("li", &[], &origin(view));
    });
    p.leaf("h3", &[], lang.pick("What no verification can show", "Was keine Prüfung zeigen kann"));
    p.el("ul", &[], |p| {
        for (en, de) in BEYOND {
            p.leaf("li", &[], lang.pick(en, de));
        }
    });
}

const VERIFIED: [(&str, &str); 4] = [
    (
        "Bytes: no byte of snapshot, catalogue, overlay and assessment changed since they were sealed.",
        "Bytes: Kein Byte von Snapshot, Katalog, Overlay und Bewertung hat sich seit dem Versiegeln geändert.",
    ),
    (
        "Verdicts: computed again from the sealed items, every one comes out equal.",
        "Urteile: Aus den versiegelten Objekten neu berechnet, kommt jedes gleich heraus.",
    ),
    (
        "Signer: whether there is a signature, and whether its key is one that you trust.",
        "Unterzeichner: ob es eine Signatur gibt und ob ihr Schlüssel einer ist, dem Sie vertrauen.",
    ),
    (
        "Catalogue: whether it is a published release, and every control, threshold and exemption that differs from it.",
        "Katalog: ob er eine veröffentlichte Ausgabe ist, und jede Kontrolle, jeder Schwellenwert und jede Ausnahme, die davon abweicht.",
    ),
];

const BEYOND: [(&str, &str); 5] = [
    (
        "That nobody dropped or changed objects before they were sealed. An anchored history and a collector in other hands make it harder, nothing makes it impossible.",
        "Dass niemand Objekte vor dem Versiegeln weggelassen oder verändert hat. Eine verankerte Historie und ein Sammler in anderen Händen erschweren es, nichts macht es unmöglich.",
    ),
    (
        "That a collection which the operator declared complete is complete.",
        "Dass eine Erhebung vollständig ist, die der Betreiber für vollständig erklärt hat.",
    ),
    (
        "How the platform looked between two snapshots: this one shows one instant.",
        "Wie die Plattform zwischen zwei Snapshots aussah: Dieser zeigt einen Zeitpunkt.",
    ),
    (
        "Whether people follow the procedures that the law asks for. Where a duty needs more than platform data, only a signed statement can carry it.",
        "Ob Menschen die Verfahren befolgen, die das Recht verlangt. Wo eine Pflicht mehr als Plattformdaten braucht, kann nur eine signierte Erklärung sie tragen.",
    ),
    (
        "That the mapping from provisions to controls is the right reading. It is published, versioned and open to objection.",
        "Dass die Zuordnung von Vorschriften zu Kontrollen die richtige Lesart ist. Sie ist veröffentlicht, versioniert und offen für Widerspruch.",
    ),
];

fn origin(view: &View<'_>) -> String {
    let lang = view.lang;
    let seal = view.report.seal;
    let uid = shorten(seal.cluster.uid.as_deref().unwrap_or("–"));
    let (en, de) = match seal.identity_source {
        IdentitySource::Live => (
            format!("Origin: collected live from the cluster whose kube-system has the UID {uid}."),
            format!("Herkunft: live erhoben vom Cluster, dessen kube-system die UID {uid} hat."),
        ),
        IdentitySource::Dump => (
            format!(
                "Origin: read from a dump that names the cluster with the UID {uid}; the dump itself is not signed by the cluster."
            ),
            format!(
                "Herkunft: gelesen aus einem Abzug, der den Cluster mit der UID {uid} nennt; der Abzug selbst ist nicht vom Cluster signiert."
            ),
        ),
        IdentitySource::Declared => (
            "Origin: read from files; name and instant are what the operator declared.".into(),
            "Herkunft: aus Dateien gelesen; Name und Zeitpunkt sind, was der Betreiber erklärt hat.".into(),
        ),
    };
    lang.pick(&en, &de).to_string()
}
