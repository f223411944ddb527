//! Mount targets.

use super::newtype::{parses_from_text, reads_as_text};
use crate::container_paths::{
    CONTAINER_DATA, CONTAINER_DOCKER, CONTAINER_HOME, CONTAINER_WORKSPACE,
};

/// The system directories, which nothing may be mounted on or below.
const SYSTEM_PATHS: [&str; 16] = [
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/lib64",
    "/proc",
    "/run",
    "/sbin",
    "/sys",
    "/usr/bin",
    "/usr/lib",
    "/usr/local/bin",
    "/usr/sbin",
    "/var/lib/systemd",
    "/var/run",
];

/// Directories that a mount must not cover; mounts below them are allowed.
const NEVER_COVERED: [&str; 2] = [CONTAINER_HOME, CONTAINER_WORKSPACE];

/// The target of a mount in a container, such as `/cache`: an absolute path without `.`
/// and `..`. It does not cover the system, the home directory or the workspace, and is
/// not inside the system or a managed volume.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MountTarget(String);

reads_as_text!(MountTarget);
parses_from_text!(MountTarget, MountTargetError);

impl MountTarget {
    /// Parses a path inside the container.
    ///
    /// # Errors
    ///
    /// [`MountTargetError`] for any other text.
    pub fn parse(text: &str) -> Result<Self, MountTargetError> {
        let path = text.strip_suffix('/').unwrap_or(text);
        let is_part = |part: &str| !matches!(part, "" | "." | "..");
        let is_path = path.strip_prefix('/').is_some_and(|below| below.split('/').all(is_part))
            && !path.chars().any(char::is_control);
        let ssh = format!("{CONTAINER_HOME}/.ssh");
        let closed = [CONTAINER_DATA, CONTAINER_DOCKER, ssh.as_str()];
        let is_free = |place: &&str| !is_below(path, place) && !is_below(place, path);
        let is_fine = is_path
            && SYSTEM_PATHS.iter().chain(&closed).all(is_free)
            && NEVER_COVERED.iter().all(|place| !is_below(place, path));
        match is_fine {
            true => Ok(Self(path.to_owned())),
            false => Err(MountTargetError { text: text.to_owned() }),
        }
    }
}

/// Returns whether a path equals another one or is below it.
fn is_below(path: &str, other: &str) -> bool {
    path.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The path is not a valid mount target.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "`{}` is not a valid mount target: expected an absolute path outside the system directories, such as `/cache`",
    text.escape_debug()
)]
#[non_exhaustive]
pub struct MountTargetError {
    /// The given text.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn system_paths_are_refused() {
        for text in [
            "/cache",
            "/usr/local/share/x/",
            "/home/agent/workspace/node_modules",
            "/home/agent/.cache",
            "/var/lib/postgresql",
            "/etcetera",
        ] {
            assert!(MountTarget::parse(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "/",
            "cache",
            "/a/../etc",
            "/a//b",
            "/a\nb",
            "/home",
            "/home/agent",
            "/home/agent/",
            "/home/agent/workspace",
            "/home/agent/.ssh/x",
            "/mnt",
            "/mnt/agent-data/x",
            "/var/lib",
            "/var/lib/docker",
            "/usr",
            "/etc/ssh",
            "/run/x",
            "/usr/local",
        ] {
            assert!(MountTarget::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn accepted_targets_are_normalized_paths(text in "[a-z/. \n]{0,20}|/.{0,20}") {
            if let Ok(target) = MountTarget::parse(&text) {
                let parts: Vec<_> = target.as_str().split('/').skip(1).collect();
                prop_assert!(parts.iter().all(|part| !matches!(*part, "" | "." | "..")));
                prop_assert_eq!(MountTarget::parse(target.as_str()), Ok(target.clone()));
            }
        }
    }
}
