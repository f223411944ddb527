//! Comparing candidates with the record of the last import.

use std::collections::{BTreeMap, BTreeSet};

use containai_core::import::{
    AllowedSecret, FileChange, FileStat, ImportRecord, ImportedFile, Screening,
};
use containai_core::layout::VOLUME_ADDITIONAL_PATHS;
use containai_ssh::transfer::{Directory, EntryContent, EntrySource, PackedEntries, blake3_hex};

use super::candidate::{CandidateContent, ImportCandidate};
use super::candidates::ImportCandidates;
use super::screening::{PreparedFile, prepare_file};
use super::withheld::WithheldFiles;

/// The content of a default file in a record. Changing it would send the defaults again.
const DEFAULT_MARK: &str = "spare";

/// The size limit for screening, in bytes. Larger files are data.
const MAX_SCREENED_BYTES: u64 = 16 << 20;
/// The size of screened files that are kept in memory, in bytes; others are read again when they
/// are sent.
const MAX_CACHED_BYTES: u64 = 64 << 20;

/// The files that have to be sent.
#[derive(Debug, Default)]
pub(crate) struct PendingChanges {
    /// The entries, including parent directories.
    pub(crate) entries: Vec<EntrySource>,
    /// The entries that are created only if they do not exist.
    pub(crate) defaults: Vec<EntrySource>,
    /// The total size of the files, in bytes, according to their metadata.
    pub(crate) bytes: u64,
    /// A line for each file: `+` if it is new or `~` if it changed, and its path on the volume.
    pub(crate) lines: Vec<String>,
    /// The new or changed parts of the record.
    updates: BTreeMap<String, ImportedFile>,
    /// The withheld files and secrets.
    pub(crate) withheld: WithheldFiles,
    /// Screened contents, which are sent in place of the files.
    screened: BTreeMap<String, Vec<u8>>,
    screened_bytes: u64,
}

impl PendingChanges {
    /// Compares candidates with the record. Files are read only if their metadata is not sufficient.
    pub(crate) fn new(
        candidates: &ImportCandidates,
        record: &ImportRecord,
        root: &Directory,
        now: i128,
    ) -> Self {
        let mut changes = Self::default();
        changes.withheld.merge(&candidates.withheld);
        let inputs = CompareInputs { record, root, allowed: &candidates.allowed, now };
        let mut needed = BTreeSet::new();
        for (target, candidate) in &candidates.entries {
            let change = changes.compare(&inputs, target, candidate);
            if change != FileChange::Unchanged {
                needed.insert(target.clone());
                let parents = target.match_indices('/').map(|(end, _)| target[..end].to_owned());
                needed.extend(parents);
                let marker = if change == FileChange::New { '+' } else { '~' };
                if !matches!(candidate.content, CandidateContent::Directory)
                    && target != VOLUME_ADDITIONAL_PATHS
                {
                    changes.lines.push(format!("{marker} {target}"));
                }
            }
        }
        for (target, candidate) in &candidates.entries {
            if needed.contains(target) {
                changes.add(target.clone(), candidate.clone());
            }
        }
        changes
    }

