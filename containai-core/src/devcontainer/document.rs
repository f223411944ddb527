//! `devcontainer.json` documents.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};

use super::error::DevcontainerError;
use super::feature::Feature;
use super::feature_source::FeatureSource;
use super::fields::JsonFields;
use super::image::DevcontainerImage;
use super::jsonc;
use super::lifecycle::{Lifecycle, LifecycleCommand};
use super::mount::RequestedMount;
use super::provided_feature::provided_instead;
use super::substitute::{SubstitutionVariables, substitute, uses_host_variable};
use crate::layout::CONTAINER_WORKSPACE;

/// The context in which a file is read.
pub struct DevcontainerContext<'a> {
    /// The workspace's path on the host.
    pub workspace: &'a str,
    /// The folder of the file, relative to the workspace.
    pub folder: &'a str,
    /// An id that is unique to the workspace's container.
    pub id: &'a str,
    /// Looks up host variables; called only for approved files.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
}

impl fmt::Debug for DevcontainerContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").field("workspace", &self.workspace).finish_non_exhaustive()
    }
}

/// Whether the user approved the exact text of the file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Approval {
    /// Not approved: access to the host is refused.
    Missing,
    /// Approved.
    Given,
}

/// A parsed `devcontainer.json`.
#[derive(Clone, PartialEq)]
pub struct Devcontainer {
    /// The name.
    pub name: Option<String>,
    /// The image.
    pub image: DevcontainerImage,
    /// The features to install in the image.
    pub features: Vec<Feature>,
    /// The resources of features to install as early as possible, first to last.
    pub feature_order: Vec<String>,
    /// Variables of the container, without values from the host.
    pub container_env: BTreeMap<String, String>,
    /// Variables of sessions. Values may come from the host and be secret.
    pub session_env: BTreeMap<String, String>,
    /// The user that runs lifecycle commands; `None` is the user of sessions.
    pub remote_user: Option<String>,
    /// Ports of the container to forward to the host.
    pub forward_ports: Vec<u16>,
    /// The lifecycle commands.
    pub lifecycle: Lifecycle,
    /// The command to run on the host before a container is created or started.
    pub initialize: Option<LifecycleCommand>,
    /// Additional mounts.
    pub mounts: Vec<RequestedMount>,
    /// Properties that are ignored, one fragment each.
    pub notes: Vec<String>,
    /// The whole document after variable substitution.
    configuration: Map<String, Value>,
}

/// Omits values, which may be secret.
impl fmt::Debug for Devcontainer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Devcontainer").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Properties that do not apply to ContainAI's containers, or are used only by other programs that
/// read the file.
const IGNORED_KEYS: [&str; 6] =
    ["runArgs", "privileged", "capAdd", "securityOpt", "workspaceMount", "secrets"];

impl Devcontainer {
    /// Parses the text of a file.
    ///
    /// # Errors
    ///
    /// [`DevcontainerError`] for unsupported properties and for unapproved access to the host.
    pub fn parse(
        file: &str,
        host: &DevcontainerContext<'_>,
        approval: Approval,
    ) -> Result<Self, DevcontainerError> {
        let raw = jsonc::parse(file)?;
        let demands = host_requests(JsonFields(&raw), file, host.folder)?;
        if approval == Approval::Missing && !demands.is_empty() {
            return Err(DevcontainerError::Untrusted { demands });
        }
        let no_variables = |_: &str| None;
        let local: &dyn Fn(&str) -> Option<String> = match approval {
            Approval::Given => host.variable,
            Approval::Missing => &no_variables,
        };
        let folder = JsonFields(&raw).string("workspaceFolder")?.unwrap_or(CONTAINER_WORKSPACE);
        let configuration = substitute(
            &raw,
            &SubstitutionVariables {
                local_folder: host.workspace,
                container_folder: folder,
                id: host.id,
                local,
            },
        );
        let fields = JsonFields(&configuration);
        let mut notes = ignored_keys(fields);
        if folder != CONTAINER_WORKSPACE {
            notes.push(format!(
                "`workspaceFolder` is ignored: the workspace is at `{CONTAINER_WORKSPACE}`"
            ));
        }
        let (container_env, mut session_env) = split_environment(fields, JsonFields(&raw))?;
        for (name, value) in without_nulls(fields, "remoteEnv")? {
            match value.contains("${containerEnv:") {
                true => notes
                    .push(format!("`remoteEnv.{name}` is ignored: it uses a container variable")),
                false => drop(session_env.insert(name, value)),
            }
        }
        Ok(Self {
            name: fields.string("name")?.map(str::to_owned),
            image: DevcontainerImage::read(fields, host.folder)?,
            features: requested_features(fields, file, host.folder)?,
            feature_order: feature_order(fields, host.folder)?,
            container_env,
            session_env,
            remote_user: fields
                .string("remoteUser")?
                .or(fields.string("containerUser")?)
                .map(str::to_owned),
            forward_ports: forward_ports(fields, &mut notes)?,
            lifecycle: Lifecycle::read(fields)?,
            initialize: LifecycleCommand::read(fields, "initializeCommand")?,
            mounts: RequestedMount::read_all(fields)?,
            notes,
            configuration,
        })
    }

