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
mod header;
mod judge;
mod left_out;
mod manifest;
mod member;
mod members;
mod moment;
mod path;
pub mod pax;
mod segments;
mod transcript;
mod writer;

pub use error::ArchiveError;
pub use judge::{Judge, Limits, Totals};
pub use left_out::left_out;
pub use manifest::Manifest;
pub use member::{Member, MemberKind, Owner};
pub use members::Members;
pub use moment::Moment;
pub use path::MemberPath;
pub use segments::{Segment, Segments};
pub use transcript::{Dropped, Transcript, export, restore, verify};
pub use writer::Writer;
