//! The `devcontainer.json` files of a workspace, and the choice between them.

use std::fs;

use containai_core::config::DevcontainerChoice;
use containai_core::hint::Hint;
use containai_core::layout::DEVCONTAINER_FILES;
use containai_core::naming::WorkspacePath;

use crate::error::OperationError;

/// The folder that contains further configurations, each in a folder of its own.
const FOLDER: &str = ".devcontainer";
/// The name of a file in such a folder.
const NAME: &str = "devcontainer.json";
/// The longest list of configurations.
const MAX_LISTED: usize = 50;

/// Returns the paths of the configurations in `.devcontainer/NAME/`, sorted. Links are ignored;
/// reading a file checks again.
pub(crate) fn list_further(workspace: &WorkspacePath) -> Vec<String> {
    let folder = workspace.as_path().join(FOLDER);
    if !folder.symlink_metadata().is_ok_and(|it| it.is_dir()) {
        return Vec::new();
    }
    let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
    let with_file = entries.filter(|entry| {
        let file = entry.path().join(NAME);
        entry.file_type().is_ok_and(|kind| kind.is_dir()) && file.symlink_metadata().is_ok()
    });
    let names = with_file.filter_map(|entry| entry.file_name().into_string().ok());
    let is_plain = |name: &String| !name.chars().any(char::is_control);
    let mut paths: Vec<_> = names
        .filter(is_plain)
        .map(|name| format!("{FOLDER}/{name}/{NAME}"))
        .take(MAX_LISTED)
        .collect();
    paths.sort();
    paths
}

/// Returns the only further configuration; `None` if there is none.
///
/// # Errors
///
/// There are several.
pub(crate) fn only_further(workspace: &WorkspacePath) -> Result<Option<String>, OperationError> {
    let mut paths = list_further(workspace);
    if paths.len() < 2 {
        return Ok(paths.pop());
    }
    let listed: Vec<_> = paths.iter().map(|path| format!("`{path}`")).collect();
    let message = format!("`{workspace}` has several configurations: {}", listed.join(", "));
    Err(OperationError::usage(message).hint(Hint::new(
        "choose one with `--devcontainer=PATH`, or none with `--devcontainer=off`",
    )))
}

/// Returns the error of a workspace without the chosen file.
pub(crate) fn not_found(workspace: &WorkspacePath, choice: &DevcontainerChoice) -> OperationError {
    let [first, second] = DEVCONTAINER_FILES;
    let message = match choice {
        DevcontainerChoice::Path(path) => format!("there is no `{path}` in `{workspace}`"),
        _ => format!(
            "`{workspace}` has no devcontainer.json: neither `{first}` nor `{second}` nor `{FOLDER}/NAME/{NAME}`"
        ),
    };
    let error = OperationError::usage(message);
    match list_further(workspace).as_slice() {
        [] => error.hint(Hint::new("name a file of the workspace with `--devcontainer=PATH`")),
        paths => error.hint(Hint::new(format!("the workspace has {}", paths.join(", ")))),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn further_configurations_are_listed() -> anyhow::Result<()> {
        let directory = tempfile::tempdir()?;
        let workspace = WorkspacePath::new(&directory.path().canonicalize()?)?;
        assert!(list_further(&workspace).is_empty());
        let folder = directory.path().join(FOLDER);
        for name in ["b", "empty"] {
            fs::create_dir_all(folder.join(name))?;
        }
        fs::write(folder.join("b").join(NAME), "{}")?;
        symlink("b", folder.join("link"))?;
        assert_eq!(only_further(&workspace)?.as_deref(), Some(".devcontainer/b/devcontainer.json"));
        fs::create_dir(folder.join("a"))?;
        fs::write(folder.join("a").join(NAME), "{}")?;
        let error = only_further(&workspace).expect_err("there are two").to_string();
        assert!(
            error.ends_with(
                "`.devcontainer/a/devcontainer.json`, `.devcontainer/b/devcontainer.json`"
            ),
            "{error}"
        );
        fs::rename(&folder, directory.path().join("moved"))?;
        symlink("moved", &folder)?;
        assert!(list_further(&workspace).is_empty());
        Ok(())
    }
}
