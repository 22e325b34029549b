//! What one control said in one run: population, covered, each reason with items, what would settle the rest.

use nachweis_model::assessment::{Finding, code};
use nachweis_model::control::Control;
use nachweis_model::seal::CollectionStatus;
use nachweis_model::{Lang, Ranges, Verdict};
use nachweis_report::{Items, words};
use nachweis_snapshot::{KindScope, Resources};

use super::bundle::Bundle;
use super::page::Page;
use crate::fail::Failure;

/// Writes the finding of a control.
pub fn about(page: &mut Page, bundle: &Bundle<'_>, control: &Control, named: usize) -> Result<(), Failure> {
    let Some(finding) = bundle.finding(&control.id) else {
        return Err(Failure::new(
            "finding-missing",
            format!("`{}` was not assessed in this bundle", control.id),
        )
        .at(&bundle.path)
        .help("the bundle was made for other packs"));
    };
    let lang = page.lang();
    page.heading("in this run", "in diesem Lauf");
    summary(page, 2, finding, control);
    for group in &finding.items {
        let text = sentence(control, finding, &group.reason, lang);
        page.paragraph(2, &format!("{} {}  ", group.items.len(), group.reason), &text);
        list(page, bundle, &group.items, named);
    }
    let of_items: Vec<&str> = finding.items.iter().map(|group| group.reason.as_str()).collect();
    for reason in finding.reasons.keys().filter(|reason| !of_items.contains(&reason.as_str())) {
        page.paragraph(2, &format!("{reason}  "), &sentence(control, finding, reason, lang));
    }
    for (reason, items) in &finding.excluded {
        let text = sentence(control, finding, reason, lang);
        let lead = format!("{} {} {reason}  ", items.len(), page.pick("left out,", "ausgenommen,"));
        page.paragraph(2, &lead, &text);
    }
    settle(page, finding, control);
    Ok(())
}

/// Verdict and figures.
pub fn summary(page: &mut Page, indent: usize, finding: &Finding, control: &Control) {
    let lang = page.lang();
    let figures = format!("{} / {} {}", finding.covered, finding.total, control.unit.in_lang(lang));
    page.line(
        indent,
        &format!("{} {}: {figures}", words::sign(finding.verdict), words::verdict(lang, finding.verdict)),
    );
    if finding.indeterminate > 0 {
        let text = page.pick("of them cannot be judged", "davon lassen sich nicht beurteilen").to_string();
        page.line(indent, &format!("{} {text}", finding.indeterminate));
    }
    for (name, count) in &finding.counts {
        page.line(indent, &format!("{name}: {count}"));
    }
}

/// The sentence of a reason: the control's own, or the one that all share.
pub fn sentence(control: &Control, finding: &Finding, reason: &str, lang: Lang) -> String {
    let own = control.reasons.iter().chain(&control.population.exclude).chain(&control.empty);
    let own = own.into_iter().find(|own| own.code == reason).map(|own| own.text.in_lang(lang).to_string());
    let text = own.or_else(|| words::shared_reason(lang, reason).map(str::to_string)).unwrap_or_default();
    finding
        .counts
        .iter()
        .fold(text, |text, (name, count)| text.replace(&format!("{{{name}}}"), &count.to_string()))
}

fn list(page: &mut Page, bundle: &Bundle<'_>, items: &Ranges, named: usize) {
    for index in items.iter().take(named) {
        match bundle.names.subject(index) {
            Some(subject) => page.line(6, &format!("{} {}", subject.id.kind, subject.id.place())),
            None => page.line(6, &format!("#{index}")),
        }
    }
    let rest = items.len().saturating_sub(named as u64);
    if rest > 0 {
        let text = page.pick("more; `--items N` names more", "weitere; `--items N` nennt mehr").to_string();
        page.line(6, &format!("… {rest} {text}"));
    }
}

/// Which evidence would settle what is indeterminate.
fn settle(page: &mut Page, finding: &Finding, control: &Control) {
    let lang = page.lang();
    if finding.missing.is_empty() && finding.indeterminate == 0 && finding.verdict != Verdict::Indeterminate {
        return;
    }
    page.heading("what would settle the rest", "was den Rest klären würde");
    for missing in &finding.missing {
        let place = match missing.namespaces.len() {
            0 => page.pick("in the whole cluster", "im ganzen Cluster").to_string(),
            1..=5 => missing.namespaces.join(", "),
            count => format!("{count} {}", page.pick("namespaces", "Namespaces")),
        };
        let status = words::status(lang, missing.status);
        page.paragraph(2, &format!("{}  ", missing.resource), &format!("{status}, {place}"));
        let what = remedy(page, &missing.resource, missing.status);
        page.paragraph(4, "", &what);
    }
    if finding.reasons.contains_key(code::PARAMETER_NOT_SET) {
        let unset = control.parameters.iter().filter(|parameter| parameter.default.is_null());
        for name in unset.map(|parameter| parameter.name.clone()).collect::<Vec<_>>() {
            let text = page
                .pick("set it in params.yaml of the overlay", "in params.yaml des Overlays setzen")
                .to_string();
            page.paragraph(2, &format!("{name}  "), &text);
        }
    }
    if let Some(by) =
        control.enforced_by.as_ref().filter(|_| finding.reasons.contains_key(code::ENFORCEMENT_NOT_SEEN))
    {
        let lead = page.pick("evidence that: ", "ein Nachweis, dass: ").to_string();
        page.paragraph(2, &lead, by.text.in_lang(lang));
    }
}

/// What would close a collection.
fn remedy(page: &Page, resource: &str, status: CollectionStatus) -> String {
    let file = Resources::built_in().by_key(resource).is_some_and(|known| known.scope == KindScope::File);
    match (status, file) {
        (CollectionStatus::Denied, _) => page
            .pick(
                "give the collector the right to list it, and collect again",
                "dem Sammler das Recht geben, es aufzulisten, und neu erheben",
            )
            .to_string(),
        (CollectionStatus::Error, _) => page.pick("collect it again", "neu erheben").to_string(),
        (CollectionStatus::NotCollected, true) => format!(
            "{} `--complete {resource}`",
            page.pick(
                "add the file to the input, and declare it:",
                "die Datei der Eingabe beifügen und erklären:"
            )
        ),
        (CollectionStatus::NotCollected, false) => format!(
            "{} `kubectl get {resource} -A -o json`, `--complete {resource}`",
            page.pick("add it to the input, and declare it:", "der Eingabe beifügen und erklären:")
        ),
        _ => format!(
            "{} `--complete {resource}`",
            page.pick(
                "if the input holds every one already, declare it:",
                "enthält die Eingabe bereits alle, dies erklären:"
            )
        ),
    }
}
