//! The manifest of additional paths chosen by the user.

use serde_json::Value;

use crate::manifest::{
    DirectoryLink, Manifest, ManifestEntry, ManifestEntryKind, shipped_manifests,
};
use crate::naming::HomePath;

/// The name of the manifest for `--only`, and the directory of its paths on the volume.
const MANIFEST_NAME: &str = "additional";

/// Builds a manifest of these paths. Each path has its own target below `additional` on
/// the volume and a link in the container's home directory. A path inside a directory
/// that a manifest links as a whole stays in that directory.
///
/// # Errors
///
/// [`OutsideHomeError`] for a path outside the home directory.
pub fn additional_manifest(paths: &[HomePath], home: &str) -> Result<Manifest, OutsideHomeError> {
    let whole = DirectoryLink::from_manifests(&shipped_manifests());
    let entry = |path: &HomePath| {
        let outside = || OutsideHomeError { path: path.to_string(), home: home.to_owned() };
        let below = path.relative_to(home).ok_or_else(outside)?;
        let mut entry = ManifestEntry::new(ManifestEntryKind::Import);
        below.clone_into(&mut entry.source);
        below.clone_into(&mut entry.container_link);
        entry.target = whole
            .iter()
            .find_map(|link| link.target_of(below))
            .unwrap_or_else(|| format!("{MANIFEST_NAME}/{below}"));
        entry.flags = "op".to_owned();
        Ok(entry)
    };
    let entries = paths.iter().map(entry).collect::<Result<_, _>>()?;
    Ok(Manifest { name: MANIFEST_NAME.to_owned(), entries, ..Manifest::default() })
}

/// Serializes the paths for the volume, where `cai links adopt` reads them: inside the
/// container, the host's configuration is not available.
///
/// # Errors
///
/// As [`additional_manifest`].
pub fn write_path_list(paths: &[HomePath], home: &str) -> Result<String, OutsideHomeError> {
    let manifest = additional_manifest(paths, home)?;
    let paths = manifest.entries.into_iter().map(|entry| format!("~/{}", entry.source));
    Ok(Value::from_iter(paths).to_string())
}

/// Reads the list that [`write_path_list`] wrote. The container can change it, so invalid
/// entries are skipped.
#[must_use]
pub fn read_path_list(text: &str) -> Vec<HomePath> {
    let list: Vec<String> = serde_json::from_str(text).unwrap_or_default();
    let below = list.iter().filter(|path| path.starts_with("~/"));
    below.filter_map(|path| HomePath::parse(path).ok()).collect()
}

/// A path is outside the home directory.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("path `{path}` in `import.additional_paths` is outside `{home}`")]
#[non_exhaustive]
pub struct OutsideHomeError {
    /// The path as configured.
    pub path: String,
    /// The home directory.
    pub home: String,
}

#[cfg(test)]
mod tests {
    use super::super::{ImportItemKind, ImportItems, ImportOptions, PrivateFiles, home_links};
    use super::*;

    fn path(text: &str) -> HomePath {
        HomePath::parse(text).expect("a path")
    }

    #[test]
    fn path_lists_parse_back() {
        let text = write_path_list(&[path("~/.tool"), path("/home/me/a b")], "/home/me")
            .expect("below it");
        assert_eq!(text, r#"["~/.tool","~/a b"]"#);
        assert_eq!(read_path_list(&text), [path("~/.tool"), path("~/a b")]);
        assert_eq!(read_path_list(r#"["~/../x", "/etc/x", "~/y"]"#), [path("~/y")]);
        for none in ["", "{}", "[1]", "[]"] {
            assert_eq!(read_path_list(none), []);
        }
    }

    #[test]
    fn each_path_has_its_own_target() {
        let paths = [path("~/.tool/x.toml"), path("/home/me/notes")];
        let manifest = additional_manifest(&paths, "/home/me").expect("they are below it");
        let links = home_links(std::slice::from_ref(&manifest));
        let links: Vec<_> = links.iter().map(|link| (&*link.path, &*link.target)).collect();
        let expected = [(".tool/x.toml", "additional/.tool/x.toml"), ("notes", "additional/notes")];
        assert_eq!(links, expected);
        // Below a directory that is linked as a whole, no link is needed.
        let own =
            additional_manifest(&[path("~/.claude/projects")], "/home/me").expect("it is below it");
        assert_eq!(own.entries[0].target, "claude/projects");
        let jobs = |privates| {
            let choice = ImportOptions { private_files: privates, ..ImportOptions::default() };
            ImportItems::select(std::slice::from_ref(&manifest), &choice).items
        };
        assert_eq!(jobs(PrivateFiles::Excluded)[1].kind, ImportItemKind::Either);
        assert!(!jobs(PrivateFiles::Excluded)[1].includes("a.priv.md"));
        assert!(jobs(PrivateFiles::Included)[1].includes("a.priv.md"));
        let outside = additional_manifest(&[path("/etc/passwd")], "/home/me");
        assert_eq!(
            outside.expect_err("it is outside").to_string(),
            "path `/etc/passwd` in `import.additional_paths` is outside `/home/me`"
        );
    }
}
