//! The source of an import.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use containai_core::hint::Hint;
use containai_core::import::{
    ImportItem, ImportItems, ImportOptions, ImportRecord, write_path_list,
};
use containai_core::layout::{Layout, VOLUME_ADDITIONAL_PATHS};
use containai_core::manifest::Manifest;
use containai_core::naming::{HomePath, WorkspacePath};
use containai_ssh::transfer::Directory;

use super::candidates::ImportCandidates;
use super::home_directory::HomeDirectory;
use super::{left_behind, manifests};
use crate::error::OperationError;
use crate::report::Reporter;

/// The source of an import, and the selection from it.
pub struct ImportSource {
    /// The user's paths.
    pub layout: Layout,
    /// The directory that files are imported from.
    pub home: PathBuf,
    /// The workspace that the import is for; `None` if it is unknown.
    pub workspace: Option<WorkspacePath>,
    /// A directory of files that replace others; `None` for no overrides.
    pub overrides: Option<PathBuf>,
    /// The selection of manifests, files and secrets.
    pub options: ImportOptions,
    /// Additional paths in the home directory, which no manifest contains.
    pub additional: Vec<HomePath>,
}

/// The files that belong on the volume, and warnings about them.
pub(crate) struct ImportScan {
    /// The files.
    pub(crate) candidates: ImportCandidates,
    /// The selected entries of the manifests.
    pub(crate) entries: Vec<ImportItem>,
    /// The selected manifests.
    pub(crate) manifests: Vec<Manifest>,
    /// Warnings for the user.
    pub(crate) warnings: Vec<String>,
    /// A message about settings that are not imported, for the first import.
    pub(crate) left_behind: Option<String>,
    /// Whether files could not be read.
    pub(crate) is_partial: bool,
    /// The time of the scan, in nanoseconds since 1970.
    pub(crate) now: i128,
}

impl ImportSource {
    /// Reads the manifests and scans the files. Contents are read only where required.
    pub(crate) fn scan(&self) -> crate::Result<ImportScan> {
        let home = self.home.to_string_lossy();
        let manifests = manifests::load(&self.layout, &self.additional, &home)?;
        if let [name, ..] = self.options.unknown_names(&manifests).as_slice() {
            let hint = "use the name of a manifest, such as `claude`";
            let error = OperationError::usage(format!("no manifest is named `{name}`"));
            return Err(error.hint(Hint::new(hint)).into());
        }
        let ImportItems { items, unmatched } = ImportItems::select(&manifests, &self.options);
        let unmatched = unmatched.iter().map(|pattern| format!("`{pattern}` excludes nothing"));
        let mut warnings: Vec<String> = unmatched.collect();
        let now = now();
        let mut candidates = ImportCandidates::find(
            HomeDirectory {
                root: &self.root()?,
                path: &home,
                workspace: self.workspace.as_ref().map(WorkspacePath::as_str),
            },
            &items,
            self.options.effective_allowed_secrets(),
            now,
        );
        if let Some(overrides) = self.override_root()? {
            candidates.override_with(&overrides, &items);
        }
        if !self.additional.is_empty() {
            candidates.add_generated(
                VOLUME_ADDITIONAL_PATHS,
                write_path_list(&self.additional, &home)?.into_bytes(),
            );
        }
        let failures = std::mem::take(&mut candidates.report).into_failures();
        warnings.append(&mut candidates.warnings);
        warnings.extend(failures.iter().map(ToString::to_string));
        let manifests = manifests.into_iter().filter(|it| self.options.selects(it)).collect();
        let candidates = candidates.with_parents(&items);
        let selects_all = self.options.only.is_empty();
        let left_behind = selects_all.then(|| left_behind::message(&self.home, &items)).flatten();
        Ok(ImportScan {
            candidates,
            entries: items,
            manifests,
            warnings,
            left_behind,
            is_partial: !failures.is_empty(),
            now,
        })
    }

    /// Opens the directory of overrides; `None` if it does not exist.
    pub(crate) fn override_root(&self) -> crate::Result<Option<Directory>> {
        let overrides = self.overrides.as_ref().filter(|overrides| overrides.is_dir());
        Ok(overrides.map(|path| Directory::open(path, &[])).transpose()?)
    }

    /// Opens the home directory.
    pub(crate) fn root(&self) -> crate::Result<Directory> {
        Ok(Directory::open(&self.home, &[])?)
    }
}

impl ImportScan {
    /// Reports the warnings. What stays behind is reported by the first import only.
    pub(super) fn warn_all(&mut self, record: &ImportRecord, warnings: &mut WarnOnce<'_>) {
        self.warnings.drain(..).for_each(|text| warnings.warn(text));
        if let Some(text) = self.left_behind.take().filter(|_| record.stamp.is_empty()) {
            warnings.warn(text);
        }
    }
}

/// Reports each warning once, until a round without it.
pub struct WarnOnce<'a> {
    reporter: &'a Reporter,
    previous: BTreeSet<String>,
    current: BTreeSet<String>,
}

impl<'a> WarnOnce<'a> {
    /// Reports to `reporter`.
    pub fn new(reporter: &'a Reporter) -> Self {
        Self { reporter, previous: BTreeSet::new(), current: BTreeSet::new() }
    }

    /// Reports a warning unless this round or the previous one had it.
    pub(crate) fn warn(&mut self, text: String) {
        if !self.previous.contains(&text) {
            self.reporter.warn(&text);
            self.previous.insert(text.clone());
        }
        self.current.insert(text);
    }

    /// Starts a new round: warnings that the last round did not repeat are forgotten.
    pub(crate) fn start_next_round(&mut self) {
        self.previous = std::mem::take(&mut self.current);
    }
}

/// Nanoseconds since 1970.
fn now() -> i128 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i128::try_from(since.as_nanos()).unwrap_or_default()
}
