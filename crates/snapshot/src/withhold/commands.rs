//! Command lines: which words of them are secrets.

use crate::withhold::names::{Place, is_literal, is_secret, meaning};
use crate::withhold::rules::{Form, TOOLS};

type Options = &'static [(&'static str, Form)];

/// The positions of words that are secrets.
pub(crate) fn secrets<'w>(words: impl Iterator<Item = &'w str>) -> Vec<usize> {
    let mut found = Vec::new();
    let mut command: Option<&str> = None;
    let mut tool: Option<Options> = None;
    let mut rest = false;
    let mut next: Option<&str> = None;
    let mut pair_next = false;
    for (at, word) in words.enumerate() {
        let bare = word.trim_matches(['"', '\'', '(', ')', ';', '`']);
        if matches!(word, "|" | "||" | "&&" | "&" | ";") {
            (command, tool, rest, next, pair_next) = (None, None, false, None, false);
            continue;
        }
        let value = next.take();
        let after_pair = std::mem::take(&mut pair_next);
        let is_option = word.starts_with('-') && word.len() > 1;
        if rest && is_literal(bare) && !is_option
            || after_pair && is_pair(bare)
            || value.is_some_and(|name| !is_option && spoken(name, bare))
        {
            found.push(at);
            continue;
        }
        let name = bare.rsplit('/').next().unwrap_or(bare);
        if let Some(options) = tool_named(name, None) {
            (command, tool) = (Some(name), Some(options));
        } else if TOOLS
            .iter()
            .any(|(tool, _)| tool.strip_prefix(name).is_some_and(|end| end.starts_with(' ')))
        {
            (command, tool) = (Some(name), None);
        } else if let Some(options) = command.and_then(|first| tool_named(first, Some(name))) {
            tool = Some(options);
        }
        for (option, form) in tool.unwrap_or_default() {
            let joined = bare.strip_prefix(option).filter(|rest| !rest.is_empty());
            let long = joined.and_then(|rest| rest.strip_prefix('=')).filter(|_| option.starts_with("--"));
            match form {
                Form::Next if bare == *option => next = Some(option),
                Form::Pair if bare == *option => pair_next = true,
                Form::Rest if bare == *option => rest = true,
                Form::Next if long.is_some_and(is_literal) => found.push(at),
                Form::Pair if long.or(joined).is_some_and(is_pair) => found.push(at),
                Form::Joined if !bare.starts_with("--") && joined.is_some_and(is_literal) => found.push(at),
                _ => {}
            }
        }
        if is_option && next.is_none() && !word.contains('=') && meaning(word).is_some() {
            next = Some(word);
        }
        if word.ends_with(';') {
            (command, tool, rest, next) = (None, None, false, None);
        }
    }
    found.dedup();
    found
}

/// The options of a tool; `second` is the word that has to follow the tool's name.
fn tool_named(name: &str, second: Option<&str>) -> Option<Options> {
    let same = |tool: &str| match (tool.strip_prefix(name), second) {
        (Some(end), Some(second)) => end.strip_prefix(' ') == Some(second),
        (Some(end), None) => end.is_empty() && !name.contains(' '),
        (None, _) => false,
    };
    TOOLS.iter().find(|(tool, _)| same(tool)).map(|(_, options)| *options)
}

/// True if the word behind an option is a secret. Options of tools have no telling name.
fn spoken(option: &str, value: &str) -> bool {
    match meaning(option) {
        Some(means) => is_secret(means, value, Place::Setting),
        None => is_literal(value),
    }
}

/// True for `name:password` and `name%password` of which the password is literal.
fn is_pair(word: &str) -> bool {
    let word = word.trim_start_matches('=').trim_matches(['"', '\'']);
    let parted = word.split_once(':').or_else(|| word.split_once('%'));
    !word.contains("://")
        && parted.is_some_and(|(_, password)| is_literal(password) && !word.starts_with('-'))
}

/// True if a text is a command line, or a script with one, that holds a secret.
pub(crate) fn in_text(text: &str) -> bool {
    text.lines().any(|line| !secrets(line.split_whitespace()).is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_that_give_a_secret() {
        for text in [
            "mysql -uroot -phunter2 -h db",
            "mysqldump --password hunter2",
            "redis-cli -a hunter2 ping",
            "sshpass -p hunter2 ssh x",
            "curl -s -u admin:hunter2 https://x",
            "curl --user=admin:hunter2 x",
            "docker login -u me -p hunter2",
            "/usr/bin/mongodump -p hunter2",
            "skopeo copy --src-creds me:hunter2 a b",
            "openssl enc -pass pass:hunter2",
            "htpasswd -nb me hunter2",
            "etcdctl --user root:hunter2 get",
            "mc alias set x http://minio AKID hunter2",
            "app --api-key hunter2",
            "x && redis-cli -a hunter2",
        ] {
            assert!(in_text(text), "{text}");
        }
        for text in [
            "mysql -uroot -p$MYSQL_ROOT_PASSWORD",
            "mysql -P 3306 -h db",
            "docker run -p 8080:80 x",
            "curl -u $USER:$PASS x",
            "app --token-file /x",
            "app --password --verbose",
            "redis-cli ping; app -a b",
            "cp -p a b",
            "mkdir -p a/b",
            "app --secret tls-secret",
        ] {
            assert!(!in_text(text), "{text}");
        }
    }
}
