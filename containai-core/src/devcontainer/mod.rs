//! `devcontainer.json`: how a repository describes where it is worked on.
//!
//! It is written by whoever writes the repository. What it says about the
//! container's inside is followed once the user has it count; what reaches the
//! host (a command there, its variables, mounts) is refused until a person
//! approved that very text.
//!
//! Source: <https://containers.dev/implementors/json_reference/>.

mod document;
mod error;
mod feature;
mod fields;
mod image;
mod lifecycle;
mod mount;
mod path;
mod script;
mod stages;
mod substitute;
mod text;

pub use document::{Approval, Devcontainer, Host};
pub use error::DevcontainerError;
pub use feature::{Feature, FeatureManifest};
pub use image::Origin;
pub use lifecycle::{Lifecycle, LifecycleCommand};
pub use mount::{WantedMount, WantedSource};
pub use script::{LIFECYCLE_PROGRAM, lifecycle_script};
pub use stages::{FEATURES, environment_lines, feature_stage};
