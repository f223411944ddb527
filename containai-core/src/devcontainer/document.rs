//! `devcontainer.json` documents.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};

use super::context::DevcontainerContext;
use super::editor::EditorSettings;
use super::environment::ContainerEnvironment;
use super::error::DevcontainerError;
use super::feature::Feature;
use super::feature_source::FeatureSource;
use super::fields::{JsonFields, scalar_text, wrong_type};
use super::image::DevcontainerImage;
use super::jsonc;
use super::keys::plan_keys;
use super::lifecycle::{Lifecycle, LifecycleCommand};
use super::mount::RequestedMount;
use super::mount_reader::MountReader;
use super::plan::DevcontainerPlan;
use super::ports::ForwardedPort;
use super::provided_feature::provided_instead;
use super::requirements::HostRequirements;
use super::run_args::{ArgumentContext, RunArguments, TranslatedArguments, translate};
use super::substitute::{SubstitutionVariables, substitute, substitute_text, uses_host_variable};
use super::workspace_folder::{WorkspaceFolder, WrittenFolder};
use crate::naming::HostEntry;

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
#[non_exhaustive]
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
    /// Variables of the container whose values contain `${containerEnv:NAME}`, in order.
    pub derived_env: Vec<(String, String)>,
    /// Variables of sessions. Values may come from the host and be secret.
    pub session_env: BTreeMap<String, String>,
    /// Files of the workspace with variables of sessions, relative to the workspace.
    pub env_files: Vec<String>,
    /// The user that runs lifecycle commands; `None` is the user of sessions.
    pub remote_user: Option<String>,
    /// Ports to forward to the host.
    pub forward_ports: Vec<ForwardedPort>,
    /// Names that the container resolves by itself.
    pub hosts: Vec<HostEntry>,
    /// The folder of the workspace in the container.
    pub workspace_folder: WorkspaceFolder,
    /// The lifecycle commands.
    pub lifecycle: Lifecycle,
    /// The command to run on the host before a container is created or started.
    pub initialize: Option<LifecycleCommand>,
    /// Additional mounts.
    pub mounts: Vec<RequestedMount>,
    /// The expected size of the machine.
    pub requirements: HostRequirements,
    /// The settings of editors.
    pub editor: EditorSettings,
    /// The properties that a container does not follow to the letter.
    pub plan: DevcontainerPlan,
    /// The whole document after variable substitution.
    configuration: Map<String, Value>,
}

