//! What is configured, and where each value comes from.
//!
//! A value is taken from the first place that has it: the command line, the
//! environment, the user's section for the workspace, the workspace's own
//! file, the user's file, the default ([`Config::resolve`]). The workspace's
//! file is written by whoever writes the repository and is not trusted
//! ([`Trust`]).

mod env_file;
mod error;
mod file;
mod layers;
mod nearest;
mod origin;
mod place;
mod removal;
mod resolved;
mod setting;
mod sources;
mod stray;
mod trust;

pub use env_file::{EnvEntry, parse_env_file};
pub use error::ConfigError;
pub use file::{ConfigFile, EditError};
pub use layers::{Environment, FileText, Flags, Layers};
pub use origin::{Origin, Setting};
pub use place::Place;
pub use resolved::Config;
pub use setting::{
    ImageError, IsolationChoice, LimitError, SETTINGS, SettingSpec, UnknownIsolation, parse_image,
    parse_memory,
};
pub use stray::SECTIONS;
pub use trust::{Ignored, Trust, Why};
