//! An additional mount.

use std::collections::BTreeMap;
use std::fmt;

use super::keys::DEVICES;
use super::plan::DevcontainerPlan;
use crate::engine::MountAccess;
use crate::naming::{MountTarget, VolumeName};

/// The directories of the engine in the container.
const ENGINE_DIRS: [&str; 2] = ["/var/lib/docker", "/var/lib/containerd"];

/// Directories of a system that a container has itself.
const SYSTEM_DIRS: [&str; 10] = [
    "/boot",
    "/etc",
    "/lib/modules",
    "/proc",
    "/run/dbus",
    "/run/udev",
    "/sys",
    "/usr/src",
    "/var/run/dbus",
    "/var/run/udev",
];

/// A mount requested by the file, in the format of `--mount` in docker-run(1).
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct RequestedMount {
    /// The source.
    pub source: RequestedMountSource,
    /// The target in the container.
    pub target: MountTarget,
    /// The access mode in the container.
    pub access: MountAccess,
}

/// The source of a requested mount.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum RequestedMountSource {
    /// An absolute path of the host, as written.
    Path(String),
    /// A volume.
    Volume(VolumeName),
}

impl RequestedMount {
    /// Parses the text form. `None`: not to be mounted, for the reason that the plan has now.
    pub(super) fn parse(property: &str, text: &str, plan: &mut DevcontainerPlan) -> Option<Self> {
        Self::from_options(property, parse_mount_string(text).unwrap_or_default(), plan)
    }

    /// Reads the options. `None` as for [`parse`](Self::parse).
    pub(super) fn from_options(
        property: &str,
        mut options: BTreeMap<String, String>,
        plan: &mut DevcontainerPlan,
    ) -> Option<Self> {
        let mut take = |names: &[&str]| names.iter().find_map(|name| options.remove(*name));
        let kind = take(&["type"]).unwrap_or_else(|| "volume".to_owned());
        let source = take(&["source", "src"]).unwrap_or_default();
        let target = take(&["target", "destination", "dst"]).unwrap_or_default();
        let read_only = take(&["readonly", "ro"]);
        // Applies only to hosts other than Linux.
        take(&["consistency"]);
        let without_effect = take(&["bind-propagation", "external", "volume-nocopy"]);
        let property = format!("{property} {}", if target.is_empty() { &source } else { &target });
        if let Some(reason) = satisfied(&kind, &source, &target) {
            plan.satisfied(property, reason);
            return None;
        }
        if let Some(reason) = left_out(&kind, &source, &target) {
            plan.left_out(property, reason);
            return None;
        }
        if without_effect.is_some() {
            plan.left_out(property.as_str(), "mounts are private to the container");
        }
        let access = match read_only.as_deref() {
            None | Some("false" | "0") => Ok(MountAccess::ReadWrite),
            Some("" | "true" | "1") => Ok(MountAccess::ReadOnly),
            Some(_) => Err("`readonly` must be `true` or `false`"),
        };
        let access = match options.is_empty() {
            true => access,
            false => Err("mount options are `type`, `source`, `target` and `readonly`"),
        };
        let read = || -> Result<Self, &'static str> {
            let source = parse_source(&kind, &source)?;
            let target = MountTarget::parse(&target).map_err(|_| {
                "the target must be an absolute path outside system directories, such as `/cache`"
            })?;
            Ok(Self { source, target, access: access? })
        };
        read().map_err(|reason| plan.refused(property, reason)).ok()
    }
}

/// Returns the reason why a container has what the mount is for.
fn satisfied(kind: &str, source: &str, target: &str) -> Option<&'static str> {
    let is_socket = |path: &str| matches!(file_name(path), "docker.sock" | "podman.sock");
    if kind == "bind" && (is_socket(source) || is_socket(target)) {
        return Some("the container has a Docker engine of its own at `/var/run/docker.sock`");
    }
    if ENGINE_DIRS.into_iter().any(|directory| is_at_or_below(target, directory)) {
        return Some("the Docker engine in the container keeps its data in a volume of its own");
    }
    if kind == "bind"
        && matches!(file_name(target), "ssh-agent" | "ssh-agent.sock" | "ssh_auth_sock")
    {
        return Some("`--ssh-agent` forwards your SSH agent to sessions");
    }
    (kind == "volume" && source.is_empty())
        .then_some("the directory is part of the container, and is kept as long as that")
}

/// Returns the reason why the container does without a mount.
fn left_out(kind: &str, source: &str, target: &str) -> Option<&'static str> {
    if kind == "bind" && (is_at_or_below(source, "/dev") || is_at_or_below(target, "/dev")) {
        return Some(DEVICES);
    }
    let of_system = |path: &str| SYSTEM_DIRS.into_iter().any(|it| is_at_or_below(path, it));
    if kind == "bind" && of_system(source) && of_system(target) {
        return Some("it belongs to the system of this machine, and the container has its own");
    }
    (kind == "tmpfs").then_some("the directory is part of the container")
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

fn is_at_or_below(path: &str, directory: &str) -> bool {
    path.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn parse_source(kind: &str, source: &str) -> Result<RequestedMountSource, &'static str> {
    match kind {
        "bind" if source.starts_with('/') => Ok(RequestedMountSource::Path(source.to_owned())),
        "bind" => Err("the source of a bind mount must be an absolute path"),
        // A workspace's settings and credentials must not be available to another workspace's
        // container.
        "volume" if source.starts_with("containai-") => {
            Err("volume names with the prefix `containai-` are reserved for workspaces")
        }
        "volume" => VolumeName::parse(source)
            .map(RequestedMountSource::Volume)
            .map_err(|_| "the volume name is invalid"),
        _ => Err("the mount type must be `bind` or `volume`"),
    }
}

impl fmt::Display for RequestedMount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = match &self.source {
            RequestedMountSource::Path(path) => path.as_str(),
            RequestedMountSource::Volume(name) => name.as_str(),
        };
        write!(f, "{source} at {}", self.target)
    }
}

/// Parses the string form. Values with quotes, which Docker parses as CSV, are rejected.
pub(super) fn parse_mount_string(text: &str) -> Option<BTreeMap<String, String>> {
    if text.contains('"') {
        return None;
    }
    let pair = |option: &str| {
        let (key, value) = option.split_once('=').unwrap_or((option, ""));
        (key.trim().to_owned(), value.to_owned())
    };
    Some(text.split(',').map(pair).collect())
}
