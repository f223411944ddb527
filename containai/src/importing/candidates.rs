//! Everything that belongs on the volume, whether it is there already or not.

use std::collections::{BTreeMap, BTreeSet};

use containai_core::import::{
    AllowedSecret, Content, Job, JobKind, KeptBack, Look, Missing, Relinked, Rewriting, Screened,
    Screening, Secrecy, destination, filter_git_config, relink, screen,
};
use containai_ssh::transfer::{Directory, Found, FoundKind, Report, Survey};

use super::kept_back::KeptBackFiles;

/// More than any configuration of git, and any file in place of another.
const MOST: u64 = 64 << 20;
/// How little a clock of a file system may tell, in nanoseconds.
const TICK: i128 = 100_000_000;

/// Something that belongs on the volume.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) mode: u32,
    pub(crate) modified: i128,
    pub(crate) what: What,
    /// What decides about secrets in it, where it is still to be screened.
    pub(crate) mark: String,
}

/// What it is.
#[derive(Clone, Debug)]
pub(crate) enum What {
    Directory,
    Link(String),
    Bytes(Vec<u8>),
    /// A file below the home directory.
    File {
        path: String,
        look: Look,
    },
    /// To be made only where nothing is.
    Spare(Vec<u8>),
}

/// Candidates by their paths on the volume.
#[derive(Debug, Default)]
pub(crate) struct Candidates {
    pub(crate) all: BTreeMap<String, Candidate>,
    pub(crate) warnings: Vec<String>,
    pub(crate) report: Report,
    /// The directories below the home directory where something that belongs on
    /// the volume is, or would be.
    pub(crate) directories: BTreeSet<String>,
    /// What of them is left at home, as far as that is known without reading
    /// files that did not change.
    pub(crate) kept_back: KeptBackFiles,
    /// The secrets that a person lets through.
    pub(crate) allowed: Vec<AllowedSecret>,
    now: i128,
}

impl Candidates {
    /// Looks for what the jobs are about, at this time.
    pub(crate) fn find(
        root: &Directory,
        home: &str,
        jobs: &[Job],
        allowed: &[AllowedSecret],
        now: i128,
    ) -> Self {
        let mut found = Self { now, allowed: allowed.to_vec(), ..Self::default() };
        let mut survey = Survey::new(root);
        for job in jobs {
            for source in job.sources() {
                let ends = source.match_indices('/').map(|(end, _)| &source[..end]);
                found.directories.extend([""].into_iter().chain(ends).map(str::to_owned));
            }
            if job.kind == JobKind::Pattern {
                let parent = job.source.rsplit_once('/').map_or("", |(parent, _)| parent);
                let fitting =
                    survey.names(parent).into_iter().filter_map(|name| job.fitting(&name));
                let fitting: Vec<Job> = fitting.collect();
                for job in fitting {
                    found.job(&job, jobs, root, home, &mut survey);
                }
            } else {
                found.job(job, jobs, root, home, &mut survey);
            }
        }
        found.report = survey.into_report();
        found
    }

    /// Puts files in place of others, by their paths below the home directory.
    pub(crate) fn override_with(&mut self, root: &Directory, jobs: &[Job]) {
        let mut survey = Survey::new(root);
        for name in survey.names("") {
            for found in survey.find(&name, |_| true) {
                match (&found.kind, destination(jobs, &found.path)) {
                    (FoundKind::Directory, _) => {}
                    (FoundKind::Link(_), _) => {
                        self.warn(&found.path, "an override that is a link is left out");
                    }
                    (FoundKind::File, None) => {
                        self.warn(&found.path, "no manifest has this override's path");
                    }
                    (FoundKind::File, Some((job, target))) => match root
                        .read_file(&found.path, MOST)
                    {
                        Ok(bytes) => self.put(job, &found, target, What::Bytes(read(job, bytes))),
                        Err(error) => self.warn(&found.path, &error.to_string()),
                    },
                }
            }
        }
    }

    /// Adds a file of ours, in a directory that is ours alone.
    pub(crate) fn note(&mut self, target: &str, bytes: Vec<u8>) {
        let ours = |mode, what| Candidate::ours(mode, self.now, what);
        let (file, parent) = (ours(0o600, What::Bytes(bytes)), ours(0o700, What::Directory));
        if let Some((directory, _)) = target.rsplit_once('/') {
            self.all.insert(directory.to_owned(), parent);
        }
        self.all.insert(target.to_owned(), file);
    }

    /// Adds the directories on the way to everything.
    pub(crate) fn with_parents(mut self, jobs: &[Job]) -> Self {
        let mut parents = BTreeMap::new();
        let mut last = "";
        for target in self.all.keys() {
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
            let made = Candidate::ours(mode, self.now, What::Directory);
            let parent = self.all.entry(parent).or_insert(made);
            if mode == 0o700 {
                parent.mode = mode;
            }
        }
        self
    }

