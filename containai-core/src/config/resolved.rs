//! The effective configuration.

use std::error::Error;
use std::str::FromStr;
use std::time::Duration;

use super::error::ValueError;
use super::setting::{
    AGENT, AGENT_MODE, AUTO_START, CPU_LIMIT, CREDENTIALS_SHARED, DATA_VOLUME, DEVCONTAINER,
    DOCKER_HOST, ENV_FILE, ENV_FROM_HOST, ENV_IMPORT, EXPORT_EXCLUDES, FORWARD_AGENT, IMAGE,
    IMAGE_SOURCE, IMPORT_ALLOWED_SECRETS, IMPORT_CREDENTIALS, IMPORT_EXCLUDE_PRIVATE,
    IMPORT_EXCLUDES, IMPORT_ON_CREATE, IMPORT_PATHS, ISOLATION, LOCAL_FORWARD, MEMORY_LIMIT, MUX,
    MUX_IDLE, NETWORK_CERTIFICATES, NETWORK_PROXIES, PORT_RANGE_END, PORT_RANGE_START,
    REMOTE_FORWARD, RESTART, SESSION_NOTIFY, SSH_OPTIONS, SessionNotification, TEMPLATE,
    TERMINAL_CLIPBOARD, parse_memory, read_allowed_secret, read_bool, read_client_option,
    read_docker_host, read_env_name, read_exclude, read_home_path, read_idle, read_image,
    read_local_forward, read_manifest_name, read_remote_forward, read_shared_credentials,
    read_template, read_workspace_path,
};
use super::sources::{LayeredValue, Sources};
use super::{
    AgentMode, ConfigError, ConfigLayers, DevcontainerChoice, IgnoredSetting, IsolationChoice,
    Origin, Setting, SharedCredentials, Suggestion,
};
use crate::byte_size::ByteSize;
use crate::engine::{ImageRequest, ImageSource, RestartPolicy, ShippedImage};
use crate::import::AllowedSecret;
use crate::naming::{
    AgentName, EnvName, HomePath, HostPort, PortRange, TemplateName, VolumeName, WorkspacePath,
};
use crate::remote::{ClientOption, Forward};
use crate::resources::{Cpus, HostCapacity, Resources};

/// The effective configuration, each value with its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The agent that `run` starts by default; default `claude`.
    pub agent: Setting<AgentName>,
    /// Whether agents ask before they act; default `auto`.
    pub agent_mode: Setting<AgentMode>,
    /// The image of a new container; default `agents`.
    pub image: Setting<ImageRequest>,
    /// The source of missing images; default `auto`.
    pub image_source: Setting<ImageSource>,
    /// The template of a new container; `None` without one.
    pub template: Setting<Option<TemplateName>>,
    /// The `devcontainer.json` of the workspace to apply; default none.
    pub devcontainer: Setting<DevcontainerChoice>,
    /// The isolation of containers; default `auto`.
    pub isolation: Setting<IsolationChoice>,
    /// The engine's address; `None` is the dedicated engine's socket.
    pub docker_host: Setting<Option<String>>,
    /// The data volume; `None` is the workspace's own.
    pub data_volume: Setting<Option<VolumeName>>,
    /// The inner Docker's volume, where an earlier command chose one for the workspace.
    pub docker_volume: Option<VolumeName>,
    /// The `devcontainer.json` that the existing container was created from, relative to the
    /// workspace.
    pub container_devcontainer: Option<String>,
    /// The memory limit set by the user; `None` is half of the host's memory.
    /// [`resources`](Self::resources) returns the effective limit.
    pub memory_limit: Setting<Option<ByteSize>>,
    /// The CPU limit set by the user; `None` is half of the host's processors.
    pub cpu_limit: Setting<Option<Cpus>>,
    /// The memory limit that the workspace requests, where it may.
    pub workspace_memory_limit: Option<Setting<ByteSize>>,
    /// The CPU limit that the workspace requests, where it may.
    pub workspace_cpu_limit: Option<Setting<Cpus>>,
    /// Whether the container starts with the engine; default no.
    pub restart: Setting<RestartPolicy>,
    /// The first port for published SSH servers; default 2300.
    pub port_range_start: Setting<HostPort>,
    /// The last port for published SSH servers; default 2500.
    pub port_range_end: Setting<HostPort>,
    /// Whether plain `ssh` starts a stopped container; default yes.
    pub auto_start: Setting<bool>,
    /// Whether the user's SSH agent is available in the container; default no.
    pub forward_agent: Setting<bool>,
    /// Local forwards of OpenSSH sessions; default none.
    pub local_forward: Setting<Vec<Forward>>,
    /// Remote forwards of OpenSSH sessions; default none.
    pub remote_forward: Setting<Vec<Forward>>,
    /// Additional OpenSSH client options; default none.
    pub client_options: Setting<Vec<ClientOption>>,
    /// Whether commands share connections; default yes.
    pub mux: Setting<bool>,
    /// The time for which an idle shared connection is kept; default 60 s.
    pub mux_idle: Setting<Duration>,
    /// The logins that the containers of the workspace share, as words: `true`, `false` or names;
    /// default `true`. [`shared_credentials`](Self::shared_credentials) returns the choice.
    pub credentials_shared: Setting<Vec<String>>,
    /// Whether programs in an agent session may write to the clipboard; default no.
    pub terminal_clipboard: Setting<bool>,
    /// The notification of `cai session wait` that a session ended or waits; default `off`.
    pub session_notify: Setting<SessionNotification>,
    /// Whether containers trust the certificates that were added to this machine; default yes.
    pub network_certificates: Setting<bool>,
    /// Whether containers use the proxies of this machine; default yes.
    pub network_proxies: Setting<bool>,
    /// The variables of the session environment; default none.
    pub env_import: Setting<Vec<EnvName>>,
    /// Whether values are taken from the environment of `cai` before the file; default yes, no with
    /// an environment file.
    pub env_from_host: Setting<bool>,
    /// The environment file, relative to the workspace; default none. Symbolic links may still
    /// point outside the workspace.
    pub env_file: Setting<Option<String>>,
    /// Home directory paths that an import copies in addition to those of manifests; default none.
    pub import_paths: Setting<Vec<HomePath>>,
    /// Exclusions from imports, in addition to the built-in ones; default none.
    pub import_excludes: Setting<Vec<String>>,
    /// Whether an import skips private files; default yes.
    pub import_excludes_private: Setting<bool>,
    /// Whether settings are imported to new containers; default no.
    pub import_on_create: Setting<bool>,
    /// The agents whose credentials an import copies; default none.
    pub import_credentials: Setting<Vec<String>>,
    /// The secrets in settings that an import copies; default none.
    pub import_allowed_secrets: Setting<Vec<AllowedSecret>>,
    /// Exclusions from exports; default none.
    pub export_excludes: Setting<Vec<String>>,
    /// Settings of the workspace's own file that wait for approval.
    pub suggestions: Vec<Suggestion>,
    /// Settings of files that were ignored.
    pub ignored: Vec<IgnoredSetting>,
    /// The workspaces with a table in the user's file.
    pub sections: Vec<WorkspacePath>,
    ssh_ports: PortRange,
}

