//! Settings that people have and no manifest imports.

use std::fs;
use std::path::Path;

use containai_core::import::{ImportItem, destination};

/// Files and directories that stay behind: they are secret, or a container has its own.
const PATHS: [&str; 21] = [
    ".bashrc",
    ".bash_profile",
    ".profile",
    ".zlogin",
    ".config/fish",
    ".npmrc",
    ".yarnrc.yml",
    ".pypirc",
    ".config/pip/pip.conf",
    ".cargo/config.toml",
    ".m2/settings.xml",
    ".gradle/gradle.properties",
    ".curlrc",
    ".wgetrc",
    ".netrc",
    ".ssh/config",
    ".gnupg",
    ".aws",
    ".kube/config",
    ".docker/config.json",
    ".config/direnv",
];
/// The files that a new user gets, useradd(8).
const SKELETON: &str = "/etc/skel";

/// Returns a message that names the settings in this home directory that are not imported; `None`
/// if there are none.
pub(super) fn message(home: &Path, items: &[ImportItem]) -> Option<String> {
    let stays = |path: &&str| {
        destination(items, path).is_none()
            && exists(&home.join(path))
            && !is_default(home, path)
            && !is_own(home, path)
    };
    let paths: Vec<String> =
        PATHS.into_iter().filter(stays).map(|path| format!("`~/{path}`")).collect();
    (!paths.is_empty()).then(|| {
        format!(
            "not imported: {}; name a path in `import.additional_paths` to import it, and put \
             settings of bash into `~/.bashrc.d` or `~/.bash_aliases`",
            paths.join(", ")
        )
    })
}

/// Whether there is a directory, or a file with content.
fn exists(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.is_dir() || metadata.len() > 0)
}

/// Whether the user has never changed the file.
fn is_default(home: &Path, path: &str) -> bool {
    let default = fs::read(Path::new(SKELETON).join(path));
    default.is_ok_and(|default| fs::read(home.join(path)).is_ok_and(|own| own == default))
}

/// Whether the SSH configuration contains only the line that ContainAI adds to it.
fn is_own(home: &Path, path: &str) -> bool {
    let text = match path {
        ".ssh/config" => fs::read_to_string(home.join(path)).unwrap_or_default(),
        _ => return false,
    };
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    !text.is_empty() && lines.all(|line| line.starts_with('#') || line.contains("containai"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn existing_settings_are_named() {
        let home = tempfile::tempdir().expect("a directory");
        assert_eq!(message(home.path(), &[]), None);
        fs::create_dir(home.path().join(".ssh")).expect("a directory");
        for (path, text) in [
            (".bashrc", "x=1"),
            (".npmrc", "x=1"),
            (".ssh/config", "Include ~/.ssh/containai.d/*.conf"),
        ] {
            fs::write(home.path().join(path), text).expect("a file");
        }
        let items = [ImportItem::directory(".npmrc", "additional/.npmrc")];
        let message = message(home.path(), &items).expect("a message");
        assert!(message.starts_with("not imported: `~/.bashrc`; name"), "{message}");
    }
}
