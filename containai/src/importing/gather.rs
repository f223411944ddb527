//! From what belongs on the volume to what has to be sent.

use std::collections::{BTreeMap, BTreeSet};

use containai_core::import::{KeptBack, Look, Record, Screened, Screening, Trace, Verdict, screen};
use containai_core::layout::VOLUME_ADDITIONAL;
use containai_ssh::transfer::{Directory, Filling, Packed, Parcel};

use super::candidates::{Candidate, Candidates, What};
use super::kept_back::KeptBackFiles;

/// What a spare file is in a record: it was made once.
const SPARE: &str = "spare";

/// What is longer is not looked through for secrets: it is data.
const SCREENED: u64 = 16 << 20;
/// How many bytes of files are kept after they were screened; others are read
/// again when they are sent.
const KEPT: u64 = 64 << 20;

/// What has to be sent.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    /// Directories on the way included.
    pub(crate) parcels: Vec<Parcel>,
    /// To be made only where nothing is.
    pub(crate) spare: Vec<Parcel>,
    /// How many bytes all of them hold, as far as a look told.
    pub(crate) bytes: u64,
    /// A line for each file: what is done to it, and its path on the volume.
    pub(crate) lines: Vec<String>,
    /// Of what the record does not have like that.
    traces: BTreeMap<String, Trace>,
    /// What is left at home.
    pub(crate) kept_back: KeptBackFiles,
    /// What is sent in the place of files: what was screened.
    screened: BTreeMap<String, Vec<u8>>,
    screened_bytes: u64,
}

impl Gathered {
    /// Compares candidates with what was sent before. Files are read only where
    /// a look is not enough.
    pub(crate) fn new(
        candidates: &Candidates,
        record: &Record,
        root: &Directory,
        now: i128,
    ) -> Self {
        let mut gathered = Self::default();
        gathered.kept_back.merge(&candidates.kept_back);
        let mut needed = BTreeSet::new();
        for (target, candidate) in &candidates.all {
            let verdict = gathered.judge(target, candidate, candidates, record, root, now);
            if verdict != Verdict::Same {
                needed.insert(target.clone());
                let ends = target.match_indices('/').map(|(end, _)| target[..end].to_owned());
                needed.extend(ends);
                let sign = if verdict == Verdict::New { '+' } else { '~' };
                if !matches!(candidate.what, What::Directory) && target != VOLUME_ADDITIONAL {
                    gathered.lines.push(format!("{sign} {target}"));
                }
            }
        }
        for (target, candidate) in &candidates.all {
            if needed.contains(target) {
                gathered.take(target.clone(), candidate.clone());
            }
        }
        gathered
    }

    /// Whether there is nothing to do.
    pub(crate) fn is_empty(&self) -> bool {
        self.parcels.is_empty() && self.spare.is_empty()
    }

    /// Whether the record would be another one, even if nothing has to be sent.
    pub(crate) fn has_news(&self) -> bool {
        !self.traces.is_empty()
    }

    /// The record after this was sent.
    pub(crate) fn record(self, before: Record, stamp: String, packed: &Packed) -> Record {
        let mut files = before.files;
        files.extend(self.traces);
        for (parcel, hash) in self.parcels.iter().zip(&packed.hashes) {
            match (&parcel.filling, hash, files.get_mut(&parcel.path)) {
                (Filling::File(_) | Filling::Bytes(_), Some(hash), Some(trace)) => {
                    trace.content.clone_from(hash);
                }
                // It changed while it was read; the next import sends it again.
                (Filling::File(_), None, _) => drop(files.remove(&parcel.path)),
                _ => {}
            }
        }
        Record { stamp, files }
    }

