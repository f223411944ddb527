//! What was imported before.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What was imported to one volume, by the path on it.
///
/// It is kept on the host, and the volume holds only a stamp that says which
/// record is its own: whatever stands on a volume decides nothing elsewhere.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Record {
    /// A word that the volume repeats; empty before the first import.
    pub stamp: String,
    /// What was brought over.
    pub files: BTreeMap<String, Trace>,
}

/// What is remembered of something that was brought over.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Trace {
    /// What it was on the host, by what can be seen without reading it.
    pub look: Option<Look>,
    /// What the copy is: its mode, and a hash of its content or where it leads.
    pub mode: u32,
    /// A hash in hexadecimal, a link's path, or empty.
    pub content: String,
    /// What decided about secrets in it, see
    /// [`Job::screening_mark`](super::Job::screening_mark).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub mark: String,
    /// What of it was not brought over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_back: Option<KeptBack>,
}

/// What of a file is not brought over because it is secret.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct KeptBack {
    /// The keys of the secrets; never their values.
    pub keys: Vec<String>,
    /// Whether nothing of the file is brought over.
    pub is_whole: bool,
}

/// What can be seen of a file without reading it. Two that are alike have the
/// same content, unless it was written within a tick of the file system's clock.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Look {
    /// Its size, in bytes.
    pub size: u64,
    /// When its content was changed, in nanoseconds since 1970.
    pub modified: i128,
    /// When anything about it was changed, in nanoseconds since 1970.
    pub changed: i128,
    /// Its number in the file system.
    pub inode: u64,
}

/// What an import has to do about one path.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// Nothing: it is what it was.
    Same,
    /// To compare its content.
    Compare,
    /// To bring it over.
    New,
    /// To bring it over again.
    Changed,
}

impl Record {
    /// Judges a file by its look.
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

    /// Judges what needs no look: a link, a directory, content of our own.
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
