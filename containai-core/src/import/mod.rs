//! Import of files from a home directory to a data volume.
//!
//! Manifests and [`ImportOptions`] define the [`ImportItems`]. The [`ImportRecord`] of
//! the previous import shows which of them have changed. Reading and transferring the
//! files is left to the caller.

mod additional;
mod git_config;
mod item;
mod link;
mod link_repair;
mod options;
mod pattern;
mod record;
mod relink;
mod rewriting;
mod secret;

pub use additional::{OutsideHomeError, additional_manifest, read_path_list, write_path_list};
pub use git_config::filter_git_config;
pub use item::{ContentHandling, IfMissing, ImportItem, ImportItemKind, ImportItems};
pub use link::{HomeLink, RENAMED_TARGETS, Replaceable, home_links};
pub use link_repair::{LinkAction, PathState, plan_link_repair};
pub use options::{
    CredentialSelection, Exclusions, ImportOptions, PrivateFiles, SecretEntries, SecretHandling,
};
pub use pattern::matches;
pub use record::{FileChange, FileStat, ImportRecord, ImportedFile, WithheldSecrets};
pub use relink::{Relinked, destination, relink};
pub use rewriting::Rewriting;
pub use secret::{AllowedSecret, AllowedSecretError, Screened, Screening, screen};
