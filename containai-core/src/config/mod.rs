//! Configuration: settings, their sources, and the origin of each value.
//!
//! A value is taken from the first source that has it ([`Config::resolve`]):
//!
//! - the command line,
//! - the environment,
//! - the values remembered from earlier commands ([`RememberedSettings`]),
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
mod diff;
mod env_file;
mod error;
mod file;
mod import;
mod layers;
mod listing;
mod nearest;
mod origin;
mod overridden;
mod place;
mod remembered;
mod removal;
mod resolved;
mod setting;
mod sources;
mod stray;
mod trust;
mod visible;

pub use change::{Area, Change, ChangeError};
pub use content_hash::ContentHash;
pub use diff::diff;
pub use env_file::{EnvEntry, parse_env_file};
pub use error::ConfigError;
pub use file::{ConfigFile, EditError};
pub use import::import_env;
pub use layers::{Environment, FileText, Flags, Layers};
pub use listing::Listed;
pub use origin::{Origin, Setting};
pub use overridden::Overridden;
pub use place::Place;
pub use remembered::Remembered;
pub use resolved::Config;
pub use setting::{
    DevcontainerChoice, ImageError, InvalidDevcontainer, IsolationChoice, Kind, LimitError,
    SETTINGS, Scope, SettingSpec, UnknownIsolation, parse_image, parse_memory,
};
pub use stray::SECTIONS;
pub use trust::{Ignored, Suggestion, Trust, Why};
pub use visible::visible;
