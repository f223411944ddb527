//! The files that belong on the volume, new or not.

use std::collections::{BTreeMap, BTreeSet};

use containai_core::import::{AllowedSecret, IfMissing, ImportItem, Screening, SecretHandling};
use containai_ssh::transfer::{CopyReport, ScanEntry};

use super::candidate::{CandidateContent, ImportCandidate};
use super::screening::{PreparedFile, prepare_file};
use super::withheld::WithheldFiles;

/// Candidates by their paths on the volume.
#[derive(Debug, Default)]
pub(crate) struct ImportCandidates {
    /// The candidates.
    pub(crate) entries: BTreeMap<String, ImportCandidate>,
    /// Warnings for the user.
    pub(crate) warnings: Vec<String>,
    /// Files that could not be read.
    pub(crate) report: CopyReport,
    /// The directories that contain candidates or may contain them later, relative to the home
    /// directory.
    pub(crate) directories: BTreeSet<String>,
    /// The directories of files that links lead to, relative to the home directory.
    pub(crate) followed: BTreeSet<String>,
    /// The withheld files, as far as they are known without reading unchanged files.
    pub(crate) withheld: WithheldFiles,
    /// The secrets that the user allows.
    pub(crate) allowed: Vec<AllowedSecret>,
    /// The time of the scan, in nanoseconds since 1970.
    pub(super) now: i128,
}

impl ImportCandidates {
    /// Adds a generated file, in a directory for generated files.
    pub(crate) fn add_generated(&mut self, target: &str, bytes: Vec<u8>) {
        let generated = |mode, content| ImportCandidate::generated(mode, self.now, content);
        let (file, parent) = (
            generated(0o600, CandidateContent::Bytes(bytes)),
            generated(0o700, CandidateContent::Directory),
        );
        if let Some((directory, _)) = target.rsplit_once('/') {
            self.entries.insert(directory.to_owned(), parent);
        }
        self.entries.insert(target.to_owned(), file);
    }

    /// Adds the parent directories of all candidates.
    pub(crate) fn with_parents(mut self, items: &[ImportItem]) -> Self {
        let mut parents = BTreeMap::new();
        let mut last = "";
        for target in self.entries.keys() {
            // Entries of one directory are adjacent.
            let parent = target.rsplit_once('/').map_or("", |(parent, _)| parent);
            if std::mem::replace(&mut last, parent) == parent {
                continue;
            }
            let ancestors = target.match_indices('/').map(|(end, _)| &target[..end]);
            parents.extend(ancestors.map(|parent| (parent.to_owned(), 0o755)));
        }
        let secret = items.iter().filter(|item| item.is_secret);
        for (parent, _) in secret.filter_map(|item| item.target.rsplit_once('/')) {
            if let Some(mode) = parents.get_mut(parent) {
                *mode = 0o700;
            }
        }
        for (parent, mode) in parents {
            let directory = ImportCandidate::generated(mode, self.now, CandidateContent::Directory);
            let parent = self.entries.entry(parent).or_insert(directory);
            if mode == 0o700 {
                parent.mode = mode;
            }
        }
        self
    }

    /// Adds the default of an item whose source does not exist.
    pub(super) fn add_default(&mut self, item: &ImportItem) {
        let content = match item.if_missing {
            IfMissing::Nothing => return,
            IfMissing::CreateDirectory => None,
            IfMissing::CreateJsonObject => Some(b"{}\n".to_vec()),
        };
        let mode = item.copy_mode(0o644, content.is_none());
        let content = content.map_or(CandidateContent::Directory, CandidateContent::Default);
        self.entries
            .insert(item.target.clone(), ImportCandidate::generated(mode, self.now, content));
    }

    /// Adds a candidate. Content in memory is screened now, files when they are compared.
    pub(super) fn add(
        &mut self,
        item: &ImportItem,
        found: &ScanEntry,
        target: String,
        content: CandidateContent,
    ) {
        let mode = match content {
            CandidateContent::Link(_) => 0o777,
            _ => item.copy_mode(found.mode, matches!(content, CandidateContent::Directory)),
        };
        let (content, screening_key) = match content {
            CandidateContent::File { ref name, .. } => {
                let key = item.screening_mark(name, &self.allowed);
                (Some(content), key)
            }
            CandidateContent::Bytes(bytes) => {
                let bytes = self.prepare_bytes(item, &found.path, &target, bytes);
                (bytes.map(CandidateContent::Bytes), String::new())
            }
            content => (Some(content), String::new()),
        };
        if let Some(content) = content {
            self.entries.insert(
                target,
                ImportCandidate { mode, modified: found.modified, content, screening_key },
            );
        }
    }

    /// Prepares a file in memory; returns the content to import, or `None` if the file is withheld.
    fn prepare_bytes(
        &mut self,
        item: &ImportItem,
        path: &str,
        target: &str,
        bytes: Vec<u8>,
    ) -> Option<Vec<u8>> {
        if item.secrets == SecretHandling::Keep {
            return Some(bytes);
        }
        let screening = Screening { path, target, allowed: &self.allowed };
        let PreparedFile { content, withheld } = prepare_file(screening, bytes);
        if let Some(withheld) = withheld {
            self.withheld.add(path, &withheld);
        }
        content
    }

    /// Records the directory of a file that a link leads to, so that it is watched.
    pub(super) fn add_followed(&mut self, real: &str, name: &str) {
        if real != name {
            let directory = real.rsplit_once('/').map_or("", |(directory, _)| directory);
            self.followed.insert(directory.to_owned());
            self.directories.insert(directory.to_owned());
        }
    }

    /// Records a warning about a path in the home directory.
    pub(super) fn warn(&mut self, path: &str, message: &str) {
        self.warnings.push(format!("`{path}`: {message}"));
    }
}
