//! The volumes of the service that is the container.

use serde_json::{Map, Value, json};

use super::paths::IN_WORKSPACE;
use super::project::ComposeProject;
use crate::devcontainer::plan::DevcontainerPlan;
use crate::naming::MountTarget;

/// The directories of the engine in the container, for which it has a volume.
const ENGINE_DIRS: [&str; 2] = ["/var/lib/docker", "/var/lib/containerd"];

/// The meaning of an entry of `volumes` in a `devcontainer.json`.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum ServiceVolume {
    /// The workspace, at this path.
    Workspace(String),
    /// An entry of `mounts`.
    Mount(Value),
}

/// An entry of `volumes` in its long form.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct VolumeFields {
    kind: String,
    source: String,
    target: String,
    is_read_only: bool,
}

impl ComposeProject {
    /// Returns what the volumes of the service stand for; the last one of a target counts. `local`
    /// is the path of the workspace on the host.
    pub(super) fn service_volumes(
        &self,
        local: &str,
        plan: &mut DevcontainerPlan,
    ) -> Vec<ServiceVolume> {
        let entries = self.definition.get("volumes").and_then(Value::as_array);
        let mut fields: Vec<VolumeFields> = Vec::new();
        for entry in entries.into_iter().flatten() {
            let Some(entry) = VolumeFields::read(entry) else {
                let key = format!("services.{}.volumes", self.service);
                plan.refused(
                    key,
                    "an entry is neither `SOURCE:TARGET` nor a mapping with a target",
                );
                continue;
            };
            fields.retain(|earlier| earlier.target != entry.target);
            fields.push(entry);
        }
        let fields = fields.iter().filter(|entry| self.can_mount(entry, plan)).collect::<Vec<_>>();
        fields.into_iter().map(|entry| self.service_volume(entry, local, plan)).collect()
    }

    /// Whether a volume can be where it is wanted. One that hides a directory of the system is left
    /// out: the directory itself is kept as long as the container.
    fn can_mount(&self, entry: &VolumeFields, plan: &mut DevcontainerPlan) -> bool {
        let is_engine = ENGINE_DIRS.contains(&entry.target.as_str());
        let can = entry.kind != "volume" || is_engine || MountTarget::parse(&entry.target).is_ok();
        if !can {
            plan.left_out(
                format!("services.{}.volumes {}", self.service, entry.target),
                "the directory is part of the container, and is kept as long as that",
            );
        }
        can
    }

    fn service_volume(
        &self,
        entry: &VolumeFields,
        local: &str,
        plan: &mut DevcontainerPlan,
    ) -> ServiceVolume {
        let VolumeFields { kind, source, target, .. } = entry;
        if let Some(path) = source.strip_prefix(IN_WORKSPACE) {
            if let Some(folder) = workspace_at(path, target, local) {
                return ServiceVolume::Workspace(folder);
            }
            let levels = path.split('/').take_while(|part| *part == "..").count();
            let root = "${localWorkspaceFolder}";
            let source = match levels {
                0 => format!("{root}/{path}"),
                // Another directory beside or above the workspace.
                _ => format!(
                    "{}/{}",
                    parent(local, levels),
                    path[levels * 3 - 1..].trim_start_matches('/')
                ),
            };
            return ServiceVolume::Mount(mount("bind", &source, entry));
        }
        let source = match kind.as_str() {
            "volume" if !source.is_empty() => self.volume_name(source, plan),
            // A home directory is the host's.
            "bind" => match source.strip_prefix('~') {
                Some(below) => format!("${{localEnv:HOME}}{below}"),
                None => source.clone(),
            },
            _ => source.clone(),
        };
        ServiceVolume::Mount(mount(kind, &source, entry))
    }

    /// Returns the name of a volume on the engine: no other workspace's container has it, unless the
    /// file gives it a name.
    fn volume_name(&self, name: &str, plan: &mut DevcontainerPlan) -> String {
        let settings = self.volumes.get(name);
        let setting = |key: &str| settings.and_then(|it| it.get(key)).filter(|it| !it.is_null());
        if setting("driver_opts").or(setting("driver").filter(|it| *it != "local")).is_some() {
            plan.left_out(format!("volumes.{name}.driver"), "it is a plain volume of the engine");
        }
        let external = setting("external").filter(|it| **it != Value::Bool(false));
        let given = setting("name").or_else(|| external.and_then(|it| it.get("name")));
        match (given.and_then(Value::as_str), external) {
            (Some(given), _) => given.to_owned(),
            (None, Some(_)) => name.to_owned(),
            (None, None) => format!("${{devcontainerId}}_{name}"),
        }
    }
}

impl VolumeFields {
    fn read(entry: &Value) -> Option<Self> {
        match entry {
            Value::String(text) => Some(Self::parse(text)).filter(|entry| !entry.target.is_empty()),
            Value::Object(object) => Self::of_mapping(object),
            _ => None,
        }
    }

    /// Parses `[SOURCE:]TARGET[:OPTIONS]`.
    fn parse(text: &str) -> Self {
        let (prefix, text) = match text.strip_prefix(IN_WORKSPACE) {
            Some(rest) => (IN_WORKSPACE, rest),
            None => ("", text),
        };
        let mut parts = split_outside_braces(text).into_iter();
        let (first, second) = (parts.next().unwrap_or_default(), parts.next());
        let (source, target) = match second {
            Some(target) => (format!("{prefix}{first}"), target),
            None => (String::new(), first),
        };
        let is_path = source.starts_with(['/', '~', '$']) || source.starts_with(IN_WORKSPACE);
        let options = parts.next().unwrap_or_default();
        Self {
            kind: if is_path { "bind" } else { "volume" }.to_owned(),
            source,
            target: target.to_owned(),
            is_read_only: options.split(',').any(|option| option == "ro"),
        }
    }

    fn of_mapping(object: &Map<String, Value>) -> Option<Self> {
        let text =
            |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let target = Some(text("target")).filter(|target| !target.is_empty())?;
        let kind = Some(text("type")).filter(|kind| !kind.is_empty());
        Some(Self {
            kind: kind.unwrap_or_else(|| "volume".to_owned()),
            source: text("source"),
            target,
            is_read_only: object.get("read_only") == Some(&Value::Bool(true)),
        })
    }
}

/// Splits at colons that are not part of a variable.
fn split_outside_braces(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0usize);
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ':' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// Returns the path of the workspace in a container that has a directory at or above it.
fn workspace_at(path: &str, target: &str, local: &str) -> Option<String> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    if parts.iter().any(|part| *part != "..") {
        return None;
    }
    let names: Vec<&str> = local.split('/').filter(|name| !name.is_empty()).collect();
    let below = names.len().checked_sub(parts.len())?;
    let mut folder = target.trim_end_matches('/').to_owned();
    for name in &names[below..] {
        folder.push('/');
        folder.push_str(name);
    }
    Some(folder)
}

fn parent(local: &str, levels: usize) -> String {
    let names: Vec<&str> = local.split('/').collect();
    names[..names.len().saturating_sub(levels)].join("/")
}

fn mount(kind: &str, source: &str, fields: &VolumeFields) -> Value {
    let mut mount = json!({ "type": kind, "source": source, "target": fields.target });
    if fields.is_read_only {
        mount["readonly"] = Value::Bool(true);
    }
    mount
}
