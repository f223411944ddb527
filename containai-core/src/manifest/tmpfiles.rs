//! Volume layout and links of the home directory, for systemd-tmpfiles(8).

use std::collections::{BTreeMap, BTreeSet};

use super::{DirectoryLink, Manifest, VolumeLayout};
use crate::layout::{CONTAINER_DATA, CONTAINER_HOME, CONTAINER_USER};

const HEADER: &str = "\
# Generated from the manifests by `cargo xtask generate`, tmpfiles.d(5): the layout of the data volume, and the links of
# the home directory to it. Existing files are kept, except for the modes of secret ones; nothing is ever removed.
";

/// Returns the tmpfiles.d(5) text that creates the volume layout and the links of a container.
///
/// Every parent directory has a line of its own, since systemd-tmpfiles would create it with owner
/// root. Links are created only where nothing exists (`L`, never `L+`), so that user files are
/// kept.
///
/// An empty file is neither a token nor JSON, and some programs fail to read one but accept a
/// missing file. Optional files and credentials in plain text are therefore not created; only their
/// mode is set (`z`).
#[must_use]
pub fn tmpfiles(manifests: &[Manifest]) -> String {
    let shape = VolumeLayout::from_manifests(manifests);
    let mut directories = BTreeMap::from([
        (CONTAINER_DATA.to_owned(), AccessMode::Private),
        (format!("{CONTAINER_HOME}/.ssh"), AccessMode::Private),
    ]);
    let mut insert = |path: String, mode: AccessMode| {
        let known = directories.entry(path).or_insert(mode);
        *known = (*known).max(mode);
    };
    for directory in &shape.directories {
        insert(
            join_path(CONTAINER_DATA, &directory.path),
            AccessMode::from_secrecy(directory.is_secret),
        );
    }
    for path in shape.directories.iter().chain(&shape.files) {
        for (distance, ancestor) in ancestors(&path.path).enumerate() {
            let mode = AccessMode::from_secrecy(path.is_secret && distance == 0);
            insert(join_path(CONTAINER_DATA, ancestor), mode);
        }
    }
    let directory_links = DirectoryLink::from_manifests(manifests);
    let links: BTreeSet<_> = manifests
        .iter()
        .flat_map(|manifest| &manifest.entries)
        .filter(|entry| !entry.container_link.is_empty() && !entry.flags.contains('G'))
        .filter(|entry| !directory_links.iter().any(|link| link.covers(entry)))
        .map(|entry| (entry.container_link.as_str(), entry.target.as_str()))
        .collect();
    for (link, _) in &links {
        for ancestor in ancestors(link) {
            insert(join_path(CONTAINER_HOME, ancestor), AccessMode::Public);
        }
    }
    let user = CONTAINER_USER;
    let mut text = HEADER.to_owned();
    for (path, mode) in &directories {
        text.push_str(&format!(
            "d {} {} {user} {user} -\n",
            escape_field(path),
            mode.octal("0755", "0700")
        ));
    }
    for file in &shape.files {
        let path = escape_field(&join_path(CONTAINER_DATA, &file.path));
        match (file.is_optional, file.is_secret, file.is_json) {
            (true, true, _) | (false, true, false) => {
                text.push_str(&format!("z {path} 0600 {user} {user} -\n"));
            }
            (true, false, _) => {}
            (false, is_secret, is_json) => {
                let mode = AccessMode::from_secrecy(is_secret).octal("0644", "0600");
                let content = if is_json { " {}" } else { "" };
                text.push_str(&format!("f {path} {mode} {user} {user} -{content}\n"));
            }
        }
    }
    for (link, target) in &links {
        let (link, target) =
            (escape_field(&join_path(CONTAINER_HOME, link)), join_path(CONTAINER_DATA, target));
        text.push_str(&format!("L {link} - {user} {user} - {}\n", target.replace('%', "%%")));
    }
    text
}

/// The permissions of a directory or file.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum AccessMode {
    Public,
    Private,
}

impl AccessMode {
    fn from_secrecy(is_secret: bool) -> Self {
        if is_secret { Self::Private } else { Self::Public }
    }

    fn octal(self, open: &'static str, private: &'static str) -> &'static str {
        match self {
            Self::Public => open,
            Self::Private => private,
        }
    }
}

fn join_path(top: &str, path: &str) -> String {
    format!("{top}/{}", path.trim_end_matches('/'))
}

/// Returns the parent directories of a relative path, nearest first.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(parent(path), |path| parent(path))
}

fn parent(path: &str) -> Option<&str> {
    path.trim_end_matches('/').rsplit_once('/').map(|(parent, _)| parent)
}

/// Escapes a path for a field: `%` starts a specifier, white space ends a field.
fn escape_field(path: &str) -> String {
    let path = path.replace('%', "%%");
    match path.contains(|c: char| c.is_whitespace() || "\"'\\".contains(c)) {
        true => format!("\"{}\"", path.replace('\\', "\\\\").replace('"', "\\\"")),
        false => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::shipped_manifests;

    #[test]
    fn shipped_manifests_as_tmpfiles() {
        insta::assert_snapshot!(tmpfiles(&shipped_manifests()));
    }

    #[test]
    fn special_characters_are_escaped() {
        let text = "[[entries]]\nsource = \"x\"\ntarget = \"a b/50%\"\ncontainer_link = \".x y\"\nflags = \"fjs\"\n";
        let text = tmpfiles(&[Manifest::parse(text)]);
        let lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
        insta::assert_snapshot!(lines.join("\n"), @r#"
        d /home/agent/.ssh 0700 agent agent -
        d /mnt/agent-data 0700 agent agent -
        d "/mnt/agent-data/a b" 0700 agent agent -
        f "/mnt/agent-data/a b/50%%" 0600 agent agent - {}
        L "/home/agent/.x y" - agent agent - /mnt/agent-data/a b/50%%
        "#);
    }

    #[test]
    fn every_parent_directory_belongs_to_the_agent() {
        let text = tmpfiles(&shipped_manifests());
        let paths = |kind: &str| -> Vec<String> {
            let lines = text.lines().filter(|line| line.starts_with(kind));
            lines.filter_map(|line| line.split(' ').nth(1)).map(str::to_owned).collect()
        };
        let directories = paths("d ");
        for path in
            paths("f ").into_iter().chain(paths("z ")).chain(paths("L ")).chain(directories.clone())
        {
            let parent = parent(&path).expect("absolute").to_owned();
            let is_given = [CONTAINER_HOME, "/mnt", "/home"].contains(&parent.as_str());
            assert!(is_given || directories.contains(&parent), "{path}");
        }
    }
}
