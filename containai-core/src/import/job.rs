//! The items of an import.

use super::choice::{Choice, Excluding, Privates, Secrecy, Secrets};
use super::pattern::matches;
use super::secret::AllowedSecret;
use crate::catalog::{ImportEntry, Manifest, plan_import};

/// The second git configuration of a user, read before `~/.gitconfig`.
const GIT_XDG: &str = ".config/git/config";
/// The marker of Claude Code for plugins to be removed.
const ORPHANED: &str = "[.]orphaned_at";
/// The version of the screening. A new one screens all files again.
const SCREENING: &str = "1";
/// The patterns that the flags `p` and `x` exclude.
const PRIVATE: &str = "*.priv.*";
const SYSTEM: &str = ".system";

/// A path to import, with all decisions about it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Job {
    /// The manifest's name.
    pub program: String,
    /// The path in the home directory.
    pub source: String,
    /// The path on the volume.
    pub target: String,
    /// The expected kind of the source.
    pub kind: JobKind,
    /// Whether only the owner may read the copy: modes 0600 and 0700.
    pub is_secret: bool,
    /// The default to create once if the source is missing.
    pub missing: Missing,
    /// The handling of the content.
    pub content: Content,
    /// The handling of secrets in the content.
    pub secrecy: Secrecy,
    excludes: Vec<String>,
}

/// The kind of the source of an item.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum JobKind {
    /// A file.
    File,
    /// A directory with its contents.
    Directory,
    /// A file or a directory.
    Either,
    /// Every path that matches; the last part of the source is a pattern and the target
    /// is a directory.
    Pattern,
}

/// The default that is created if the source is missing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Missing {
    /// None.
    Nothing,
    /// An empty directory.
    Directory,
    /// A file with an empty JSON object.
    Object,
}

/// The handling of the content.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Content {
    /// Copy it.
    Copied,
    /// Withhold it: these are credentials.
    Withheld,
    /// Filter it with [`filter_git_config`](super::filter_git_config).
    GitConfig,
}

/// All items of an import.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Jobs {
    /// The items, in the order of the manifests.
    pub jobs: Vec<Job>,
    /// The patterns that excluded nothing: probably mistakes.
    pub unmatched: Vec<String>,
}

impl Jobs {
    /// Selects the items of these manifests.
    #[must_use]
    pub fn of(manifests: &[Manifest], choice: &Choice) -> Self {
        let mut all: Vec<(Job, ImportEntry)> = Vec::new();
        for manifest in manifests.iter().filter(|manifest| choice.is_about(manifest)) {
            for entry in &manifest.entries {
                if let Some(job) = Job::of(manifest, entry, choice) {
                    let entry = ImportEntry {
                        source: job.source.clone(),
                        target: job.target.clone(),
                        flags: entry.flags.clone(),
                        excludes: Vec::new(),
                    };
                    all.push((job, entry));
                }
            }
        }
        let entries: Vec<_> = all.iter().map(|(_, entry)| entry.clone()).collect();
        let plan = plan_import(&entries, "", &choice.excludes());
        let mut kept = plan.entries.into_iter().peekable();
        let jobs = all.into_iter().filter_map(|(mut job, _)| {
            let entry = kept.next_if(|entry| entry.target == job.target)?;
            job.excludes.extend(entry.excludes);
            Some(job)
        });
        Self { jobs: jobs.collect(), unmatched: plan.unmatched }
    }
}

impl Job {
    fn of(manifest: &Manifest, entry: &crate::catalog::Entry, choice: &Choice) -> Option<Self> {
        let has = |flag| entry.flags.contains(flag);
        let is_git = has('g') && !entry.disabled;
        if entry.import_flags().is_none() && !is_git {
            return None;
        }
        if has('s') && choice.secrets == Secrets::LeftOut {
            return None;
        }
        let kind = match () {
            () if has('G') => JobKind::Pattern,
            () if has('d') => JobKind::Directory,
            () if has('f') => JobKind::File,
            () => JobKind::Either,
        };
        let mut excludes = Vec::new();
        if has('p') && choice.privates == Privates::LeftOut {
            excludes.push(PRIVATE.to_owned());
        }
        if entry.target == "claude/plugins" {
            excludes.push(ORPHANED.to_owned());
        }
        if has('x') && choice.excluding != Excluding::Nothing {
            excludes.push(SYSTEM.to_owned());
        }
        Some(Self {
            program: manifest.name.clone(),
            source: entry.source.clone(),
            target: entry.target.trim_end_matches('/').to_owned(),
            kind,
            is_secret: has('s'),
            missing: match () {
                () if entry.is_optional() || kind == JobKind::Pattern => Missing::Nothing,
                () if has('j') => Missing::Object,
                () if has('d') => Missing::Directory,
                () => Missing::Nothing,
            },
            content: match () {
                () if is_git => Content::GitConfig,
                () if entry.credential && choice.withholds(manifest) => Content::Withheld,
                () => Content::Copied,
            },
            secrecy: choice.secrecy(manifest),
            excludes,
        })
    }