    /// Returns whether nothing has to be sent.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.defaults.is_empty()
    }

    /// Returns whether the record changes, even if nothing has to be sent.
    pub(crate) fn changes_record(&self) -> bool {
        !self.updates.is_empty()
    }

    /// Returns the record after the changes were sent.
    pub(crate) fn record(
        self,
        previous: ImportRecord,
        stamp: String,
        packed: &PackedEntries,
    ) -> ImportRecord {
        let mut files = previous.files;
        files.extend(self.updates);
        for (sent, hash) in self.entries.iter().zip(&packed.hashes) {
            match (&sent.content, hash, files.get_mut(&sent.path)) {
                (EntryContent::File(_) | EntryContent::Bytes(_), Some(hash), Some(entry)) => {
                    entry.content.clone_from(hash);
                }
                // The file changed while it was read; the next import sends it again.
                (EntryContent::File(_), None, _) => drop(files.remove(&sent.path)),
                _ => {}
            }
        }
        ImportRecord { stamp, files }
    }

    fn compare(
        &mut self,
        inputs: &CompareInputs<'_>,
        target: &str,
        candidate: &ImportCandidate,
    ) -> FileChange {
        let (record, mode) = (inputs.record, candidate.mode);
        let (change, content) = match &candidate.content {
            CandidateContent::Directory => {
                (record.compare_content(target, mode, ""), String::new())
            }
            CandidateContent::Link(to) => (record.compare_content(target, mode, to), to.clone()),
            CandidateContent::Bytes(bytes) => {
                let hash = blake3_hex(bytes);
                (record.compare_content(target, mode, &hash), hash)
            }
            CandidateContent::Default(_) if record.files.contains_key(target) => {
                return FileChange::Unchanged;
            }
            CandidateContent::Default(_) => (FileChange::New, DEFAULT_MARK.to_owned()),
            CandidateContent::File { path, name, stat } => {
                let screening_mark = &candidate.screening_key;
                let file = ComparedFile { target, path, name, stat: *stat, screening_mark, mode };
                return self.compare_file(inputs, file);
            }
        };
        let screening_mark = candidate.screening_key.clone();
        let entry = ImportedFile { stat: None, mode, content, screening_mark, withheld: None };
        self.update(record, target, entry);
        change
    }

    fn compare_file(&mut self, inputs: &CompareInputs<'_>, file: ComparedFile<'_>) -> FileChange {
        let ComparedFile { target, path, name, stat, screening_mark, mode } = file;
        let recorded = inputs.record.files.get(target);
        let change = inputs.record.compare_stat(target, stat, mode);
        let is_marked = recorded.is_some_and(|entry| entry.screening_mark == screening_mark);
        let is_stable = ImportCandidate::is_stable(stat, inputs.now);
        if change == FileChange::Unchanged && is_marked && is_stable {
            if let Some(withheld) = recorded.and_then(|entry| entry.withheld.as_ref()) {
                self.withheld.add(name, withheld);
            }
            return FileChange::Unchanged;
        }
        if !screening_mark.is_empty()
            && stat.size <= MAX_SCREENED_BYTES
            && let Ok(bytes) = inputs.root.read_file(path, MAX_SCREENED_BYTES)
        {
            return self.screen(inputs, file, bytes);
        }
        let content = recorded.map(|entry| entry.content.clone()).unwrap_or_default();
        let is_same = || inputs.root.hash_file(path).is_ok_and(|hash| hash == content);
        let change = match change {
            FileChange::Unchanged if is_marked => FileChange::Unchanged,
            FileChange::Unchanged | FileChange::Compare if is_same() => FileChange::Unchanged,
            FileChange::Unchanged | FileChange::Compare => FileChange::Changed,
            change => change,
        };
        let entry = ImportedFile {
            stat: is_stable.then_some(stat),
            mode,
            content,
            screening_mark: screening_mark.to_owned(),
            withheld: None,
        };
        self.update(inputs.record, target, entry);
        change
    }

    /// Screens a file, and compares the content to send with the record.
    fn screen(
        &mut self,
        inputs: &CompareInputs<'_>,
        file: ComparedFile<'_>,
        bytes: Vec<u8>,
    ) -> FileChange {
        let ComparedFile { target, name, stat, screening_mark, mode, .. } = file;
        let recorded = inputs.record.files.get(target);
        let screening = Screening { path: name, target, allowed: inputs.allowed };
        let PreparedFile { content, withheld } = prepare_file(screening, bytes);
        if let Some(withheld) = &withheld {
            self.withheld.add(name, withheld);
        }
        let is_edited = withheld.is_some();
        let hash = content.as_deref().map(blake3_hex).unwrap_or_default();
        let was_sent =
            |entry: &&ImportedFile| !entry.withheld.as_ref().is_some_and(|it| it.is_whole_file);
        let change = match (&content, recorded.filter(was_sent)) {
            (None, _) => FileChange::Unchanged,
            (_, None) => FileChange::New,
            (_, Some(entry)) if entry.mode == mode && entry.content == hash => {
                FileChange::Unchanged
            }
            _ => FileChange::Changed,
        };
        if let Some(content) = content.filter(|_| change != FileChange::Unchanged)
            && (is_edited || self.screened_bytes + stat.size <= MAX_CACHED_BYTES)
        {
            self.screened_bytes += stat.size;
            self.screened.insert(target.to_owned(), content);
        }
        let entry = ImportedFile {
            stat: ImportCandidate::is_stable(stat, inputs.now).then_some(stat),
            mode,
            content: hash,
            screening_mark: screening_mark.to_owned(),
            withheld,
        };
        self.update(inputs.record, target, entry);
        change
    }

    /// Notes the new entry of the record, if it differs.
    fn update(&mut self, record: &ImportRecord, target: &str, entry: ImportedFile) {
        if record.files.get(target) != Some(&entry) {
            self.updates.insert(target.to_owned(), entry);
        }
    }

    fn add(&mut self, path: String, candidate: ImportCandidate) {
        let ImportCandidate { mode, modified, content, .. } = candidate;
        let mut list = &mut self.entries;
        let content = match content {
            CandidateContent::Directory => EntryContent::Directory,
            CandidateContent::Link(to) => EntryContent::Link(to),
            CandidateContent::Bytes(bytes) => EntryContent::Bytes(bytes),
            CandidateContent::File { path: source, stat, .. } => {
                self.bytes += stat.size;
                match self.screened.remove(&path) {
                    Some(bytes) => EntryContent::Bytes(bytes),
                    None => EntryContent::File(source),
                }
            }
            CandidateContent::Default(bytes) => {
                list = &mut self.defaults;
                EntryContent::Bytes(bytes)
            }
        };
        list.push(EntrySource { path, mode, modified, content });
    }
}

/// The inputs of a comparison.
struct CompareInputs<'a> {
    record: &'a ImportRecord,
    root: &'a Directory,
    /// The secrets that the user allows.
    allowed: &'a [AllowedSecret],
    /// The time of the scan, in nanoseconds since 1970.
    now: i128,
}

/// A file to compare.
#[derive(Clone, Copy)]
struct ComparedFile<'a> {
    target: &'a str,
    path: &'a str,
    name: &'a str,
    stat: FileStat,
    screening_mark: &'a str,
    mode: u32,
}
