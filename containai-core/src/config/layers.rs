//! The sources of a configuration, as data.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{ContentHash, DevcontainerChoice, IsolationChoice, SETTINGS};
use crate::byte_size::ByteSize;
use crate::engine::{ImageRequest, ImageSource, RestartPolicy};
use crate::naming::{AgentName, TemplateName, VolumeName, WorkspacePath};
use crate::resources::Cpus;

/// All sources of a configuration.
#[derive(Debug, Clone, Default)]
pub struct ConfigLayers {
    /// Options of the command line.
    pub flags: Flags,
    /// Environment variables.
    pub environment: Environment,
    /// The workspace of the command; `None` for commands without one.
    pub workspace: Option<WorkspacePath>,
    /// The workspace's own file, untrusted; `None` when missing.
    pub workspace_file: Option<FileText>,
    /// The approved content of the workspace's file; `None` without an approval. It applies only to
    /// the exact text that is read here.
    pub approved: Option<ContentHash>,
    /// The user's file; `None` when missing.
    pub user_file: Option<FileText>,
}

/// The text of a file, not yet parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileText {
    /// The path.
    pub path: PathBuf,
    /// The text.
    pub text: String,
}

/// Options of the command line; `None` where absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Flags {
    /// The agent to start by default.
    pub agent: Option<AgentName>,
    /// `--image`.
    pub image: Option<ImageRequest>,
    /// `--image-source`.
    pub image_source: Option<ImageSource>,
    /// `--template`.
    pub template: Option<TemplateName>,
    /// `--devcontainer`.
    pub devcontainer: Option<DevcontainerChoice>,
    /// `--isolation`.
    pub isolation: Option<IsolationChoice>,
    /// `--docker-host`.
    pub docker_host: Option<String>,
    /// `--data-volume`.
    pub data_volume: Option<VolumeName>,
    /// `--memory`.
    pub memory: Option<ByteSize>,
    /// `--cpus`.
    pub cpus: Option<Cpus>,
    /// `--restart`.
    pub restart: Option<RestartPolicy>,
    /// `--no-mux`.
    pub mux: Option<bool>,
}

impl Flags {
    /// Returns the options that select an engine and nothing else.
    #[must_use]
    pub fn for_engine(docker_host: Option<String>) -> Self {
        Self { docker_host, ..Self::default() }
    }
}

/// Environment variables with settings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment(BTreeMap<&'static str, String>);

impl Environment {
    /// Collects the variables that have settings; an empty variable is treated as unset.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let names = SETTINGS.iter().filter_map(|setting| setting.env);
        Self(
            names
                .filter_map(|name| Some((name, lookup(name)?)))
                .filter(|(_, value)| !value.is_empty())
                .collect(),
        )
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}
