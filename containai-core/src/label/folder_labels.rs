//! Labels with places of the workspace in the container.

use super::{Labels, WORKSPACE_FOLDER, WORKSPACE_PLACE};
use crate::layout::CONTAINER_WORKSPACE;

impl Labels {
    /// Returns the folder in the container in which sessions start: an absolute path.
    pub fn workspace_folder(&self) -> &str {
        self.get(WORKSPACE_FOLDER).filter(|path| is_folder(path)).unwrap_or(CONTAINER_WORKSPACE)
    }

    /// Returns the place in the container that sessions regard as the workspace: an absolute path.
    pub fn workspace_place(&self) -> &str {
        self.get(WORKSPACE_PLACE).filter(|path| is_folder(path)).unwrap_or(CONTAINER_WORKSPACE)
    }
}

/// Whether this is an absolute path without `..`: any image may have the label.
fn is_folder(path: &str) -> bool {
    path.starts_with('/')
        && !path.split('/').any(|part| part == "..")
        && !path.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_start_in_the_folder_of_the_label() {
        let folder = |path: &str| {
            let labels: Labels = [(WORKSPACE_FOLDER, path)].into_iter().collect();
            labels.workspace_folder().to_owned()
        };
        assert_eq!(folder("/w/api"), "/w/api");
        for invalid in ["", "w", "/a/../b", "/a\n"] {
            assert_eq!(folder(invalid), CONTAINER_WORKSPACE, "{invalid:?}");
        }
        assert_eq!(Labels::default().workspace_place(), CONTAINER_WORKSPACE);
    }
}
