//! What is configured, and where each value comes from.
//!
//! A value is taken from the first place that has it: the command line, the
//! environment, what an earlier command chose ([`Remembered`]), the user's section for
//! the workspace, the workspace's own file, the user's file, the default
//! ([`Config::resolve`]). The workspace's
//! file is written by whoever writes the repository and is not trusted: most
//! of it counts only once a person approved that very text ([`Trust`],
//! [`ContentHash`]). It is looked for in the workspace itself and nowhere
//! above: what lies above is not mounted, and may be of other people.

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
