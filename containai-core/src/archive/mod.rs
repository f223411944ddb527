//! Archives of data volumes: format, reading, checking and writing.
//!
//! An archive is a POSIX `pax` tar file, optionally compressed. Its first member is the
//! [`ArchiveManifest`], which distinguishes it from other tar files; the tree follows, each
//! directory before its content. Owners are ids inside the container. Sparse files use GNU tar's
//! format 1.0; extended attributes and access control lists are `SCHILY` records.
//!
//! Every archive is treated as hostile: [`MemberReader`] parses its bytes, [`UnpackPolicy`] decides
//! whether it may be unpacked, and only headers written by [`MemberWriter`] reach other programs.

mod error;
mod exclude;
mod file_time;
mod header;
mod manifest;
mod member;
mod path;
pub mod pax;
mod policy;
mod reader;
mod sparse;
mod transcode;
mod writer;

pub use error::ArchiveError;
pub use exclude::tar_exclude_options;
pub use file_time::FileTime;
pub use manifest::ArchiveManifest;
pub use member::{Member, MemberKind, Owner};
pub use path::MemberPath;
pub use policy::{Totals, UnpackLimits, UnpackPolicy};
pub use reader::MemberReader;
pub use sparse::{Segment, SparseMap};
pub use transcode::{ArchiveSummary, DroppedMember, export, restore, verify};
pub use writer::MemberWriter;
