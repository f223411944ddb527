//! Manifests: agents and other programs, and where they store their files.
//!
//! A [`Manifest`] lists the paths of a program in the home directory and their targets on the data
//! volume. An import copies the entries of all manifests, minus exclusions ([`plan_import`]). The
//! user's own manifests are validated ([`Manifest::parse_strict`]): errors are reported with their
//! line, and paths cannot leave the home directory or the volume. Images contain files generated
//! from the manifests: volume layout and links ([`tmpfiles`]), and agent commands
//! ([`Agent::wrapper_script`]).

mod agent;
mod directory_link;
mod exclude;
mod file;
mod resume;
mod shipped;
mod tmpfiles;
mod validate;
mod volume_layout;

pub use agent::Agent;
pub use directory_link::DirectoryLink;
pub use exclude::{Exclude, ImportPath, ImportPlan, plan_import};
pub use file::{Manifest, ManifestEntry, ManifestEntryKind};
pub use resume::AgentResume;
pub use shipped::{shipped_agents, shipped_manifests};
pub use tmpfiles::tmpfiles;
pub use validate::{ManifestError, ManifestErrorKind};
pub use volume_layout::{VolumeLayout, VolumePath};
