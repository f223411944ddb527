//! The names that Docker, SSH and the file system receive.
//!
//! Each kind of name has a type that is created only in this module, so that its values
//! are known to be valid.

mod agent_name;
mod agent_session_name;
mod alphabet;
mod artifact_reference;
mod built_image;
mod client_id;
mod container_id;
mod container_name;
mod context_name;
mod env_name;
mod fingerprint;
mod git_head;
mod home_path;
mod host_entry;
mod host_key_alias;
mod host_port;
mod hostname;
mod mount_target;
mod newtype;
mod random_id;
mod sha256_digest;
mod snapshot_name;
mod ssh_alias;
mod template_name;
mod volume_name;
mod workspace_path;

pub use agent_name::{AgentName, AgentNameError};
pub use agent_session_name::{AgentSessionName, AgentSessionNameError};
pub use artifact_reference::{ArtifactReference, ArtifactReferenceError, ArtifactVersion};
pub use built_image::BuiltImage;
pub use client_id::{ClientId, ClientIdError};
pub use container_id::ContainerId;
pub use container_name::{Candidates, ContainerName, ContainerNameError};
pub use context_name::{ContextName, ContextNameError};
pub use env_name::{EnvName, EnvNameError};
pub use fingerprint::{Fingerprint, FingerprintError};
pub use git_head::GitHead;
pub use home_path::{HomePath, HomePathError};
pub use host_entry::HostEntry;
pub use host_key_alias::HostKeyAlias;
pub use host_port::{HostPort, HostPortError, PortRange, PortRangeError};
pub use hostname::Hostname;
pub use mount_target::{MountTarget, MountTargetError};
pub use random_id::{RandomId, RandomIdError};
pub use sha256_digest::{Sha256Digest, Sha256DigestError};
pub use snapshot_name::{SnapshotName, SnapshotNameError};
pub use ssh_alias::SshAlias;
pub use template_name::{TemplateName, TemplateNameError};
pub use volume_name::{VolumeName, VolumeNameError, VolumeUse};
pub use workspace_path::{WorkspacePath, WorkspacePathError};
