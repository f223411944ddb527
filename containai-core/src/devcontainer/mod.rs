//! `devcontainer.json`: the development container described by a repository.
//!
//! The file comes with the repository and is untrusted. Properties that affect only the inside of
//! the container apply once the user enabled the file. Access to the host (commands, variables,
//! mounts) is refused until the user approved the exact text.
//!
//! Source: <https://containers.dev/implementors/json_reference/>.

mod compose;
mod container_stage;
mod container_variable;
mod context;
mod document;
mod editor;
mod environment;
mod error;
mod extensions;
mod feature;
mod feature_artifact;
mod feature_lock;
mod feature_manifest;
mod feature_order;
mod feature_package;
mod feature_source;
mod fields;
mod image;
mod jsonc;
mod keys;
mod lifecycle;
mod mount;
mod mount_reader;
mod path;
mod plan;
mod plan_entry;
mod ports;
mod provided_feature;
mod requirements;
mod run_args;
mod script;
mod stages;
mod substitute;
mod workspace_folder;

pub use compose::{
    COMPOSE_PROGRAM, COMPOSE_UNIT, COMPOSE_UNIT_NAME, ComposeInput, ComposeProject, ComposeReader,
};
pub use container_stage::ContainerStage;
pub use context::DevcontainerContext;
pub use document::{Approval, Devcontainer};
pub use editor::{EditorSettings, merge_metadata};
pub use error::DevcontainerError;
pub use extensions::recommended_extensions;
pub use feature::Feature;
pub use feature_artifact::FeatureArtifact;
pub use feature_lock::{FeatureLock, LockedFeature};
pub use feature_manifest::{FeatureManifest, FeatureOption};
pub use feature_order::{FeatureCycle, FeatureNode, installation_order};
pub use feature_package::{
    FEATURE_MANIFEST, FeaturePackage, FeaturePackageError, MAX_FEATURE_BYTES, PackageEntry,
};
pub use feature_source::{FeatureSource, TarballUrl};
pub use image::DevcontainerImage;
pub use lifecycle::{Lifecycle, LifecycleCommand, StartWait};
pub use mount::{RequestedMount, RequestedMountSource};
pub use plan::DevcontainerPlan;
pub use plan_entry::{PlanEntry, Treatment};
pub use ports::ForwardedPort;
pub use provided_feature::provided_instead;
pub use requirements::HostRequirements;
pub use script::{LIFECYCLE_PROGRAM, lifecycle_script};
pub use stages::{
    FEATURES_DIR, FeatureLayer, entrypoint_program, feature_install_script, feature_stage,
};
pub use workspace_folder::{WorkspaceFolder, WorkspacePlace};
