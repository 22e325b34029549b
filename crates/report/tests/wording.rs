//! Promise 8: a rendering shows evidence and draws no legal conclusion.

mod fixture;

use nachweis_report::wording::conclusion;

/// Text of an HTML file without tags, style and script.
fn words(html: &str) -> String {
    let html = html.split("</style>").nth(1).unwrap_or(html);
    let html = html.split("<script").next().unwrap_or(html);
    html.split('<')
        .map(|part| part.split_once('>').map_or(part, |(_, text)| text))
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn no_rendering_draws_a_legal_conclusion() {
    let mut bare = fixture::small();
    (bare.bundle, bare.signer, bare.trust) = (None, None, None);
    bare.changes = None;
    bare.overlay.exemptions.clear();
    bare.assessment.exemptions.clear();
    bare.seal.unread.clear();
    bare.seal.identity_source = nachweis_model::seal::IdentitySource::Live;
    for fixture in [fixture::small(), bare, fixture::scale(30)] {
        for (name, text) in fixture::renderings(&fixture.report()) {
            let text = match name {
                _ if name.starts_with("html") => words(&text),
                _ if name.starts_with("junit") => text.replace(['<', '>', '"'], " "),
                // Whoever searches a text that was escaped for Markdown would not find a citation in it.
                _ if name.starts_with("sarif") => text.replace('\\', ""),
                _ => text,
            };
            assert_eq!(conclusion(&text), None, "{name}");
        }
    }
}

#[test]
fn the_search_sees_what_a_rendering_says() {
    let fixture = fixture::small();
    let html = nachweis_report::html(&fixture.report(), nachweis_model::Lang::En);
    assert!(
        conclusion(&words(&html.replace("Withheld values", "Art. 9(4)(c) <b>is satisfied</b>"))).is_some()
    );
}
