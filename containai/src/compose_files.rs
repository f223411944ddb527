//! The Compose files of a `devcontainer.json`, read from the disk.

use std::cell::RefCell;
use std::path::Path;

use containai_core::config::ContentHash;
use containai_core::devcontainer::{ComposeInput, ComposeProject, DevcontainerError};
use containai_core::naming::WorkspacePath;

use crate::workspace_file::{self, FollowLinks};

/// The longest accepted file, in bytes.
const MAX_BYTES: u64 = 256 << 10;

/// The Compose files of a `devcontainer.json`, each read once: the texts that are judged are those
/// that are approved and used.
#[derive(Clone, Debug)]
pub(crate) struct ComposeFiles {
    /// The project; `None` for a `devcontainer.json` that names no Compose file.
    pub(crate) project: Result<Option<ComposeProject>, DevcontainerError>,
    files: Vec<ReadFile>,
}

/// A file as it was read.
#[derive(Clone, Debug)]
struct ReadFile {
    path: String,
    input: ComposeInput,
    /// `None` for a missing file.
    text: Option<String>,
}

impl ComposeFiles {
    /// Reads the files that a `devcontainer.json` names. `folder` is its folder.
    pub(crate) fn read(workspace: &WorkspacePath, text: &str, folder: &str) -> Self {
        let files = RefCell::new(Vec::new());
        let project = ComposeProject::read(text, folder, &|path, input| {
            read_once(workspace, path, input, &mut files.borrow_mut())
        });
        Self { project, files: files.into_inner() }
    }

    /// Returns the text to approve: that of the `devcontainer.json`, then the Compose files. Values of
    /// variables may be secret, so a hash stands for them.
    pub(crate) fn reviewed_text(&self, text: &str) -> String {
        let mut reviewed = text.to_owned();
        for file in &self.files {
            let Some(text) = &file.text else { continue };
            reviewed.push_str(&match file.input {
                ComposeInput::Project => format!("\n--- {}\n{text}", file.path),
                ComposeInput::Variables => format!(
                    "\n--- {}, sha256 {}\n{}",
                    file.path,
                    ContentHash::of(text),
                    variable_names(text)
                ),
            });
        }
        reviewed
    }
}

fn read_once(
    workspace: &WorkspacePath,
    path: &str,
    input: ComposeInput,
    files: &mut Vec<ReadFile>,
) -> Result<Option<String>, DevcontainerError> {
    if let Some(file) = files.iter().find(|file| file.path == path && file.input == input) {
        return Ok(file.text.clone());
    }
    let read = workspace_file::read(workspace, Path::new(path), FollowLinks::Never, MAX_BYTES);
    let text = read.map_err(|refused| DevcontainerError::ComposeSyntax {
        path: path.to_owned(),
        message: refused.to_string(),
    })?;
    files.push(ReadFile { path: path.to_owned(), input, text: text.clone() });
    Ok(text)
}

/// Returns the names in a file of variables, one a line.
fn variable_names(text: &str) -> String {
    let names = text.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name.trim());
    names.filter(|name| !name.starts_with('#')).map(|name| format!("{name}\n")).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn texts_are_part_of_the_approval_and_values_are_not() -> anyhow::Result<()> {
        let place = tempfile::tempdir()?;
        let root = place.path().canonicalize()?;
        fs::create_dir(root.join(".devcontainer"))?;
        let write = |name: &str, text: &str| fs::write(root.join(".devcontainer").join(name), text);
        write(
            "c.yml",
            "services:\n  app:\n    image: a:${V}\n    env_file: [x.env, {path: none, required: false}]\n",
        )?;
        write(".env", "V=hush\n# W=1\n")?;
        write("x.env", "TOKEN=secret\n")?;
        let workspace = WorkspacePath::new(&root)?;
        let text = r#"{"dockerComposeFile": "c.yml", "service": "app"}"#;
        let read = || ComposeFiles::read(&workspace, text, ".devcontainer");
        let files = read();
        assert!(matches!(files.project, Ok(Some(_))), "{:?}", files.project);
        let reviewed = files.reviewed_text(text);
        assert!(
            reviewed.starts_with(&format!("{text}\n--- .devcontainer/.env, sha256 ")),
            "{reviewed}"
        );
        assert!(reviewed.contains("\n--- .devcontainer/c.yml\nservices:\n"), "{reviewed}");
        assert!(reviewed.ends_with("\nTOKEN\n"), "{reviewed}");
        assert!(!reviewed.contains("hush") && !reviewed.contains("secret"), "{reviewed}");
        // Each of the files changes what is approved, also one that is new.
        for (name, text) in [("x.env", "TOKEN=other\n"), (".env", "V=x\n"), ("none", "N=1\n")] {
            let before = read().reviewed_text("");
            write(name, text)?;
            assert_ne!(read().reviewed_text(""), before, "{name}");
        }
        // Links are not followed.
        fs::remove_file(root.join(".devcontainer/c.yml"))?;
        std::os::unix::fs::symlink("/etc/passwd", root.join(".devcontainer/c.yml"))?;
        let refused = read().project.expect_err("a link").to_string();
        assert!(refused.contains("symbolic link"), "{refused}");
        // Without Compose files, the text is the file's own.
        assert_eq!(ComposeFiles::read(&workspace, "{}", "").reviewed_text("{}"), "{}");
        Ok(())
    }
}