    /// Returns an item that copies a directory without exclusions.
    #[must_use]
    pub fn plain(source: &str, target: &str) -> Self {
        Self {
            program: String::new(),
            source: source.to_owned(),
            target: target.to_owned(),
            kind: JobKind::Directory,
            is_secret: false,
            missing: Missing::Nothing,
            content: Content::Copied,
            secrecy: Secrecy::Screened,
            excludes: Vec::new(),
        }
    }

    /// Returns the item for one of the paths that match the pattern, by file name.
    #[must_use]
    pub fn fitting(&self, name: &str) -> Option<Self> {
        let (parent, pattern) = self.source.rsplit_once('/').unwrap_or(("", &self.source));
        matches(pattern, name).then(|| Self {
            source: if parent.is_empty() { name.to_owned() } else { format!("{parent}/{name}") },
            target: format!("{}/{name}", self.target),
            kind: JobKind::File,
            ..self.clone()
        })
    }

    /// Returns a text that identifies how secrets in the file are handled. It changes
    /// whenever the result of the screening may change; empty where secrets are kept.
    #[must_use]
    pub fn screening_mark(&self, path: &str, allowed: &[AllowedSecret]) -> String {
        match self.secrecy {
            Secrecy::Whole => String::new(),
            Secrecy::Screened => {
                let concerned = allowed.iter().filter(|allowed| allowed.concerns(path));
                concerned.fold(SCREENING.to_owned(), |mark, allowed| format!("{mark} {allowed}"))
            }
        }
    }

    /// Returns whether a path below the source is imported. The empty path is the source
    /// itself.
    #[must_use]
    pub fn admits(&self, below: &str) -> bool {
        let name = match below.rsplit('/').next() {
            Some("") | None => self.source.rsplit('/').next().unwrap_or_default(),
            Some(name) => name,
        };
        !self.excludes.iter().any(|pattern| {
            let is_name = !pattern.contains('/') && pattern.contains(['*', '?', '[']);
            if is_name { matches(pattern, name) } else { pattern == below }
        })
    }

    /// Returns the paths in the home directory that the content comes from, in order: git
    /// reads two configurations of a user.
    #[must_use]
    pub fn sources(&self) -> Vec<&str> {
        match self.content {
            Content::GitConfig => vec![GIT_XDG, &self.source],
            _ => vec![&self.source],
        }
    }

    /// Returns whether a change of this path in the home directory can affect the item:
    /// the source, a parent of it, or an included path below it.
    #[must_use]
    pub fn concerns(&self, path: &str) -> bool {
        let below = |path: &str, of: &str| {
            let rest = path.strip_prefix(of)?;
            (rest.is_empty() || rest.starts_with('/')).then(|| rest.trim_start_matches('/').len())
        };
        if self.sources().iter().any(|source| below(source, path).is_some()) {
            return true;
        }
        if self.kind == JobKind::Pattern {
            let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
            let own = self.source.rsplit_once('/').map_or("", |(parent, _)| parent);
            return parent == own && self.fitting(name).is_some();
        }
        let Some(length) = below(path, &self.source) else { return false };
        let rest = &path[path.len() - length..];
        // An excluded directory excludes everything below it.
        let ends = rest.match_indices('/').map(|(end, _)| &rest[..end]);
        ends.chain([rest]).all(|part| self.admits(part))
    }

