//! The first screen: what it says, and that it fits.

mod fixture;

use nachweis_model::Lang;
use nachweis_model::seal::{Collection, CollectionBasis, CollectionStatus, IdentitySource};
use nachweis_report::{Style, snapshot_terminal, terminal};
use unicode_width::UnicodeWidthStr;

fn screen(fixture: &fixture::Fixture, width: usize, lang: Lang) -> String {
    terminal(&fixture.report(), &Style { width, colour: false, lang })
}

#[test]
fn lines_fit_and_carry_no_escape_without_colour() {
    for fixture in [fixture::small(), fixture::scale(30)] {
        for lang in [Lang::En, Lang::De] {
            for width in [40, 80, 100, 120, 160, 240] {
                let text = screen(&fixture, width, lang);
                assert!(!text.contains('\u{1b}'));
                // Lines to copy stay whole.
                let copied =
                    |line: &str| ["--", "kubectl "].iter().any(|start| line.trim().starts_with(start));
                let lines = text.lines().skip(1).filter(|line| !line.contains("nachweis ") && !copied(line));
                for line in lines {
                    assert!(line.width() <= width, "{width}: {line}");
                    assert_eq!(line, line.trim_end());
                }
            }
        }
    }
}

#[test]
fn colour_only_repeats_what_words_say() {
    let fixture = fixture::small();
    let plain = screen(&fixture, 80, Lang::En);
    let mut painted = terminal(&fixture.report(), &Style { width: 80, colour: true, lang: Lang::En });
    assert!(painted.contains("\u{1b}[1;31m✗ not-satisfied"));
    while let Some(at) = painted.find('\u{1b}') {
        let end = painted[at..].find('m').expect("an escape ends") + at;
        painted.replace_range(at..=end, "");
    }
    assert_eq!(painted, plain);
}

#[test]
fn the_first_line_is_the_total_whatever_the_width() {
    for width in [20, 80, 160] {
        let text = screen(&fixture::small(), width, Lang::En);
        let total = "total: 5 not-satisfied, 1 indeterminate, 5 satisfied, 1 not-applicable; 1 item exempted";
        assert_eq!(text.lines().next(), Some(total));
    }
}

#[test]
fn a_row_says_control_article_coverage_example_and_step() {
    let text = screen(&fixture::small(), 80, Lang::En);
    let row = "\
✗ not-satisfied  Every workload pod is selected by a network policy that an
  high           enforcer acts on
                 24 / 36 pods
                 evidence for RTS 2024/1774 Art. 13(1)(a); DORA Art. 9(4)(c)
                 e.g. Deployment onboarding/api (3 × Pod): No network policy of
                 the namespace selects the pod.
                 --> onboarding/api-6f7d0019-00002.yaml:12
                    12 | metadata:
                    13 |   name: api-6f7d0019-00002
                    14 |   labels:
                    15 |     app: api
                 → Give every namespace a NetworkPolicy with an empty
                 podSelector that denies ingress and egress, and allow beside it
                 what each workload needs.
";
    assert!(text.contains(row), "{text}");
    assert!(text.contains("14 completed backups exist; of 0 restores none"));
    assert!(text.contains("18 / 36 pods; 3 / 6 namespaces, open: cards, reporting, risk"));
}

#[test]
fn what_was_not_seen_says_what_would_show_it() {
    let mut fixture = fixture::small();
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = flat(&screen(&fixture, 80, Lang::En));
    for sentence in [
        "not seen (1) 1 kind that the collector may not read: limitranges; 1 control waits → grant `list`",
        "(2) 1 kind in the input, without a word that these are all: networkpolicies.networking.k8s.io (in ledger, onboarding, +2)",
        "if the input has all of them, declare it: --complete networkpolicies.networking.k8s.io",
        "→ settle what was not seen (1) and (2): limitranges, networkpolicies.networking.k8s.io",
    ] {
        assert!(text.contains(sentence), "{sentence}: {text}");
    }
    assert!(text.contains("unread 2 parts of the input were not read: addons/values.yaml:14:3 (template)"));
    assert!(text.contains("system 9 of 53 open items lie in kube-system"));
    fixture.seal.identity_source = IdentitySource::Live;
    assert!(
        !screen(&fixture, 80, Lang::En).contains("--complete"),
        "a declaration is nothing for a live cluster"
    );
    fixture.seal.unread.clear();
    assert!(screen(&fixture, 80, Lang::En).contains("unread           0 parts of the input were not read"));
}

#[test]
fn the_command_stays_on_one_line() {
    let mut fixture = fixture::small();
    fixture.bundle = Some(format!("{}/my bundle", "deep/".repeat(30)));
    let text = screen(&fixture, 80, Lang::En);
    let command = format!("nachweis verify '{}/my bundle' --trust keys/audit.pub", "deep/".repeat(30));
    assert!(text.lines().any(|line| line.trim() == command), "{text}");
    fixture.bundle = None;
    assert!(screen(&fixture, 80, Lang::En).contains("none was written; `--out BUNDLE`"));
}