    fn judge(
        &mut self,
        target: &str,
        candidate: &Candidate,
        candidates: &Candidates,
        record: &Record,
        root: &Directory,
        now: i128,
    ) -> Verdict {
        let mode = candidate.mode;
        let known = record.files.get(target);
        let (mut verdict, content, mut look) = match &candidate.what {
            What::Directory => (record.judge(target, mode, ""), String::new(), None),
            What::Link(to) => (record.judge(target, mode, to), to.clone(), None),
            What::Bytes(bytes) => {
                let hash = containai_ssh::transfer::hash(bytes);
                (record.judge(target, mode, &hash), hash, None)
            }
            What::Spare(_) if known.is_some() => return Verdict::Same,
            What::Spare(_) => (Verdict::New, SPARE.to_owned(), None),
            What::File { look, path } => {
                let mut verdict = record.judge_file(target, *look, mode);
                let is_marked = known.is_some_and(|trace| trace.mark == candidate.mark);
                if verdict == Verdict::Same && is_marked && Candidate::is_settled(*look, now) {
                    if let Some(kept) = known.and_then(|trace| trace.kept_back.as_ref()) {
                        self.kept_back.add(path, kept);
                    }
                    return Verdict::Same;
                }
                if !candidate.mark.is_empty() && look.size <= SCREENED {
                    let read = root.read_file(path, SCREENED);
                    if let Ok(bytes) = read {
                        let file =
                            ScreenedFile { target, path, look: *look, mark: &candidate.mark, mode };
                        return self.screen(file, bytes, candidates, known, now);
                    }
                }
                if verdict == Verdict::Same && !is_marked {
                    verdict = Verdict::Compare;
                }
                let content = known.map(|trace| trace.content.clone()).unwrap_or_default();
                (verdict, content, Some(*look))
            }
        };
        if let (Verdict::Compare, What::File { path, .. }) = (verdict, &candidate.what) {
            let is_same = root.hash(path).is_ok_and(|hash| hash == content);
            verdict = if is_same { Verdict::Same } else { Verdict::Changed };
        }
        look = look.filter(|look| Candidate::is_settled(*look, now));
        let mark = candidate.mark.clone();
        let trace = Trace { look, mode, content, mark, kept_back: None };
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
        candidates: &Candidates,
        known: Option<&Trace>,
        now: i128,
    ) -> Verdict {
        let ScreenedFile { target, path, look, mark, mode } = file;
        let screening = Screening { path, target, allowed: &candidates.allowed };
        let (content, kept_back) = match screen(screening, &bytes) {
            Screened::Clean => (Some(bytes), None),
            Screened::Edited { content, keys } => {
                (Some(content), Some(KeptBack { keys, is_whole: false }))
            }
            Screened::Withheld { keys } => (None, Some(KeptBack { keys, is_whole: true })),
        };
        if let Some(kept) = &kept_back {
            self.kept_back.add(path, kept);
        }
        let is_edited = kept_back.is_some();
        let hash = content.as_deref().map(containai_ssh::transfer::hash).unwrap_or_default();
        let was_sent = |trace: &&Trace| !trace.kept_back.as_ref().is_some_and(|it| it.is_whole);
        let verdict = match (&content, known.filter(was_sent)) {
            (None, _) => Verdict::Same,
            (_, None) => Verdict::New,
            (_, Some(trace)) if trace.mode == mode && trace.content == hash => Verdict::Same,
            _ => Verdict::Changed,
        };
        if let Some(content) = content.filter(|_| verdict != Verdict::Same)
            && (is_edited || self.screened_bytes + look.size <= KEPT)
        {
            self.screened_bytes += look.size;
            self.screened.insert(target.to_owned(), content);
        }
        let look = Candidate::is_settled(look, now).then_some(look);
        let trace = Trace { look, mode, content: hash, mark: mark.to_owned(), kept_back };
        if known != Some(&trace) {
            self.traces.insert(target.to_owned(), trace);
        }
        verdict
    }

    fn take(&mut self, path: String, candidate: Candidate) {
        let Candidate { mode, modified, what, .. } = candidate;
        let (filling, is_spare) = match what {
            What::Directory => (Filling::Directory, false),
            What::Link(to) => (Filling::Link(to), false),
            What::Bytes(bytes) => (Filling::Bytes(bytes), false),
            What::File { path: source, look } => {
                self.bytes += look.size;
                let filling = match self.screened.remove(&path) {
                    Some(bytes) => Filling::Bytes(bytes),
                    None => Filling::File(source),
                };
                (filling, false)
            }
            What::Spare(bytes) => (Filling::Bytes(bytes), true),
        };
        let parcel = Parcel { path, mode, modified, filling };
        if is_spare { self.spare.push(parcel) } else { self.parcels.push(parcel) }
    }
}

/// A file that is to be screened.
#[derive(Clone, Copy)]
struct ScreenedFile<'a> {
    target: &'a str,
    path: &'a str,
    look: Look,
    mark: &'a str,
    mode: u32,
}
