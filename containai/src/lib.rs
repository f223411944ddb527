//! System containers for AI coding agents, as a library.
//!
//! Each workspace gets a container of its own with systemd, an SSH server and its own Docker engine;
//! root in the container maps to an unprivileged user on the host. This crate creates and starts
//! such containers, runs commands in them over SSH, and copies, imports, exports, snapshots and
//! forwards. The program `cai` is built on it.
//!
//! ```no_run
//! # async fn example() -> containai::Result<()> {
//! let sandbox = containai::Sandbox::builder("/src/api").image("base").start().await?;
//! let out = sandbox.command("cargo").arg("test").output().await?;
//! sandbox.copy_in("fixtures", "workspace/fixtures").await?;
//! sandbox.stop().await?;
//! # drop(out);
//! # Ok(())
//! # }
//! ```
//!
//! The machine must be set up once with `cai setup`, unless
//! [`docker_host`](SandboxBuilder::docker_host) names another engine. Futures need a Tokio runtime
//! with time and I/O enabled.
//!
//! # What a sandbox does
//!
//! | to | use |
//! |---|---|
//! | create, start or open a container | [`SandboxBuilder::start`], [`SandboxBuilder::open`] |
//! | run a command, with async streams, signals and a terminal | [`Sandbox::command`] |
//! | copy files | [`Sandbox::copy_in`], [`Sandbox::copy_out`] |
//! | import the settings of agents | [`Sandbox::import`] |
//! | export and restore the data volume | [`Sandbox::export`], [`SandboxBuilder::restore`] |
//! | create a snapshot, go back to it, or fork it | [`Sandbox::snapshot`], [`Sandbox::restore_snapshot`], [`Sandbox::fork`] |
//! | forward ports and sockets | [`Sandbox::forward_port`], [`Sandbox::forward`] |
//! | stop or remove the container | [`Sandbox::stop`], [`Sandbox::remove`] |
//!
//! # The process belongs to the program
//!
//! This crate does not print, prompt, exit or read the environment, and installs no signal handlers
//! unless [`Frontend::handles_signals`] asks for them.
//!
//! - Facts of the process, such as the home directory, are a [`ProcessEnv`].
//! - Progress, warnings and questions go to a [`Frontend`]. Without one, every answer is no.
//! - Errors are [`Error`], with the exit code and the hints that `cai` would print
//!   ([`Advice`](containai_core::hint::Advice)).
//! - Some operations run `git` and, for remote engines, `ssh`.
//!
//! # Diagnostics
//!
//! The crate emits [`tracing`] spans and events, and subscribes to nothing. Command lines, variables,
//! file contents and credentials are never part of them. Targets:
//!
//! | target | spans and events |
//! |---|---|
//! | `containai::engine` | each request to a Docker engine, without query and body, and its error |
//! | `containai::ssh` | each SSH connection, and each command by its exit code |
//! | `containai::lifecycle` | each step, operation and forward of a container |
//!
//! # Features
//!
//! None. MSRV: Rust 1.89; Linux only.
//!
//! # Modules
//!
//! [`sandbox`] and [`command`] are the interface for programs. [`report`], [`process_env`] and
//! [`error`] are what they exchange with this crate. The other modules are the use cases of `cai`, one
//! each, in terms of the lower crates; their interfaces change more often.

#![deny(missing_docs)]

pub mod acp;
pub mod agent_session;
pub mod agents;
pub mod archive_file;
pub mod command;
pub mod command_env;
pub mod completion;
mod compose_files;
pub mod config;
mod confined_git;
pub mod confirm;
pub mod connection;
pub mod context;
mod context_files;
pub mod copy;
pub mod copy_report;
pub mod devcontainer_file;
pub mod devcontainer_image;
mod devcontainer_ports;
mod devcontainer_search;
pub mod disk_full;
pub mod disk_usage;
pub mod editor;
pub mod enclosing_workspace;
pub mod engine_group;
pub mod error;
pub mod export;
mod features;
pub mod forward;
pub mod forward_registry;
pub mod gc;
pub mod git;
pub mod hooks;
pub mod host_facts;
mod host_logins;
mod host_network;
pub mod image_selection;
pub mod images;
pub mod import;
mod known_agents;
pub mod legacy_files;
mod lifecycle_log;
pub mod lifecycle_plan;
pub mod links;
pub mod listing;
pub mod lock;
pub mod login;
pub mod logs;
pub mod mounts;
pub mod moved;
pub mod mux_server;
mod openat2;
pub mod openssh;
mod openssh_connector;
mod openssh_report;
pub mod ports;
pub mod private_file;
pub mod process_env;
pub mod progress;
pub mod protected;
pub mod reclaim;
pub mod remote_engine;
pub mod rename;
pub mod report;
pub mod resources;
pub mod restore;
pub mod sandbox;
mod sandbox_handle;
pub mod session;
pub mod session_env;
pub mod session_guard;
mod session_script;
pub mod settings;
pub mod setup;
mod shared_credentials;
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
mod user_command;
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
pub use report::{Frontend, Report, Reporter};
pub use sandbox::{
    DataExport, DataRestore, ImportSummary, Sandbox, SandboxBuilder, SandboxFork, SandboxForward,
    SettingsImport,
};

/// Types of the lower crates in signatures of this one.
pub use containai_core::{
    lifecycle::snapshot::Snapshot,
    remote::{Direction, Forward},
};
pub use containai_ssh::{Signal, TerminalSize};