/// Omits values, which may be secret.
impl fmt::Debug for Devcontainer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Devcontainer").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Devcontainer {
    /// Parses the text of a file.
    ///
    /// # Errors
    ///
    /// [`DevcontainerError`]: in this order, for values of the wrong type, for all unsupported
    /// properties together, and for unapproved access to the host.
    pub fn parse(
        file: &str,
        host: &DevcontainerContext<'_>,
        approval: Approval,
    ) -> Result<Self, DevcontainerError> {
        let (raw, mut plan) = host.document(file)?;
        let (folder, further) = workspace_folder(JsonFields(&raw), host, &mut plan)?;
        let configuration = substitute(&raw, &variables(host, &folder.folder));
        let (fields, raw) = (JsonFields(&configuration), JsonFields(&raw));
        plan_keys(fields, &mut plan);
        let image = plan.collect_image(fields, host)?;
        let order = jsonc::key_order(file, "features");
        let features = Feature::read_all(fields, "features", host.folder, &order);
        let features = plan.collect(features)?.unwrap_or_default();
        let mut environment = ContainerEnvironment::default();
        let arguments = RunArguments::parse(&words(fields)?);
        let reader = MountReader { folder: &folder, local: host.workspace, base: host.folder };
        let mut mounts = reader.read_all(fields, &mut plan)?;
        let arguments = translate(
            &arguments,
            &mut ArgumentContext {
                raw: &RunArguments::parse(&words(raw)?),
                variable: host.variable,
                mounts: reader,
                environment: &mut environment,
                plan: &mut plan,
            },
        );
        environment.read(fields, raw, &mut plan)?;
        mounts.extend(arguments.mounts.iter().cloned().chain(further));
        let read = Self {
            name: fields.string("name")?.map(str::to_owned),
            image,
            features,
            feature_order: feature_order(fields, host.folder)?,
            container_env: environment.image,
            derived_env: environment.derived,
            session_env: environment.session,
            remote_user: remote_user(fields, &arguments)?,
            forward_ports: ForwardedPort::read_all(fields, &arguments.published, &mut plan)?,
            lifecycle: Lifecycle::read(fields)?.with_services(host.compose),
            initialize: LifecycleCommand::read(fields, "initializeCommand")?,
            mounts,
            requirements: HostRequirements::read(fields, &mut plan)?,
            editor: EditorSettings::read(raw, &mut plan)?,
            workspace_folder: folder,
            env_files: arguments.env_files,
            hosts: arguments.hosts,
            plan,
            configuration: configuration.clone(),
        };
        read.plan.refusal()?;
        let demands = read.host_requests(raw, &arguments.host_variables);
        match approval == Approval::Given || demands.is_empty() {
            true => Ok(read),
            false => Err(DevcontainerError::Untrusted { demands, path: String::new() }),
        }
    }

    /// Returns the requested kinds of access to the host.
    fn host_requests(&self, raw: JsonFields<'_>, host_variables: &[String]) -> Vec<String> {
        let mut demands = Vec::new();
        if self.initialize.is_some() {
            demands.push("running a command (`initializeCommand`)".to_owned());
        }
        if !self.mounts.is_empty() {
            demands.push("mounting directories or volumes (`mounts`)".to_owned());
        }
        let is_downloaded =
            |it: &&Feature| it.source.is_downloaded() && provided_instead(&it.source).is_none();
        let downloaded = self.features.iter().filter(is_downloaded);
        let names: Vec<_> = downloaded.map(|it| it.identifier.as_str()).collect();
        if !names.is_empty() {
            demands.push(format!("downloading software (`features`: {})", names.join(", ")));
        }
        if !host_variables.is_empty() || raw.0.values().any(uses_host_variable) {
            demands.push("reading variables (`${localEnv:…}`)".to_owned());
        }
        demands
    }

    /// Returns the document after variable substitution, as printed by other tools. Values may come
    /// from the host and be secret.
    pub fn configuration(&self) -> &Map<String, Value> {
        &self.configuration
    }
}

impl DevcontainerPlan {
    /// Reads the image; the default one stands for one that is refused.
    fn collect_image(
        &mut self,
        fields: JsonFields<'_>,
        host: &DevcontainerContext<'_>,
    ) -> Result<DevcontainerImage, DevcontainerError> {
        let image = DevcontainerImage::read(fields, host.folder, self);
        Ok(self.collect(image)?.unwrap_or(DevcontainerImage::Default))
    }
}

/// Reads `overrideFeatureInstallOrder`; names that no feature can have are skipped.
fn feature_order(fields: JsonFields<'_>, folder: &str) -> Result<Vec<String>, DevcontainerError> {
    let key = "overrideFeatureInstallOrder";
    let names = fields.array(key)?.iter().filter_map(Value::as_str);
    let resource = |name| Some(FeatureSource::parse(name, folder, key).ok()?.resource());
    Ok(names.filter_map(resource).collect())
}

/// Returns the values of variables with a folder of the container.
fn variables<'a>(host: &DevcontainerContext<'a>, folder: &'a str) -> SubstitutionVariables<'a> {
    SubstitutionVariables {
        local_folder: host.workspace,
        container_folder: folder,
        id: host.id,
        local: host.variable,
    }
}

/// Reads `workspaceFolder` and `workspaceMount`, in which the folder itself is not known yet.
fn workspace_folder(
    raw: JsonFields<'_>,
    host: &DevcontainerContext<'_>,
    plan: &mut DevcontainerPlan,
) -> Result<(WorkspaceFolder, Option<RequestedMount>), DevcontainerError> {
    let replace =
        |text: &str| substitute_text(text, &variables(host, "${containerWorkspaceFolder}"));
    let written = WrittenFolder {
        local: host.workspace,
        folder: raw.string("workspaceFolder")?.map(replace),
        mount: raw.string("workspaceMount")?.map(replace),
    };
    Ok(WorkspaceFolder::resolve(&written, plan))
}

