//! Inside a container: moving of files that replaced links to the data volume.

use std::fmt;
use std::path::Path;

use containai_core::import::{RENAMED_TARGETS, home_links, read_path_list};
use containai_core::layout::{CONTAINER_DATA, Layout, VOLUME_ADDITIONAL_PATHS};
use containai_core::manifest::shipped_manifests;
use containai_ssh::transfer::{Directory, HomeLinkRepair, LinkOutcome};

use crate::import::manifests;
use crate::report::Reporter;

/// The size limit of the list of additional paths, in bytes.
const MAX_LIST_BYTES: u64 = 1 << 20;

/// The links that an adoption changes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AdoptMode {
    /// None: outcomes are predicted.
    DryRun,
    /// Those that a file or directory replaced.
    Replaced,
    /// Those, missing links, and links with another target.
    All,
}

/// The outcomes of an adoption.
#[derive(Debug)]
pub struct Adoption {
    /// The links that were not as they should be.
    pub links: Vec<AdoptedLink>,
    /// Whether all links are right now, and all manifests were read.
    pub is_complete: bool,
}

/// The outcome for one link.
#[derive(Debug)]
pub struct AdoptedLink {
    path: String,
    target: String,
    outcome: LinkOutcome,
}

impl fmt::Display for AdoptedLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, target, outcome } = self;
        match outcome {
            LinkOutcome::Unchanged => write!(f, "~/{path}: unchanged"),
            LinkOutcome::Linked => write!(f, "~/{path}: linked"),
            LinkOutcome::Moved => write!(f, "~/{path}: moved to {CONTAINER_DATA}/{target}"),
            LinkOutcome::Blocked(why) => write!(f, "~/{path}: in the way: {why}"),
        }
    }
}

/// Moves files that replaced links to the data volume, and restores the links.
///
/// # Errors
///
/// The home directory or the data volume cannot be opened. A problem with one link or manifest is
/// reported, and makes the adoption incomplete.
pub fn adopt(layout: &Layout, mode: AdoptMode, reporter: &Reporter) -> crate::Result<Adoption> {
    let home = Directory::open(layout.home(), &[])?;
    let volume = Directory::open(Path::new(CONTAINER_DATA), &[])?;
    // Written by imports with additional paths.
    let listed = volume.read_file(VOLUME_ADDITIONAL_PATHS, MAX_LIST_BYTES).unwrap_or_default();
    let additional = read_path_list(&String::from_utf8_lossy(&listed));
    let mut is_complete = true;
    let mut warn = |text: String| {
        reporter.warn(&text);
        is_complete = false;
    };
    // An invalid manifest of the user must not cost conversations.
    let manifests = manifests(layout, &additional, &layout.home().to_string_lossy());
    let manifests = manifests.unwrap_or_else(|error| {
        warn(format!("{error:#}"));
        shipped_manifests()
    });
    let repair = HomeLinkRepair::new(&home, &volume, CONTAINER_DATA);
    for (from, to) in RENAMED_TARGETS.iter().filter(|_| mode != AdoptMode::DryRun) {
        if let Err(error) = repair.rename(from, to) {
            warn(format!("cannot rename `{CONTAINER_DATA}/{from}`: {error}"));
        }
    }
    let mut links = Vec::new();
    for link in home_links(&manifests) {
        let outcome = match mode {
            AdoptMode::DryRun => repair.check(&link),
            AdoptMode::Replaced if repair.check(&link) == LinkOutcome::Linked => continue,
            AdoptMode::Replaced | AdoptMode::All => repair.repair(&link),
        };
        if outcome != LinkOutcome::Unchanged {
            links.push(AdoptedLink { path: link.path, target: link.target, outcome });
        }
    }
    is_complete &= !links.iter().any(|it| matches!(it.outcome, LinkOutcome::Blocked(_)));
    Ok(Adoption { links, is_complete })
}
