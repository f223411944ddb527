//! Manifest files.

use super::{Agent, AgentLogin};

/// A program's paths and where they are stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Manifest {
    /// The name used by imports: the file name without number and extension; empty for text without
    /// a file.
    pub name: String,
    /// The agent; `None` for other programs.
    pub agent: Option<Agent>,
    /// The login; `None` for programs without one.
    pub login: Option<AgentLogin>,
    /// The entries in file order, including disabled ones.
    pub entries: Vec<ManifestEntry>,
}

/// A path of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestEntry {
    /// The kind.
    pub kind: ManifestEntryKind,
    /// The path in the home directory of the host; empty for a symlink.
    pub source: String,
    /// The path on the data volume.
    pub target: String,
    /// The path in the container's home directory that links to the target; empty without a link.
    pub container_link: String,
    /// The flags, one letter each.
    pub flags: String,
    /// Whether the entry is disabled.
    pub disabled: bool,
    /// Whether the file holds an agent's credentials. It is imported only when the agent is named.
    pub credential: bool,
}

impl ManifestEntry {
    /// Whether a missing source creates nothing on the volume (flag `o`).
    #[must_use]
    pub fn is_optional(&self) -> bool {
        self.flags.contains('o')
    }

    /// Whether the link replaces an existing path of the image (flag `R`).
    #[must_use]
    pub fn replaces_path(&self) -> bool {
        self.flags.contains('R')
    }

    /// Returns the flags relevant to an import. `None` for entries that an import skips: disabled
    /// ones, links of the container, and git configurations (flag `g`), which are filtered
    /// separately.
    #[must_use]
    pub fn import_flags(&self) -> Option<String> {
        let is_imported =
            self.kind == ManifestEntryKind::Import && !self.disabled && !self.flags.contains('g');
        is_imported.then(|| self.flags.replace('R', ""))
    }

    pub(crate) fn new(kind: ManifestEntryKind) -> Self {
        Self {
            kind,
            source: String::new(),
            target: String::new(),
            container_link: String::new(),
            flags: String::new(),
            disabled: false,
            credential: false,
        }
    }

    fn is_complete(&self) -> bool {
        let first = match self.kind {
            ManifestEntryKind::Import => &self.source,
            ManifestEntryKind::Symlink => &self.container_link,
        };
        !first.is_empty() && !self.target.is_empty()
    }
}

/// The kind of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManifestEntryKind {
    /// `[[entries]]`: imported from the host.
    Import,
    /// `[[container_symlinks]]`: a link in the container only.
    Symlink,
}

impl Manifest {
    /// Sets the name from a file name such as `09-claude.toml`.
    #[must_use]
    pub fn with_file_name(mut self, file: &str) -> Self {
        let stem = file.strip_suffix(".toml").unwrap_or(file);
        let number = stem.trim_start_matches(|c: char| c.is_ascii_digit());
        self.name = number.strip_prefix('-').unwrap_or(stem).to_owned();
        self
    }

    /// Whether `word` is its name, or the name, program or alias of its agent.
    #[must_use]
    pub fn has_name(&self, word: &str) -> bool {
        self.name == word || self.agent.as_ref().is_some_and(|agent| agent.has_name(word))
    }

    /// Parses a manifest leniently.
    ///
    /// Manifests use simple TOML and are read line by line: a header is alone on its line, and
    /// strings are double-quoted and taken literally, without escapes. Other lines are skipped, so
    /// that manifests of later versions can be read, and so are entries without a target.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let agent = Agent::parse(text);
        let login = AgentLogin::parse(text, agent.as_ref().map(|it| it.name.as_str()));
        let mut manifest = Self { agent, login, ..Self::default() };
        let mut current = None;
        for line in text.lines() {
            if line.trim_start().starts_with('[') {
                manifest.entries.extend(current.take().filter(ManifestEntry::is_complete));
                current = entry_from_header(line);
            } else if let (Some(entry), Some((key, value))) = (&mut current, line.split_once('=')) {
                set_field(entry, key.trim(), value.trim());
            }
        }
        manifest.entries.extend(current.filter(ManifestEntry::is_complete));
        manifest
    }
}

fn entry_from_header(header: &str) -> Option<ManifestEntry> {
    match header.trim() {
        "[[entries]]" => Some(ManifestEntry::new(ManifestEntryKind::Import)),
        "[[container_symlinks]]" => Some(ManifestEntry::new(ManifestEntryKind::Symlink)),
        _ => None,
    }
}

fn set_field(entry: &mut ManifestEntry, key: &str, value: &str) {
    let field = match key {
        "source" => &mut entry.source,
        "target" => &mut entry.target,
        "container_link" => &mut entry.container_link,
        "flags" => &mut entry.flags,
        "disabled" => {
            entry.disabled = is_true(value);
            return;
        }
        "credential" => {
            entry.credential = is_true(value);
            return;
        }
        _ => return,
    };
    let quoted = value.strip_prefix('"').and_then(|rest| rest.split_once('"'));
    if let Some((text, _)) = quoted {
        text.clone_into(field);
    }
}

fn is_true(value: &str) -> bool {
    value.split(['#', ' ', '\t']).next() == Some("true")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_entries_in_order() {
        let manifest = Manifest::parse(
            "[agent]\nsource = \"no\"\n[[entries]]\nsource = \".x#y\" # c\ntarget = \"x\"\nflags = \"fo\"\ndisabled = true # c\n[[container_symlinks]]\ntarget = \"/a\"\ncontainer_link = \"b\"",
        );
        let [first, second] = &manifest.entries[..] else {
            panic!("two entries, not {manifest:?}");
        };
        assert_eq!(
            (first.source.as_str(), first.disabled, first.is_optional()),
            (".x#y", true, true)
        );
        assert_eq!(
            (second.kind, second.container_link.as_str()),
            (ManifestEntryKind::Symlink, "b")
        );
    }

    #[test]
    fn skips_unknown_lines() {
        for text in [
            "",
            "[[entries]]\nsource = .x\ntarget = x\n",
            "[[ entries ]]\nsource = \"x\"\ntarget = \"x\"\n",
            "[[entries\nsource = \"x\"\ntarget = \"x\"\n",
            "[[entries]]\nsource = \"x\"\n",
        ] {
            assert_eq!(Manifest::parse(text).entries, [], "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "(?s)(\\[\\[entries\\]\\]|source|target|=|\"|\n|.)*") {
            let _ = Manifest::parse(&text);
        }
    }
}
