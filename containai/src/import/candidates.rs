//! The files that belong on the volume, new or not.

use std::collections::{BTreeMap, BTreeSet};

use containai_core::import::{
    AllowedSecret, ContentHandling, FileStat, IfMissing, ImportItem, ImportItemKind, Relinked,
    Rewriting, Screened, Screening, SecretHandling, WithheldSecrets, destination,
    filter_git_config, relink, screen,
};
use containai_ssh::transfer::{CopyReport, Directory, ScanEntry, ScanEntryKind, TreeScan};

use super::withheld::WithheldFiles;

/// The size limit for git configurations, rewritten files and overrides, in bytes.
const MAX_BYTES: u64 = 64 << 20;
/// The coarsest time stamps of file systems, in nanoseconds.
const CLOCK_GRANULARITY: i128 = 100_000_000;

/// A file, directory or link that belongs on the volume.
#[derive(Clone, Debug)]
pub(crate) struct ImportCandidate {
    /// The permissions on the volume.
    pub(crate) mode: u32,
    /// The modification time, in nanoseconds since 1970.
    pub(crate) modified: i128,
    /// The content.
    pub(crate) content: CandidateContent,
    /// Identifies the rules for secrets in a file that has not been screened yet; otherwise empty.
    pub(crate) screening_key: String,
}

/// The content of a candidate.
#[derive(Clone, Debug)]
pub(crate) enum CandidateContent {
    /// A directory.
    Directory,
    /// A symbolic link to this target.
    Link(String),
    /// A file with this content.
    Bytes(Vec<u8>),
    /// A file in the home directory.
    File {
        /// The path, relative to the home directory.
        path: String,
        /// The metadata of the scan.
        stat: FileStat,
    },
    /// The default content of a file, which is created only if it does not exist.
    Default(Vec<u8>),
}

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
    /// The withheld files, as far as they are known without reading unchanged files.
    pub(crate) withheld: WithheldFiles,
    /// The secrets that the user allows.
    pub(crate) allowed: Vec<AllowedSecret>,
    now: i128,
}

impl ImportCandidates {
    /// Finds the files that `items` select. `now` is in nanoseconds since 1970.
    pub(crate) fn find(
        root: &Directory,
        home: &str,
        items: &[ImportItem],
        allowed: &[AllowedSecret],
        now: i128,
    ) -> Self {
        let mut found = Self { now, allowed: allowed.to_vec(), ..Self::default() };
        let mut scan = TreeScan::new(root);
        for item in items {
            for source in item.sources() {
                let parents = source.match_indices('/').map(|(end, _)| &source[..end]);
                found.directories.extend([""].into_iter().chain(parents).map(str::to_owned));
            }
            if item.kind == ImportItemKind::Pattern {
                let parent = item.source.rsplit_once('/').map_or("", |(parent, _)| parent);
                let matching =
                    scan.names(parent).into_iter().filter_map(|name| item.for_match(&name));
                let matching: Vec<ImportItem> = matching.collect();
                for item in matching {
                    found.add_entry(&item, items, root, home, &mut scan);
                }
            } else {
                found.add_entry(item, items, root, home, &mut scan);
            }
        }
        found.report = scan.into_report();
        found
    }

    /// Replaces candidates by the files in `root`, which have the paths of files in the home directory.
    pub(crate) fn override_with(&mut self, root: &Directory, items: &[ImportItem]) {
        let mut scan = TreeScan::new(root);
        for name in scan.names("") {
            for found in scan.find(&name, |_| true) {
                match (&found.kind, destination(items, &found.path)) {
                    (ScanEntryKind::Directory, _) => {}
                    (ScanEntryKind::Link(_), _) => {
                        self.warn(&found.path, "overrides that are symbolic links are skipped");
                    }
                    (ScanEntryKind::File, None) => {
                        self.warn(&found.path, "no manifest contains the path of this override");
                    }
                    (ScanEntryKind::File, Some((item, target))) => {
                        match root.read_file(&found.path, MAX_BYTES) {
                            Ok(bytes) => self.add(
                                item,
                                &found,
                                target,
                                CandidateContent::Bytes(prepare(item, bytes)),
                            ),
                            Err(error) => self.warn(&found.path, &error.to_string()),
                        }
                    }
                }
            }
        }
    }

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

