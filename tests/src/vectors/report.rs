//! What a comparison found.

use std::collections::BTreeMap;
use std::fmt;

/// How many differences of a file are kept for showing.
const SHOWN: usize = 5;

/// What one record amounts to.
pub(super) enum Verdict {
    /// Our answer is the recorded one, or is better in a way that is meant.
    Matches,
    /// Our answer is another one: what it is.
    Differs(String),
    /// There is no such function of ours.
    NotImplemented,
}

/// What a folder amounts to.
#[derive(Debug, Default)]
pub struct Report {
    /// The files, by name.
    pub files: Vec<FileReport>,
}

impl Report {
    /// Whether any record differs.
    #[must_use]
    pub fn differs(&self) -> bool {
        self.files.iter().any(|file| file.differing > 0)
    }

    /// Returns what a file amounts to.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&FileReport> {
        self.files.iter().find(|file| file.name == name)
    }
}

/// What a file amounts to.
#[derive(Debug, Default)]
pub struct FileReport {
    /// The file's name without its ending.
    pub name: String,
    /// How many records match.
    pub matched: usize,
    /// How many records differ.
    pub differing: usize,
    /// The functions that do not exist here, and how many records they have.
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
                if self.differences.len() < SHOWN {
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

/// A record that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The record's line, counted from 1.
    pub line: usize,
    /// What our answer is.
    pub ours: String,
}