impl Config {
    /// Resolves the configuration from its layers.
    ///
    /// Every value is validated, even one that another layer overrides, so that errors show when
    /// they are made. The workspace's own file never causes an error: its invalid settings are in
    /// [`ignored`](Self::ignored).
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the position or the variable of the invalid value.
    pub fn resolve(layers: &ConfigLayers) -> Result<Self, ConfigError> {
        let flags = layers.flags.clone();
        let mut sources = Sources::read(layers)?;
        let memory = sources.find(&MEMORY_LIMIT, flags.memory, parse_memory)?;
        let cpus = sources.find(&CPU_LIMIT, flags.cpus, parse_value)?;
        let ports = PortRange::default();
        let start = sources.find(&PORT_RANGE_START, None, parse_value)?.or_default(ports.start());
        let end = sources.find(&PORT_RANGE_END, None, parse_value)?.or_default(ports.end());
        let env_file = sources.find(&ENV_FILE, None, read_workspace_path)?.or_none();
        let env_from_host =
            sources.find(&ENV_FROM_HOST, None, read_bool)?.or_default(env_file.value.is_none());
        let env_import = sources.find_list(&ENV_IMPORT, |text| Ok(text.to_owned()))?;
        Ok(Self {
            agent: sources.find(&AGENT, flags.agent, parse_value)?.or_default(AgentName::default()),
            agent_mode: sources
                .find(&AGENT_MODE, None, parse_value)?
                .or_default(AgentMode::default()),
            image: sources
                .find(&IMAGE, flags.image, read_image)?
                .or_default(ImageRequest::Shipped(ShippedImage::DEFAULT)),
            image_source: sources
                .find(&IMAGE_SOURCE, flags.image_source, parse_value)?
                .or_default(ImageSource::default()),
            template: sources
                .find(&TEMPLATE, flags.template.map(Some), read_template)?
                .or_default(None),
            devcontainer: sources
                .find(&DEVCONTAINER, flags.devcontainer, parse_value)?
                .or_default(DevcontainerChoice::default()),
            isolation: sources
                .find(&ISOLATION, flags.isolation, parse_value)?
                .or_default(IsolationChoice::default()),
            docker_host: sources.find(&DOCKER_HOST, flags.docker_host, read_docker_host)?.or_none(),
            data_volume: sources.find(&DATA_VOLUME, flags.data_volume, parse_value)?.or_none(),
            docker_volume: None,
            container_devcontainer: None,
            workspace_memory_limit: memory.workspace.clone(),
            workspace_cpu_limit: cpus.workspace.clone(),
            memory_limit: memory.user_value(),
            cpu_limit: cpus.user_value(),
            restart: sources
                .find(&RESTART, flags.restart, parse_value)?
                .or_default(RestartPolicy::default()),
            ssh_ports: ssh_port_range(&start, &end)?,
            port_range_start: start,
            port_range_end: end,
            auto_start: sources.find(&AUTO_START, None, read_bool)?.or_default(true),
            forward_agent: sources.find(&FORWARD_AGENT, None, read_bool)?.or_default(false),
            local_forward: sources.find_list(&LOCAL_FORWARD, read_local_forward)?,
            remote_forward: sources.find_list(&REMOTE_FORWARD, read_remote_forward)?,
            client_options: sources.find_list(&SSH_OPTIONS, read_client_option)?,
            mux: sources.find(&MUX, flags.mux, read_bool)?.or_default(true),
            mux_idle: sources.find(&MUX_IDLE, None, read_idle)?.or_default(Duration::from_secs(60)),
            credentials_shared: shared_credentials(&mut sources)?,
            terminal_clipboard: sources
                .find(&TERMINAL_CLIPBOARD, None, read_bool)?
                .or_default(false),
            session_notify: sources
                .find(&SESSION_NOTIFY, None, parse_value)?
                .or_default(SessionNotification::default()),
            network_certificates: sources
                .find(&NETWORK_CERTIFICATES, None, read_bool)?
                .or_default(true),
            network_proxies: sources.find(&NETWORK_PROXIES, None, read_bool)?.or_default(true),
            env_import: sources.parse_env_names(env_import),
            env_from_host,
            env_file,
            sections: sources.sections(),
            import_paths: sources.find_list(&IMPORT_PATHS, read_home_path)?,
            import_excludes: sources.find_list(&IMPORT_EXCLUDES, read_exclude)?,
            import_excludes_private: sources
                .find(&IMPORT_EXCLUDE_PRIVATE, None, read_bool)?
                .or_default(true),
            import_on_create: sources.find(&IMPORT_ON_CREATE, None, read_bool)?.or_default(false),
            import_credentials: sources.find_list(&IMPORT_CREDENTIALS, read_manifest_name)?,
            import_allowed_secrets: sources
                .find_list(&IMPORT_ALLOWED_SECRETS, read_allowed_secret)?,
            export_excludes: sources.find_list(&EXPORT_EXCLUDES, read_exclude)?,
            suggestions: sources.suggestions,
            ignored: sources.ignored,
        })
    }

