//! What the renderings have in common: order of rows, citations, sentences, commands.

use nachweis_model::assessment::{Finding, ObligationRow, code};
use nachweis_model::catalogue::Provision;
use nachweis_model::control::Control;
use nachweis_model::{Lang, Severity, Verdict};

use crate::Report;
use crate::escape::shell;
use crate::names::{Group, Names};
use crate::words::{Pick, shared_reason};

/// Most indices that are looked at for an example or a folded line of one finding.
const LOOK_AT: usize = 5_000;

/// A report in one language.
pub(crate) struct View<'a> {
    pub report: &'a Report<'a>,
    pub lang: Lang,
    pub names: Names<'a>,
}

/// A finding with its control. The control is missing only where assessment and catalogue do not belong together.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    pub finding: &'a Finding,
    pub control: Option<&'a Control>,
}

impl Row<'_> {
    pub fn title(&self, lang: Lang) -> String {
        self.control.map_or_else(|| self.finding.control.clone(), |c| c.title.in_lang(lang).to_string())
    }

    /// What one counts, in the plural.
    pub fn unit(&self, lang: Lang) -> String {
        if self.finding.population == "pod-templates" {
            return lang.pick("pod templates", "Pod-Vorlagen").into();
        }
        self.control.map_or_else(|| self.finding.population.clone(), |c| c.unit.in_lang(lang).to_string())
    }

    /// Items that are not covered or cannot be judged.
    pub fn open(&self) -> u64 {
        self.finding.items.iter().map(|group| group.items.len()).sum()
    }

    pub fn exempted(&self) -> u64 {
        self.finding.exempted.values().map(|items| items.len()).sum()
    }

    fn failing(&self) -> u64 {
        let groups = self.finding.items.iter().filter(|group| group.verdict == Verdict::NotSatisfied);
        groups.map(|group| group.items.len()).sum()
    }

    /// Whether somebody accepted every item that keeps the finding from being satisfied.
    pub fn all_exempted(&self) -> bool {
        self.failing() > 0 && self.exempted() >= self.failing()
    }

    /// The sentence of a reason code, counts filled in.
    pub fn reason(&self, lang: Lang, reason: &str) -> String {
        let own = self.control.and_then(|control| {
            let all = control.reasons.iter().chain(&control.empty).chain(&control.population.exclude);
            let mut all = all.filter(|known| known.code == reason);
            all.next().map(|known| known.text.in_lang(lang))
        });
        let enforced = self.control.and_then(|control| control.enforced_by.as_ref());
        let mut text = match (own, shared_reason(lang, reason)) {
            (Some(own), _) => own.to_string(),
            (None, Some(shared)) => shared.to_string(),
            (None, None) => reason.to_string(),
        };
        if let (code::ENFORCEMENT_NOT_SEEN | code::ENFORCEMENT_INACTIVE, Some(enforced)) = (reason, enforced)
        {
            text = format!("{text} ({})", enforced.text.in_lang(lang));
        }
        for (name, count) in &self.finding.counts {
            text = text.replace(&format!("{{{name}}}"), &count.to_string());
        }
        text
    }

    /// Reasons of the finding as a whole: codes that no item carries.
    pub fn whole_reasons(&self) -> impl Iterator<Item = &str> {
        let finding = self.finding;
        let carried = move |reason: &str| finding.items.iter().any(|group| group.reason == reason);
        finding.reasons.keys().map(String::as_str).filter(move |reason| !carried(reason))
    }
}

impl<'a> View<'a> {
    pub fn new(report: &'a Report<'a>, lang: Lang) -> Self {
        View { report, lang, names: Names::new(report.items, report.seal.items, report.system_namespaces) }
    }

