//! The manifest of additional paths chosen by the user.

use serde_json::Value;

use crate::catalog::{DirectoryLink, Entry, EntryKind, Manifest, shipped_manifests};
use crate::naming::HomePath;

/// The name of the manifest for `--only`, and the directory of its paths on the volume.
const NAME: &str = "additional";

/// Builds a manifest of these paths. Each path has its own target below `additional` on
/// the volume and a link in the container's home directory. A path inside a directory
/// that a manifest links as a whole stays in that directory.
///
/// # Errors
///
/// [`OutsideHomeError`] for a path outside the home directory.
pub fn additional(paths: &[HomePath], home: &str) -> Result<Manifest, OutsideHome> {
    let whole = DirectoryLink::all(&shipped_manifests());
    let entry = |path: &HomePath| {
        let outside = || OutsideHome { path: path.to_string(), home: home.to_owned() };
        let below = path.below(home).ok_or_else(outside)?;
        let mut entry = Entry::new(EntryKind::Import);
        below.clone_into(&mut entry.source);
        below.clone_into(&mut entry.container_link);
        entry.target = whole
            .iter()
            .find_map(|link| link.target_of(below))
            .unwrap_or_else(|| format!("{NAME}/{below}"));
        entry.flags = "op".to_owned();
        Ok(entry)
    };
    let entries = paths.iter().map(entry).collect::<Result<_, _>>()?;
    Ok(Manifest { name: NAME.to_owned(), agent: None, entries })
}

/// Serializes the paths for the volume, where `cai sync` reads them: inside the
/// container, the host's configuration is not available.
///
/// # Errors
///
/// As [`additional_manifest`].
pub fn listed(paths: &[HomePath], home: &str) -> Result<String, OutsideHome> {
    let manifest = additional(paths, home)?;
    let paths = manifest.entries.into_iter().map(|entry| format!("~/{}", entry.source));
    Ok(Value::from_iter(paths).to_string())
}

/// Reads the list that [`write_path_list`] wrote. The container can change it, so invalid
/// entries are skipped.
#[must_use]
pub fn unlisted(text: &str) -> Vec<HomePath> {
    let list: Vec<String> = serde_json::from_str(text).unwrap_or_default();
    let below = list.iter().filter(|path| path.starts_with("~/"));
    below.filter_map(|path| HomePath::parse(path).ok()).collect()
}

/// A path is outside the home directory.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("path `{path}` in `import.additional_paths` is outside `{home}`")]
#[non_exhaustive]
pub struct OutsideHome {
    /// The path as configured.
    pub path: String,
    /// The home directory.
    pub home: String,
}

#[cfg(test)]
mod tests {
    use super::super::{Choice, JobKind, Jobs, Privates, home_links};
    use super::*;

    fn path(text: &str) -> HomePath {
        HomePath::parse(text).expect("a path")
    }

    #[test]
    fn lists_are_read_back() {
        let text = listed(&[path("~/.tool"), path("/home/me/a b")], "/home/me").expect("below it");
        assert_eq!(text, r#"["~/.tool","~/a b"]"#);
        assert_eq!(unlisted(&text), [path("~/.tool"), path("~/a b")]);
        assert_eq!(unlisted(r#"["~/../x", "/etc/x", "~/y"]"#), [path("~/y")]);
        for none in ["", "{}", "[1]", "[]"] {
            assert_eq!(unlisted(none), []);
        }
    }

    #[test]
    fn paths_have_places_of_their_own() {
        let paths = [path("~/.tool/x.toml"), path("/home/me/notes")];
        let manifest = additional(&paths, "/home/me").expect("they are below it");
        let links = home_links(std::slice::from_ref(&manifest));
        let links: Vec<_> = links.iter().map(|link| (&*link.path, &*link.target)).collect();
        let expected = [(".tool/x.toml", "additional/.tool/x.toml"), ("notes", "additional/notes")];
        assert_eq!(links, expected);
        // Below a directory that is linked as a whole, no link is needed.
        let own = additional(&[path("~/.claude/projects")], "/home/me").expect("it is below it");
        assert_eq!(own.entries[0].target, "claude/projects");
        let jobs = |privates| {
            let choice = Choice { privates, ..Choice::default() };
            Jobs::of(std::slice::from_ref(&manifest), &choice).jobs
        };
        assert_eq!(jobs(Privates::LeftOut)[1].kind, JobKind::Either);
        assert!(!jobs(Privates::LeftOut)[1].admits("a.priv.md"));
        assert!(jobs(Privates::Included)[1].admits("a.priv.md"));
        let outside = additional(&[path("/etc/passwd")], "/home/me");
        assert_eq!(
            outside.expect_err("it is outside").to_string(),
            "path `/etc/passwd` in `import.additional_paths` is outside `/home/me`"
        );
    }
}
