//! Manifests: agents and other programs, and where they store their files.
//!
//! A [`Manifest`] lists the paths of a program in the home directory and their targets on the data
//! volume. An import copies the entries of all manifests, minus exclusions ([`plan_import`]). The
//! user's own manifests are validated ([`Manifest::parse_strict`]): errors are reported with their
//! line, and paths cannot leave the home directory or the volume. Images contain files generated
//! from the manifests: volume layout and links ([`tmpfiles`]), agent commands
//! ([`Agent::wrapper_script`]), and the files of logins ([`credentials_list`]).

mod acp;
mod agent;
mod directory_link;
mod error;
mod exclude;
mod file;
mod first_start;
mod login;
mod login_state;
mod prompt_mode;
mod resume;
mod section;
mod shipped;
mod system_files;
mod tmpfiles;
mod validate;
mod volume_layout;

pub use acp::AgentAcp;
pub use agent::Agent;
pub use directory_link::DirectoryLink;
pub use error::{ManifestError, ManifestErrorKind};
pub use exclude::{Exclude, ImportPath, ImportPlan, plan_import};
pub use file::{Manifest, ManifestEntry, ManifestEntryKind};
pub use first_start::{AGENT_CONTEXT, FirstStart, FirstStartSetting, with_agent_context};
pub use login::{AgentLogin, credentials_list};
pub use login_state::AgentLoginState;
pub use prompt_mode::AgentPrompt;
pub use resume::AgentResume;
pub use shipped::{shipped_agents, shipped_logins, shipped_manifests};
pub use system_files::agent_system_files;
pub use tmpfiles::tmpfiles;
pub use volume_layout::{VolumeLayout, VolumePath};
