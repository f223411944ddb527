//! Additional mounts.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::error::DevcontainerError;
use super::fields::{JsonFields, scalar_text, wrong_type};
use super::keys::DEVICES;
use super::plan::DevcontainerPlan;
use super::workspace_folder::{WorkspaceFolder, WorkspacePlace};
use crate::engine::MountAccess;
use crate::naming::{MountTarget, VolumeName};

/// The expected format of `mounts`.
const EXPECTED: &str =
    "a list of mounts such as `type=bind,source=/srv/data,target=/data,readonly`";
/// The directories of the engine in the container.
const ENGINE_DIRS: [&str; 2] = ["/var/lib/docker", "/var/lib/containerd"];

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

/// The mounts of a file, and where they apply.
pub(super) struct MountReader<'a> {
    /// The folder of the workspace.
    pub(super) folder: &'a WorkspaceFolder,
    /// The path of the workspace on the host.
    pub(super) local: &'a str,
}

impl MountReader<'_> {
    /// Reads `mounts`.
    pub(super) fn read_all(
        &self,
        fields: JsonFields<'_>,
        plan: &mut DevcontainerPlan,
    ) -> Result<Vec<RequestedMount>, DevcontainerError> {
        let mut mounts = Vec::new();
        for value in fields.array("mounts")? {
            let options = match value {
                Value::String(text) => parse_mount_string(text),
                Value::Object(object) => {
                    let pair =
                        |(key, value): (&String, &Value)| Some((key.clone(), scalar_text(value)?));
                    object.iter().map(pair).collect()
                }
                _ => None,
            }
            .ok_or_else(|| wrong_type("mounts", EXPECTED))?;
            mounts.extend(self.add("mounts", options, plan));
        }
        Ok(mounts)
    }

    /// Reads the value of `--mount`.
    pub(super) fn read_mount(
        &self,
        property: &str,
        text: &str,
        plan: &mut DevcontainerPlan,
    ) -> Option<RequestedMount> {
        self.add(property, parse_mount_string(text).unwrap_or_default(), plan)
    }

    /// Reads the value of `--volume`, `[SOURCE:]TARGET[:OPTIONS]`.
    pub(super) fn read_volume(
        &self,
        property: &str,
        text: &str,
        plan: &mut DevcontainerPlan,
    ) -> Option<RequestedMount> {
        let mut parts = text.splitn(3, ':');
        let (first, second) = (parts.next().unwrap_or_default(), parts.next());
        let (source, target) = second.map_or(("", first), |target| (first, target));
        let kind = if source.starts_with(['/', '.', '~']) { "bind" } else { "volume" };
        let mut options: BTreeMap<String, String> =
            [("type", kind), ("source", source), ("target", target)]
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .into();
        for option in parts.next().into_iter().flat_map(|options| options.split(',')) {
            match option {
                "ro" => drop(options.insert("readonly".into(), String::new())),
                // Defaults, labels of SELinux, and hosts other than Linux.
                "rw" | "z" | "Z" | "cached" | "delegated" | "consistent" | "nocopy" => {}
                other => drop(options.insert(other.to_owned(), String::new())),
            }
        }
        self.add(property, options, plan)
    }

    fn add(
        &self,
        property: &str,
        mut options: BTreeMap<String, String>,
        plan: &mut DevcontainerPlan,
    ) -> Option<RequestedMount> {
        for key in ["target", "destination", "dst"] {
            if let Some(target) = options.get_mut(key) {
                *target = self.folder.relocate(target, self.local);
            }
        }
        RequestedMount::from_options(property, options, plan)
    }
}

impl RequestedMount {
    /// Reads `mounts` of another document than the `devcontainer.json`.
    pub(super) fn read_all(
        fields: JsonFields<'_>,
        plan: &mut DevcontainerPlan,
    ) -> Result<Vec<Self>, DevcontainerError> {
        let folder =
            WorkspaceFolder { place: WorkspacePlace::Nowhere, ..WorkspaceFolder::default() };
        MountReader { folder: &folder, local: "" }.read_all(fields, plan)
    }

