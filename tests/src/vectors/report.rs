//! The result of a comparison.

use std::collections::BTreeMap;
use std::fmt;

/// How many differences of a file are kept.
const MAX_DIFFERENCES: usize = 5;

/// The result of one record.
pub(super) enum Verdict {
    /// Our answer equals the recorded one, or differs in a documented way.
    Matches,
    /// Our answer differs; holds the answer.
    Differs(String),
    /// We have no such function.
    NotImplemented,
}

/// The result of a folder.
#[derive(Debug, Default)]
pub struct Report {
    /// The files by name.
    pub files: Vec<FileReport>,
}

impl Report {
    /// Returns whether any record differs.
    #[must_use]
    pub fn differs(&self) -> bool {
        self.files.iter().any(|file| file.differing > 0)
    }

    /// Returns the result of a file.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&FileReport> {
        self.files.iter().find(|file| file.name == name)
    }
}

/// The result of a file.
#[derive(Debug, Default)]
pub struct FileReport {
    /// The file's name without its extension.
    pub name: String,
    /// How many records match.
    pub matched: usize,
    /// How many records differ.
    pub differing: usize,
    /// The functions that we do not have, and how many records they have.
    pub not_implemented: BTreeMap<String, usize>,
    /// The first few differences.
    pub differences: Vec<Difference>,
}

impl FileReport {
    pub(super) fn count(&mut self, line: usize, function: &str, verdict: Verdict) {
        match verdict {
            Verdict::Matches => self.matched += 1,
            Verdict::NotImplemented => {
                *self.not_implemented.entry(function.to_owned()).or_default() += 1;
            }
            Verdict::Differs(ours) => {
                self.differing += 1;
                if self.differences.len() < MAX_DIFFERENCES {
                    self.differences.push(Difference { line, ours });
                }
            }
        }
    }
}

impl fmt::Display for FileReport {
    /// Writes one line: `name: N matched, N differing[, N not implemented]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, matched, differing, .. } = self;
        write!(f, "{name}: {matched} matched, {differing} differing")?;
        match self.not_implemented.values().sum::<usize>() {
            0 => Ok(()),
            missing => write!(f, ", {missing} not implemented"),
        }
    }
}

/// A differing record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The record's line, counted from 1.
    pub line: usize,
    /// Our answer.
    pub ours: String,
}
