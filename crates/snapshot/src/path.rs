//! Patterns over JSON values, as the normalisation list and the list of secrets write them.

use nachweis_canon::Json;

/// One step of a pattern such as `/status/**/conditions/*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// the member of this name
    Key(String),
    /// every element of an array, every member of an object
    Each,
    /// nothing, or any number of elements and members
    Deep,
}

/// Reads a pattern; names in it are escaped as in JSON pointers (RFC 6901).
pub(crate) fn parse(pattern: &str) -> Vec<Step> {
    let steps = pattern.split('/').skip(1).map(|word| match word {
        "*" => Step::Each,
        "**" => Step::Deep,
        name => Step::Key(name.replace("~1", "/").replace("~0", "~")),
    });
    steps.collect()
}

/// Calls `act` on every value that the steps lead to, outer values first.
pub(crate) fn visit<'a, F: FnMut(&mut Json<'a>)>(node: &mut Json<'a>, steps: &[Step], act: &mut F) {
    let Some((step, rest)) = steps.split_first() else {
        return act(node);
    };
    match step {
        Step::Key(name) => {
            if let Some(child) = node.as_object_mut().and_then(|object| object.get_mut(name)) {
                visit(child, rest, act);
            }
        }
        Step::Each => children(node, |child| visit(child, rest, act)),
        Step::Deep => {
            visit(node, rest, act);
            children(node, |child| visit(child, steps, act));
        }
    }
}

fn children<'a>(node: &mut Json<'a>, act: impl FnMut(&mut Json<'a>)) {
    match node {
        Json::Arr(items) => items.iter_mut().for_each(act),
        Json::Obj(object) => object.iter_mut().map(|(_, child)| child).for_each(act),
        _ => {}
    }
}

/// Like [`visit`], with the JSON pointer (RFC 6901) of every value.
pub(crate) fn visit_at<'a>(
    node: &mut Json<'a>,
    steps: &[Step],
    at: &mut String,
    act: &mut dyn FnMut(&mut Json<'a>, &str),
) {
    let Some((step, rest)) = steps.split_first() else {
        return act(node, at);
    };
    match step {
        Step::Key(name) => {
            if let Some(child) = node.as_object_mut().and_then(|object| object.get_mut(name)) {
                let length = at.len();
                push(at, name);
                visit_at(child, rest, at, act);
                at.truncate(length);
            }
        }
        Step::Each => children_at(node, at, &mut |child, at| visit_at(child, rest, at, act)),
        Step::Deep => {
            visit_at(node, rest, at, act);
            children_at(node, at, &mut |child, at| visit_at(child, steps, at, act));
        }
    }
}

fn children_at<'a>(node: &mut Json<'a>, at: &mut String, act: &mut dyn FnMut(&mut Json<'a>, &mut String)) {
    let length = at.len();
    match node {
        Json::Arr(items) => {
            for (index, child) in items.iter_mut().enumerate() {
                push(at, &index.to_string());
                act(child, at);
                at.truncate(length);
            }
        }
        Json::Obj(object) => {
            for (name, child) in object.iter_mut() {
                push(at, name);
                act(child, at);
                at.truncate(length);
            }
        }
        _ => {}
    }
}

/// Appends one reference token.
pub(crate) fn push(at: &mut String, name: &str) {
    at.push('/');
    for c in name.chars() {
        match c {
            '~' => at.push_str("~0"),
            '/' => at.push_str("~1"),
            other => at.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nachweis_canon::{Limits, parse as read};

    fn found(text: &str, pattern: &str) -> Vec<String> {
        let mut value = read(text, &Limits::default()).unwrap().value;
        let mut out = Vec::new();
        visit_at(&mut value, &parse(pattern), &mut String::new(), &mut |_, at| out.push(at.to_string()));
        let mut plain = 0;
        visit(&mut value, &parse(pattern), &mut |_| plain += 1);
        assert_eq!(plain, out.len());
        out
    }

    #[test]
    fn patterns_lead_where_they_say() {
        let text = r#"{"s":{"c":[{"m":1}],"d":{"c":{"R/x~":{"m":2}}}},"c":[1]}"#;
        assert_eq!(found(text, "/s/**/c/*"), ["/s/c/0", "/s/d/c/R~1x~0"]);
        assert_eq!(found(text, "/s/c/*/m"), ["/s/c/0/m"]);
        assert_eq!(found(text, "/**/c"), ["/c", "/s/c", "/s/d/c"]);
        assert_eq!(found(text, "/x/*"), Vec::<String>::new());
    }
}