    /// Returns the document after variable substitution, as printed by other tools. Values may come
    /// from the host and be secret.
    pub fn configuration(&self) -> &Map<String, Value> {
        &self.configuration
    }
}

/// Returns the requested kinds of access to the host.
fn host_requests(
    raw: JsonFields<'_>,
    file: &str,
    folder: &str,
) -> Result<Vec<String>, DevcontainerError> {
    let mut demands = Vec::new();
    if LifecycleCommand::read(raw, "initializeCommand")?.is_some() {
        demands.push("running a command (`initializeCommand`)".to_owned());
    }
    if !raw.array("mounts")?.is_empty() {
        demands.push("mounting directories or volumes (`mounts`)".to_owned());
    }
    let features = requested_features(raw, file, folder)?;
    let is_downloaded =
        |it: &&Feature| it.source.is_downloaded() && provided_instead(&it.source).is_none();
    if features.iter().any(|it| is_downloaded(&it)) {
        let names = features.iter().filter(is_downloaded).map(|it| it.identifier.as_str());
        let names: Vec<_> = names.collect();
        demands.push(format!("downloading software (`features`: {})", names.join(", ")));
    }
    if raw.0.values().any(uses_host_variable) {
        demands.push("reading variables (`${localEnv:…}`)".to_owned());
    }
    Ok(demands)
}

fn requested_features(
    fields: JsonFields<'_>,
    file: &str,
    folder: &str,
) -> Result<Vec<Feature>, DevcontainerError> {
    Feature::read_all(fields, "features", folder, &jsonc::key_order(file, "features"))
}

/// Reads `overrideFeatureInstallOrder`; names that no feature can have are skipped.
fn feature_order(fields: JsonFields<'_>, folder: &str) -> Result<Vec<String>, DevcontainerError> {
    let key = "overrideFeatureInstallOrder";
    let names = fields.array(key)?.iter().filter_map(Value::as_str);
    Ok(names
        .filter_map(|name| Some(FeatureSource::parse(name, folder, key).ok()?.resource()))
        .collect())
}

/// The variables of the container without and with values from the host. The latter may be secret
/// and must not be part of an image.
type SplitEnvironment = (BTreeMap<String, String>, BTreeMap<String, String>);

fn split_environment(
    fields: JsonFields<'_>,
    raw: JsonFields<'_>,
) -> Result<SplitEnvironment, DevcontainerError> {
    let written = raw.object("containerEnv")?;
    let is_host =
        |name: &String| written.and_then(|it| it.get(name)).is_some_and(uses_host_variable);
    let all = fields.variables("containerEnv")?;
    let (host, own) = all.into_iter().partition(|(name, _)| is_host(name));
    Ok((own, host))
}

/// Reads variables; `null` unsets a variable, so such entries are skipped.
fn without_nulls(
    fields: JsonFields<'_>,
    key: &str,
) -> Result<BTreeMap<String, String>, DevcontainerError> {
    let Some(object) = fields.object(key)? else { return Ok(BTreeMap::new()) };
    let kept = object.iter().filter(|(_, value)| !value.is_null());
    let kept: Map<String, Value> = kept.map(|(k, v)| (k.clone(), v.clone())).collect();
    let whole: Map<String, Value> = [(key.to_owned(), Value::Object(kept))].into_iter().collect();
    JsonFields(&whole).variables(key)
}

fn forward_ports(
    fields: JsonFields<'_>,
    notes: &mut Vec<String>,
) -> Result<Vec<u16>, DevcontainerError> {
    let mut ports = Vec::new();
    for value in fields.array("forwardPorts")? {
        let own = value.as_str().and_then(|text| text.strip_prefix("localhost:")?.parse().ok());
        let port = value.as_u64().and_then(|port| u16::try_from(port).ok()).or(own);
        match port.filter(|port| *port != 0) {
            Some(port) => ports.push(port),
            None => notes.push(format!(
                "`forwardPorts` entry {value} is ignored: it is not a port of the container"
            )),
        }
    }
    ports.sort_unstable();
    ports.dedup();
    Ok(ports)
}

