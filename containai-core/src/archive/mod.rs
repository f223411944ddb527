//! Archives of data volumes: what one holds, and what is refused.
//!
//! An archive is a tar of POSIX's kind (`pax`), whatever it is packed in. Its
//! first member is our [`Manifest`], which is how a restore knows it from any
//! other tar; then comes the tree, a directory before what is in it. Owners are
//! those inside of a container, files with holes are written as GNU tar does
//! (format 1.0), extended attributes and access control lists as `SCHILY`
//! records.
//!
//! Whoever made it, an archive is read as hostile: [`Members`] takes its bytes
//! apart, [`Judge`] says whether all of it may be unpacked, and nothing of it
//! goes on but what [`Writer`] writes anew, so that no other program has to
//! read what a stranger wrote.

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
