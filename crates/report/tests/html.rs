//! The HTML file: what it holds, what it never holds, and how large it gets.

mod fixture;

use std::fs;

use nachweis_model::Lang;
use nachweis_report::html;

/// Elements and texts, counted from the outside.
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
        println!("{controls} controls, 15,253 items: {} bytes, {nodes} nodes", html.len());
        assert!(html.len() < 10_000_000, "{} bytes", html.len());
        assert!(nodes < 20_000, "{nodes} nodes");
        assert!(html.contains("vollständige Liste"));
    }
}

/// Keeps what the eye wants to see: `NACHWEIS_REPORT_OUT=DIR cargo test -p nachweis-report --test html`.
#[test]
fn renderings_can_be_kept() {
    let Ok(folder) = std::env::var("NACHWEIS_REPORT_OUT") else { return };
    let small = fixture::small();
    let scale = fixture::scale(12);
    for (name, report, lang) in [
        ("small-en", small.report(), Lang::En),
        ("small-de", small.report(), Lang::De),
        ("scale-en", scale.report(), Lang::En),
    ] {
        fs::write(format!("{folder}/{name}.html"), html(&report, lang)).expect("the folder can be written");
    }
}