fn remote_user(
    fields: JsonFields<'_>,
    arguments: &TranslatedArguments,
) -> Result<Option<String>, DevcontainerError> {
    let written = fields.string("remoteUser")?.or(fields.string("containerUser")?);
    let user = written.or(arguments.user.as_deref()).filter(|user| !user.is_empty());
    match user.is_some_and(|user| user.chars().any(char::is_control)) {
        true => Err(wrong_type("remoteUser", "the name of a user")),
        false => Ok(user.map(str::to_owned)),
    }
}

/// Reads `runArgs`.
fn words(fields: JsonFields<'_>) -> Result<Vec<String>, DevcontainerError> {
    let word =
        |value: &Value| scalar_text(value).ok_or_else(|| wrong_type("runArgs", "a list of words"));
    fields.array("runArgs")?.iter().map(word).collect()
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
            compose: None,
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
        assert_eq!(read.derived_env, [("E".to_owned(), "${containerEnv:PATH}:/x".to_owned())]);
        let entries: Vec<_> = read.plan.entries().iter().map(ToString::to_string).collect();
        assert_eq!(entries, ["`remoteEnv.E` is satisfied: all processes of the container have it"]);
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
    fn all_refusals_precede_the_request_for_approval() {
        let text = r#"{"mounts": ["source=h-x,target=/x,type=volume"], "dockerComposeFile": "x.yml",
            "runArgs": ["--pid=host", "-v", "/a:/etc"], "initializeCommand": "x"}"#;
        let error = read(text, Approval::Missing).expect_err("refused");
        insta::assert_snapshot!(error);
        assert!(matches!(error, DevcontainerError::Refused { .. }));
    }

    #[test]
    fn variables_refer_to_the_folder_of_the_workspace() {
        let folder = |text: &str| {
            let read = read(text, Approval::Missing).expect("a file");
            (read.workspace_folder.folder.clone(), read.container_env["W"].clone())
        };
        let env = r#""containerEnv": {"W": "${containerWorkspaceFolder} ${containerWorkspaceFolderBasename}"}"#;
        let given = r#""workspaceFolder": "/workspaces/${localWorkspaceFolderBasename}""#;
        let mount = r#""workspaceMount": "source=${localWorkspaceFolder},target=/go,type=bind""#;
        for (rest, expected) in
            [("", "/home/agent/workspace"), (given, "/workspaces/api"), (mount, "/go")]
        {
            let comma = if rest.is_empty() { "" } else { "," };
            let (found, variable) = folder(&format!("{{{env}{comma}{rest}}}"));
            assert_eq!(found, expected);
            let name = expected.rsplit('/').next().unwrap_or_default();
            assert_eq!(variable, format!("{expected} {name}"));
        }
    }

    #[test]
    fn arguments_of_docker_run_reach_the_container() {
        let text = r#"{"runArgs": ["-e", "A=1", "-e", "TOKEN", "--env-file=.env", "--add-host=db:10.0.0.1", "-p", "80:8080", "-u", "node"],
            "remoteEnv": {"A": "2"}, "forwardPorts": [3000]}"#;
        assert!(matches!(read(text, Approval::Missing), Err(DevcontainerError::Untrusted { .. })));
        let read = read(text, Approval::Given).expect("approved");
        assert_eq!(read.container_env, [("A".into(), "1".into())].into());
        assert_eq!(
            read.session_env,
            [("A".into(), "2".into()), ("TOKEN".into(), "hush".into())].into()
        );
        assert_eq!(read.env_files, [".env"]);
        assert_eq!(read.remote_user.as_deref(), Some("node"));
        let ports: Vec<_> = read.forward_ports.iter().map(ToString::to_string).collect();
        assert_eq!(ports, ["80 to 8080", "3000"]);
        let hosts: Vec<_> = read.hosts.iter().map(ToString::to_string).collect();
        assert_eq!(hosts, ["db:10.0.0.1"]);
    }
}
