//! Import of files from a home directory to a data volume.
//!
//! Manifests and [`ImportOptions`] define the [`ImportItems`]. The [`ImportRecord`] of
//! the previous import shows which of them have changed. Reading and transferring the
//! files is left to the caller.

mod additional;
mod choice;
mod git_config;
mod job;
mod link;
mod pattern;
mod record;
mod relink;
mod rewriting;
mod secret;
mod settle;

pub use additional::{OutsideHome, additional, listed, unlisted};
pub use choice::{Choice, Credentials, Excluding, Privates, Secrecy, Secrets};
pub use git_config::filter_git_config;
pub use job::{Content, Job, JobKind, Jobs, Missing};
pub use link::{HomeLink, MOVED, Replaces, home_links};
pub use pattern::matches;
pub use record::{KeptBack, Look, Record, Trace, Verdict};
pub use relink::{Relinked, destination, relink};
pub use rewriting::Rewriting;
pub use secret::{AllowedSecret, AllowedSecretError, Screened, Screening, screen};
pub use settle::{Settlement, Standing, settle};