fn ignored_keys(fields: JsonFields<'_>) -> Vec<String> {
    let is_set = |key: &&str| fields.get(key).is_some_and(|value| *value != Value::Bool(false));
    let keys = IGNORED_KEYS.into_iter().filter(is_set);
    keys.map(|key| format!("`{key}` has no effect")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::devcontainer::RequestedMountSource;

    fn read(file: &str, approval: Approval) -> Result<Devcontainer, DevcontainerError> {
        let host = DevcontainerContext {
            workspace: "/home/me/api",
            folder: ".devcontainer",
            id: "id",
            variable: &|name| (name == "TOKEN").then(|| "hush".to_owned()),
        };
        Devcontainer::parse(file, &host, approval)
    }

    #[test]
    fn host_requests_need_approval() {
        for (text, demand) in [
            ("{\"initializeCommand\": \"x\"}", "running a command"),
            ("{\"initializeCommand\": {\"a\": [\"x\"]}}", "running a command"),
            ("{\"mounts\": [\"source=/,target=/x,type=bind\"]}", "directories"),
            ("{\"name\": \"${localEnv:TOKEN}\"}", "variables"),
            ("{\"x\": [{\"y\": \"${env:TOKEN:d}\"}]}", "variables"),
            (
                "{\"features\": {\"ghcr.io/a/b:1\": {}}}",
                "downloading software (`features`: ghcr.io/a/b:1)",
            ),
            ("{\"features\": {\"https://a/devcontainer-feature-b.tgz\": {}}}", "downloading"),
        ] {
            let refused = read(text, Approval::Missing).expect_err(text);
            assert!(matches!(&refused, DevcontainerError::Untrusted { .. }), "{refused}");
            assert!(refused.to_string().contains(demand), "{refused}");
        }
        let text = "{\"mounts\": [\"source=${localWorkspaceFolder}/x,target=/x,type=bind\"]}";
        let given = read(text, Approval::Given).expect("approved");
        assert_eq!(given.mounts[0].source, RequestedMountSource::Path("/home/me/api/x".into()));
        let text = "{\"initializeCommand\": \"\", \"mounts\": [], \"x\": \"${containerEnv:HOME}\", \
                    \"features\": {\"./a\": {}, \"ghcr.io/devcontainers/features/sshd:1\": {}}}";
        assert!(read(text, Approval::Missing).is_ok());
        let given = read("{\"initializeCommand\": \"make\"}", Approval::Given).expect("approved");
        assert_eq!(given.initialize, Some(LifecycleCommand::Shell("make".into())));
    }

    #[test]
    fn host_variables_are_not_part_of_the_image() {
        let text = "{\"containerEnv\": {\"A\": \"x\", \"B\": \"${localEnv:TOKEN}\"}, \
                    \"remoteEnv\": {\"C\": \"c\", \"D\": null, \"E\": \"${containerEnv:PATH}:/x\"}}";
        let read = read(text, Approval::Given).expect("approved");
        assert_eq!(read.container_env, [("A".into(), "x".into())].into());
        let expected = [("B".into(), "hush".into()), ("C".into(), "c".into())];
        assert_eq!(read.session_env, expected.into());
        assert_eq!(read.notes, ["`remoteEnv.E` is ignored: it uses a container variable"]);
        assert!(!format!("{read:?}").contains("hush"));
    }

    #[test]
    fn reads_images_and_builds() {
        let check = |text: &str| match read(text, Approval::Missing) {
            Ok(read) => format!("{:?}", read.image),
            Err(error) => error.to_string(),
        };
        let all = [
            "{}",
            "{\"image\": \"debian:12\"}",
            "{\"image\": \"a b\"}",
            "{\"build\": {\"dockerfile\": \"Dockerfile\", \"context\": \"..\", \"args\": {\"A\": 1}, \"target\": \"x\"}}",
            "{\"dockerFile\": \"../Dockerfile\", \"context\": \".\"}",
            "{\"build\": {\"dockerfile\": \"../../Dockerfile\"}}",
            "{\"build\": {\"dockerfile\": \"D\", \"context\": \"/\"}}",
            "{\"build\": {\"dockerfile\": \"D\", \"options\": [\"--network=host\"]}}",
            "{\"build\": []}",
            "{\"dockerComposeFile\": \"x.yml\", \"service\": \"y\"}",
            "{\"features\": {\"ghcr.io/devcontainers/features/go:1\": {}}}",
            "{\"features\": {\"./../../x\": {}}}",
            "{\"forwardPorts\": 3000}",
            "{\"containerEnv\": {\"A B\": \"x\"}}",
            "{\"postCreateCommand\": [1]}",
            "{\"postCreateCommand\": {\"a\": {\"b\": \"c\"}}}",
        ];
        insta::assert_snapshot!(all.map(check).join("\n"));
    }

    #[test]
    fn forward_ports_are_container_ports() {
        let read = read(
            "{\"forwardPorts\": [3000, \"localhost:80\", \"db:5432\", 3000, 0, 70000], \"privileged\": true, \"capAdd\": false}",
            Approval::Missing,
        )
        .expect("a file");
        assert_eq!(read.forward_ports, [80, 3000]);
        assert_eq!(read.notes.len(), 4, "{:?}", read.notes);
    }
}