    fn job(
        &mut self,
        job: &Job,
        jobs: &[Job],
        root: &Directory,
        home: &str,
        survey: &mut Survey<'_>,
    ) {
        let found = match job.content {
            Content::Withheld => {
                if !survey.find(&job.source, str::is_empty).is_empty() {
                    self.kept_back.add_login(&job.source, &job.program);
                }
                Vec::new()
            }
            Content::GitConfig => return self.git_config(job, root, survey),
            _ => survey.find(&job.source, |below| job.admits(below)),
        };
        let Some(first) = found.first() else {
            // An exclude of its own name leaves nothing behind either.
            if job.admits("") {
                self.missing(job);
            }
            return;
        };
        if matches!(
            (job.kind, &first.kind),
            (JobKind::File, FoundKind::Directory) | (JobKind::Directory, FoundKind::File)
        ) {
            let expected = if job.kind == JobKind::File { "a file" } else { "a directory" };
            return self.warn(&job.source, &format!("it is left out, as it is not {expected}"));
        }
        for found in found {
            let target = format!("{}{}", job.target, &found.path[job.source.len()..]);
            let what = match &found.kind {
                FoundKind::Directory => {
                    self.directories.insert(found.path.clone());
                    What::Directory
                }
                FoundKind::Link(to) => match relink(jobs, home, &found.path, &target, to) {
                    Relinked::Inside(to) => What::Link(to),
                    Relinked::Outside => {
                        self.warn(
                            &found.path,
                            &format!("it leads to `{to}`, which is not imported"),
                        );
                        What::Link(to.clone())
                    }
                },
                FoundKind::File => match Rewriting::of(&target) {
                    None => What::File { path: found.path.clone(), look: look(&found) },
                    Some(rewriting) => match root.read_file(&found.path, MOST) {
                        Ok(bytes) => What::Bytes(rewriting.apply(bytes, home)),
                        Err(error) => {
                            self.warn(&found.path, &error.to_string());
                            continue;
                        }
                    },
                },
            };
            self.put(job, &found, target, what);
        }
    }

    /// All configurations of git's that count, as one.
    fn git_config(&mut self, job: &Job, root: &Directory, survey: &mut Survey<'_>) {
        let mut whole: Option<(Found, Vec<u8>)> = None;
        for source in job.sources() {
            let file = survey.find(source, |_| job.admits("")).into_iter().next();
            let Some(file) = file.filter(|file| file.kind == FoundKind::File) else { continue };
            match root.read_file(&file.path, MOST) {
                Ok(bytes) => {
                    // The filter says nothing about what it leaves out. What it
                    // leaves in is screened once more, so that nothing is whole.
                    self.screened_git_config(job, &file.path, &bytes);
                    let before = whole.take().map(|(_, before)| before).unwrap_or_default();
                    let newline: &[u8] = if before.is_empty() { b"" } else { b"\n" };
                    whole = Some((file, [&before, newline, &bytes].concat()));
                }
                Err(error) => self.warn(&file.path, &error.to_string()),
            }
        }
        match whole {
            Some((file, bytes)) => {
                self.put(job, &file, job.target.clone(), What::Bytes(read(job, bytes)));
            }
            None => self.missing(job),
        }
    }

    /// Remembers the secrets of a configuration before it is filtered.
    fn screened_git_config(&mut self, job: &Job, path: &str, bytes: &[u8]) {
        let screening = Screening { path, target: &job.target, allowed: &self.allowed };
        if let (Secrecy::Screened, Screened::Edited { keys, .. } | Screened::Withheld { keys }) =
            (job.secrecy, screen(screening, bytes))
        {
            self.kept_back.add(path, &KeptBack { keys, is_whole: false });
        }
    }

    fn missing(&mut self, job: &Job) {
        let content = match job.missing {
            Missing::Nothing => return,
            Missing::Directory => None,
            Missing::Object => Some(b"{}\n".to_vec()),
        };
        let mode = job.mode(0o644, content.is_none());
        let what = content.map_or(What::Directory, What::Spare);
        self.all.insert(job.target.clone(), Candidate::ours(mode, self.now, what));
    }

    fn put(&mut self, job: &Job, found: &Found, target: String, what: What) {
        let mode = match what {
            What::Link(_) => 0o777,
            _ => job.mode(found.mode, matches!(what, What::Directory)),
        };
        let (what, mark) = match what {
            What::File { ref path, .. } => {
                let mark = job.screening_mark(path, &self.allowed);
                (Some(what), mark)
            }
            What::Bytes(bytes) => {
                let bytes = self.screened(job, &found.path, &target, bytes);
                (bytes.map(What::Bytes), String::new())
            }
            what => (Some(what), String::new()),
        };
        if let Some(what) = what {
            self.all.insert(target, Candidate { mode, modified: found.modified, what, mark });
        }
    }

    /// What of a file in memory is brought over.
    fn screened(&mut self, job: &Job, path: &str, target: &str, bytes: Vec<u8>) -> Option<Vec<u8>> {
        if job.secrecy == Secrecy::Whole {
            return Some(bytes);
        }
        let screening = Screening { path, target, allowed: &self.allowed };
        let (kept, content) = match screen(screening, &bytes) {
            Screened::Clean => return Some(bytes),
            Screened::Edited { content, keys } => {
                (KeptBack { keys, is_whole: false }, Some(content))
            }
            Screened::Withheld { keys } => (KeptBack { keys, is_whole: true }, None),
        };
        self.kept_back.add(path, &kept);
        content
    }

    fn warn(&mut self, path: &str, what: &str) {
        self.warnings.push(format!("`{path}`: {what}"));
    }
}

impl Candidate {
    /// Something of our own, which has no secrets.
    fn ours(mode: u32, modified: i128, what: What) -> Self {
        Self { mode, modified, what, mark: String::new() }
    }

    /// Whether a file was changed so recently that it may change again without
    /// looking otherwise.
    pub(crate) fn is_settled(look: Look, now: i128) -> bool {
        look.changed.max(look.modified) + TICK < now
    }
}

fn read(job: &Job, bytes: Vec<u8>) -> Vec<u8> {
    match job.content {
        Content::GitConfig => filter_git_config(&String::from_utf8_lossy(&bytes)).into_bytes(),
        _ => bytes,
    }
}

fn look(found: &Found) -> Look {
    Look { size: found.size, modified: found.modified, changed: found.changed, inode: found.inode }
}
