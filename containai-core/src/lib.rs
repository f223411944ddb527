//! What is true about a ContainAI system container.
//!
//! This crate holds the names, the configuration, the paths, the labels and
//! the decisions of ContainAI as plain data and pure functions. It opens no
//! socket, starts no process, reads neither clock nor environment and brings
//! no async runtime: facts come in as data, decisions go out as data. The two
//! borders to the world are the traits [`engine::Engine`] (implemented by
//! `containai-docker`) and [`remote::Remote`] (implemented by
//! `containai-ssh`); [`lifecycle::drive()`] is the only loop that uses both.
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

pub mod age;
pub mod archive;
pub mod byte_size;
pub mod catalog;
pub mod config;
pub mod copy;
pub mod devcontainer;
pub mod engine;
pub mod exit;
#[cfg(feature = "testing")]
pub mod fake;
pub mod hint;
pub mod import;
pub mod label;
pub mod last_words;
pub mod layout;
pub mod lifecycle;
pub mod naming;
pub mod records;
pub mod remote;
pub mod resources;
pub mod template;
pub mod timestamp;
pub mod version;
pub mod workspace_record;
pub mod worktree;
