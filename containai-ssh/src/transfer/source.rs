//! What a source's path asks for.

use super::error::TransferError;

/// A path to copy from, split as `cp` reads it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Source {
    /// The path without what only says how it is meant.
    pub(super) path: Vec<u8>,
    /// What the copy is called; `None` when only the contents are meant.
    pub(super) name: Option<Vec<u8>>,
    /// Whether a link at the end stands for what it leads to.
    pub(super) at_end: AtEnd,
}

/// What a link at the end of a path stands for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum AtEnd {
    /// For itself.
    Itself,
    /// For the directory that it leads to, because a slash follows.
    Directory,
}

impl Source {
    /// `dir` and `dir/` are the directory, `dir/.` its contents. `..` and `/`
    /// have no name that a copy could get.
    pub(super) fn parse(path: &[u8]) -> Result<Self, TransferError> {
        let bare = trim_slashes(path);
        let ends_in_slash = bare.len() < path.len();
        let (parent, last) = split(bare);
        match last {
            b"." => {
                let at = if parent.is_empty() { b".".as_slice() } else { parent };
                Ok(Self { path: at.to_vec(), name: None, at_end: AtEnd::Directory })
            }
            b"" if path.is_empty() => {
                Ok(Self { path: b".".to_vec(), name: None, at_end: AtEnd::Directory })
            }
            b".." | b"" => Err(TransferError::Nameless { path: show(path) }),
            name => Ok(Self {
                path: bare.to_vec(),
                name: Some(name.to_vec()),
                at_end: if ends_in_slash { AtEnd::Directory } else { AtEnd::Itself },
            }),
        }
    }
}

/// The path without slashes at its end; `/` alone becomes empty.
pub(super) fn trim_slashes(path: &[u8]) -> &[u8] {
    let end = path.iter().rposition(|&byte| byte != b'/').map_or(0, |last| last + 1);
    &path[..end]
}

/// What is before the last component, its slash included, and the component.
pub(super) fn split(path: &[u8]) -> (&[u8], &[u8]) {
    let at = path.iter().rposition(|&byte| byte == b'/').map_or(0, |slash| slash + 1);
    path.split_at(at)
}

/// A path for a message: what would move the cursor is escaped.
pub(super) fn show(path: &[u8]) -> String {
    let mut shown = String::new();
    for chunk in path.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character.is_control() {
                true => shown.extend(character.escape_default()),
                false => shown.push(character),
            }
        }
        for byte in chunk.invalid() {
            shown.push_str(&format!("\\x{byte:02x}"));
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources() {
        let check = |path: &str, expected: &str| {
            let shown = match Source::parse(path.as_bytes()) {
                Ok(source) => format!(
                    "{} as {} {:?}",
                    show(&source.path),
                    source.name.as_deref().map_or("-".to_owned(), show),
                    source.at_end
                ),
                Err(error) => error.to_string(),
            };
            assert_eq!(shown, expected, "{path}");
        };
        check("a", "a as a Itself");
        check("a/b", "a/b as b Itself");
        check("/a/b//", "/a/b as b Directory");
        check("a/.", "a/ as - Directory");
        check(".", ". as - Directory");
        check("", ". as - Directory");
        check("./", ". as - Directory");
        check("/.", "/ as - Directory");
        check("..", "`..` has no name that its copy could have");
        check("/", "`/` has no name that its copy could have");
        check("a\nb", "a\\nb as a\\nb Itself");
    }
}
