//! How a workload is recognised by what it runs: rows of the data file `network-policy-enforcers`.
//!
//! The file's head describes the matching; this is that text as code.

use nachweis_canon::Json;
use serde::Deserialize;

/// A row: what runs, and whether it enforces.
#[derive(Clone, Debug, Deserialize)]
pub struct Row {
    pub id: String,
    pub name: String,
    pub enforces: bool,
    #[serde(rename = "match")]
    pub pattern: Pattern,
    #[serde(default)]
    pub overrides: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Pattern {
    pub workload_kind: String,
    container_image_suffix: Vec<String>,
    container_name: Vec<String>,
    image_tag_from: Option<String>,
    image_tag_before: Option<String>,
    requires_args: Vec<String>,
    forbids_args: Vec<String>,
    requires_env: Vec<Variable>,
    forbids_env: Vec<Variable>,
    with_image_suffix: Vec<String>,
    without_image_suffix: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct Variable {
    name: String,
    value: String,
}

/// Nodes on which an enforcer may run that no workload shows.
#[derive(Clone, Debug, Deserialize)]
pub struct Hidden {
    node: NodePattern,
    off_if_node_annotation_contains: Option<Needle>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct NodePattern {
    kubelet_version_contains: Option<String>,
    label: Option<Label>,
}

#[derive(Clone, Debug, Deserialize)]
struct Label {
    name: String,
    value: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Needle {
    name: String,
    text: String,
}

/// Repository and tag of an image reference; the tag is empty where there is none.
fn image_parts(image: &str) -> (&str, &str) {
    let image = image.split('@').next().unwrap_or(image);
    let last = image.rfind('/').map_or(0, |at| at + 1);
    match image[last..].find(':') {
        Some(colon) => (&image[..last + colon], &image[last + colon + 1..]),
        None => (image, ""),
    }
}

fn repository_ends(repository: &str, suffixes: &[String]) -> bool {
    suffixes.iter().any(|suffix| {
        repository == suffix
            || repository.strip_suffix(suffix.as_str()).is_some_and(|rest| rest.ends_with('/'))
    })
}

/// True if the words of a command line hold the argument in one of its spellings.
fn has_argument(words: &[&str], argument: &str) -> bool {
    if words.contains(&argument) {
        return true;
    }
    let Some((flag, value)) = argument.split_once('=') else { return false };
    words.iter().enumerate().filter(|(_, word)| **word == flag).any(|(at, _)| match words.get(at + 1) {
        Some(next) if !next.starts_with('-') => *next == value,
        _ => value == "true",
    })
}

impl Pattern {
    /// The same pattern, whatever the arguments and the environment are.
    pub fn without_settings(&self) -> Pattern {
        let none = Vec::new;
        Pattern {
            requires_args: none(),
            forbids_args: none(),
            requires_env: Vec::new(),
            forbids_env: Vec::new(),
            ..self.clone()
        }
    }

    /// True if a pod template runs what the pattern describes.
    pub fn matches(&self, kind: &str, template: &Json<'_>) -> bool {
        let containers = template.list(&["spec", "containers"]);
        let any_image = |suffixes: &[String]| {
            containers
                .iter()
                .filter_map(|c| c.text(&["image"]))
                .any(|i| repository_ends(image_parts(i).0, suffixes))
        };
        self.workload_kind == kind
            && (self.with_image_suffix.is_empty() || any_image(&self.with_image_suffix))
            && !any_image(&self.without_image_suffix)
            && containers.iter().any(|container| self.fits(container))
    }

    /// True where something that the row forbids may stand behind a mark.
    fn may_be_forbidden(&self, words: &[&str], container: &Json<'_>) -> bool {
        let hidden_word = || words.iter().any(|word| nachweis_cel::is_withheld(word));
        // A variable is hidden from this row only if its name is one that the row forbids.
        let hidden_variable = |forbidden: &Variable| {
            container.list(&["env"]).iter().any(|variable| {
                variable.text(&["name"]) == Some(&forbidden.name)
                    && variable.text(&["value"]).is_some_and(nachweis_cel::is_withheld)
            })
        };
        (!self.forbids_args.is_empty() && hidden_word()) || self.forbids_env.iter().any(hidden_variable)
    }

    fn fits(&self, container: &Json<'_>) -> bool {
        let (repository, tag) = image_parts(container.text(&["image"]).unwrap_or_default());
        let name = container.text(&["name"]).unwrap_or_default();
        let words: Vec<&str> = ["command", "args"]
            .iter()
            .flat_map(|list| container.list(&[list]))
            .filter_map(Json::as_str)
            .collect();
        let has_variable = |wanted: &Variable| {
            container.list(&["env"]).iter().any(|variable| {
                variable.text(&["name"]) == Some(&wanted.name)
                    && variable.text(&["value"]) == Some(&wanted.value)
            })
        };
        (self.container_image_suffix.is_empty() || repository_ends(repository, &self.container_image_suffix))
            && (self.container_name.is_empty() || self.container_name.iter().any(|wanted| wanted == name))
            && self.image_tag_from.as_deref().is_none_or(|from| !tag.is_empty() && tag >= from)
            && self.image_tag_before.as_deref().is_none_or(|before| !tag.is_empty() && tag < before)
            && self.requires_args.iter().all(|argument| has_argument(&words, argument))
            && !self.forbids_args.iter().any(|argument| has_argument(&words, argument))
            && self.requires_env.iter().all(has_variable)
            && !self.forbids_env.iter().any(has_variable)
            && !self.may_be_forbidden(&words, container)
    }
}

/// True where an argument or a variable of some container was withheld.
pub fn hides_settings(template: &Json<'_>) -> bool {
    let settings = |container: &Json<'_>| {
        ["command", "args", "env"].iter().any(|list| container.get(list).is_some_and(super::withheld::holds))
    };
    template.list(&["spec", "containers"]).iter().any(settings)
}

impl Hidden {
    /// True if the node may run an enforcer of this row.
    pub fn may_run_on(&self, node: &Json<'_>) -> bool {
        let version = node.text(&["status", "nodeInfo", "kubeletVersion"]).unwrap_or_default();
        let by_version =
            self.node.kubelet_version_contains.as_deref().is_some_and(|text| version.contains(text));
        let by_label = self
            .node
            .label
            .as_ref()
            .is_some_and(|label| node.text(&["metadata", "labels", &label.name]) == Some(&label.value));
        let off = self.off_if_node_annotation_contains.as_ref().is_some_and(|needle| {
            node.text(&["metadata", "annotations", &needle.name])
                .is_some_and(|value| value.contains(&needle.text))
        });
        (by_version || by_label) && !off
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_compared_on_path_boundaries() {
        let suffixes = ["calico/node".to_string()];
        for (image, expected) in [
            ("quay.io/calico/node:v3.29.1", true),
            ("calico/node@sha256:00", true),
            ("example/mycalico/node:v1", false),
            ("registry:5000/calico/node", true),
        ] {
            assert_eq!(repository_ends(image_parts(image).0, &suffixes), expected, "{image}");
        }
        assert_eq!(image_parts("registry:5000/a/b"), ("registry:5000/a/b", ""));
        assert_eq!(image_parts("a/b:v1@sha256:00"), ("a/b", "v1"));
    }

    #[test]
    fn arguments_are_found_in_every_spelling() {
        assert!(has_argument(&["--x=true"], "--x=true"));
        assert!(has_argument(&["--x", "true"], "--x=true"));
        assert!(has_argument(&["--x", "--y"], "--x=true"));
        assert!(has_argument(&["--x"], "--x=true"));
        assert!(!has_argument(&["--x", "false"], "--x=true"));
        assert!(!has_argument(&["--x=false"], "--x=true"));
        assert!(!has_argument(&["--xy=true"], "--x=true"));
    }
}
