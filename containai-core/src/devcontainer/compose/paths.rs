//! Paths in Compose files.

use serde_json::{Map, Value};

use crate::devcontainer::DevcontainerError;

/// The marker of paths relative to the workspace, in a service whose paths are resolved.
pub(super) const IN_WORKSPACE: &str = "workspace:";

/// A directory of the workspace that paths start from; empty for the workspace itself.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct ComposeDir(String);

impl ComposeDir {
    /// Returns the directory of a file.
    pub(super) fn of_file(path: &str) -> Self {
        Self(path.rsplit_once('/').map_or("", |(dir, _)| dir).to_owned())
    }

    /// Returns the path of a file in the directory.
    pub(super) fn file(&self, name: &str) -> String {
        if self.0.is_empty() { name.to_owned() } else { format!("{}/{name}", self.0) }
    }

    /// Resolves a path that must be in the workspace.
    ///
    /// # Errors
    ///
    /// [`DevcontainerError::OutsideWorkspace`].
    pub(super) fn resolve(&self, path: &str, key: &str) -> Result<String, DevcontainerError> {
        let outside =
            || DevcontainerError::OutsideWorkspace { key: key.to_owned(), path: path.to_owned() };
        let resolved = self.join(path).ok_or_else(outside)?;
        match resolved.split('/').next() {
            Some("..") => Err(outside()),
            _ => Ok(resolved),
        }
    }

    /// Resolves a path; one above the workspace begins with `..`. `None` for an absolute path or one
    /// that only the host knows.
    pub(super) fn join(&self, path: &str) -> Option<String> {
        if path.starts_with(['/', '~', '$']) || path.contains(['\0', '\\']) {
            return None;
        }
        let mut parts: Vec<&str> = Vec::new();
        for part in self.0.split('/').chain(path.split('/')) {
            match part {
                "" | "." => {}
                ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
                part => parts.push(part),
            }
        }
        Some(parts.join("/"))
    }
}

/// Makes the paths of a service relative to the workspace: those of its build and its variables are
/// in it; the source of a bind mount is marked by [`IN_WORKSPACE`] if it is relative.
pub(super) fn resolve_paths(
    service: &mut Map<String, Value>,
    dir: &ComposeDir,
) -> Result<(), DevcontainerError> {
    if let Some(Value::Object(build)) = service.get_mut("build") {
        let context = build.get("context").and_then(Value::as_str).unwrap_or(".");
        let context = dir.resolve(context, "build.context")?;
        build.insert("context".to_owned(), Value::String(context));
    }
    for file in items(service, "env_file") {
        let slot = match file {
            Value::Object(file) => file.get_mut("path"),
            file => Some(file),
        };
        if let Some(Value::String(path)) = slot {
            *path = dir.resolve(path, "env_file")?;
        }
    }
    for volume in items(service, "volumes") {
        match volume {
            Value::String(text) if text.starts_with('.') => {
                let (source, rest) = text.split_once(':').unwrap_or((text, ""));
                if let Some(path) = dir.join(source) {
                    *text = format!("{IN_WORKSPACE}{path}:{rest}");
                }
            }
            Value::Object(volume) if volume.get("type").is_some_and(|kind| kind == "bind") => {
                if let Some(Value::String(source)) = volume.get_mut("source")
                    && let Some(path) = dir.join(source)
                {
                    *source = format!("{IN_WORKSPACE}{path}");
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn items<'a>(
    service: &'a mut Map<String, Value>,
    key: &str,
) -> impl Iterator<Item = &'a mut Value> {
    service.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_start_from_their_directory() {
        let dir = ComposeDir::of_file(".devcontainer/docker/compose.yml");
        for (path, expected) in [
            (".", Some(".devcontainer/docker")),
            ("./a//b", Some(".devcontainer/docker/a/b")),
            ("../..", Some("")),
            ("../../..", Some("..")),
            ("../../../x/../..", Some("../..")),
            ("/a", None),
            ("~/a", None),
            ("${localEnv:X}/a", None),
        ] {
            assert_eq!(dir.join(path).as_deref(), expected, "{path}");
        }
        assert_eq!(dir.resolve("../x", "k").ok().as_deref(), Some(".devcontainer/x"));
        assert!(dir.resolve("../../../x", "k").is_err() && dir.resolve("/x", "k").is_err());
        assert_eq!(ComposeDir::of_file("compose.yml").file(".env"), ".env");
    }
}
