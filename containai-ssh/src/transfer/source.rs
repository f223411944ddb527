//! The source of a copy.

use super::error::TransferError;

/// A path to copy from, split as in `cp`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct CopySource {
    /// The path without suffixes that only select its meaning.
    pub(super) path: Vec<u8>,
    /// The name of the copy; `None` to copy the contents only.
    pub(super) name: Option<Vec<u8>>,
    /// The meaning of a symbolic link at the end.
    pub(super) final_link: FinalLink,
}

/// The meaning of a symbolic link at the end of a path.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum FinalLink {
    /// The link itself.
    Itself,
    /// The directory that it refers to, because a slash follows.
    Directory,
}

impl CopySource {
    /// Parses a path: `dir` and `dir/` are the directory, `dir/.` its contents.
    /// `..` and `/` have no name for a copy.
    pub(super) fn parse(path: &[u8]) -> Result<Self, TransferError> {
        let bare = trim_slashes(path);
        let ends_in_slash = bare.len() < path.len();
        let (parent, last) = split_parent(bare);
        match last {
            b"." => {
                let at = if parent.is_empty() { b".".as_slice() } else { parent };
                Ok(Self { path: at.to_vec(), name: None, final_link: FinalLink::Directory })
            }
            b"" if path.is_empty() => {
                Ok(Self { path: b".".to_vec(), name: None, final_link: FinalLink::Directory })
            }
            b".." | b"" => Err(TransferError::Nameless { path: escape_path(path) }),
            name => Ok(Self {
                path: bare.to_vec(),
                name: Some(name.to_vec()),
                final_link: if ends_in_slash { FinalLink::Directory } else { FinalLink::Itself },
            }),
        }
    }
}

/// Removes slashes from the end of a path; `/` alone becomes empty.
pub(super) fn trim_slashes(path: &[u8]) -> &[u8] {
    let end = path.iter().rposition(|&byte| byte != b'/').map_or(0, |last| last + 1);
    &path[..end]
}

/// Splits a path into its parent, with the slash, and its last component.
pub(super) fn split_parent(path: &[u8]) -> (&[u8], &[u8]) {
    let at = path.iter().rposition(|&byte| byte == b'/').map_or(0, |slash| slash + 1);
    path.split_at(at)
}

/// Returns a path for a message, with control characters escaped.
pub(super) fn escape_path(path: &[u8]) -> String {
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
            let shown = match CopySource::parse(path.as_bytes()) {
                Ok(source) => format!(
                    "{} as {} {:?}",
                    escape_path(&source.path),
                    source.name.as_deref().map_or("-".to_owned(), escape_path),
                    source.final_link
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
        check("..", "`..` has no name for its copy");
        check("/", "`/` has no name for its copy");
        check("a\nb", "a\\nb as a\\nb Itself");
    }
}
