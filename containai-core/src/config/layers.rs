//! The places that a value may come from, as data.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{ContentHash, DevcontainerChoice, IsolationChoice, SETTINGS};
use crate::byte_size::ByteSize;
use crate::engine::{ImageRequest, ImageSource};
use crate::naming::{AgentName, TemplateName, VolumeName, WorkspacePath};
use crate::resources::Cpus;

/// Everything that a configuration is made of.
#[derive(Debug, Clone, Default)]
pub struct Layers {
    /// What the command line says.
    pub flags: Flags,
    /// What the environment says.
    pub environment: Environment,
    /// The workspace the command is about; `None` where it is about none.
    pub workspace: Option<WorkspacePath>,
    /// The workspace's own file, not trusted; `None` where there is none.
    pub workspace_file: Option<FileText>,
    /// What a person approved of that file; `None` where nobody approved
    /// anything. It counts for the very text that is read here, and for no
    /// other.
    pub approved: Option<ContentHash>,
    /// The user's file; `None` where there is none.
    pub user_file: Option<FileText>,
}

/// A file that was read, not yet understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileText {
    /// Where it is.
    pub path: PathBuf,
    /// What it holds.
    pub text: String,
}

/// What the command line says; `None` where it says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags {
    /// The agent to start where no command is given.
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
    /// `--no-mux`.
    pub mux: Option<bool>,
}

/// What the environment says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment(BTreeMap<&'static str, String>);

impl Environment {
    /// Collects the variables that configure something; an empty one counts as
    /// not set.
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
