//! Everything that belongs on the volume, whether it is there already or not.

use std::collections::{BTreeMap, BTreeSet};

use containai_core::import::{
    AllowedSecret, ContentHandling, FileStat, IfMissing, ImportItem, ImportItemKind, Relinked,
    Rewriting, Screened, Screening, SecretHandling, WithheldSecrets, destination,
    filter_git_config, relink, screen,
};
use containai_ssh::transfer::{CopyReport, Directory, ScanEntry, ScanEntryKind, TreeScan};

use super::withheld::WithheldFiles;

/// More than any configuration of git, and any file in place of another.
const MAX_BYTES: u64 = 64 << 20;
/// How little a clock of a file system may tell, in nanoseconds.
const CLOCK_GRANULARITY: i128 = 100_000_000;

/// Something that belongs on the volume.
#[derive(Clone, Debug)]
pub(crate) struct ImportCandidate {
    pub(crate) mode: u32,
    pub(crate) modified: i128,
    pub(crate) what: CandidateContent,
    /// What decides about secrets in it, where it is still to be screened.
    pub(crate) screening_key: String,
}

/// What it is.
#[derive(Clone, Debug)]
pub(crate) enum CandidateContent {
    Directory,
    Link(String),
    Bytes(Vec<u8>),
    /// A file below the home directory.
    File {
        path: String,
        look: FileStat,
    },
    /// To be made only where nothing is.
    Default(Vec<u8>),
}

/// Candidates by their paths on the volume.
#[derive(Debug, Default)]
pub(crate) struct ImportCandidates {
    pub(crate) entries: BTreeMap<String, ImportCandidate>,
    pub(crate) warnings: Vec<String>,
    pub(crate) report: CopyReport,
    /// The directories below the home directory where something that belongs on
    /// the volume is, or would be.
    pub(crate) directories: BTreeSet<String>,
    /// What of them is left at home, as far as that is known without reading
    /// files that did not change.
    pub(crate) withheld: WithheldFiles,
    /// The secrets that a person lets through.
    pub(crate) allowed: Vec<AllowedSecret>,
    now: i128,
}

impl ImportCandidates {
    /// Looks for what the jobs are about, at this time.
    pub(crate) fn find(
        root: &Directory,
        home: &str,
        jobs: &[ImportItem],
        allowed: &[AllowedSecret],
        now: i128,
    ) -> Self {
        let mut found = Self { now, allowed: allowed.to_vec(), ..Self::default() };
        let mut survey = TreeScan::new(root);
        for job in jobs {
            for source in job.sources() {
                let ends = source.match_indices('/').map(|(end, _)| &source[..end]);
                found.directories.extend([""].into_iter().chain(ends).map(str::to_owned));
            }
            if job.kind == ImportItemKind::Pattern {
                let parent = job.source.rsplit_once('/').map_or("", |(parent, _)| parent);
                let fitting =
                    survey.names(parent).into_iter().filter_map(|name| job.for_match(&name));
                let fitting: Vec<ImportItem> = fitting.collect();
                for job in fitting {
                    found.add_entry(&job, jobs, root, home, &mut survey);
                }
            } else {
                found.add_entry(job, jobs, root, home, &mut survey);
            }
        }
        found.report = survey.into_report();
        found
    }

    /// Puts files in place of others, by their paths below the home directory.
    pub(crate) fn override_with(&mut self, root: &Directory, jobs: &[ImportItem]) {
        let mut survey = TreeScan::new(root);
        for name in survey.names("") {
            for found in survey.find(&name, |_| true) {
                match (&found.kind, destination(jobs, &found.path)) {
                    (ScanEntryKind::Directory, _) => {}
                    (ScanEntryKind::Link(_), _) => {
                        self.warn(&found.path, "an override that is a link is left out");
                    }
                    (ScanEntryKind::File, None) => {
                        self.warn(&found.path, "no manifest has this override's path");
                    }
                    (ScanEntryKind::File, Some((job, target))) => match root
                        .read_file(&found.path, MAX_BYTES)
                    {
                        Ok(bytes) => {
                            self.add(job, &found, target, CandidateContent::Bytes(read(job, bytes)))
                        }
                        Err(error) => self.warn(&found.path, &error.to_string()),
                    },
                }
            }
        }
    }

