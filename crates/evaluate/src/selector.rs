//! Label selectors of Kubernetes (`metav1.LabelSelector`) and plain label maps.

use std::collections::BTreeMap;

use nachweis_canon::Json;

/// Labels of an object; values that are no text are left out.
pub type Labels = BTreeMap<String, String>;

/// Reads a map of labels.
pub fn labels(node: Option<&Json<'_>>) -> Labels {
    let members = node.and_then(Json::as_object).map(|object| object.iter());
    members
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| Some((key.to_string(), value.as_str()?.to_string())))
        .collect()
}

/// A selector; the empty one selects everything (`networking.k8s.io/v1`, `policy/v1`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    pairs: Labels,
    expressions: Vec<Expression>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Expression {
    key: String,
    operator: Operator,
    values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

impl Selector {
    /// Reads a `metav1.LabelSelector`. `None` where it has a form that no API server accepts, so that nobody
    /// guesses what it selects; also for an absent selector.
    pub fn read(node: Option<&Json<'_>>) -> Option<Self> {
        let node = node?;
        let object = node.as_object()?;
        let pairs = match object.get("matchLabels") {
            None | Some(Json::Null) => Labels::new(),
            Some(map) => {
                let pairs = labels(Some(map));
                (pairs.len() == map.as_object()?.len()).then_some(pairs)?
            }
        };
        let mut expressions = Vec::new();
        match object.get("matchExpressions") {
            None | Some(Json::Null) => {}
            Some(Json::Arr(items)) => {
                for item in items {
                    expressions.push(Expression::read(item)?);
                }
            }
            Some(_) => return None,
        }
        Some(Selector { pairs, expressions })
    }

    /// A selector of label pairs alone.
    pub fn of_pairs(pairs: Labels) -> Self {
        Selector { pairs, expressions: Vec::new() }
    }

    /// The pairs that every selected object has.
    pub fn pairs(&self) -> &Labels {
        &self.pairs
    }

    /// True if an object with these labels is selected.
    pub fn selects(&self, labels: &Labels) -> bool {
        self.pairs.iter().all(|(key, value)| labels.get(key) == Some(value))
            && self.expressions.iter().all(|expression| expression.holds(labels))
    }
}

impl Expression {
    fn read(node: &Json<'_>) -> Option<Self> {
        let operator = match node.text(&["operator"])? {
            "In" => Operator::In,
            "NotIn" => Operator::NotIn,
            "Exists" => Operator::Exists,
            "DoesNotExist" => Operator::DoesNotExist,
            _ => return None,
        };
        let values: Vec<String> =
            node.list(&["values"]).iter().map(|v| v.as_str().map(str::to_string)).collect::<Option<_>>()?;
        let needs_values = matches!(operator, Operator::In | Operator::NotIn);
        (needs_values != values.is_empty()).then_some(())?;
        Some(Expression { key: node.text(&["key"])?.to_string(), operator, values })
    }

    fn holds(&self, labels: &Labels) -> bool {
        let value = labels.get(&self.key);
        match self.operator {
            Operator::In => value.is_some_and(|value| self.values.contains(value)),
            Operator::NotIn => value.is_none_or(|value| !self.values.contains(value)),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nachweis_canon::{Limits, parse};

    fn selects(selector: &str, of: &str) -> Option<bool> {
        let selector = parse(selector, &Limits::OURS).unwrap().value;
        let of = parse(of, &Limits::OURS).unwrap().value;
        Selector::read(Some(&selector)).map(|selector| selector.selects(&labels(Some(&of))))
    }

    #[test]
    fn selects_as_kubernetes_does() {
        for (selector, of, expected) in [
            (r#"{}"#, r#"{}"#, Some(true)),
            (r#"{"matchLabels":{"a":"1"}}"#, r#"{"a":"1","b":"2"}"#, Some(true)),
            (r#"{"matchLabels":{"a":"1"}}"#, r#"{"a":"2"}"#, Some(false)),
            (r#"{"matchExpressions":[{"key":"a","operator":"NotIn","values":["1"]}]}"#, r#"{}"#, Some(true)),
            (r#"{"matchExpressions":[{"key":"a","operator":"In","values":["1"]}]}"#, r#"{}"#, Some(false)),
            (r#"{"matchExpressions":[{"key":"a","operator":"Exists"}]}"#, r#"{"a":""}"#, Some(true)),
            (r#"{"matchExpressions":[{"key":"a","operator":"DoesNotExist"}]}"#, r#"{"a":""}"#, Some(false)),
        ] {
            assert_eq!(selects(selector, of), expected, "{selector} {of}");
        }
    }

    #[test]
    fn what_no_server_accepts_is_not_guessed_at() {
        for selector in [
            r#"[]"#,
            r#"{"matchLabels":{"a":1}}"#,
            r#"{"matchExpressions":[{"key":"a","operator":"Near","values":["1"]}]}"#,
            r#"{"matchExpressions":[{"key":"a","operator":"In"}]}"#,
            r#"{"matchExpressions":[{"key":"a","operator":"Exists","values":["1"]}]}"#,
        ] {
            assert_eq!(selects(selector, "{}"), None, "{selector}");
        }
    }
}