#[test]
fn many_rows_are_cut_and_counted() {
    let text = screen(&fixture::scale(30), 80, Lang::De);
    assert_eq!(text.matches("✗ nicht bestanden").count(), 10);
    assert!(text.contains("und 20 weitere"));
}

#[test]
fn examples_lie_outside_of_system_namespaces() {
    let mut fixture = fixture::small();
    fixture.system.push("onboarding".into());
    let text = screen(&fixture, 160, Lang::En);
    assert!(text.contains("e.g. Deployment reporting/api (3 × Pod): No network policy"));
}

#[test]
fn a_snapshot_says_what_it_holds() {
    let fixture = fixture::small();
    let id = fixture.assessment.snapshot;
    let lines = snapshot_terminal(&fixture.seal, id, &Style::default());
    assert!(lines.lines().all(|line| line.width() <= 80 || line.starts_with("snapshot: ")), "{lines}");
    let text = lines.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(lines.starts_with(&format!("snapshot: {id}\n")));
    assert!(text.contains("49 items of 2 kinds; 73 left out as no evidence"));
    assert!(text.contains("3 values, their places are in the seal"));
    assert!(text.contains("old/readme.yaml:1:1 (yaml-syntax, ignored"));
}

/// For the eye: `NACHWEIS_REPORT_OUT=DIR` keeps the first screens as a terminal gets them.
#[test]
fn screens_can_be_kept() {
    let Ok(folder) = std::env::var("NACHWEIS_REPORT_OUT") else { return };
    let fixture = fixture::small();
    for (name, width, lang) in [("en-80", 80, Lang::En), ("en-160", 160, Lang::En), ("de-80", 80, Lang::De)] {
        let text = terminal(&fixture.report(), &Style { width, colour: true, lang });
        std::fs::write(format!("{folder}/{name}.ansi"), text).expect("the folder can be written");
    }
}

/// An unread file that keeps declared kinds open is named once, with the flag that takes it out.
#[test]
fn one_unread_file_is_one_remedy() {
    let mut fixture = fixture::small();
    let open = |resource: &str| Collection {
        resource: resource.into(),
        scope: "*".into(),
        status: CollectionStatus::Partial,
        basis: CollectionBasis::Operator,
        count: 1,
        bytes: 1,
        detail: Some("`addons/values.yaml` was not read: template".into()),
        resource_version: None,
    };
    fixture.seal.collections.extend(["limitranges", "networkpolicies.networking.k8s.io"].map(open));
    for finding in &mut fixture.assessment.findings {
        finding.missing.iter_mut().for_each(|missing| missing.status = CollectionStatus::Partial);
    }
    let flat = |lang| screen(&fixture, 100, lang).split_whitespace().collect::<Vec<_>>().join(" ");
    let english = flat(Lang::En);
    assert!(
        english.contains("(1) 2 kinds declared complete, but `addons/values.yaml` (template)"),
        "{english}"
    );
    assert!(english.contains("--ignore addons/values.yaml"), "{english}");
    assert!(!english.contains("--complete"), "{english}");
    let german = flat(Lang::De);
    assert!(
        german.contains("(1) 2 Arten, als vollständig erklärt, doch `addons/values.yaml` (template)"),
        "{german}"
    );
    assert!(german.contains("--ignore addons/values.yaml"), "{german}");
}

/// A row that waits for a parameter says which one and the lines that set it, and nothing of kinds.
#[test]
fn an_unset_parameter_is_two_lines_to_copy() {
    let mut fixture = fixture::small();
    let row = fixture
        .assessment
        .findings
        .iter_mut()
        .find(|finding| !finding.missing.is_empty())
        .expect("an open row");
    row.reasons.insert("parameter-not-set".into(), 1);
    let id = row.control.clone();
    let control =
        fixture.catalogue.controls.iter_mut().find(|control| control.id == id).expect("its control");
    control.parameters.push(
        serde_json::from_value(serde_json::json!({
            "name": "payment_path_label", "type": "string-map", "unit": "labels", "default": null,
            "source": {"en": "no default", "de": "keine Vorgabe"},
            "title": {"en": "Labels of the payment path", "de": "Labels des Zahlungswegs"}
        }))
        .expect("a parameter"),
    );
    fixture.overlay.params.clear();
    let text = screen(&fixture, 100, Lang::En);
    let lines = "                   format: nachweis-params/1\n                   params: {payment_path_label: {\"KEY\": \"VALUE\"}}\n";
    assert!(text.contains(lines), "{text}");
    assert!(text.contains("set `payment_path_label` (Labels of the payment path)"), "{text}");
    assert!(!text.contains("settle what was not seen"), "{text}");
    fixture.overlay.params.insert("other".into(), serde_json::json!(1));
    let text = screen(&fixture, 100, Lang::De);
    assert!(
        text.contains("params:\n                       payment_path_label: {\"KEY\": \"VALUE\"}\n"),
        "{text}"
    );
}