    /// Adds a file of ours, in a directory that is ours alone.
    pub(crate) fn add_generated(&mut self, target: &str, bytes: Vec<u8>) {
        let ours = |mode, what| ImportCandidate::generated(mode, self.now, what);
        let (file, parent) =
            (ours(0o600, CandidateContent::Bytes(bytes)), ours(0o700, CandidateContent::Directory));
        if let Some((directory, _)) = target.rsplit_once('/') {
            self.entries.insert(directory.to_owned(), parent);
        }
        self.entries.insert(target.to_owned(), file);
    }

    /// Adds the directories on the way to everything.
    pub(crate) fn with_parents(mut self, jobs: &[ImportItem]) -> Self {
        let mut parents = BTreeMap::new();
        let mut last = "";
        for target in self.entries.keys() {
            // Those of one directory, of which there are many, stand together.
            let parent = target.rsplit_once('/').map_or("", |(parent, _)| parent);
            if std::mem::replace(&mut last, parent) == parent {
                continue;
            }
            let ends = target.match_indices('/').map(|(end, _)| &target[..end]);
            parents.extend(ends.map(|parent| (parent.to_owned(), 0o755)));
        }
        let secret = jobs.iter().filter(|job| job.is_secret);
        for (parent, _) in secret.filter_map(|job| job.target.rsplit_once('/')) {
            if let Some(mode) = parents.get_mut(parent) {
                *mode = 0o700;
            }
        }
        for (parent, mode) in parents {
            let made = ImportCandidate::generated(mode, self.now, CandidateContent::Directory);
            let parent = self.entries.entry(parent).or_insert(made);
            if mode == 0o700 {
                parent.mode = mode;
            }
        }
        self
    }

    fn add_entry(
        &mut self,
        job: &ImportItem,
        jobs: &[ImportItem],
        root: &Directory,
        home: &str,
        survey: &mut TreeScan<'_>,
    ) {
        let found = match job.handling {
            ContentHandling::Withhold => {
                if !survey.find(&job.source, str::is_empty).is_empty() {
                    self.withheld.add_login(&job.source, &job.program);
                }
                Vec::new()
            }
            ContentHandling::FilterGitConfig => return self.add_git_config(job, root, survey),
            _ => survey.find(&job.source, |below| job.includes(below)),
        };
        let Some(first) = found.first() else {
            // An exclude of its own name leaves nothing behind either.
            if job.includes("") {
                self.add_default(job);
            }
            return;
        };
        if matches!(
            (job.kind, &first.kind),
            (ImportItemKind::File, ScanEntryKind::Directory)
                | (ImportItemKind::Directory, ScanEntryKind::File)
        ) {
            let expected = if job.kind == ImportItemKind::File { "a file" } else { "a directory" };
            return self.warn(&job.source, &format!("it is left out, as it is not {expected}"));
        }
        for found in found {
            let target = format!("{}{}", job.target, &found.path[job.source.len()..]);
            let what = match &found.kind {
                ScanEntryKind::Directory => {
                    self.directories.insert(found.path.clone());
                    CandidateContent::Directory
                }
                ScanEntryKind::Link(to) => match relink(jobs, home, &found.path, &target, to) {
                    Relinked::Imported(to) => CandidateContent::Link(to),
                    Relinked::External => {
                        self.warn(
                            &found.path,
                            &format!("it leads to `{to}`, which is not imported"),
                        );
                        CandidateContent::Link(to.clone())
                    }
                },
                ScanEntryKind::File => match Rewriting::of(&target) {
                    None => CandidateContent::File {
                        path: found.path.clone(),
                        look: file_state(&found),
                    },
                    Some(rewriting) => match root.read_file(&found.path, MAX_BYTES) {
                        Ok(bytes) => CandidateContent::Bytes(rewriting.apply(bytes, home)),
                        Err(error) => {
                            self.warn(&found.path, &error.to_string());
                            continue;
                        }
                    },
                },
            };
            self.add(job, &found, target, what);
        }
    }

