//! Exemptions: a flag on items, never a verdict (docs/concepts/verdicts.md).

use std::collections::BTreeMap;

use nachweis_model::assessment::{ExemptionUse, Finding};
use nachweis_model::catalogue::Exemption;
use nachweis_model::{Instant, Ranges, Verdict};

/// True if the pattern covers the id: part by part, where `*` at the end of a part stands for any rest of it.
pub(crate) fn covers(pattern: &str, id: &str) -> bool {
    let (mut pattern, mut id) = (pattern.split('/'), id.split('/'));
    loop {
        match (pattern.next(), id.next()) {
            (None, None) => return true,
            (Some(wanted), Some(part)) => {
                let fits = match wanted.strip_suffix('*') {
                    Some(start) => part.starts_with(start),
                    None => part == wanted,
                };
                if !fits {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

/// Lays exemptions over findings: items keep `not-satisfied`, covered / total stay as they are.
/// Returns the exemptions as they were applied and the number of exempted items.
pub(crate) fn apply(
    exemptions: &[Exemption],
    findings: &mut [Finding],
    names: &BTreeMap<u32, String>,
    as_of: Instant,
) -> (Vec<ExemptionUse>, u64) {
    let mut uses = Vec::new();
    let mut exempted = 0;
    let mut sorted: Vec<&Exemption> = exemptions.iter().collect();
    sorted.sort_by(|a, b| a.id.cmp(&b.id));
    for exemption in sorted {
        let expired = exemption.expires < as_of;
        let holds = !expired && exemption.approved <= as_of;
        let mut items = 0;
        for finding in findings.iter_mut().filter(|finding| finding.control == exemption.control && holds) {
            let failed = finding.items.iter().filter(|group| group.verdict == Verdict::NotSatisfied);
            let covered: Ranges = failed
                .flat_map(|group| group.items.iter())
                .filter(|index| !finding.exempted.values().any(|items| items.contains(*index)))
                .filter(|index| {
                    let id = names.get(index).map_or("", String::as_str);
                    exemption.items.iter().any(|pattern| covers(pattern, id))
                })
                .collect();
            items += covered.len();
            if !covered.is_empty() {
                finding.exempted.insert(exemption.id.clone(), covered);
            }
        }
        exempted += items;
        uses.push(ExemptionUse {
            id: exemption.id.clone(),
            control: exemption.control.clone(),
            expires: exemption.expires,
            expired,
            items,
        });
    }
    (uses, exempted)
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn patterns_stay_within_their_part() {
        let id = "kubernetes/apps/Deployment/payments/api-v2";
        assert!(covers("kubernetes/apps/Deployment/payments/api-*", id));
        assert!(covers("kubernetes/*/*/payments/*", id));
        assert!(!covers("kubernetes/*", id));
        assert!(!covers("kubernetes/apps/Deployment/payments/api", id));
        assert!(!covers("kubernetes/apps/Deployment/pay*", id));
    }
}
