//! The record of a workspace on the host: its directory, and the choices of commands.
//!
//! It is never read from the workspace, whose files a container can write.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::config::{DevcontainerChoice, Remembered};
use crate::naming::{VolumeName, WorkspacePath};
use crate::resources::ResourceLimits;

/// The record of a workspace.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WorkspaceRecord {
    /// The resolved path of the workspace.
    pub workspace: WorkspacePath,
    /// The directory when a container was last created or started for it.
    pub directory: Option<DirectoryId>,
    engines: BTreeMap<String, Remembered>,
}

/// The identity of a directory, which is kept when it is moved within its file system.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct DirectoryId {
    /// The device number; it may change at a reboot.
    pub device: u64,
    /// The inode number.
    pub inode: u64,
    /// The birth time in nanoseconds since 1970; `None` if the file system does not
    /// record it.
    #[serde(rename = "born")]
    pub birth_nanos: Option<i64>,
}

impl DirectoryId {
    /// Returns whether both identify the same directory. Where known, the birth time is
    /// compared instead of the device.
    #[must_use]
    pub fn is_same_directory(&self, other: &Self) -> bool {
        let is_same_place = match (self.birth_nanos, other.birth_nanos) {
            (Some(one), Some(other)) => one == other,
            _ => self.device == other.device,
        };
        self.inode == other.inode && is_same_place
    }
}

impl WorkspaceRecord {
    /// Creates an empty record.
    #[must_use]
    pub fn new(workspace: WorkspacePath) -> Self {
        Self { workspace, directory: None, engines: BTreeMap::new() }
    }

    /// Returns the choices on the engine with this address, if any.
    #[must_use]
    pub fn on(&self, engine: &str) -> Option<&Remembered> {
        self.engines.get(engine)
    }

    /// Returns the choices on the engine with this address for modification.
    pub fn on_engine_mut(&mut self, engine: &str) -> &mut Remembered {
        self.engines.entry(engine.to_owned()).or_default()
    }

    /// Returns the choices on every engine for modification.
    pub fn engines_mut(&mut self) -> impl Iterator<Item = &mut Remembered> {
        self.engines.values_mut()
    }

    /// Returns whether the record contains no choices.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.engines.values().all(Remembered::is_empty)
    }

    /// Parses the text of [`Self::to_json`].
    ///
    /// # Errors
    ///
    /// [`WorkspaceRecordError`]: the file is damaged or was edited by hand.
    pub fn parse(text: &str) -> Result<Self, WorkspaceRecordError> {
        let stored: WorkspaceRecordFile = serde_json::from_str(text)?;
        let workspace = WorkspacePath::new(&stored.workspace).map_err(invalid_record)?;
        let engines = stored.engines.into_iter().map(|(engine, chosen)| {
            let volume = |name: Option<String>| {
                name.map(|name| VolumeName::parse(&name)).transpose().map_err(invalid_record)
            };
            let memory =
                chosen.memory.map(|text| text.parse()).transpose().map_err(invalid_record)?;
            let cpus = chosen.cpus.map(|text| text.parse()).transpose().map_err(invalid_record)?;
            let remembered = Remembered {
                data_volume: volume(chosen.data_volume)?,
                docker_volume: volume(chosen.docker_volume)?,
                limits: ResourceLimits { memory, cpus },
                devcontainer: chosen
                    .devcontainer
                    .filter(|path| path.parse::<DevcontainerChoice>().is_ok()),
            };
            Ok((engine, remembered))
        });
        let engines = engines.collect::<Result<_, WorkspaceRecordError>>()?;
        Ok(Self { workspace, directory: stored.directory, engines })
    }

    /// Returns the record as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let engines = self.engines.iter().filter(|(_, it)| !it.is_empty());
        let engines = engines.map(|(engine, it)| {
            let chosen = EngineChoices {
                data_volume: it.data_volume.as_ref().map(ToString::to_string),
                docker_volume: it.docker_volume.as_ref().map(ToString::to_string),
                memory: it.limits.memory.map(|memory| memory.to_string()),
                cpus: it.limits.cpus.map(|cpus| cpus.to_string()),
                devcontainer: it.devcontainer.clone(),
            };
            (engine.clone(), chosen)
        });
        let stored = WorkspaceRecordFile {
            workspace: self.workspace.to_string(),
            directory: self.directory,
            engines: engines.collect(),
        };
        // Serialization of maps with string keys cannot fail.
        serde_json::to_string_pretty(&stored).unwrap_or_default()
    }
}

/// The text is not a valid record; usually it was edited by hand.
#[derive(Debug, thiserror::Error)]
#[error("not a valid workspace record")]
pub struct WorkspaceRecordError {
    /// The cause.
    #[source]
    source: Box<dyn std::error::Error + Send + Sync + 'static>,
}

impl From<serde_json::Error> for WorkspaceRecordError {
    fn from(error: serde_json::Error) -> Self {
        invalid_record(error)
    }
}

fn invalid_record(error: impl std::error::Error + Send + Sync + 'static) -> WorkspaceRecordError {
    WorkspaceRecordError { source: error.into() }
}

#[derive(Deserialize, Serialize)]
struct WorkspaceRecordFile {
    workspace: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    directory: Option<DirectoryId>,
    #[serde(default)]
    engines: BTreeMap<String, EngineChoices>,
}

#[derive(Deserialize, Serialize)]
struct EngineChoices {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    data_volume: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    docker_volume: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    memory: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cpus: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    devcontainer: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::byte_size::ByteSize;

    #[test]
    fn records_parse_back() {
        let mut record = WorkspaceRecord::new(WorkspacePath::new("/src/api").expect("a path"));
        record.directory = Some(DirectoryId { device: 1, inode: 2, birth_nanos: Some(3) });
        let chosen = record.on_engine_mut("unix:///run/docker.sock");
        chosen.data_volume = VolumeName::parse("mine").ok();
        chosen.limits.memory = Some(ByteSize::from_gib(3));
        chosen.limits.cpus = "1.5".parse().ok();
        chosen.devcontainer = Some(".devcontainer.json".to_owned());
        insta::assert_snapshot!(record.to_json(), @r#"
        {
          "workspace": "/src/api",
          "directory": {
            "device": 1,
            "inode": 2,
            "born": 3
          },
          "engines": {
            "unix:///run/docker.sock": {
              "data_volume": "mine",
              "memory": "3g",
              "cpus": "1.5",
              "devcontainer": ".devcontainer.json"
            }
          }
        }
        "#);
        assert_eq!(WorkspaceRecord::parse(&record.to_json()).expect("a record"), record);
        for broken in ["", "{}", r#"{"workspace": "src"}"#] {
            assert!(WorkspaceRecord::parse(broken).is_err(), "{broken}");
        }
        let broken = record.to_json().replace("mine", "../mine");
        assert!(WorkspaceRecord::parse(&broken).is_err());
    }

    #[test]
    fn directories_are_identified_by_inode_and_birth_time() {
        let id = |device, inode, born| DirectoryId { device, inode, birth_nanos: born };
        for (one, other, is_same) in [
            (id(1, 2, Some(3)), id(1, 2, Some(3)), true),
            (id(1, 2, Some(3)), id(9, 2, Some(3)), true),
            (id(1, 2, Some(3)), id(1, 2, Some(4)), false),
            (id(1, 2, None), id(1, 2, Some(3)), true),
            (id(1, 2, None), id(9, 2, None), false),
            (id(1, 2, Some(3)), id(1, 7, Some(3)), false),
        ] {
            assert_eq!(one.is_same_directory(&other), is_same, "{one:?} {other:?}");
        }
    }
}