    /// All configurations of git's that count, as one.
    fn add_git_config(&mut self, job: &ImportItem, root: &Directory, survey: &mut TreeScan<'_>) {
        let mut whole: Option<(ScanEntry, Vec<u8>)> = None;
        for source in job.sources() {
            let file = survey.find(source, |_| job.includes("")).into_iter().next();
            let Some(file) = file.filter(|file| file.kind == ScanEntryKind::File) else { continue };
            match root.read_file(&file.path, MAX_BYTES) {
                Ok(bytes) => {
                    // The filter says nothing about what it leaves out. What it
                    // leaves in is screened once more, so that nothing is whole.
                    self.record_git_secrets(job, &file.path, &bytes);
                    let before = whole.take().map(|(_, before)| before).unwrap_or_default();
                    let newline: &[u8] = if before.is_empty() { b"" } else { b"\n" };
                    whole = Some((file, [&before, newline, &bytes].concat()));
                }
                Err(error) => self.warn(&file.path, &error.to_string()),
            }
        }
        match whole {
            Some((file, bytes)) => {
                self.add(job, &file, job.target.clone(), CandidateContent::Bytes(read(job, bytes)));
            }
            None => self.add_default(job),
        }
    }

    /// Remembers the secrets of a configuration before it is filtered.
    fn record_git_secrets(&mut self, job: &ImportItem, path: &str, bytes: &[u8]) {
        let screening = Screening { path, target: &job.target, allowed: &self.allowed };
        if let (
            SecretHandling::Screen,
            Screened::Edited { keys, .. } | Screened::Withheld { keys },
        ) = (job.secrets, screen(screening, bytes))
        {
            self.withheld.add(path, &WithheldSecrets { keys, is_whole_file: false });
        }
    }

    fn add_default(&mut self, job: &ImportItem) {
        let content = match job.if_missing {
            IfMissing::Nothing => return,
            IfMissing::CreateDirectory => None,
            IfMissing::CreateJsonObject => Some(b"{}\n".to_vec()),
        };
        let mode = job.copy_mode(0o644, content.is_none());
        let what = content.map_or(CandidateContent::Directory, CandidateContent::Default);
        self.entries.insert(job.target.clone(), ImportCandidate::generated(mode, self.now, what));
    }

    fn add(&mut self, job: &ImportItem, found: &ScanEntry, target: String, what: CandidateContent) {
        let mode = match what {
            CandidateContent::Link(_) => 0o777,
            _ => job.copy_mode(found.mode, matches!(what, CandidateContent::Directory)),
        };
        let (what, mark) = match what {
            CandidateContent::File { ref path, .. } => {
                let mark = job.screening_mark(path, &self.allowed);
                (Some(what), mark)
            }
            CandidateContent::Bytes(bytes) => {
                let bytes = self.screen_bytes(job, &found.path, &target, bytes);
                (bytes.map(CandidateContent::Bytes), String::new())
            }
            what => (Some(what), String::new()),
        };
        if let Some(what) = what {
            self.entries.insert(
                target,
                ImportCandidate { mode, modified: found.modified, what, screening_key: mark },
            );
        }
    }

    /// What of a file in memory is brought over.
    fn screen_bytes(
        &mut self,
        job: &ImportItem,
        path: &str,
        target: &str,
        bytes: Vec<u8>,
    ) -> Option<Vec<u8>> {
        if job.secrets == SecretHandling::Keep {
            return Some(bytes);
        }
        let screening = Screening { path, target, allowed: &self.allowed };
        let (kept, content) = match screen(screening, &bytes) {
            Screened::Clean => return Some(bytes),
            Screened::Edited { content, keys } => {
                (WithheldSecrets { keys, is_whole_file: false }, Some(content))
            }
            Screened::Withheld { keys } => (WithheldSecrets { keys, is_whole_file: true }, None),
        };
        self.withheld.add(path, &kept);
        content
    }

    fn warn(&mut self, path: &str, what: &str) {
        self.warnings.push(format!("`{path}`: {what}"));
    }
}

impl ImportCandidate {
    /// Something of our own, which has no secrets.
    fn generated(mode: u32, modified: i128, what: CandidateContent) -> Self {
        Self { mode, modified, what, screening_key: String::new() }
    }

    /// Whether a file was changed so recently that it may change again without
    /// looking otherwise.
    pub(crate) fn is_stable(look: FileStat, now: i128) -> bool {
        look.changed.max(look.modified) + CLOCK_GRANULARITY < now
    }
}

fn read(job: &ImportItem, bytes: Vec<u8>) -> Vec<u8> {
    match job.handling {
        ContentHandling::FilterGitConfig => {
            filter_git_config(&String::from_utf8_lossy(&bytes)).into_bytes()
        }
        _ => bytes,
    }
}

fn file_state(found: &ScanEntry) -> FileStat {
    FileStat {
        size: found.size,
        modified: found.modified,
        changed: found.changed,
        inode: found.inode,
    }
}
