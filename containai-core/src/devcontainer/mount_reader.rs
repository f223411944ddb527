//! Additional mounts of a document.

use std::collections::BTreeMap;

use serde_json::Value;

use super::error::DevcontainerError;
use super::fields::{JsonFields, scalar_text, wrong_type};
use super::mount::{RequestedMount, parse_mount_string};
use super::plan::DevcontainerPlan;
use super::workspace_folder::{WorkspaceFolder, WorkspacePlace};

/// The expected format of `mounts`.
const EXPECTED: &str =
    "a list of mounts such as `type=bind,source=/srv/data,target=/data,readonly`";

/// The mounts of a file, and where they apply.
pub(super) struct MountReader<'a> {
    /// The folder of the workspace.
    pub(super) folder: &'a WorkspaceFolder,
    /// The path of the workspace on the host.
    pub(super) local: &'a str,
    /// The folder of the file, relative to the workspace; relative sources in `mounts` are relative
    /// to it.
    pub(super) base: &'a str,
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
            mounts.extend(self.add("mounts", self.with_absolute_source(options), plan));
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

    fn with_absolute_source(
        &self,
        mut options: BTreeMap<String, String>,
    ) -> BTreeMap<String, String> {
        if options.get("type").is_some_and(|kind| kind == "bind") && !self.local.is_empty() {
            for key in ["source", "src"] {
                if let Some(source) = options.get_mut(key).filter(|it| it.starts_with('.')) {
                    *source = absolute(&format!("{}/{}/{source}", self.local, self.base));
                }
            }
        }
        options
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

/// Resolves `.` and `..` by text alone. What the path leads to is checked before it is mounted.
fn absolute(path: &str) -> String {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

impl RequestedMount {
    /// Reads `mounts` of another document than the `devcontainer.json`.
    pub(super) fn read_all(
        fields: JsonFields<'_>,
        plan: &mut DevcontainerPlan,
    ) -> Result<Vec<Self>, DevcontainerError> {
        let folder =
            WorkspaceFolder { place: WorkspacePlace::Nowhere, ..WorkspaceFolder::default() };
        MountReader { folder: &folder, local: "", base: "" }.read_all(fields, plan)
    }
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
            let reader = MountReader { folder: &folder, local: "/src/api", base: ".devcontainer" };
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
            r#"{"type": "bind", "source": "../data/./x", "target": "/b"}"#,
            r#""type=bind,source=/run/udev,target=/run/udev""#,
            r#""type=bind,source=/etc/localtime,target=/etc/localtime,readonly""#,
        ];
        insta::assert_snapshot!(all.map(check).join("\n"));
    }

    #[test]
    fn reads_volumes_in_docker_syntax() {
        let check = |text: &str| {
            let folder = WorkspaceFolder::default();
            let reader = MountReader { folder: &folder, local: "/src/api", base: ".devcontainer" };
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
