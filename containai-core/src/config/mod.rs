//! Configuration: settings, their sources, and the origin of each value.
//!
//! A value is taken from the first source that has it ([`Config::resolve`]):
//!
//! - the command line,
//! - the environment,
//! - the values remembered from earlier commands ([`Remembered`]),
//! - the table for the workspace in the user's file,
//! - the workspace's own file,
//! - the user's file,
//! - the default.
//!
//! The workspace's file comes with the repository and is untrusted: most of its settings apply only
//! after the user approved its exact text ([`Trust`], [`ContentHash`]). It is read from the
//! workspace itself and not from parent directories, which are not mounted and may belong to other
//! users.

mod change;
mod content_hash;
mod did_you_mean;
mod diff;
mod env_file;
mod env_line;
mod error;
mod escape_control;
mod file;
mod layers;
mod listing;
mod origin;
mod position;
mod remembered;
mod remove_key;
mod resolved;
mod session_env;
mod setting;
mod shadowed;
mod sources;
mod trust;
mod unknown_keys;

pub use change::{ChangeTarget, SettingChange, SettingChangeError};
pub use content_hash::ContentHash;
pub use did_you_mean::closest_match;
pub use diff::diff;
pub use env_file::{EnvEntry, EnvFile};
pub use env_line::{EnvLine, env_lines};
pub use error::ConfigError;
pub use escape_control::escape_control;
pub use file::{ConfigFile, EditError};
pub use layers::{ConfigLayers, Environment, FileText, Flags};
pub use listing::ListedSetting;
pub use origin::{Origin, Setting};
pub use position::TextPosition;
pub use remembered::Remembered;
pub use resolved::Config;
pub use session_env::select_session_env;
pub use setting::{
    AgentMode, DevcontainerChoice, ImageReferenceError, InvalidDevcontainerChoice,
    InvalidSessionNotification, IsolationChoice, MemoryLimitError, SETTINGS, SessionNotification,
    SettingKind, SettingScope, SettingSpec, SharedCredentials, UnknownAgentMode, UnknownIsolation,
    is_image_reference, parse_image, parse_memory,
};
pub use shadowed::Shadowed;
pub use trust::{IgnoreReason, IgnoredSetting, Suggestion, Trust};
pub use unknown_keys::WORKSPACE_TABLE;