    pub fn control(&self, id: &str) -> Option<&'a Control> {
        let own = || self.report.overlay.controls.iter().find(|control| control.id == id);
        self.report.catalogue.control(id).or_else(own)
    }

    /// One row per control, sorted by control id.
    pub fn rows(&self) -> Vec<Row<'a>> {
        let findings = self.report.assessment.findings.iter();
        findings.map(|finding| Row { finding, control: self.control(&finding.control) }).collect()
    }

    /// Rows that ask for action, worst first: not satisfied before indeterminate, accepted ones last in their
    /// class, then by severity, then by open items, then by control id.
    pub fn worst(&self) -> Vec<Row<'a>> {
        let mut rows = self.rows();
        rows.retain(|row| matches!(row.finding.verdict, Verdict::NotSatisfied | Verdict::Indeterminate));
        rows.sort_by(|a, b| {
            let key = |row: &Row<'_>| (row.finding.verdict, row.all_exempted());
            let severity = |row: &Row<'_>| -> Severity { row.finding.severity };
            key(a)
                .cmp(&key(b))
                .then_with(|| severity(b).cmp(&severity(a)))
                .then_with(|| b.open().cmp(&a.open()))
                .then_with(|| a.finding.control.cmp(&b.finding.control))
        });
        rows
    }

    pub fn provision(&self, id: &str) -> Option<&'a Provision> {
        self.report.catalogue.provision(id)
    }

    /// `DORA: Regulation (EU) 2022/2554 on …`.
    pub fn act_title(&self, id: &str) -> String {
        let act = self.report.catalogue.acts.iter().find(|act| act.id == id);
        act.map_or_else(
            || id.to_string(),
            |act| format!("{}: {}", act.cite.in_lang(self.lang), act.title.in_lang(self.lang)),
        )
    }

    /// How the act is cited before an article: `DORA`.
    pub fn act_cite(&self, id: &str) -> String {
        let act = self.report.catalogue.acts.iter().find(|act| act.id == id);
        act.map_or_else(|| id.to_string(), |act| act.cite.in_lang(self.lang).to_string())
    }

    /// `DORA Art. 9(4)(c)`; the bare id where the catalogue does not have it.
    pub fn cite(&self, id: &str) -> String {
        match self.provision(id) {
            Some(provision) => format!("{} {}", self.act_cite(&provision.act), provision.citation()),
            None => id.to_string(),
        }
    }

    /// The first `max` provisions, each act named once: `DORA Art. 9(4)(c), Art. 10(1); GDPR Art. 32(1)(b), +2`.
    pub fn citations(&self, ids: &[String], max: usize) -> String {
        self.citation_parts(ids, max).join(" ")
    }

    /// The same in parts that should not be broken over two lines.
    pub fn citation_parts(&self, ids: &[String], max: usize) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        let mut act = "";
        for id in ids.iter().take(max) {
            let provision = self.provision(id);
            let same = provision.is_some_and(|provision| provision.act == act);
            if let Some(last) = out.last_mut() {
                last.push_str(if same { "," } else { ";" });
            }
            out.push(match provision {
                Some(provision) if same => provision.citation(),
                _ => self.cite(id),
            });
            act = provision.map_or("", |provision| &provision.act);
        }
        if ids.len() > max {
            out.push(format!("+{}", ids.len() - max));
        }
        out
    }

    /// Obligations with a control, and all of them.
    pub fn coverage(&self) -> (u64, u64) {
        let rows = &self.report.assessment.obligations;
        (rows.iter().filter(|row| !row.controls.is_empty()).count() as u64, rows.len() as u64)
    }

    /// Satisfied controls of an obligation, and those that apply.
    pub fn evidence(&self, row: &ObligationRow) -> (u64, u64) {
        let verdicts = row.controls.iter().filter_map(|id| self.verdict_of(id));
        verdicts.fold((0, 0), |(satisfied, all), verdict| match verdict {
            Verdict::NotApplicable => (satisfied, all),
            Verdict::Satisfied => (satisfied + 1, all + 1),
            _ => (satisfied, all + 1),
        })
    }

    pub fn verdict_of(&self, control: &str) -> Option<Verdict> {
        let findings = &self.report.assessment.findings;
        let at = findings.binary_search_by(|finding| finding.control.as_str().cmp(control));
        at.ok().map(|at| findings[at].verdict)
    }

    /// The group of items that shows best what is wrong, with its reason; outside of system namespaces if possible.
    pub fn example(&self, row: &Row<'_>) -> Option<(Group, String)> {
        let mut kinds: Vec<_> = row.finding.items.iter().collect();
        kinds.sort_by_key(|group| (group.verdict, std::cmp::Reverse(group.items.len())));
        let mut fallback = None;
        for kind in kinds {
            let groups = self.names.groups(&kind.items, LOOK_AT);
            for group in groups {
                if !group.system {
                    return Some((group, kind.reason.clone()));
                }
                fallback.get_or_insert((group, kind.reason.clone()));
            }
        }
        fallback
    }

    /// The exact command that verifies the bundle.
    pub fn verify_command(&self) -> String {
        let bundle = self.report.bundle.map_or_else(|| "BUNDLE".into(), shell);
        match (self.report.trust, self.report.signer) {
            (Some(key), _) => format!("nachweis verify {bundle} --trust {}", shell(key)),
            (None, Some(_)) => format!("nachweis verify {bundle} --trust PUBKEY"),
            (None, None) => format!("nachweis verify {bundle}"),
        }
    }

    /// Unread inputs that count, and those that the operator took out.
    pub fn unread(&self) -> (u64, u64) {
        let ignored = self.report.seal.unread.iter().filter(|unread| unread.ignored).count() as u64;
        (self.report.seal.unread.len() as u64 - ignored, ignored)
    }

    /// The cluster's name, else its uid, else the word for an unnamed one.
    pub fn cluster(&self) -> String {
        let cluster = &self.report.seal.cluster;
        cluster
            .name
            .clone()
            .or_else(|| cluster.uid.clone())
            .unwrap_or_else(|| self.lang.pick("unnamed cluster", "Cluster ohne Namen").into())
    }
}
