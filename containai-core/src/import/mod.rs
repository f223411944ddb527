//! Import of files from a home directory to a data volume.
//!
//! Manifests and [`ImportOptions`] define the [`ImportItems`]. The [`ImportRecord`] of
//! the previous import shows which of them have changed. Reading and transferring the
//! files is left to the caller.

mod additional;
mod git_config;
mod host_settings;
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
pub use git_config::{
    FilteredGitConfig, GitConfigPart, IncludePlace, conditional_include, filter_git_config,
    git_config_files, git_config_parts,
};
pub use host_settings::{AdaptedSettings, adapt_to_container};
pub use item::{ContentHandling, IfMissing, ImportItem, ImportItemKind, ImportItems};
pub use link::{HomeLink, RENAMED_TARGETS, Replaceable, home_links};
pub use link_repair::{LinkAction, PathState, plan_link_repair};
pub use options::{
    CredentialSelection, Exclusions, ImportOptions, PrivateFiles, SecretEntries, SecretHandling,
};
pub use pattern::matches;
pub use record::{FileChange, FileStat, ImportRecord, ImportedFile, WithheldParts};
pub use relink::{Relinked, destination, relink};
pub use rewriting::Rewriting;
pub use secret::{AllowedSecret, AllowedSecretError, Screened, Screening, is_private_path, screen};
