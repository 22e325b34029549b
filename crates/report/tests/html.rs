//! The HTML file: what it holds, what it never holds, and how large it gets.

mod fixture;

use nachweis_model::Lang;
use nachweis_report::html;

/// Elements and texts of the body, counted from the outside.
fn nodes(html: &str) -> usize {
    let body = &html[html.find("<body").expect("a body")..html.find("<script").expect("a script")];
    let elements = body.matches('<').count() - body.matches("</").count();
    let texts = body.split('>').filter(|part| !part.starts_with('<') && !part.is_empty()).count();
    elements + texts
}

#[test]
fn fifteen_thousand_pods_stay_small() {
    for controls in [12, 160] {
        let fixture = fixture::scale(controls);
        let html = html(&fixture.report(), Lang::De);
        let nodes = nodes(&html);
        println!("{controls} controls, 15,267 items: {} bytes, {nodes} nodes", html.len());
        assert!(html.len() < 10_000_000, "{} bytes", html.len());
        assert!(nodes < 18_000, "{nodes} nodes leave no room for a full list of obligations");
        assert!(
            html.contains(
                "vollständige Liste: <code>nachweis report out/prod-eu-1.bundle --format csv</code>"
            )
        );
    }
}

#[test]
fn a_report_refers_to_nothing_outside() {
    let fixture = fixture::small();
    for lang in [Lang::En, Lang::De] {
        let html = html(&fixture.report(), lang);
        for outside in
            ["http:", "https:", "//", "src=", "@import", "url(", "<link", "<iframe", "<img", "<object"]
        {
            let found = html.match_indices(outside).find(|(at, _)| !html[*at..].starts_with("// "));
            assert_eq!(found, None, "{outside}");
        }
        assert!(html.contains("default-src 'none'") || html.contains("default-src &#39;none&#39;"));
        let links = html.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap_or(""));
        for link in links {
            let anchor = link.strip_prefix('#').expect("links stay inside");
            assert_eq!(html.matches(&format!(" id=\"{anchor}\"")).count(), 1, "{anchor}");
        }
    }
}

#[test]
fn the_policy_allows_exactly_our_style_and_script() {
    use base64ct::{Base64, Encoding};
    let fixture = fixture::small();
    let html = html(&fixture.report(), Lang::En);
    for tag in ["style", "script"] {
        let (start, end) = (format!("<{tag}>"), format!("</{tag}>"));
        let text = html.split(&start).nth(1).and_then(|rest| rest.split(&end).next()).expect("inline");
        let digest = Base64::encode_string(&nachweis_canon::Digest::of(text.as_bytes()).0);
        assert!(html.contains(&format!("{tag}-src &#39;sha256-{digest}&#39;")), "{tag}");
        assert_eq!(html.matches(&start).count(), 1);
    }
    assert!(!html.contains(" style=\"") && !html.contains(" onclick"));
}

#[test]
fn every_part_is_there_in_both_languages() {
    let fixture = fixture::small();
    let english = html(&fixture.report(), Lang::En);
    for part in [
        "<html lang=\"en\">",
        "evidence for Art. 9(4)(c): 1 of 4 controls satisfied",
        "The catalogue has a control for 12 of the 13 obligations",
        "For the management body",
        "nachweis verify out/prod-eu-1.bundle --trust keys/audit.pub",
        "14 completed backups exist; of 0 restores none",
        "Deployment onboarding/api, 3 × Pod",
        "api-6f7d",
        "   12  metadata:",
        "addons/values.yaml",
        "2027-03-01T00:00:00Z",
        "Head of Platform / CISO",
        "That nobody dropped or changed objects before they were sealed.",
        "restore_interval_days_max = 180 (days, set by the overlay); default 365",
        "statement missing",
        "/spec/containers/0/env/2/value",
        &fixture.report().digest.to_string(),
    ] {
        assert!(english.contains(part), "{part}");
    }
    let german = html(&fixture.report(), Lang::De);
    for part in [
        "<html lang=\"de\">",
        "Nachweis zu Art. 9(4)(c): 1 von 4 Kontrollen bestanden",
        "Der Katalog hat zu 12 der 13 aufgeführten Pflichten eine Kontrolle",
        "Für das Leitungsorgan",
        "Dass niemand Objekte vor dem Versiegeln weggelassen oder verändert hat.",
        "Keine NetworkPolicy des Namespace wählt den Pod aus.",
    ] {
        assert!(german.contains(part), "{part}");
    }
}

/// An English sentence of ours in the German report would be one that somebody forgot to translate.
#[test]
fn the_german_report_has_no_english_sentence() {
    let fixture = fixture::small();
    let report = fixture.report();
    let (english, german) = (html(&report, Lang::En), html(&report, Lang::De));
    let texts = |html: &str| -> std::collections::BTreeSet<String> {
        let body = &html[html.find("<body").expect("a body")..html.find("<script").expect("a script")];
        let texts = body.split('>').filter_map(|part| part.split('<').next());
        let word = |word: &&str| !word.is_empty() && word.chars().all(char::is_alphabetic);
        let sentence = |text: &&str| !text.contains('\n') && text.split(' ').filter(word).count() > 2;
        texts.filter(sentence).map(String::from).collect()
    };
    let both: Vec<String> = texts(&english).intersection(&texts(&german)).cloned().collect();
    // What the overlay's author wrote is shown in the author's language.
    let foreign = [
        "Head of Platform",
        "Break-glass access for the on-call team",
        "a Helm template is no YAML",
        "mapping values are not allowed here",
    ];
    let left: Vec<&String> =
        both.iter().filter(|text| !foreign.iter().any(|known| text.contains(known))).collect();
    assert_eq!(left, Vec::<&String>::new());
}