    /// Returns the mode of the copy from the mode of the original.
    #[must_use]
    pub fn mode(&self, original: u32, is_directory: bool) -> u32 {
        match (self.is_secret, is_directory) {
            (true, true) => 0o700,
            (true, false) => 0o600,
            // The owner always gets full access.
            (false, true) => original & 0o777 | 0o700,
            (false, false) => original & 0o777 | 0o600,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::choice::Credentials;
    use super::*;
    use crate::catalog::shipped_manifests;

    fn job(choice: &Choice, source: &str) -> Option<Job> {
        Jobs::of(&shipped_manifests(), choice).jobs.into_iter().find(|job| job.source == source)
    }

    #[test]
    fn credentials_come_along_only_when_named() {
        let content =
            |choice: &Choice| job(choice, ".claude/.credentials.json").map(|it| it.content);
        let of = |words: &[&str]| Choice {
            credentials: Credentials::Of(words.iter().map(|&word| word.to_owned()).collect()),
            ..Choice::default()
        };
        assert_eq!(content(&Choice::default()), Some(Content::Withheld));
        assert_eq!(content(&of(&["codex"])), Some(Content::Withheld));
        assert_eq!(content(&of(&["codex", "claude"])), Some(Content::Copied));
        let all = Choice { credentials: Credentials::All, ..Choice::default() };
        assert_eq!(content(&all), Some(Content::Copied));
        let none = Choice { secrets: Secrets::LeftOut, ..all };
        assert_eq!(content(&none), None);
        let secrecy = |choice: &Choice, source: &str| job(choice, source).map(|it| it.secrecy);
        assert_eq!(secrecy(&of(&["claude"]), ".claude.json"), Some(Secrecy::Whole));
        assert_eq!(secrecy(&of(&["claude"]), ".codex/config.toml"), Some(Secrecy::Screened));
        let all = Choice { credentials: Credentials::All, ..Choice::default() };
        assert_eq!(secrecy(&all, ".claude.json"), Some(Secrecy::Whole));
        assert_eq!(secrecy(&all, ".zshrc"), Some(Secrecy::Screened));
        let none = Choice { secrets: Secrets::LeftOut, ..all };
        assert_eq!(secrecy(&none, ".claude/settings.json"), Some(Secrecy::Screened));
        assert_eq!(of(&["codex", "nobody"]).unknown(&shipped_manifests()), ["nobody"]);
    }

    #[test]
    fn flags_mean_what_they_say() {
        let choice = Choice::default();
        let claude = job(&choice, ".claude.json").expect("it is shipped");
        assert_eq!((claude.missing, claude.is_secret), (Missing::Object, true));
        assert_eq!((claude.mode(0o644, false), claude.mode(0o755, true)), (0o600, 0o700));
        let bashrc = job(&choice, ".bashrc.d").expect("it is shipped");
        assert!(!bashrc.admits("x/a.priv.sh") && bashrc.admits("x/a.sh") && bashrc.admits(""));
        let skills = job(&choice, ".codex/skills").expect("it is shipped");
        assert!(!skills.admits(".system") && skills.admits("a/.system"));
        let git = job(&choice, ".gitconfig").expect("it is shipped");
        assert_eq!(git.content, Content::GitConfig);
        assert_eq!(
            job(&choice, ".gemini/settings.json").map(|it| it.missing),
            Some(Missing::Nothing)
        );
        assert_eq!(job(&choice, ".ssh/id_*"), None);
        let everything = Choice { excluding: Excluding::Nothing, ..Choice::default() };
        assert!(job(&everything, ".codex/skills").is_some_and(|job| job.admits(".system")));
        assert!(job(&everything, ".bashrc.d").is_some_and(|job| !job.admits("a.priv.b")));
    }

    #[test]
    fn excludes_reach_into_entries() {
        let excluding = Excluding::These(vec![
            "claude/plugins/cache".into(),
            "*.log".into(),
            "pi".into(),
            "no/such".into(),
        ]);
        let jobs = Jobs::of(&shipped_manifests(), &Choice { excluding, ..Choice::default() });
        assert_eq!(jobs.unmatched, ["no/such"]);
        assert!(jobs.jobs.iter().all(|job| !job.target.starts_with("pi/")));
        let plugins = jobs.jobs.iter().find(|job| job.target == "claude/plugins").expect("kept");
        assert!(
            !plugins.admits("cache") && !plugins.admits("a/b.log") && plugins.admits("a/cache")
        );
    }

    #[test]
    fn a_job_knows_what_concerns_it() {
        let excluding = Excluding::These(vec!["claude/plugins/cache".into(), "*.log".into()]);
        let choice = Choice { excluding, ..Choice::default() };
        let plugins = job(&choice, ".claude/plugins").expect("it is shipped");
        for (path, expected) in [
            (".claude", true),
            (".claude/plugins", true),
            (".claude/plugins/a/b", true),
            (".claude/plugins/a.log", false),
            (".claude/plugins/cache", false),
            (".claude/plugins/cache/a/b", false),
            (".claude/pluginsx", false),
            (".claudex", false),
            (".clau", false),
            ("", false),
        ] {
            assert_eq!(plugins.concerns(path), expected, "{path}");
        }
        let keys = Job { kind: JobKind::Pattern, ..Job::plain(".ssh/id_*", "ssh") };
        let git = job(&choice, ".gitconfig").expect("it is shipped");
        assert!(git.concerns(".config/git/config") && !git.concerns(".config/gitk"));
        assert!(!plugins.admits(".orphaned_at") && !plugins.admits("a/.orphaned_at"));
        assert!(keys.concerns(".ssh") && keys.concerns(".ssh/id_x") && !keys.concerns(".ssh/x"));
    }

    #[test]
    fn one_program_can_be_named() {
        let choice = Choice { only: vec!["kimi-cli".into()], ..Choice::default() };
        let jobs = Jobs::of(&shipped_manifests(), &choice).jobs;
        assert!(!jobs.is_empty() && jobs.iter().all(|job| job.program == "kimi"), "{jobs:?}");
    }
}
