//! The record of previous imports.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The files imported to one volume, by their path on it.
///
/// The record is kept on the host. The volume holds only a stamp that identifies its
/// record, so that the content of a volume has no effect elsewhere.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Record {
    /// An identifier repeated on the volume; empty before the first import.
    pub stamp: String,
    /// The imported files.
    pub files: BTreeMap<String, Trace>,
}

/// An imported file.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Trace {
    /// The metadata of the original, if any.
    pub look: Option<Look>,
    /// The mode of the copy.
    pub mode: u32,
    /// A hash in hexadecimal, the target of a link, or empty.
    pub content: String,
    /// The [`ImportItem::screening_mark`](super::ImportItem::screening_mark) at the time
    /// of the import.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub mark: String,
    /// The secrets that were withheld.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_back: Option<KeptBack>,
}

/// The secrets of a file that are withheld from an import.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct KeptBack {
    /// The keys of the secrets, never their values.
    pub keys: Vec<String>,
    /// Whether the whole file is withheld.
    pub is_whole: bool,
}

/// The metadata of a file as in stat(2). Equal metadata mean equal content, unless the
/// file was written within one tick of the file system's clock.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Look {
    /// Its size, in bytes.
    pub size: u64,
    /// The time of the last change of its content, in nanoseconds since 1970.
    pub modified: i128,
    /// The time of the last change of its content or metadata, in nanoseconds since 1970.
    pub changed: i128,
    /// Its inode number.
    pub inode: u64,
}

/// The change of a path since the previous import.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// Unchanged: nothing to do.
    Same,
    /// Possibly changed: compare the content.
    Compare,
    /// New: import it.
    New,
    /// Changed: import it again.
    Changed,
}

impl Record {
    /// Compares a file by its metadata.
    #[must_use]
    pub fn judge_file(&self, target: &str, look: Look, mode: u32) -> Verdict {
        match self.files.get(target) {
            None => Verdict::New,
            Some(trace) if trace.mode != mode => Verdict::Changed,
            Some(trace) if trace.look == Some(look) => Verdict::Same,
            Some(trace) if trace.look.is_none_or(|old| old.size == look.size) => Verdict::Compare,
            Some(_) => Verdict::Changed,
        }
    }

    /// Compares a link, a directory or generated content, which need no metadata.
    #[must_use]
    pub fn judge(&self, target: &str, mode: u32, content: &str) -> Verdict {
        match self.files.get(target) {
            None => Verdict::New,
            Some(trace) if trace.mode == mode && trace.content == content => Verdict::Same,
            Some(_) => Verdict::Changed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_looks_otherwise_is_read() {
        let look = Look { size: 1, modified: 2, changed: 3, inode: 4 };
        let trace = |look| Trace {
            look,
            mode: 0o644,
            content: "abc".into(),
            mark: String::new(),
            kept_back: None,
        };
        let record = |look| Record {
            stamp: "s".into(),
            files: BTreeMap::from([("a".to_owned(), trace(look))]),
        };
        let old = record(Some(look));
        assert_eq!(old.judge_file("a", look, 0o644), Verdict::Same);
        assert_eq!(old.judge_file("b", look, 0o644), Verdict::New);
        assert_eq!(old.judge_file("a", look, 0o600), Verdict::Changed);
        assert_eq!(old.judge_file("a", Look { changed: 9, ..look }, 0o644), Verdict::Compare);
        assert_eq!(old.judge_file("a", Look { size: 9, ..look }, 0o644), Verdict::Changed);
        assert_eq!(record(None).judge_file("a", look, 0o644), Verdict::Compare);
        assert_eq!(old.judge("a", 0o644, "abc"), Verdict::Same);
        assert_eq!(old.judge("a", 0o644, "abd"), Verdict::Changed);
    }
}
