//! From what belongs on the volume to what has to be sent.

use std::collections::{BTreeMap, BTreeSet};

use containai_core::import::{Record, Trace, Verdict};
use containai_core::layout::VOLUME_ADDITIONAL;
use containai_ssh::transfer::{Directory, Filling, Packed, Parcel};

use super::candidates::{Candidate, Candidates, What};

/// What a spare file is in a record: it was made once.
const SPARE: &str = "spare";

/// What has to be sent.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// Directories on the way included.
    pub(super) parcels: Vec<Parcel>,
    /// To be made only where nothing is.
    pub(super) spare: Vec<Parcel>,
    /// How many bytes all of them hold, as far as a look told.
    pub(super) bytes: u64,
    /// A line for each file: what is done to it, and its path on the volume.
    pub(super) lines: Vec<String>,
    /// Of what the record does not have like that.
    traces: BTreeMap<String, Trace>,
}

impl Gathered {
    /// Compares candidates with what was sent before. Files are read only where
    /// a look is not enough.
    pub(super) fn new(
        candidates: &Candidates,
        record: &Record,
        root: &Directory,
        now: i128,
    ) -> Self {
        let mut gathered = Self::default();
        let mut needed = BTreeSet::new();
        for (target, candidate) in &candidates.all {
            let verdict = gathered.judge(target, candidate, record, root, now);
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
    pub(super) fn is_empty(&self) -> bool {
        self.parcels.is_empty() && self.spare.is_empty()
    }

    /// Whether the record would be another one, even if nothing has to be sent.
    pub(super) fn has_news(&self) -> bool {
        !self.traces.is_empty()
    }

    /// The record after this was sent.
    pub(super) fn record(self, before: Record, stamp: String, packed: &Packed) -> Record {
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
            What::File { look, .. } => {
                let verdict = record.judge_file(target, *look, mode);
                if verdict == Verdict::Same && Candidate::is_settled(*look, now) {
                    return Verdict::Same;
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
        let trace = Trace { look, mode, content };
        if known != Some(&trace) {
            self.traces.insert(target.to_owned(), trace);
        }
        verdict
    }

    fn take(&mut self, path: String, candidate: Candidate) {
        let Candidate { mode, modified, what } = candidate;
        let (filling, is_spare) = match what {
            What::Directory => (Filling::Directory, false),
            What::Link(to) => (Filling::Link(to), false),
            What::Bytes(bytes) => (Filling::Bytes(bytes), false),
            What::File { path, look } => {
                self.bytes += look.size;
                (Filling::File(path), false)
            }
            What::Spare(bytes) => (Filling::Bytes(bytes), true),
        };
        let parcel = Parcel { path, mode, modified, filling };
        if is_spare { self.spare.push(parcel) } else { self.parcels.push(parcel) }
    }
}
