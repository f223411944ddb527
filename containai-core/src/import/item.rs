//! The items of an import.

use super::options::{Exclusions, ImportOptions, PrivateFiles, SecretEntries, SecretHandling};
use super::pattern::matches;
use super::secret::AllowedSecret;
use crate::manifest::{ImportPath, Manifest, plan_import};

/// The second git configuration of a user, read before `~/.gitconfig`.
const GIT_XDG_CONFIG: &str = ".config/git/config";
/// The marker of Claude Code for plugins to be removed.
const ORPHANED_PATTERN: &str = "[.]orphaned_at";
/// The version of the screening. A new one screens all files again.
const SCREENING_VERSION: &str = "2";
/// The patterns that the flags `p` and `x` exclude.
const PRIVATE_PATTERN: &str = "*.priv.*";
const SYSTEM_PATTERN: &str = ".system";

/// A path to import, with all decisions about it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ImportItem {
    /// The manifest's name.
    pub program: String,
    /// The path in the home directory.
    pub source: String,
    /// The path on the volume.
    pub target: String,
    /// The expected kind of the source.
    pub kind: ImportItemKind,
    /// Whether only the owner may read the copy: modes 0600 and 0700.
    pub is_secret: bool,
    /// The default to create once if the source is missing.
    pub if_missing: IfMissing,
    /// The handling of the content.
    pub handling: ContentHandling,
    /// The handling of secrets in the content.
    pub secrets: SecretHandling,
    excludes: Vec<String>,
}

/// The kind of the source of an item.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ImportItemKind {
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
pub enum IfMissing {
    /// None.
    Nothing,
    /// An empty directory.
    CreateDirectory,
    /// A file with an empty JSON object.
    CreateJsonObject,
}

/// The handling of the content.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ContentHandling {
    /// Copy it.
    Copy,
    /// Withhold it: these are credentials.
    Withhold,
    /// Filter it with [`filter_git_config`](super::filter_git_config).
    FilterGitConfig,
}

/// All items of an import.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ImportItems {
    /// The items, in the order of the manifests.
    pub items: Vec<ImportItem>,
    /// The patterns that excluded nothing: probably mistakes.
    pub unmatched: Vec<String>,
}

