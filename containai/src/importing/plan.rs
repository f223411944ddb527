//! What an import would bring over at this moment.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use containai_core::catalog::Manifest;
use containai_core::hint::Hint;
use containai_core::import::{Choice, Job, Jobs, listed};
use containai_core::layout::{Layout, VOLUME_ADDITIONAL};
use containai_core::naming::HomePath;
use containai_ssh::transfer::Directory;

use super::candidates::Candidates;
use super::manifests;
use crate::error::OperationError;
use crate::report::Reporter;

/// Where an import takes things from, and what of it.
pub struct Source {
    pub layout: Layout,
    pub home: PathBuf,
    /// Files in place of others, if there are any.
    pub overrides: Option<PathBuf>,
    pub choice: Choice,
    /// Paths of the home directory that no manifest has.
    pub additional: Vec<HomePath>,
}

/// What belongs on the volume, and what was noticed on the way.
pub(crate) struct Plan {
    pub(crate) found: Candidates,
    pub(crate) jobs: Vec<Job>,
    /// The manifests that the import is about.
    pub(crate) manifests: Vec<Manifest>,
    /// What a person should know.
    pub(crate) warnings: Vec<String>,
    /// Whether something could not be read.
    pub(crate) is_partial: bool,
    /// When it was looked, in nanoseconds since 1970.
    pub(crate) now: i128,
}

impl Source {
    /// Looks at manifests and files; nothing is read that need not be.
    pub(crate) fn plan(&self) -> crate::Result<Plan> {
        let home = self.home.to_string_lossy();
        let manifests = manifests::load(&self.layout, &self.additional, &home)?;
        if let [word, ..] = self.choice.unknown(&manifests).as_slice() {
            let hint = "agents and tools have the names of their manifests, such as `claude`";
            let error = OperationError::usage(format!("no manifest is called `{word}`"));
            return Err(error.hint(Hint::new(hint)).into());
        }
        let Jobs { jobs, unmatched } = Jobs::of(&manifests, &self.choice);
        let unmatched = unmatched.iter().map(|pattern| format!("`{pattern}` leaves out nothing"));
        let mut warnings: Vec<String> = unmatched.collect();
        let now = now();
        let mut found = Candidates::find(&self.root()?, &home, &jobs, self.choice.allowed(), now);
        if let Some(overrides) = self.override_root()? {
            found.override_with(&overrides, &jobs);
        }
        if !self.additional.is_empty() {
            found.note(VOLUME_ADDITIONAL, listed(&self.additional, &home)?.into_bytes());
        }
        let failures = std::mem::take(&mut found.report).into_failures();
        warnings.append(&mut found.warnings);
        warnings.extend(failures.iter().map(ToString::to_string));
        let manifests = manifests.into_iter().filter(|it| self.choice.is_about(it)).collect();
        let found = found.with_parents(&jobs);
        Ok(Plan { found, jobs, manifests, warnings, is_partial: !failures.is_empty(), now })
    }

    /// The directory of files in place of others, where there is one.
    pub(crate) fn override_root(&self) -> crate::Result<Option<Directory>> {
        let overrides = self.overrides.as_ref().filter(|overrides| overrides.is_dir());
        Ok(overrides.map(|path| Directory::open(path, &[])).transpose()?)
    }

    /// The directory that things are taken from.
    pub(crate) fn root(&self) -> crate::Result<Directory> {
        Ok(Directory::open(&self.home, &[])?)
    }
}

/// Tells each thing once, until it did not happen any more.
pub struct Told<'a> {
    reporter: &'a Reporter,
    already: BTreeSet<String>,
    now: BTreeSet<String>,
}

impl<'a> Told<'a> {
    pub fn new(reporter: &'a Reporter) -> Self {
        Self { reporter, already: BTreeSet::new(), now: BTreeSet::new() }
    }

    pub(crate) fn warn(&mut self, text: String) {
        if !self.already.contains(&text) {
            self.reporter.warn(&text);
            self.already.insert(text.clone());
        }
        self.now.insert(text);
    }

    /// Lets go of what was not said again since the last time.
    pub(crate) fn forget(&mut self) {
        self.already = std::mem::take(&mut self.now);
    }
}

/// Nanoseconds since 1970.
fn now() -> i128 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i128::try_from(since.as_nanos()).unwrap_or_default()
}
