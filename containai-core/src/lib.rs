//! The model of a ContainAI system container.
//!
//! This crate contains the names, the configuration, the paths, the labels and the
//! decisions of ContainAI as plain data and pure functions. It opens no socket, starts no
//! process, reads neither the clock nor the environment, and needs no async runtime:
//! facts are passed in as data, decisions are returned as data. The interfaces to the
//! outside are the traits [`engine::Engine`] (implemented by `containai-docker`) and
//! [`remote::Remote`] (implemented by `containai-ssh`); [`lifecycle::drive()`] is the
//! only loop that uses both.
//!
//! ```
//! use containai_core::naming::{ContainerName, GitHead, Hostname, WorkspacePath};
//!
//! let workspace = WorkspacePath::new("/home/me/src/My_Api")?;
//! let name = ContainerName::derive(&workspace, &GitHead::Branch("feature/login".into()));
//! assert_eq!(name.as_ref(), "myapi-login");
//! assert_eq!(Hostname::sanitize(name.as_ref()).as_ref(), "myapi-login");
//! # Ok::<(), containai_core::naming::WorkspacePathError>(())
//! ```

#![deny(missing_docs)]

pub mod acp;
pub mod agent_session;
pub mod archive;
mod box_error;
pub mod browser_page;
pub mod byte_size;
pub mod config;
pub mod console_text;
mod container_paths;
pub mod devcontainer;
pub mod disk_full;
pub mod engine;
pub mod exit;
pub mod hint;
pub mod import;
mod isolation;
pub mod label;
pub mod layout;
pub mod lifecycle;
pub mod listening_port;
pub mod manifest;
pub mod naming;
pub mod network;
pub mod remote;
pub mod resources;
pub mod retention;
pub mod shell_word;
pub mod stderr_tail;
pub mod template;
#[cfg(feature = "testing")]
pub mod testing;
pub mod time_limit;
pub mod timestamp;
pub mod version;
pub mod workspace_record;
pub mod workspace_store;
pub mod workspace_sync;
pub mod worktree;

pub use box_error::BoxError;
