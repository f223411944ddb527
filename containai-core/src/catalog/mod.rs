//! Agents and other programs, and what each keeps where.
//!
//! A manifest ([`Manifest`]) says which paths of a home directory belong to a
//! program and where they live on the data volume. An import goes through the
//! entries of all manifests, less what is excluded ([`plan_import`]). The user's
//! own manifests are read strictly ([`Manifest::read`]): a mistake in them is
//! told with its line, and no path in them leads out of the home directory or
//! the volume. Images carry what follows from the manifests: volume and links
//! ([`tmpfiles`]), and what starts an agent ([`Agent::wrapper`]).

mod agent;
mod directory_link;
mod exclude;
mod manifest;
mod shipped;
mod strict;
mod tmpfiles;
mod volume;

pub use agent::Agent;
pub use directory_link::DirectoryLink;
pub use exclude::{Exclude, ImportEntry, ImportPlan, plan_import};
pub use manifest::{Entry, EntryKind, Manifest};
pub use shipped::{shipped_agents, shipped_manifests};
pub use strict::{ManifestError, Mistake};
pub use tmpfiles::tmpfiles;
pub use volume::{VolumePath, VolumeShape};
