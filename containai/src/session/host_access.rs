//! Who else can reach the workspace's files.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::SessionRequest;

/// The mode bit that lets everybody pass through a directory.
const OTHERS_EXECUTE: u32 = 0o001;

impl SessionRequest {
    /// Says so where other users of this machine could run set-user-id files that an agent makes:
    /// no mount option keeps it from making them, since they are its own. Of a workspace of root
    /// no such file is root's.
    pub(crate) fn warn_reachable_by_others(&self) {
        let workspace = self.workspace();
        if self.context.client.is_none() && is_reachable_by_others(workspace.as_path()) {
            self.context.reporter.say(&format!(
                "other users of this machine can enter `{workspace}`: a set-user-id file that is \
                 made inside runs with the rights of the workspace's owner; `chmod o-x` on the \
                 workspace keeps them out"
            ));
        }
    }
}

fn is_reachable_by_others(workspace: &Path) -> bool {
    let is_roots = fs::metadata(workspace).is_ok_and(|it| it.uid() == 0);
    let lets_pass =
        |path: &Path| fs::metadata(path).is_ok_and(|it| it.mode() & OTHERS_EXECUTE != 0);
    !is_roots && workspace.ancestors().all(lets_pass)
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
