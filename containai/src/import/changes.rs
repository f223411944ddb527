//! From what belongs on the volume to what has to be sent.

use std::collections::{BTreeMap, BTreeSet};

use containai_core::import::{
    FileChange, FileStat, ImportRecord, ImportedFile, Screened, Screening, WithheldSecrets, screen,
};
use containai_core::layout::VOLUME_ADDITIONAL_PATHS;
use containai_ssh::transfer::{Directory, EntryContent, EntrySource, PackedEntries};

use super::candidates::{CandidateContent, ImportCandidate, ImportCandidates};
use super::withheld::WithheldFiles;

/// What a spare file is in a record: it was made once.
const DEFAULT_MARK: &str = "spare";

/// What is longer is not looked through for secrets: it is data.
const MAX_SCREENED_BYTES: u64 = 16 << 20;
/// How many bytes of files are kept after they were screened; others are read
/// again when they are sent.
const MAX_CACHED_BYTES: u64 = 64 << 20;

/// What has to be sent.
#[derive(Debug, Default)]
pub(crate) struct PendingChanges {
    /// Directories on the way included.
    pub(crate) entries: Vec<EntrySource>,
    /// To be made only where nothing is.
    pub(crate) defaults: Vec<EntrySource>,
    /// How many bytes all of them hold, as far as a look told.
    pub(crate) bytes: u64,
    /// A line for each file: what is done to it, and its path on the volume.
    pub(crate) lines: Vec<String>,
    /// Of what the record does not have like that.
    traces: BTreeMap<String, ImportedFile>,
    /// What is left at home.
    pub(crate) withheld: WithheldFiles,
    /// What is sent in the place of files: what was screened.
    screened: BTreeMap<String, Vec<u8>>,
    screened_bytes: u64,
}

impl PendingChanges {
    /// Compares candidates with what was sent before. Files are read only where
    /// a look is not enough.
    pub(crate) fn new(
        candidates: &ImportCandidates,
        record: &ImportRecord,
        root: &Directory,
        now: i128,
    ) -> Self {
        let mut gathered = Self::default();
        gathered.withheld.merge(&candidates.withheld);
        let mut needed = BTreeSet::new();
        for (target, candidate) in &candidates.entries {
            let verdict = gathered.compare(target, candidate, candidates, record, root, now);
            if verdict != FileChange::Unchanged {
                needed.insert(target.clone());
                let ends = target.match_indices('/').map(|(end, _)| target[..end].to_owned());
                needed.extend(ends);
                let sign = if verdict == FileChange::New { '+' } else { '~' };
                if !matches!(candidate.what, CandidateContent::Directory)
                    && target != VOLUME_ADDITIONAL_PATHS
                {
                    gathered.lines.push(format!("{sign} {target}"));
                }
            }
        }
        for (target, candidate) in &candidates.entries {
            if needed.contains(target) {
                gathered.add(target.clone(), candidate.clone());
            }
        }
        gathered
    }

