//! Agents and other programs, and what each keeps where.
//!
//! A manifest ([`Manifest`]) says which paths of a home directory belong to a
//! program and where they live on the data volume. An import goes through the
//! entries of all manifests, less what is excluded ([`plan_import`]).

mod exclude;
mod manifest;
mod shipped;

pub use exclude::{Exclude, ImportEntry, ImportPlan, plan_import};
pub use manifest::{Entry, EntryKind, Manifest};
pub use shipped::shipped_manifests;
