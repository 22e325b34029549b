//! The part of an item that a control looks at, as YAML for people.
//!
//! The fields are those that the control's expressions name (`object.spec.containers[*].image`); what is not
//! there is said, because a missing limit is what a finding is about. Withheld values stay marks.

use std::collections::BTreeMap;

use nachweis_canon::{Json, write_str};
use nachweis_cel::{Ast, Env, ExprId, ExprKind, FoldKind, Literal, compile};
use nachweis_evaluate::workload::TEMPLATES;
use nachweis_evaluate::{Asked, VARIABLES};
use nachweis_model::Lang;
use nachweis_model::control::{Control, WORKLOAD_PODS};

/// Most lines of one excerpt.
pub const LINES: usize = 40;
/// Most characters of one text.
const TEXT: usize = 200;
/// Most values that one expression may stand for; conditions multiply them.
const ALTERNATIVES: usize = 64;

/// Fields of an object; a node without children stands for everything below it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields {
    named: BTreeMap<String, Fields>,
    each: Option<Box<Fields>>,
}

#[derive(Clone)]
enum Step {
    Field(String),
    Each,
}

type Path = Vec<Step>;

impl Fields {
    /// The fields of the judged object that the control's expressions read.
    pub fn of(control: &Control) -> Self {
        let env = Env::new(&VARIABLES);
        let mut sources = vec![control.predicate.clone()];
        sources.extend(control.population.r#where.clone());
        sources.extend(control.reasons.iter().filter_map(|reason| reason.when.clone()));
        sources.extend(control.enforced_by.iter().flat_map(|by| [by.seen.clone(), by.inactive.clone()]));
        let mut out = Fields::default();
        for source in sources {
            let Ok(program) = compile(&source, &env) else { continue };
            // Relations find their partners by labels.
            if !program.related_names().is_empty() {
                out.add(&[Step::Field("metadata".into()), Step::Field("labels".into())]);
            }
            let mut reader = Reader { ast: program.ast(), scope: Vec::new(), fields: &mut out };
            reader.read(program.ast().root());
        }
        out
    }

    fn add(&mut self, path: &[Step]) {
        let mut at = self;
        for step in path {
            at = match step {
                Step::Field(name) => at.named.entry(name.clone()).or_default(),
                Step::Each => at.each.get_or_insert_default(),
            };
        }
    }

    /// The same fields of the pod that a template at `path` describes, and the object's own name.
    fn within(&self, path: &[&str]) -> Fields {
        let mut pod = self.clone();
        if let Some(metadata) = pod.named.get_mut("metadata") {
            metadata.named.retain(|name, _| name == "labels" || name == "annotations");
            if metadata.named.is_empty() {
                pod.named.remove("metadata");
            }
        }
        path.iter().rev().fold(pod, |inner, name| Fields {
            named: BTreeMap::from([(name.to_string(), inner)]),
            each: None,
        })
    }

    fn is_leaf(&self) -> bool {
        self.named.is_empty() && self.each.is_none()
    }

    /// Paths of the leaves, `a.b` each.
    fn leaves(&self, at: &str, out: &mut Vec<String>) {
        if self.is_leaf() {
            return out.push(at.to_string());
        }
        for (name, inner) in &self.named {
            inner.leaves(&format!("{at}.{name}"), out);
        }
        if let Some(inner) = &self.each {
            inner.leaves(&format!("{at}[]"), out);
        }
    }
}

/// Follows an expression: which parts of `object` a node may stand for.
struct Reader<'a> {
    ast: &'a Ast,
    scope: Vec<(String, Vec<Path>)>,
    fields: &'a mut Fields,
}