    /// Whether there is nothing to do.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.defaults.is_empty()
    }

    /// Whether the record would be another one, even if nothing has to be sent.
    pub(crate) fn changes_record(&self) -> bool {
        !self.traces.is_empty()
    }

    /// The record after this was sent.
    pub(crate) fn record(
        self,
        before: ImportRecord,
        stamp: String,
        packed: &PackedEntries,
    ) -> ImportRecord {
        let mut files = before.files;
        files.extend(self.traces);
        for (parcel, hash) in self.entries.iter().zip(&packed.hashes) {
            match (&parcel.content, hash, files.get_mut(&parcel.path)) {
                (EntryContent::File(_) | EntryContent::Bytes(_), Some(hash), Some(trace)) => {
                    trace.content.clone_from(hash);
                }
                // It changed while it was read; the next import sends it again.
                (EntryContent::File(_), None, _) => drop(files.remove(&parcel.path)),
                _ => {}
            }
        }
        ImportRecord { stamp, files }
    }

    fn compare(
        &mut self,
        target: &str,
        candidate: &ImportCandidate,
        candidates: &ImportCandidates,
        record: &ImportRecord,
        root: &Directory,
        now: i128,
    ) -> FileChange {
        let mode = candidate.mode;
        let known = record.files.get(target);
        let (mut verdict, content, mut look) = match &candidate.what {
            CandidateContent::Directory => {
                (record.compare_content(target, mode, ""), String::new(), None)
            }
            CandidateContent::Link(to) => {
                (record.compare_content(target, mode, to), to.clone(), None)
            }
            CandidateContent::Bytes(bytes) => {
                let hash = containai_ssh::transfer::blake3_hex(bytes);
                (record.compare_content(target, mode, &hash), hash, None)
            }
            CandidateContent::Default(_) if known.is_some() => return FileChange::Unchanged,
            CandidateContent::Default(_) => (FileChange::New, DEFAULT_MARK.to_owned(), None),
            CandidateContent::File { look, path } => {
                let mut verdict = record.compare_stat(target, *look, mode);
                let is_marked =
                    known.is_some_and(|trace| trace.screening_mark == candidate.screening_key);
                if verdict == FileChange::Unchanged
                    && is_marked
                    && ImportCandidate::is_stable(*look, now)
                {
                    if let Some(kept) = known.and_then(|trace| trace.withheld.as_ref()) {
                        self.withheld.add(path, kept);
                    }
                    return FileChange::Unchanged;
                }
                if !candidate.screening_key.is_empty() && look.size <= MAX_SCREENED_BYTES {
                    let read = root.read_file(path, MAX_SCREENED_BYTES);
                    if let Ok(bytes) = read {
                        let file = ScreenedFile {
                            target,
                            path,
                            look: *look,
                            mark: &candidate.screening_key,
                            mode,
                        };
                        return self.screen(file, bytes, candidates, known, now);
                    }
                }
                if verdict == FileChange::Unchanged && !is_marked {
                    verdict = FileChange::Compare;
                }
                let content = known.map(|trace| trace.content.clone()).unwrap_or_default();
                (verdict, content, Some(*look))
            }
        };
        if let (FileChange::Compare, CandidateContent::File { path, .. }) =
            (verdict, &candidate.what)
        {
            let is_same = root.hash_file(path).is_ok_and(|hash| hash == content);
            verdict = if is_same { FileChange::Unchanged } else { FileChange::Changed };
        }
        look = look.filter(|look| ImportCandidate::is_stable(*look, now));
        let mark = candidate.screening_key.clone();
        let trace =
            ImportedFile { stat: look, mode, content, screening_mark: mark, withheld: None };
        if known != Some(&trace) {
            self.traces.insert(target.to_owned(), trace);
        }
        verdict
    }

    /// Screens a file, and compares what may be sent of it with what was sent.
    fn screen(
        &mut self,
        file: ScreenedFile<'_>,
        bytes: Vec<u8>,
        candidates: &ImportCandidates,
        known: Option<&ImportedFile>,
        now: i128,
    ) -> FileChange {
        let ScreenedFile { target, path, look, mark, mode } = file;
        let screening = Screening { path, target, allowed: &candidates.allowed };
        let (content, kept_back) = match screen(screening, &bytes) {
            Screened::Clean => (Some(bytes), None),
            Screened::Edited { content, keys } => {
                (Some(content), Some(WithheldSecrets { keys, is_whole_file: false }))
            }
            Screened::Withheld { keys } => {
                (None, Some(WithheldSecrets { keys, is_whole_file: true }))
            }
        };
        if let Some(kept) = &kept_back {
            self.withheld.add(path, kept);
        }
        let is_edited = kept_back.is_some();
        let hash = content.as_deref().map(containai_ssh::transfer::blake3_hex).unwrap_or_default();
        let was_sent =
            |trace: &&ImportedFile| !trace.withheld.as_ref().is_some_and(|it| it.is_whole_file);
        let verdict = match (&content, known.filter(was_sent)) {
            (None, _) => FileChange::Unchanged,
            (_, None) => FileChange::New,
            (_, Some(trace)) if trace.mode == mode && trace.content == hash => {
                FileChange::Unchanged
            }
            _ => FileChange::Changed,
        };
        if let Some(content) = content.filter(|_| verdict != FileChange::Unchanged)
            && (is_edited || self.screened_bytes + look.size <= MAX_CACHED_BYTES)
        {
            self.screened_bytes += look.size;
            self.screened.insert(target.to_owned(), content);
        }
        let look = ImportCandidate::is_stable(look, now).then_some(look);
        let trace = ImportedFile {
            stat: look,
            mode,
            content: hash,
            screening_mark: mark.to_owned(),
            withheld: kept_back,
        };
        if known != Some(&trace) {
            self.traces.insert(target.to_owned(), trace);
        }
        verdict
    }

    fn add(&mut self, path: String, candidate: ImportCandidate) {
        let ImportCandidate { mode, modified, what, .. } = candidate;
        let (filling, is_spare) = match what {
            CandidateContent::Directory => (EntryContent::Directory, false),
            CandidateContent::Link(to) => (EntryContent::Link(to), false),
            CandidateContent::Bytes(bytes) => (EntryContent::Bytes(bytes), false),
            CandidateContent::File { path: source, look } => {
                self.bytes += look.size;
                let filling = match self.screened.remove(&path) {
                    Some(bytes) => EntryContent::Bytes(bytes),
                    None => EntryContent::File(source),
                };
                (filling, false)
            }
            CandidateContent::Default(bytes) => (EntryContent::Bytes(bytes), true),
        };
        let parcel = EntrySource { path, mode, modified, content: filling };
        if is_spare { self.defaults.push(parcel) } else { self.entries.push(parcel) }
    }
}

/// A file that is to be screened.
#[derive(Clone, Copy)]
struct ScreenedFile<'a> {
    target: &'a str,
    path: &'a str,
    look: FileStat,
    mark: &'a str,
    mode: u32,
}
