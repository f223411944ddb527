//! What an import would bring over at this moment.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use containai_core::hint::Hint;
use containai_core::import::{ImportItem, ImportItems, ImportOptions, listed};
use containai_core::layout::{Layout, VOLUME_ADDITIONAL_PATHS};
use containai_core::manifest::Manifest;
use containai_core::naming::HomePath;
use containai_ssh::transfer::Directory;

use super::candidates::ImportCandidates;
use super::manifests;
use crate::error::OperationError;
use crate::report::Reporter;

/// Where an import takes things from, and what of it.
pub struct ImportSource {
    pub layout: Layout,
    pub home: PathBuf,
    /// Files in place of others, if there are any.
    pub overrides: Option<PathBuf>,
    pub options: ImportOptions,
    /// Paths of the home directory that no manifest has.
    pub additional: Vec<HomePath>,
}

/// What belongs on the volume, and what was noticed on the way.
pub(crate) struct ImportScan {
    pub(crate) candidates: ImportCandidates,
    pub(crate) entries: Vec<ImportItem>,
    /// The manifests that the import is about.
    pub(crate) manifests: Vec<Manifest>,
    /// What a person should know.
    pub(crate) warnings: Vec<String>,
    /// Whether something could not be read.
    pub(crate) is_partial: bool,
    /// When it was looked, in nanoseconds since 1970.
    pub(crate) now: i128,
}

impl ImportSource {
    /// Looks at manifests and files; nothing is read that need not be.
    pub(crate) fn scan(&self) -> crate::Result<ImportScan> {
        let home = self.home.to_string_lossy();
        let manifests = manifests::load(&self.layout, &self.additional, &home)?;
        if let [word, ..] = self.options.unknown_names(&manifests).as_slice() {
            let hint = "agents and tools have the names of their manifests, such as `claude`";
            let error = OperationError::usage(format!("no manifest is called `{word}`"));
            return Err(error.hint(Hint::new(hint)).into());
        }
        let ImportItems { items: jobs, unmatched } = ImportItems::select(&manifests, &self.options);
        let unmatched = unmatched.iter().map(|pattern| format!("`{pattern}` leaves out nothing"));
        let mut warnings: Vec<String> = unmatched.collect();
        let now = now();
        let mut found = ImportCandidates::find(
            &self.root()?,
            &home,
            &jobs,
            self.options.effective_allowed_secrets(),
            now,
        );
        if let Some(overrides) = self.override_root()? {
            found.override_with(&overrides, &jobs);
        }
        if !self.additional.is_empty() {
            found.add_generated(
                VOLUME_ADDITIONAL_PATHS,
                listed(&self.additional, &home)?.into_bytes(),
            );
        }
        let failures = std::mem::take(&mut found.report).into_failures();
        warnings.append(&mut found.warnings);
        warnings.extend(failures.iter().map(ToString::to_string));
        let manifests = manifests.into_iter().filter(|it| self.options.selects(it)).collect();
        let found = found.with_parents(&jobs);
        Ok(ImportScan {
            candidates: found,
            entries: jobs,
            manifests,
            warnings,
            is_partial: !failures.is_empty(),
            now,
        })
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
pub struct WarnOnce<'a> {
    reporter: &'a Reporter,
    previous: BTreeSet<String>,
    current: BTreeSet<String>,
}

impl<'a> WarnOnce<'a> {
    pub fn new(reporter: &'a Reporter) -> Self {
        Self { reporter, previous: BTreeSet::new(), current: BTreeSet::new() }
    }

    pub(crate) fn warn(&mut self, text: String) {
        if !self.previous.contains(&text) {
            self.reporter.warn(&text);
            self.previous.insert(text.clone());
        }
        self.current.insert(text);
    }

    /// Lets go of what was not said again since the last time.
    pub(crate) fn start_next_round(&mut self) {
        self.previous = std::mem::take(&mut self.current);
    }
}

/// Nanoseconds since 1970.
fn now() -> i128 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i128::try_from(since.as_nanos()).unwrap_or_default()
}