impl ImportItems {
    /// Selects the items of these manifests.
    #[must_use]
    pub fn select(manifests: &[Manifest], choice: &ImportOptions) -> Self {
        let mut all: Vec<(ImportItem, ImportPath)> = Vec::new();
        for manifest in manifests.iter().filter(|manifest| choice.selects(manifest)) {
            for entry in &manifest.entries {
                if let Some(job) = ImportItem::from_entry(manifest, entry, choice) {
                    let entry = ImportPath {
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
        Self { items: jobs.collect(), unmatched: plan.unmatched }
    }
}

impl ImportItem {
    fn from_entry(
        manifest: &Manifest,
        entry: &crate::manifest::ManifestEntry,
        choice: &ImportOptions,
    ) -> Option<Self> {
        let has = |flag| entry.flags.contains(flag);
        let is_git = has('g') && !entry.disabled;
        if entry.import_flags().is_none() && !is_git {
            return None;
        }
        if has('s') && choice.secrets == SecretEntries::Excluded {
            return None;
        }
        let kind = match () {
            () if has('G') => ImportItemKind::Pattern,
            () if has('d') => ImportItemKind::Directory,
            () if has('f') => ImportItemKind::File,
            () => ImportItemKind::Either,
        };
        let mut excludes = Vec::new();
        if has('p') && choice.private_files == PrivateFiles::Excluded {
            excludes.push(PRIVATE_PATTERN.to_owned());
        }
        if entry.target == "claude/plugins" {
            excludes.push(ORPHANED_PATTERN.to_owned());
        }
        if has('x') && choice.exclusions != Exclusions::Disabled {
            excludes.push(SYSTEM_PATTERN.to_owned());
        }
        Some(Self {
            program: manifest.name.clone(),
            source: entry.source.clone(),
            target: entry.target.trim_end_matches('/').to_owned(),
            kind,
            is_secret: has('s'),
            if_missing: match () {
                () if entry.is_optional() || kind == ImportItemKind::Pattern => IfMissing::Nothing,
                () if has('j') => IfMissing::CreateJsonObject,
                () if has('d') => IfMissing::CreateDirectory,
                () => IfMissing::Nothing,
            },
            handling: match () {
                () if is_git => ContentHandling::FilterGitConfig,
                () if entry.credential && choice.withholds_credentials(manifest) => {
                    ContentHandling::Withhold
                }
                () => ContentHandling::Copy,
            },
            secrets: choice.secret_handling(manifest),
            excludes,
        })
    }

    /// Returns an item that copies a directory without exclusions.
    #[must_use]
    pub fn directory(source: &str, target: &str) -> Self {
        Self {
            program: String::new(),
            source: source.to_owned(),
            target: target.to_owned(),
            kind: ImportItemKind::Directory,
            is_secret: false,
            if_missing: IfMissing::Nothing,
            handling: ContentHandling::Copy,
            secrets: SecretHandling::Screen,
            excludes: Vec::new(),
        }
    }

    /// Returns the item for one of the paths that match the pattern, by file name.
    #[must_use]
    pub fn for_match(&self, name: &str) -> Option<Self> {
        let (parent, pattern) = self.source.rsplit_once('/').unwrap_or(("", &self.source));
        matches(pattern, name).then(|| Self {
            source: if parent.is_empty() { name.to_owned() } else { format!("{parent}/{name}") },
            target: format!("{}/{name}", self.target),
            kind: ImportItemKind::File,
            ..self.clone()
        })
    }

    /// Returns a text that identifies how secrets in the file are handled. It changes
    /// whenever the result of the screening may change; empty where secrets are kept.
    #[must_use]
    pub fn screening_mark(&self, path: &str, allowed: &[AllowedSecret]) -> String {
        match self.secrets {
            SecretHandling::Keep => String::new(),
            SecretHandling::Screen => {
                let concerned = allowed.iter().filter(|allowed| allowed.applies_to(path));
                concerned
                    .fold(SCREENING_VERSION.to_owned(), |mark, allowed| format!("{mark} {allowed}"))
            }
        }
    }

    /// Returns whether a path below the source is imported. The empty path is the source
    /// itself.
    #[must_use]
    pub fn includes(&self, below: &str) -> bool {
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
        match self.handling {
            ContentHandling::FilterGitConfig => vec![GIT_XDG_CONFIG, &self.source],
            _ => vec![&self.source],
        }
    }

    /// Returns whether a change of this path in the home directory can affect the item:
    /// the source, a parent of it, or an included path below it.
    #[must_use]
    pub fn is_affected_by(&self, path: &str) -> bool {
        let below = |path: &str, of: &str| {
            let rest = path.strip_prefix(of)?;
            (rest.is_empty() || rest.starts_with('/')).then(|| rest.trim_start_matches('/').len())
        };
        if self.sources().iter().any(|source| below(source, path).is_some()) {
            return true;
        }
        if self.kind == ImportItemKind::Pattern {
            let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
            let own = self.source.rsplit_once('/').map_or("", |(parent, _)| parent);
            return parent == own && self.for_match(name).is_some();
        }
        let Some(length) = below(path, &self.source) else { return false };
        let rest = &path[path.len() - length..];
        // An excluded directory excludes everything below it.
        let ends = rest.match_indices('/').map(|(end, _)| &rest[..end]);
        ends.chain([rest]).all(|part| self.includes(part))
    }

    /// Returns the mode of the copy from the mode of the original.
    #[must_use]
    pub fn copy_mode(&self, original: u32, is_directory: bool) -> u32 {
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
    use super::super::options::CredentialSelection;
    use super::*;
    use crate::manifest::shipped_manifests;

    fn job(choice: &ImportOptions, source: &str) -> Option<ImportItem> {
        let mut items = ImportItems::select(&shipped_manifests(), choice).items.into_iter();
        items.find(|item| item.source == source)
    }

    #[test]
    fn credentials_are_imported_only_when_named() {
        let content =
            |choice: &ImportOptions| job(choice, ".claude/.credentials.json").map(|it| it.handling);
        let of = |words: &[&str]| ImportOptions {
            credentials: CredentialSelection::Programs(
                words.iter().map(|&word| word.to_owned()).collect(),
            ),
            ..ImportOptions::default()
        };
        assert_eq!(content(&ImportOptions::default()), Some(ContentHandling::Withhold));
        assert_eq!(content(&of(&["codex"])), Some(ContentHandling::Withhold));
        assert_eq!(content(&of(&["codex", "claude"])), Some(ContentHandling::Copy));
        let all =
            ImportOptions { credentials: CredentialSelection::All, ..ImportOptions::default() };
        assert_eq!(content(&all), Some(ContentHandling::Copy));
        let none = ImportOptions { secrets: SecretEntries::Excluded, ..all };
        assert_eq!(content(&none), None);
        let secrecy =
            |choice: &ImportOptions, source: &str| job(choice, source).map(|it| it.secrets);
        assert_eq!(secrecy(&of(&["claude"]), ".claude.json"), Some(SecretHandling::Keep));
        assert_eq!(secrecy(&of(&["claude"]), ".codex/config.toml"), Some(SecretHandling::Screen));
        let all =
            ImportOptions { credentials: CredentialSelection::All, ..ImportOptions::default() };
        assert_eq!(secrecy(&all, ".claude.json"), Some(SecretHandling::Keep));
        assert_eq!(secrecy(&all, ".zshrc"), Some(SecretHandling::Screen));
        let none = ImportOptions { secrets: SecretEntries::Excluded, ..all };
        assert_eq!(secrecy(&none, ".claude/settings.json"), Some(SecretHandling::Screen));
        assert_eq!(of(&["codex", "nobody"]).unknown_names(&shipped_manifests()), ["nobody"]);
    }

    #[test]
    fn entry_flags_set_the_options() {
        let choice = ImportOptions::default();
        let claude = job(&choice, ".claude.json").expect("it is shipped");
        assert_eq!((claude.if_missing, claude.is_secret), (IfMissing::CreateJsonObject, true));
        assert_eq!((claude.copy_mode(0o644, false), claude.copy_mode(0o755, true)), (0o600, 0o700));
        let bashrc = job(&choice, ".bashrc.d").expect("it is shipped");
        assert!(
            !bashrc.includes("x/a.priv.sh") && bashrc.includes("x/a.sh") && bashrc.includes("")
        );
        let skills = job(&choice, ".codex/skills").expect("it is shipped");
        assert!(!skills.includes(".system") && skills.includes("a/.system"));
        let git = job(&choice, ".gitconfig").expect("it is shipped");
        assert_eq!(git.handling, ContentHandling::FilterGitConfig);
        assert_eq!(
            job(&choice, ".gemini/settings.json").map(|it| it.if_missing),
            Some(IfMissing::Nothing)
        );
        assert_eq!(job(&choice, ".ssh/id_*"), None);
        let everything =
            ImportOptions { exclusions: Exclusions::Disabled, ..ImportOptions::default() };
        assert!(job(&everything, ".codex/skills").is_some_and(|job| job.includes(".system")));
        assert!(job(&everything, ".bashrc.d").is_some_and(|job| !job.includes("a.priv.b")));
    }

    #[test]
    fn excludes_apply_inside_entries() {
        let excluding = Exclusions::Patterns(vec![
            "claude/plugins/cache".into(),
            "*.log".into(),
            "pi".into(),
            "no/such".into(),
        ]);
        let jobs = ImportItems::select(
            &shipped_manifests(),
            &ImportOptions { exclusions: excluding, ..ImportOptions::default() },
        );
        assert_eq!(jobs.unmatched, ["no/such"]);
        assert!(jobs.items.iter().all(|job| !job.target.starts_with("pi/")));
        let plugins = jobs.items.iter().find(|job| job.target == "claude/plugins").expect("kept");
        assert!(
            !plugins.includes("cache")
                && !plugins.includes("a/b.log")
                && plugins.includes("a/cache")
        );
    }

    #[test]
    fn changes_below_the_source_affect_an_item() {
        let excluding = Exclusions::Patterns(vec!["claude/plugins/cache".into(), "*.log".into()]);
        let choice = ImportOptions { exclusions: excluding, ..ImportOptions::default() };
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
            assert_eq!(plugins.is_affected_by(path), expected, "{path}");
        }
        let keys = ImportItem {
            kind: ImportItemKind::Pattern,
            ..ImportItem::directory(".ssh/id_*", "ssh")
        };
        let git = job(&choice, ".gitconfig").expect("it is shipped");
        assert!(git.is_affected_by(".config/git/config") && !git.is_affected_by(".config/gitk"));
        assert!(!plugins.includes(".orphaned_at") && !plugins.includes("a/.orphaned_at"));
        assert!(
            keys.is_affected_by(".ssh")
                && keys.is_affected_by(".ssh/id_x")
                && !keys.is_affected_by(".ssh/x")
        );
    }

    #[test]
    fn only_selects_one_program() {
        let choice = ImportOptions { only: vec!["kimi-cli".into()], ..ImportOptions::default() };
        let jobs = ImportItems::select(&shipped_manifests(), &choice).items;
        assert!(!jobs.is_empty() && jobs.iter().all(|job| job.program == "kimi"), "{jobs:?}");
    }
}
