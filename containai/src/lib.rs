//! System containers for AI coding agents, as a library.

#![deny(missing_docs)]

mod archive_file;
mod at_work;
mod beneath;
mod context;
mod desired;
mod devcontainer_file;
mod devcontainer_image;
mod elsewhere;
mod ending;
mod enter;
mod environment;
mod error;
mod export;
mod forward;
mod forwarding;
mod gauge;
mod git;
mod gone_files;
mod hooks;
mod host;
mod importing;
mod interruption;
mod left_out;
mod lock;
mod mounts;
mod moved;
mod passage;
mod place;
mod private_file;
mod process_env;
mod protected;
mod records;
mod report;
mod restoration;
mod settings;
mod setup;
mod snapshot;
mod surroundings;
mod target;
mod templates;
mod trust;
mod turns;
mod twin;
mod user_config;
mod wanted_image;
mod workspace;
mod worktree;

pub use error::{Error, OperationError, Result};
