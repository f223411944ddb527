//! `devcontainer.json`: the development container described by a repository.
//!
//! The file comes with the repository and is untrusted. Properties that affect only the inside of
//! the container apply once the user enabled the file. Access to the host (commands, variables,
//! mounts) is refused until the user approved the exact text.
//!
//! Source: <https://containers.dev/implementors/json_reference/>.

mod compose;
mod document;
mod error;
mod feature;
mod fields;
mod image;
mod jsonc;
mod lifecycle;
mod mount;
mod path;
mod script;
mod stages;
mod substitute;

pub use compose::{
    COMPOSE_PROGRAM, COMPOSE_UNIT, COMPOSE_UNIT_NAME, ComposeProject, ComposeReader,
};
pub use document::{Approval, Devcontainer, DevcontainerContext};
pub use error::DevcontainerError;
pub use feature::{Feature, FeatureManifest};
pub use image::DevcontainerImage;
pub use lifecycle::{Lifecycle, LifecycleCommand};
pub use mount::{RequestedMount, RequestedMountSource};
pub use script::{LIFECYCLE_PROGRAM, lifecycle_script};
pub use stages::{FEATURES_DIR, feature_install_script, feature_stage};
