//! Fingerprints of builds.

use sha2::{Digest as _, Sha256};

use crate::naming::Fingerprint;

/// A file in a build context.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct ContextEntry {
    /// The path relative to the context, with `/`.
    pub path: String,
    /// The file type and content.
    pub kind: ContextEntryKind,
}

/// The type and content of a file in a build context.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum ContextEntryKind {
    /// A directory.
    Directory,
    /// A regular file: its mode and SHA-256.
    File(u32, [u8; 32]),
    /// A symbolic link and its target.
    Link(String),
}

/// Returns the fingerprint of a build: of the files in its context, in any order, and of
/// its other inputs, such as the base image, in order.
pub fn fingerprint(context: &[ContextEntry], texts: &[&str]) -> Fingerprint {
    let mut hash = Sha256::new();
    let mut add = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    add(&(texts.len() as u64).to_be_bytes());
    for text in texts {
        add(text.as_bytes());
    }
    let mut sorted: Vec<_> = context.iter().collect();
    sorted.sort();
    for entry in sorted {
        add(entry.path.as_bytes());
        match &entry.kind {
            ContextEntryKind::Directory => add(b"d"),
            ContextEntryKind::File(mode, content) => {
                add(b"f");
                add(&mode.to_be_bytes());
                add(content);
            }
            ContextEntryKind::Link(target) => {
                add(b"l");
                add(target.as_bytes());
            }
        }
    }
    Fingerprint::of_digest(&hash.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, mode: u32, content: u8) -> ContextEntry {
        ContextEntry { path: path.into(), kind: ContextEntryKind::File(mode, [content; 32]) }
    }

    #[test]
    fn fingerprint_depends_on_everything_but_order() {
        let (a, b) = (file("a", 0o644, 1), file("b", 0o644, 2));
        let link = |target: &str| ContextEntry {
            path: "a".into(),
            kind: ContextEntryKind::Link(target.into()),
        };
        let directory = ContextEntry { path: "a".into(), kind: ContextEntryKind::Directory };
        let both = [a.clone(), b.clone()];
        let print = fingerprint(&both, &["base"]);
        assert_eq!(print, fingerprint(&[b.clone(), a.clone()], &["base"]));
        assert_eq!(Fingerprint::parse(print.as_str()), Ok(print.clone()));
        let others = [
            fingerprint(&both, &["other"]),
            fingerprint(&both, &["base", ""]),
            fingerprint(&both[..1], &["base"]),
            fingerprint(&[file("a", 0o755, 1), b.clone()], &["base"]),
            fingerprint(&[file("a", 0o644, 3), b.clone()], &["base"]),
            fingerprint(&[file("c", 0o644, 1), b.clone()], &["base"]),
            fingerprint(&[link("x"), b.clone()], &["base"]),
            fingerprint(&[link("y"), b.clone()], &["base"]),
            fingerprint(&[directory, b], &["base"]),
        ];
        let distinct: std::collections::BTreeSet<_> = others.iter().chain([&print]).collect();
        assert_eq!(distinct.len(), others.len() + 1);
    }
}