impl Reader<'_> {
    /// The node's value is used for itself. Recursion is bounded by the depth of the tree.
    fn read(&mut self, id: ExprId) {
        for path in self.paths(id) {
            self.fields.add(&path);
        }
    }

    fn extended(&mut self, id: ExprId, step: &Step) -> Vec<Path> {
        let mut paths = self.paths(id);
        paths.iter_mut().for_each(|path| path.push(step.clone()));
        paths
    }

    fn paths(&mut self, id: ExprId) -> Vec<Path> {
        let ast = self.ast;
        let mut out = match ast.kind(id) {
            ExprKind::Ident(name) => {
                let name = name.trim_start_matches('.');
                match self.scope.iter().rev().find(|(known, _)| known == name) {
                    Some((_, paths)) => paths.clone(),
                    None if name == "object" => vec![Vec::new()],
                    None => Vec::new(),
                }
            }
            ExprKind::Select { operand, field, test, .. } => {
                let paths = self.extended(*operand, &Step::Field(field.clone()));
                if *test {
                    paths.iter().for_each(|path| self.fields.add(path));
                    return Vec::new();
                }
                paths
            }
            ExprKind::Index { operand, index, .. } => match ast.kind(*index) {
                ExprKind::Literal(Literal::Str(name)) => self.extended(*operand, &Step::Field(name.clone())),
                _ => {
                    self.read(*index);
                    self.extended(*operand, &Step::Each)
                }
            },
            ExprKind::Call { target: Some(target), function, args }
                if function.starts_with("or") || function == "value" =>
            {
                let mut paths = self.paths(*target);
                args.iter().for_each(|arg| paths.extend(self.paths(*arg)));
                paths
            }
            ExprKind::Call { target: None, function, args } if function == "dyn" && args.len() == 1 => {
                self.paths(args[0])
            }
            ExprKind::Cond(condition, yes, no) => {
                self.read(*condition);
                let mut paths = self.paths(*yes);
                paths.extend(self.paths(*no));
                paths
            }
            ExprKind::Fold(fold) => {
                let range = self.paths(fold.range);
                range.iter().for_each(|path| self.fields.add(path));
                let elements =
                    range.iter().map(|path| path.iter().cloned().chain([Step::Each]).collect()).collect();
                self.scope.push((fold.var2.clone().unwrap_or_else(|| fold.var.clone()), elements));
                fold.filter.iter().for_each(|filter| self.read(*filter));
                let body = match fold.kind {
                    FoldKind::List => self.paths(fold.body),
                    FoldKind::Filter | FoldKind::SortBy => {
                        self.read(fold.body);
                        range
                    }
                    _ => {
                        self.read(fold.body);
                        Vec::new()
                    }
                };
                self.scope.pop();
                body
            }
            ExprKind::Bind { name, init, body } | ExprKind::OptMap { target: init, name, body, .. } => {
                let paths = self.paths(*init);
                self.scope.push((name.clone(), paths));
                let body = self.paths(*body);
                self.scope.pop();
                body
            }
            other => {
                let mut children = Vec::new();
                other.children(|child| children.push(child));
                children.into_iter().for_each(|child| self.read(child));
                Vec::new()
            }
        };
        out.truncate(ALTERNATIVES);
        out
    }
}

/// Places that decided, as JSON pointers into the judged object: an element of a list, a value, or where one is
/// missing. Whole lists and objects mark nothing: then nothing in them stands out.
#[derive(Clone, Debug, Default)]
pub struct Marks(Vec<String>);

impl Marks {
    /// From what the control asked about an item: the reason that was given, or else the predicate.
    pub fn of(asked: &[Asked]) -> Self {
        let fits = |asked: &&Asked| match &*asked.field {
            "predicate" => asked.answer == "false",
            field => field.starts_with("reasons") && asked.answer == "true" && !asked.reads.is_empty(),
        };
        let reads = asked.iter().rev().find(fits).into_iter().flat_map(|asked| &asked.reads);
        Marks(reads.map(|read| read.pointer.clone()).collect())
    }

    /// Marks at pointers, for tests.
    #[cfg(test)]
    pub fn at(pointers: &[&str]) -> Self {
        Marks(pointers.iter().map(|pointer| pointer.to_string()).collect())
    }

    /// The same as places of the whole body: of a template the marks are places of the pod that it describes.
    pub fn of_body(self, control: &Control, resource: &str) -> Self {
        let of_pods = control.population.of.iter().any(|name| name == WORKLOAD_PODS);
        let template = TEMPLATES.iter().find(|(name, ..)| of_pods && *name == resource);
        let Some((_, _, path)) = template else { return self };
        let pod: String = path.iter().map(|name| format!("/{name}")).collect();
        Marks(self.0.iter().map(|mark| format!("{pod}{mark}")).collect())
    }

    /// The first mark that stands in a body.
    pub fn first(&self, body: &Json<'_>) -> Option<&str> {
        let mark = self.0.iter().find(|mark| Marks(vec![mark.to_string()]).stand(body));
        mark.map(String::as_str)
    }

    fn has(&self, pointer: &str) -> bool {
        self.0.iter().any(|mark| mark == pointer)
    }