    /// Adds the files that one item selects.
    fn add_entry(
        &mut self,
        item: &ImportItem,
        items: &[ImportItem],
        root: &Directory,
        home: &str,
        scan: &mut TreeScan<'_>,
    ) {
        let found = match item.handling {
            ContentHandling::Withhold => {
                if !scan.find(&item.source, str::is_empty).is_empty() {
                    self.withheld.add_login(&item.source, &item.program);
                }
                Vec::new()
            }
            ContentHandling::FilterGitConfig => return self.add_git_config(item, root, scan),
            _ => scan.find(&item.source, |below| item.includes(below)),
        };
        let Some(first) = found.first() else {
            // An excluded item has no default either.
            if item.includes("") {
                self.add_default(item);
            }
            return;
        };
        if matches!(
            (item.kind, &first.kind),
            (ImportItemKind::File, ScanEntryKind::Directory)
                | (ImportItemKind::Directory, ScanEntryKind::File)
        ) {
            let expected = if item.kind == ImportItemKind::File { "a file" } else { "a directory" };
            return self.warn(&item.source, &format!("it is skipped because it is not {expected}"));
        }
        for found in found {
            let target = format!("{}{}", item.target, &found.path[item.source.len()..]);
            let content = match &found.kind {
                ScanEntryKind::Directory => {
                    self.directories.insert(found.path.clone());
                    CandidateContent::Directory
                }
                ScanEntryKind::Link(to) => match relink(items, home, &found.path, &target, to) {
                    Relinked::Imported(to) => CandidateContent::Link(to),
                    Relinked::External => {
                        self.warn(
                            &found.path,
                            &format!("it points to `{to}`, which is not imported"),
                        );
                        CandidateContent::Link(to.clone())
                    }
                },
                ScanEntryKind::File => match Rewriting::of(&target) {
                    None => {
                        CandidateContent::File { path: found.path.clone(), stat: file_stat(&found) }
                    }
                    Some(rewriting) => match root.read_file(&found.path, MAX_BYTES) {
                        Ok(bytes) => CandidateContent::Bytes(rewriting.apply(bytes, home)),
                        Err(error) => {
                            self.warn(&found.path, &error.to_string());
                            continue;
                        }
                    },
                },
            };
            self.add(item, &found, target, content);
        }
    }

    /// Adds git's configuration files, concatenated.
    fn add_git_config(&mut self, item: &ImportItem, root: &Directory, scan: &mut TreeScan<'_>) {
        let mut joined: Option<(ScanEntry, Vec<u8>)> = None;
        for source in item.sources() {
            let file = scan.find(source, |_| item.includes("")).into_iter().next();
            let Some(file) = file.filter(|file| file.kind == ScanEntryKind::File) else { continue };
            match root.read_file(&file.path, MAX_BYTES) {
                Ok(bytes) => {
                    // The filter does not report what it removes. The filtered text is screened
                    // again, so no file is withheld completely here.
                    self.record_git_secrets(item, &file.path, &bytes);
                    let previous = joined.take().map(|(_, bytes)| bytes).unwrap_or_default();
                    let newline: &[u8] = if previous.is_empty() { b"" } else { b"\n" };
                    joined = Some((file, [&previous, newline, &bytes].concat()));
                }
                Err(error) => self.warn(&file.path, &error.to_string()),
            }
        }
        match joined {
            Some((file, bytes)) => {
                self.add(
                    item,
                    &file,
                    item.target.clone(),
                    CandidateContent::Bytes(prepare(item, bytes)),
                );
            }
            None => self.add_default(item),
        }
    }

    /// Records the secrets of a configuration before it is filtered.
    fn record_git_secrets(&mut self, item: &ImportItem, path: &str, bytes: &[u8]) {
        let screening = Screening { path, target: &item.target, allowed: &self.allowed };
        if let (
            SecretHandling::Screen,
            Screened::Edited { keys, .. } | Screened::Withheld { keys },
        ) = (item.secrets, screen(screening, bytes))
        {
            self.withheld.add(path, &WithheldSecrets { keys, is_whole_file: false });
        }
    }

    /// Adds the default of an item whose source does not exist.
    fn add_default(&mut self, item: &ImportItem) {
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
    fn add(
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
            CandidateContent::File { ref path, .. } => {
                let key = item.screening_mark(path, &self.allowed);
                (Some(content), key)
            }
            CandidateContent::Bytes(bytes) => {
                let bytes = self.screen_bytes(item, &found.path, &target, bytes);
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

    /// Screens a file in memory; returns the content to import, or `None` if the file is withheld.
    fn screen_bytes(
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
        let (withheld, content) = match screen(screening, &bytes) {
            Screened::Clean => return Some(bytes),
            Screened::Edited { content, keys } => {
                (WithheldSecrets { keys, is_whole_file: false }, Some(content))
            }
            Screened::Withheld { keys } => (WithheldSecrets { keys, is_whole_file: true }, None),
        };
        self.withheld.add(path, &withheld);
        content
    }

    fn warn(&mut self, path: &str, message: &str) {
        self.warnings.push(format!("`{path}`: {message}"));
    }
}

impl ImportCandidate {
    /// Returns a candidate that ContainAI generates, which contains no secrets.
    fn generated(mode: u32, modified: i128, content: CandidateContent) -> Self {
        Self { mode, modified, content, screening_key: String::new() }
    }

    /// Returns whether a later change of the file changes its metadata. A file that changed just now
    /// can change again within the granularity of its time stamps.
    pub(crate) fn is_stable(stat: FileStat, now: i128) -> bool {
        stat.changed.max(stat.modified) + CLOCK_GRANULARITY < now
    }
}

/// Filters the content as the item requires.
fn prepare(item: &ImportItem, bytes: Vec<u8>) -> Vec<u8> {
    match item.handling {
        ContentHandling::FilterGitConfig => {
            filter_git_config(&String::from_utf8_lossy(&bytes)).into_bytes()
        }
        _ => bytes,
    }
}

fn file_stat(found: &ScanEntry) -> FileStat {
    FileStat {
        size: found.size,
        modified: found.modified,
        changed: found.changed,
        inode: found.inode,
    }
}
