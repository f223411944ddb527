//! Access of other users of this machine to a workspace.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::ResolvedWorkspace;

/// The mode bit that lets all other users pass through a directory.
const OTHERS_EXECUTE: u32 = 0o001;

impl ResolvedWorkspace {
    /// Warns if other users of this machine can run set-user-id files that an agent creates. No
    /// mount option prevents it from creating them, since they are its own. In a workspace of
    /// root, such files are not owned by root.
    pub(crate) fn warn_reachable_by_others(&self) {
        let workspace = &self.path;
        if self.context.client.is_none() && is_reachable_by_others(workspace.as_path()) {
            self.context.reporter.say(&format!(
                "other users of this machine can enter `{workspace}`: a set-user-id file that is \
                 created inside runs with the rights of the workspace's owner; run `chmod o-x` on \
                 the workspace to prevent it"
            ));
        }
    }
}

fn is_reachable_by_others(workspace: &Path) -> bool {
    let is_owned_by_root = fs::metadata(workspace).is_ok_and(|it| it.uid() == 0);
    let is_passable =
        |path: &Path| fs::metadata(path).is_ok_and(|it| it.mode() & OTHERS_EXECUTE != 0);
    !is_owned_by_root && workspace.ancestors().all(is_passable)
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt as _, chown};

    use super::*;

    #[test]
    fn one_closed_parent_directory_is_enough() {
        let base = tempfile::tempdir_in("/var/tmp").expect("a directory");
        let workspace = base.path().join("work");
        fs::create_dir(&workspace).expect("a directory");
        chown(&workspace, Some(1234), None).expect("an owner");
        let close = |path: &Path, mode| {
            fs::set_permissions(path, Permissions::from_mode(mode)).expect("a mode");
        };
        close(base.path(), 0o700);
        assert!(!is_reachable_by_others(&workspace));
        close(base.path(), 0o711);
        assert!(is_reachable_by_others(&workspace));
        close(&workspace, 0o750);
        assert!(!is_reachable_by_others(&workspace));
        close(&workspace, 0o755);
        chown(&workspace, Some(0), None).expect("an owner");
        assert!(!is_reachable_by_others(&workspace));
    }
}