    /// True if a mark will stand in the body: an element, a value, or where one is missing.
    fn stand(&self, body: &Json<'_>) -> bool {
        self.0.iter().any(|mark| {
            let mut found = Some(body);
            for step in mark.split('/').skip(1) {
                found = match found {
                    Some(Json::Arr(items)) => step.parse().ok().and_then(|at: usize| items.get(at)),
                    Some(other) => other.get(&step.replace("~1", "/").replace("~0", "~")),
                    None => None,
                };
            }
            is_element(mark) || !matches!(found, Some(Json::Arr(_) | Json::Obj(_)))
        })
    }

    /// True for what is not there, or a part of it.
    fn misses(&self, pointer: &str) -> bool {
        let below = |mark: &String| {
            mark.strip_prefix(pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.0.iter().any(below)
    }
}

fn is_element(pointer: &str) -> bool {
    pointer.rsplit('/').next().is_some_and(|last| last.parse::<usize>().is_ok())
}

/// An excerpt, and the lines in it, from 0, at which the control failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    pub text: String,
    pub marked: Vec<usize>,
}

/// The excerpt of one item: kind, name, and what the control reads. `resource` is the item's `plural.group`.
pub fn excerpt(
    control: &Control,
    fields: &Fields,
    resource: &str,
    bodies: &[Json<'_>],
    marks: &Marks,
    lang: Lang,
) -> Text {
    let template = TEMPLATES.iter().find(|(name, ..)| *name == resource);
    let of_pods = control.population.of.iter().any(|name| name == WORKLOAD_PODS);
    let mut fields = match template {
        Some((_, _, path)) if of_pods => fields.within(path),
        _ => fields.clone(),
    };
    let marks = marks.clone().of_body(control, resource);
    for name in ["name", "namespace"] {
        fields.add(&[Step::Field("metadata".into()), Step::Field(name.into())]);
    }
    fields.add(&[Step::Field("kind".into())]);
    let mut writer = Writer { lines: Vec::new(), marked: Vec::new(), more: 0, lang, marks, quiet: false };
    for (at, body) in bodies.iter().enumerate() {
        if at > 0 {
            writer.line("---".into());
        }
        // Objects of the cluster have no namespace: that needs no remark.
        let mut fields = fields.clone();
        if let Some(metadata) = fields.named.get_mut("metadata") {
            metadata
                .named
                .retain(|name, _| name != "namespace" || body.at(&["metadata", "namespace"]).is_some());
        }
        writer.quiet = writer.marks.stand(body);
        writer.value(body, &fields, "", 0, String::new());
    }
    writer.finish()
}

struct Writer {
    lines: Vec<String>,
    marked: Vec<usize>,
    more: usize,
    lang: Lang,
    marks: Marks,
    /// something is marked, and this is beside it: what is not there says nothing
    quiet: bool,
}

impl Writer {
    fn line(&mut self, line: String) {
        if self.lines.len() < LINES - 1 { self.lines.push(line) } else { self.more += 1 }
    }

    fn finish(mut self) -> Text {
        if self.more > 0 {
            self.lines.push(format!("# … (+{})", self.more));
        }
        Text { text: self.lines.join("\n"), marked: self.marked }
    }

    /// Writes what `fields` names of the value. `lead` is what stands before it on its first line: `key:` or `-`.
    /// `at` is its JSON pointer. Bodies are at most as deep as the snapshot's limit.
    fn value(&mut self, value: &Json<'_>, fields: &Fields, at: &str, indent: usize, lead: String) {
        let before = self.lines.len();
        let element = self.marks.has(at) && is_element(at);
        let quiet = self.quiet;
        self.quiet &= !element;
        self.written(value, fields, at, indent, lead);
        self.quiet = quiet;
        // Of an object whose fields are all left unsaid its key says nothing either.
        let alone = self.lines.len() == before + 1 && self.lines[before].ends_with(':');
        if alone && self.quiet && !self.marks.has(at) {
            self.lines.pop();
        }
        let whole = matches!(value, Json::Arr(_) | Json::Obj(_)) && !is_element(at);
        if self.marks.has(at) && !whole {
            self.marked.extend(before..self.lines.len());
        }
    }

    fn written(&mut self, value: &Json<'_>, fields: &Fields, at: &str, indent: usize, lead: String) {
        match value {
            Json::Obj(members) if !members.is_empty() || !fields.named.is_empty() => {
                let inner = self.open(&lead, indent);
                let before = self.lines.len() + self.more;
                let all = fields.named.is_empty();
                let after_name = |key: &str| !matches!(key, "kind" | "name" | "namespace");
                let mut ordered: Vec<(&str, &Json<'_>)> = members.iter().collect();
                ordered.sort_by_key(|(key, _)| (after_name(key), *key));
                for (key, value) in ordered {
                    let below = match (fields.named.get(key), &fields.each) {
                        (Some(below), _) => below.clone(),
                        (None, Some(each)) if all => (**each).clone(),
                        // The name tells elements of a list apart.
                        (None, _) if all || (lead.ends_with('-') && key == "name") => Fields::default(),
                        _ => continue,
                    };
                    let lead = format!("{}{}:", " ".repeat(inner), scalar(key));
                    self.value(value, &below, &pointer(at, key), inner, lead);
                }
                for (key, below) in fields.named.iter().filter(|(key, _)| !members.contains(key)) {
                    let misses = self.marks.misses(&pointer(at, key));
                    if misses {
                        self.marked.push(self.lines.len());
                    }
                    if misses || !self.quiet {
                        self.absent(key, below, inner);
                    }
                }
                if lead.ends_with('-') {
                    self.join_dash(before, indent);
                }
            }
            Json::Arr(items) if !items.is_empty() => {
                let inner = self.open(&lead, indent);
                let below = fields.each.as_deref().cloned().unwrap_or_default();
                for (place, item) in items.iter().enumerate() {
                    let lead = format!("{}-", " ".repeat(inner));
                    self.value(item, &below, &format!("{at}/{place}"), inner, lead);
                }
            }
            other => {
                let text = match other {
                    Json::Obj(_) => "{}".into(),
                    Json::Arr(_) => "[]".into(),
                    Json::Str(text) => scalar(text),
                    other => String::from_utf8_lossy(&other.canonical()).into_owned(),
                };
                self.line(if lead.is_empty() { text } else { format!("{lead} {text}") });
            }
        }
    }

    /// Writes the line of a key that has more below it; returns the indent of what follows.
    fn open(&mut self, lead: &str, indent: usize) -> usize {
        match lead {
            "" => indent,
            lead if lead.ends_with('-') => indent + 2,
            lead => {
                self.line(lead.to_string());
                indent + 2
            }
        }
    }

    /// Puts the dash of a list's element in front of its first line.
    fn join_dash(&mut self, before: usize, indent: usize) {
        if let Some(line) = self.lines.get_mut(before) {
            let rest = line.get(indent + 2..).unwrap_or_default().to_string();
            *line = format!("{}- {rest}", " ".repeat(indent));
        }
    }

    fn absent(&mut self, key: &str, below: &Fields, indent: usize) {
        let mut leaves = Vec::new();
        below.leaves(key, &mut leaves);
        let word = match self.lang {
            Lang::En => "not set",
            Lang::De => "nicht gesetzt",
        };
        self.line(format!("{}# {word}: {}", " ".repeat(indent), leaves.join(", ")));
    }
}

/// The pointer of a member.
fn pointer(at: &str, key: &str) -> String {
    format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// A text as a YAML scalar: plain where no reader takes it for anything else, else in double quotes.
fn scalar(text: &str) -> String {
    let cut: String = text.chars().take(TEXT).collect();
    let cut = if cut.len() < text.len() { format!("{cut}…") } else { cut };
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._:@-…".contains(c);
    let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let safe = cut.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && !cut.ends_with(':')
        && cut.chars().all(plain)
        && !words.contains(&cut.to_ascii_lowercase().as_str());
    if safe {
        return cut;
    }
    let mut out = Vec::new();
    write_str(&cut, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use nachweis_canon::{Limits, parse_bytes};

    use super::*;

    fn control(id: &str) -> Control {
        let release = nachweis_catalog::current();
        let catalogue = nachweis_catalog::parse(release.bytes).expect("the release is readable");
        catalogue.control(id).expect("the control is in the release").clone()
    }

    fn of(id: &str, resource: &str, body: &str) -> String {
        let parsed = parse_bytes(body.as_bytes(), &Limits::OURS).expect("the body is JSON");
        let control = control(id);
        excerpt(&control, &Fields::of(&control), resource, &[parsed.value], &Marks::default(), Lang::En).text
    }

    #[test]
    fn the_element_that_failed_is_marked_and_not_its_list() {
        let body = r#"{"kind":"CronJob","metadata":{"name":"a","namespace":"b"},"spec":{"jobTemplate":{"spec":{"template":
            {"spec":{"containers":[{"name":"good"},{"name":"bad","securityContext":{"privileged":true}}]}}}}}}"#;
        let parsed = parse_bytes(body.as_bytes(), &Limits::OURS).expect("the body is JSON");
        let control = control("privileged-containers");
        let marks = Marks(vec!["/spec/containers".into(), "/spec/containers/1".into()]);
        let found =
            excerpt(&control, &Fields::of(&control), "cronjobs.batch", &[parsed.value], &marks, Lang::En);
        let lines: Vec<&str> = found.text.lines().collect();
        let marked: Vec<&str> = found.marked.iter().map(|at| lines[*at].trim()).collect();
        assert!(marked.contains(&"- name: bad") && marked.contains(&"privileged: true"), "{marked:?}");
        assert!(!marked.contains(&"- name: good"), "{marked:?}");
    }

    #[test]
    fn what_is_missing_is_marked() {
        let body = r#"{"kind":"Pod","metadata":{"name":"a","namespace":"b"},"spec":{"containers":[]}}"#;
        let parsed = parse_bytes(body.as_bytes(), &Limits::OURS).expect("the body is JSON");
        let fields = Fields {
            named: BTreeMap::from([(
                "spec".into(),
                Fields { named: BTreeMap::from([("hostNetwork".into(), Fields::default())]), each: None },
            )]),
            each: None,
        };
        let marks = Marks(vec!["/spec/hostNetwork".into()]);
        let found = excerpt(&control("resource-limits"), &fields, "pods", &[parsed.value], &marks, Lang::En);
        let line = found.text.lines().nth(found.marked[0]).expect("the line is there");
        assert_eq!((line, found.marked.len()), ("  # not set: hostNetwork", 1));
    }

    #[test]
    fn a_pod_shows_what_the_control_reads_and_what_is_not_there() {
        let body = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","namespace":"b","uid":"x"},"spec":{
            "containers":[{"name":"c","image":"d","resources":{"limits":{"cpu":"1"}}}],"nodeName":"n"}}"#;
        let text = of("resource-limits", "pods", body);
        assert!(
            text.starts_with(
                "kind: Pod\nmetadata:\n  name: a\n  namespace: b\nspec:\n  containers:\n    - name: c\n"
            ),
            "{text}"
        );
        assert!(text.contains("limits:\n          cpu: \"1\"\n          # not set: memory"), "{text}");
        assert!(!text.contains("nodeName") && !text.contains("image") && !text.contains("uid"), "{text}");
    }

    #[test]
    fn a_template_shows_the_pod_inside_of_it() {
        let body = r#"{"kind":"CronJob","metadata":{"name":"a","namespace":"b"},"spec":{"schedule":"@daily","jobTemplate":{
            "spec":{"template":{"spec":{"containers":[{"name":"c","securityContext":{"privileged":true}}]}}}}}}"#;
        let text = of("privileged-containers", "cronjobs.batch", body);
        assert!(text.contains("jobTemplate:\n    spec:\n      template:\n        spec:\n          containers:\n            - name: c\n"), "{text}");
        assert!(text.contains("privileged: true") && !text.contains("schedule"), "{text}");
    }

    #[test]
    fn marks_stay_marks_and_texts_stay_texts() {
        let body = r#"{"kind":"Role","metadata":{"name":"true","namespace":"b"},"rules":[
            {"verbs":["*"],"apiGroups":[""],"resources":["nachweis:withheld","a\nb: c"]}]}"#;
        let text = of("secret-wildcard-roles", "roles.rbac.authorization.k8s.io", body);
        for line in ["  name: \"true\"", "      - \"*\"", "      - nachweis:withheld", "      - \"a\\nb: c\""]
        {
            assert!(text.lines().any(|found| found.ends_with(line.trim_start())), "{line}: {text}");
        }
    }

    #[test]
    fn long_items_end_after_forty_lines() {
        let rules: Vec<String> =
            (0..200).map(|at| format!(r#"{{"verbs":["v{at}"],"resources":["pods"]}}"#)).collect();
        let body = format!(r#"{{"kind":"Role","metadata":{{"name":"a"}},"rules":[{}]}}"#, rules.join(","));
        let text = of("secret-wildcard-roles", "roles.rbac.authorization.k8s.io", &body);
        assert_eq!(text.lines().count(), LINES);
        assert!(text.lines().last().is_some_and(|line| line.starts_with("# … (+")), "{text}");
    }
}
