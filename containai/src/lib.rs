//! System containers for AI coding agents, as a library.

#![warn(missing_docs)]

pub mod archive_file;
pub mod at_work;
pub mod beneath;
pub mod context;
pub mod desired;
pub mod devcontainer_file;
pub mod devcontainer_image;
pub mod elsewhere;
pub mod ending;
pub mod enter;
pub mod environment;
pub mod error;
pub mod export;
pub mod forward;
pub mod forwarding;
pub mod gauge;
pub mod git;
pub mod gone_files;
pub mod hooks;
pub mod host;
pub mod importing;
pub mod interruption;
pub mod left_out;
pub mod lock;
pub mod mounts;
pub mod moved;
pub mod passage;
pub mod place;
pub mod private_file;
pub mod process_env;
pub mod protected;
pub mod records;
pub mod report;
pub mod restoration;
pub mod settings;
pub mod setup;
pub mod snapshot;
pub mod surroundings;
pub mod target;
pub mod templates;
pub mod trust;
pub mod turns;
pub mod twin;
pub mod user_config;
pub mod wanted_image;
pub mod workspace;
pub mod worktree;

pub use error::{Error, OperationError, Result};
