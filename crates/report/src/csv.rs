//! The full list as CSV: what other renderings fold.

use nachweis_model::Lang;
use nachweis_model::assessment::Finding;

use crate::Report;
use crate::escape::csv_cell;
use crate::names::Names;
use crate::view::View;

const HEAD: &str = "control,control_verdict,severity,covered,total,verdict,reason,exemption,source,group,kind,\
                    namespace,name,owner\r\n";

/// One row per control and item: open, exempted, covered and excluded ones; a control without items has one row
/// with its reason. RFC 4180, UTF-8, English words of the formats.
///
/// No cell is a formula and none holds a line break (see [`crate::escape::csv_cell`]); exact names are in the
/// JSON. About 100 bytes per row: 15,000 pods under 12 controls are 18 MB.
pub fn csv(report: &Report<'_>) -> String {
    let view = View::new(report, Lang::En);
    let mut out = String::from(HEAD);
    for finding in &report.assessment.findings {
        rows(&view.names, finding, &mut out);
    }
    out
}

fn rows(names: &Names<'_>, finding: &Finding, out: &mut String) {
    let head = {
        let mut head = String::new();
        for cell in [&*finding.control, finding.verdict.as_str(), finding.severity.as_str()] {
            csv_cell(cell, &mut head);
            head.push(',');
        }
        format!("{head}{},{},", finding.covered, finding.total)
    };
    let mut items: Vec<(u32, &str, &str)> = Vec::new();
    for group in &finding.items {
        items.extend(names.iter(&group.items).map(|index| (index, group.verdict.as_str(), &*group.reason)));
    }
    items.extend(names.iter(&finding.passed).map(|index| (index, "satisfied", "")));
    for (reason, excluded) in &finding.excluded {
        items.extend(names.iter(excluded).map(|index| (index, "excluded", &**reason)));
    }
    items.sort_unstable();
    if items.is_empty() {
        let reasons: Vec<&str> = finding.reasons.keys().map(String::as_str).collect();
        line(&head, [finding.verdict.as_str(), &reasons.join(" "), "", "", "", "", "", "", ""], out);
    }
    for (index, verdict, reason) in items {
        let exempted = finding.exempted.iter().find(|(_, items)| items.contains(index));
        let exemption = exempted.map_or("", |(id, _)| &**id);
        match names.get(index) {
            Some(subject) => {
                let id = &subject.id;
                let owner = subject.owner.as_deref().unwrap_or("");
                let source = id.source.as_str();
                let cells =
                    [verdict, reason, exemption, source, &id.group, &id.kind, &id.namespace, &id.name, owner];
                line(&head, cells, out);
            }
            None => line(&head, [verdict, reason, exemption, "", "", "", "", &format!("#{index}"), ""], out),
        }
    }
}

fn line(head: &str, cells: [&str; 9], out: &mut String) {
    out.push_str(head);
    for (at, cell) in cells.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        csv_cell(cell, out);
    }
    out.push_str("\r\n");
}
