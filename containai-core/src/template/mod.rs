//! Templates: images built by the user on top of a ContainAI image, for several
//! containers.
//!
//! A template is a directory with a Dockerfile. Its image is built in two steps: first
//! the user's Dockerfile, then a [`final_stage()`] on top of the result, which restores the
//! container's first process and checks that the image boots. The user's Dockerfile
//! cannot affect that stage.

mod builder;
mod check;
mod check_builder;
mod check_sources;
mod copy_sources;
mod dockerfile;
mod expand;
mod final_stage;
mod finding;
mod fingerprint;
mod ignore;
mod instruction;
mod needed;
mod path_env;
mod scaffold;
mod stage;
mod upgrade;

pub use builder::ImageBuilder;
pub use check::check_dockerfile;
pub use check_sources::check_sources;
pub use copy_sources::CopySources;
pub use dockerfile::{Dockerfile, DockerfileError, without_syntax};
pub use final_stage::{BOOT_CHECK, final_stage, template_labels};
pub use finding::{DockerfileFinding, Severity};
pub use fingerprint::{ContextEntry, ContextEntryKind, fingerprint};
pub use ignore::IgnoreFile;
pub use instruction::Instruction;
pub use path_env::path_env;
pub use scaffold::scaffold;
pub use stage::{BASE_IMAGE, Stage, StageBase};
pub use upgrade::upgrade;
