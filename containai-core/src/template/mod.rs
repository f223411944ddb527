//! Templates: what a user puts on top of an image of ours, once for many
//! containers.
//!
//! A template is a directory with a Dockerfile. Its image is built in two
//! steps: the user's Dockerfile as it is, and on top of what that made a last
//! stage of ours ([`wrapping`]), which gives the container back its first
//! process and proves that it will boot. Nothing that a Dockerfile says can
//! reach that stage.

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
