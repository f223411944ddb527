//! System containers for AI coding agents, as a library.

#![warn(missing_docs)]

pub mod archive_file;
pub mod command;
pub mod command_env;
pub mod completion;
pub mod config;
mod confined_git;
pub mod confirm;
pub mod connection;
pub mod context;
pub mod copy;
pub mod copy_report;
pub mod devcontainer_file;
pub mod devcontainer_image;
pub mod editor;
pub mod enclosing_workspace;
pub mod error;
pub mod export;
pub mod forward;
pub mod forward_registry;
pub mod gc;
pub mod git;
pub mod hooks;
pub mod host_facts;
pub mod image_selection;
pub mod images;
pub mod import;
pub mod legacy_files;
mod lifecycle_log;
pub mod lifecycle_plan;
pub mod links;
pub mod lock;
pub mod logs;
pub mod mounts;
pub mod moved;
pub mod mux_server;
mod openat2;
pub mod openssh;
pub mod private_file;
pub mod process_env;
pub mod progress;
pub mod protected;
pub mod reclaim;
pub mod remote_engine;
pub mod report;
pub mod resources;
pub mod restore;
pub mod sandbox;
mod sandbox_handle;
pub mod session;
pub mod session_env;
pub mod session_guard;
pub mod settings;
pub mod setup;
pub mod signals;
pub mod snapshot;
pub mod statistics;
pub mod status;
pub mod stop;
pub mod sysbox_health;
pub mod target;
pub mod templates;
pub mod trust;
pub mod trust_review;
pub mod user_config;
pub mod volume_lock;
pub mod volume_target;
pub mod workspace;
pub mod workspace_copy;
pub mod workspace_file;
pub mod workspace_move;
pub mod workspace_pull;
mod workspace_records;
pub mod workspace_store;
pub mod worktree;

pub use command::{
    Child, ChildStderr, ChildStdin, ChildStdout, Command, CommandOutput, ExitStatus, Stdio,
};
pub use error::{Error, OperationError, Result, find_advice};
pub use process_env::ProcessEnv;
pub use report::{Frontend, Report};
pub use sandbox::{
    DataExport, DataRestore, ImportReport, Sandbox, SandboxBuilder, SandboxFork, SandboxForward,
    SettingsImport,
};
