//! Paths of entries: relative, `/` between parts, never out of the input.

/// The path of an archive's entry without `./` and empty parts. `None` if it is absolute, climbs out, or is empty.
pub(super) fn relative(raw: &str) -> Option<String> {
    if raw.starts_with(['/', '\\']) || raw.contains('\0') || has_drive(raw) {
        return None;
    }
    let mut parts = Vec::new();
    for part in raw.split('/') {
        match part {
            "" | "." => {}
            ".." => return None,
            // Some archivers on Windows write backslashes; one that climbs is as bad.
            _ if part.split('\\').any(|piece| piece == "..") => return None,
            _ => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

fn has_drive(raw: &str) -> bool {
    matches!(raw.as_bytes(), [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic())
}

/// `name` under `folder`; the empty folder is the root.
pub(super) fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.into() } else { format!("{folder}/{name}") }
}

/// The folder of a version control system that a path lies in or is, as far as the path goes.
pub(super) fn version_control(path: &str) -> Option<&str> {
    let mut end = 0;
    for part in path.split('/') {
        end += part.len();
        if matches!(part, ".git" | ".hg" | ".svn") {
            return Some(&path[..end]);
        }
        end += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_paths() {
        assert_eq!(relative("./a//b/./c").as_deref(), Some("a/b/c"));
        for bad in
            ["/a", "../a", "a/../../b", "a/..", "", ".", "./", "C:\\a", "c:/a", "a\\..\\b", "\\a", "a\0b"]
        {
            assert_eq!(relative(bad), None, "{bad:?}");
        }
        assert_eq!(relative("a:b/c..d").as_deref(), Some("a:b/c..d"));
    }

    #[test]
    fn records_of_version_control() {
        assert_eq!(version_control("a/.git/objects/1"), Some("a/.git"));
        assert_eq!(version_control(".git"), Some(".git"));
        assert_eq!(version_control("a/.github/x"), None);
    }
}
