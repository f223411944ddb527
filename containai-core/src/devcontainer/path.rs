//! Paths in a workspace.

use super::error::DevcontainerError;

/// Resolves `path` from the folder of a file, both relative to the workspace; empty for the
/// workspace itself. Opening the result must check symbolic links.
/// # Errors
///
/// [`DevcontainerError::OutsideWorkspace`] for a path outside the workspace.
pub(super) fn resolve_in_workspace(
    folder: &str,
    path: &str,
    key: &str,
) -> Result<String, DevcontainerError> {
    let outside =
        || DevcontainerError::OutsideWorkspace { key: key.to_owned(), path: path.to_owned() };
    if path.starts_with('/') || path.contains(['\0', '\\']) {
        return Err(outside());
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop().ok_or_else(outside)?),
            part => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_outside_the_workspace_are_refused() {
        for (path, expected) in [
            ("Dockerfile", Some(".devcontainer/Dockerfile")),
            ("./a//b/", Some(".devcontainer/a/b")),
            ("..", Some("")),
            ("../x", Some("x")),
            (".", Some(".devcontainer")),
            ("../..", None),
            ("../../.devcontainer/x", None),
            ("/etc", None),
        ] {
            assert_eq!(
                resolve_in_workspace(".devcontainer", path, "k").ok().as_deref(),
                expected,
                "{path}"
            );
        }
    }
}
