//! The record of previous imports.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The files imported to one volume, by their path on it.
///
/// The record is kept on the host. The volume holds only a stamp that identifies its
/// record, so that the content of a volume has no effect elsewhere.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct ImportRecord {
    /// An identifier repeated on the volume; empty before the first import.
    pub stamp: String,
    /// The imported files.
    pub files: BTreeMap<String, ImportedFile>,
}

/// An imported file.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ImportedFile {
    /// The metadata of the original, if any.
    #[serde(rename = "look")]
    pub stat: Option<FileStat>,
    /// The mode of the copy.
    pub mode: u32,
    /// A hash in hexadecimal, the target of a link, or empty.
    pub content: String,
    /// The [`ImportItem::screening_mark`](super::ImportItem::screening_mark) at the time
    /// of the import.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[serde(rename = "mark")]
    pub screening_mark: String,
    /// The secrets that were withheld.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "kept_back")]
    pub withheld: Option<WithheldParts>,
}

/// The parts of a file that an import leaves out.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct WithheldParts {
    /// The keys of the secrets, never their values.
    pub keys: Vec<String>,
    /// The settings that work on the host only.
    #[serde(default)]
    pub settings: Vec<String>,
    /// Whether the whole file is withheld.
    #[serde(rename = "is_whole")]
    pub is_whole_file: bool,
}

/// The metadata of a file as in stat(2). Equal metadata mean equal content, unless the
/// file was written within one tick of the file system's clock.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct FileStat {
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
pub enum FileChange {
    /// Unchanged: nothing to do.
    Unchanged,
    /// Possibly changed: compare the content.
    Compare,
    /// New: import it.
    New,
    /// Changed: import it again.
    Changed,
}

impl ImportRecord {
    /// Compares a file by its metadata.
    #[must_use]
    pub fn compare_stat(&self, target: &str, look: FileStat, mode: u32) -> FileChange {
        match self.files.get(target) {
            None => FileChange::New,
            Some(trace) if trace.mode != mode => FileChange::Changed,
            Some(trace) if trace.stat == Some(look) => FileChange::Unchanged,
            Some(trace) if trace.stat.is_none_or(|old| old.size == look.size) => {
                FileChange::Compare
            }
            Some(_) => FileChange::Changed,
        }
    }

    /// Compares a link, a directory or generated content, which need no metadata.
    #[must_use]
    pub fn compare_content(&self, target: &str, mode: u32, content: &str) -> FileChange {
        match self.files.get(target) {
            None => FileChange::New,
            Some(trace) if trace.mode == mode && trace.content == content => FileChange::Unchanged,
            Some(_) => FileChange::Changed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_with_another_stat_are_read() {
        let look = FileStat { size: 1, modified: 2, changed: 3, inode: 4 };
        let trace = |look| ImportedFile {
            stat: look,
            mode: 0o644,
            content: "abc".into(),
            screening_mark: String::new(),
            withheld: None,
        };
        let record = |look| ImportRecord {
            stamp: "s".into(),
            files: BTreeMap::from([("a".to_owned(), trace(look))]),
        };
        let old = record(Some(look));
        assert_eq!(old.compare_stat("a", look, 0o644), FileChange::Unchanged);
        assert_eq!(old.compare_stat("b", look, 0o644), FileChange::New);
        assert_eq!(old.compare_stat("a", look, 0o600), FileChange::Changed);
        assert_eq!(
            old.compare_stat("a", FileStat { changed: 9, ..look }, 0o644),
            FileChange::Compare
        );
        assert_eq!(old.compare_stat("a", FileStat { size: 9, ..look }, 0o644), FileChange::Changed);
        assert_eq!(record(None).compare_stat("a", look, 0o644), FileChange::Compare);
        assert_eq!(old.compare_content("a", 0o644, "abc"), FileChange::Unchanged);
        assert_eq!(old.compare_content("a", 0o644, "abd"), FileChange::Changed);
    }
}
