//! Templates: images built by the user on top of a ContainAI image, for several
//! containers.
//!
//! A template is a directory with a Dockerfile. Its image is built in two steps: first
//! the user's Dockerfile, then a [`final_stage()`] on top of the result, which restores the
//! container's first process and checks that the image boots. The user's Dockerfile
//! cannot affect that stage.

mod check;
mod copied;
mod dockerfile;
mod expand;
mod fingerprint;
mod ignore;
mod instruction;
mod stage;
mod starter;
mod upgrade;
mod whole_path;
mod wrapping;

pub use check::{Finding, Severity, check};
pub use copied::Copied;
pub use dockerfile::{Dockerfile, DockerfileError};
pub use fingerprint::{ContextEntry, EntryKind, fingerprint};
pub use ignore::IgnoreFile;
pub use instruction::Instruction;
pub use stage::{BASE_IMAGE, Base, Stage};
pub use starter::starter;
pub use upgrade::upgrade;
pub use whole_path::whole_path;
pub use wrapping::{PROOF, template_labels, wrapping};