    /// Parses the text form. `None`: not to be mounted, for the reason that the plan has now.
    pub(super) fn parse(property: &str, text: &str, plan: &mut DevcontainerPlan) -> Option<Self> {
        Self::from_options(property, parse_mount_string(text).unwrap_or_default(), plan)
    }

    fn from_options(
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_mounts_in_docker_syntax() {
        let check = |value: &str| {
            let text = format!("{{\"mounts\": [{value}]}}");
            let object = crate::devcontainer::jsonc::parse(&text).expect("JSON");
            let folder = WorkspaceFolder::default();
            let reader = MountReader { folder: &folder, local: "/src/api" };
            let mut plan = DevcontainerPlan::default();
            match reader.read_all(JsonFields(&object), &mut plan) {
                Ok(mounts) => {
                    let mounts = mounts.iter().map(|it| format!("{it} {:?}", it.access));
                    let entries = plan.entries().iter().map(ToString::to_string);
                    mounts.chain(entries).collect::<Vec<_>>().join("; ")
                }
                Err(error) => error.to_string(),
            }
        };
        let all = [
            r#""type=bind,source=/srv/data,target=/data,consistency=cached""#,
            r#""src=cache,dst=/cache,readonly""#,
            r#"{"type": "volume", "source": "cache", "target": "/cache", "readonly": true}"#,
            r#""type=bind,source=/a,target=/b,ro=false""#,
            r#""type=bind,source=a,target=/b""#,
            r#""type=tmpfs,target=/b""#,
            r#""type=volume,target=/b""#,
            r#""type=volume,source=../x,target=/b""#,
            r#""type=volume,source=containai-api-1234-data,target=/b""#,
            r#""type=bind,source=/a,target=/etc""#,
            r#""type=bind,source=/a,target=b""#,
            r#""type=bind,source=/a,target=/b,bind-nonrecursive=true""#,
            r#""type=bind,\"source=/a,b\",target=/b""#,
            r#""type=bind,source=/a,target=/b,readonly=perhaps""#,
            "[]",
            r#"{"type": "bind", "source": {}, "target": "/b"}"#,
            r#""source=dind-var-lib-docker,target=/var/lib/docker,type=volume""#,
            r#""source=/var/run/docker.sock,target=/var/run/docker-host.sock,type=bind""#,
            r#""source=/run/user/1000/docker.sock,target=/var/run/docker.sock,type=bind""#,
            r#""source=/run/user/1000/keyring/ssh,target=/ssh-agent,type=bind""#,
            r#""source=/dev/bus/usb,target=/dev/bus/usb,type=bind""#,
            r#""source=/a,target=/b,type=bind,bind-propagation=rslave""#,
            r#""source=modules,target=/workspaces/api/node_modules,type=volume""#,
        ];
        insta::assert_snapshot!(all.map(check).join("\n"));
    }

    #[test]
    fn reads_volumes_in_docker_syntax() {
        let check = |text: &str| {
            let folder = WorkspaceFolder::default();
            let reader = MountReader { folder: &folder, local: "/src/api" };
            let mut plan = DevcontainerPlan::default();
            let mount = reader.read_volume("runArgs --volume", text, &mut plan);
            let mount = mount.map(|it| format!("{it} {:?}", it.access));
            let entries = plan.entries().iter().map(ToString::to_string);
            mount.into_iter().chain(entries).collect::<Vec<_>>().join("; ")
        };
        let all = [
            "cache:/cache",
            "/srv/data:/data:ro,z",
            "/srv/data:/data:cached",
            "/var/run/docker.sock:/var/run/docker.sock",
            "/only",
            "a:b:c:d",
            "./x:/x",
            "",
        ];
        insta::assert_snapshot!(all.map(check).join("\n"));
    }
}