    /// Returns the logins that new containers of the workspace share.
    #[must_use]
    pub fn shared_credentials(&self) -> SharedCredentials {
        SharedCredentials::from_words(&self.credentials_shared.value)
    }

    /// Returns the port range for published SSH servers.
    #[must_use]
    pub fn ssh_ports(&self) -> PortRange {
        self.ssh_ports
    }

    /// Returns the resources of a new container: the user's limits, else half of the host, lowered
    /// to what the workspace requests.
    #[must_use]
    pub fn resources(&self, host: HostCapacity) -> Resources {
        let half = Resources::half_of(host);
        let memory = self.memory_limit.value.unwrap_or(half.memory);
        let cpus = self.cpu_limit.value.unwrap_or(half.cpus);
        let asked_memory = self.workspace_memory_limit.as_ref().map_or(memory, |limit| limit.value);
        let asked_cpus = self.workspace_cpu_limit.as_ref().map_or(cpus, |limit| limit.value);
        Resources { memory: memory.min(asked_memory), cpus: cpus.min(asked_cpus) }
    }
}

impl<T> LayeredValue<T> {
    fn or_default(self, default: T) -> Setting<T> {
        let found = self.workspace.or(self.trusted);
        found.unwrap_or_else(|| Setting::default_to(default))
    }

    fn or_none(self) -> Setting<Option<T>> {
        let found = self.workspace.or(self.trusted);
        found.map_or_else(|| Setting::default_to(None), |setting| setting.map(Some))
    }

    fn user_value(self) -> Setting<Option<T>> {
        Self { workspace: None, ..self }.or_none()
    }
}

impl Sources<'_> {
    /// Parses variable names. Invalid ones are reported as ignored, since no variable can have such
    /// a name.
    fn parse_env_names(&mut self, list: Setting<Vec<String>>) -> Setting<Vec<EnvName>> {
        let mut names = Vec::new();
        for text in &list.value {
            match read_env_name(text) {
                Ok(name) => names.push(name),
                Err(error) => self.add_ignored(&ENV_IMPORT, &list.origin, &error),
            }
        }
        list.map(|_| names)
    }
}

fn shared_credentials(sources: &mut Sources<'_>) -> Result<Setting<Vec<String>>, ConfigError> {
    let found = sources.find_list(&CREDENTIALS_SHARED, read_shared_credentials)?;
    Ok(match found.origin {
        Origin::Default => Setting::default_to(vec!["true".to_owned()]),
        _ => found,
    })
}

fn ssh_port_range(
    start: &Setting<HostPort>,
    end: &Setting<HostPort>,
) -> Result<PortRange, ConfigError> {
    PortRange::new(start.value, end.value).map_err(|source| ConfigError::InvalidPortRange {
        start: start.origin.clone(),
        end: end.origin.clone(),
        source,
    })
}

fn parse_value<T>(text: &str) -> Result<T, ValueError>
where
    T: FromStr,
    T::Err: Error + Send + Sync + 'static,
{
    Ok(text.parse()?)
}

#[cfg(test)]
mod tests;
