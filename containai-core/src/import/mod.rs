//! Import of files from a home directory to a data volume.
//!
//! Manifests and [`ImportOptions`] define the [`ImportItems`]. The [`ImportRecord`] of
//! the previous import shows which of them have changed. Reading and transferring the
//! files is left to the caller.

mod additional;
mod options;
mod git_config;
mod item;
mod link;
mod pattern;
mod record;
mod relink;
mod rewriting;
mod secret;
mod link_repair;

pub use additional::{OutsideHomeError, additional_manifest, listed, read_path_list};
pub use options::{ImportOptions, CredentialSelection, Exclusions, PrivateFiles, SecretHandling, SecretEntries};
pub use git_config::filter_git_config;
pub use item::{ContentHandling, ImportItem, ImportItemKind, ImportItems, IfMissing};
pub use link::{HomeLink, RENAMED_TARGETS, Replaceable, home_links};
pub use pattern::matches;
pub use record::{WithheldSecrets, FileStat, ImportRecord, ImportedFile, FileChange};
pub use relink::{Relinked, destination, relink};
pub use rewriting::Rewriting;
pub use secret::{AllowedSecret, AllowedSecretError, Screened, Screening, screen};
pub use link_repair::{LinkAction, PathState, plan_link_repair};
