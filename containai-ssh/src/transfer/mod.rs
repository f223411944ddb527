//! Copying files and trees to and from a container.
//!
//! [`Copier`] copies as `cp -a` does, over an open [`Session`](crate::Session):
//! a regular file as one stream that can be resumed, a directory as a tar
//! archive.
//!
//! The two sides are not equally trusted. Inside, everything runs as the
//! session's user, and can harm only the container. Outside, all data from the
//! container is hostile input:
//!
//! - Nothing is written outside of the requested file or directory, regardless
//!   of the names and links in an archive.
//! - Symbolic links are created and never followed; hard links, devices, pipes
//!   and sockets are refused; set-user-id, set-group-id and sticky bits are
//!   removed from modes.
//! - Links in untrusted directories ([`Copier::with_untrusted_dir`]) are never
//!   followed, because the container can write there.
//! - An archive may not exceed the disk, in bytes and in files
//!   ([`ArchiveLimits`]), and header sizes are limited.
//!
//! SFTP is not used: a tree of small files is several times faster as one
//! archive than with a request for each, and `dd` inside is enough to resume a
//! file. SFTP clients use the server's own.
//!
//! ```no_run
//! # use containai_ssh::{Session, transfer::{Copier, TransferError}};
//! # async fn example(session: &Session) -> Result<(), TransferError> {
//! let copier = Copier::new(session).with_untrusted_dir("/home/me/src/api");
//! let report = copier.download(&["target/doc".into()], "/tmp/doc".as_ref()).await?;
//! for failure in report.failures() {
//!     eprintln!("{failure}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Required inside: a POSIX shell, GNU coreutils, GNU tar and `flock`.

mod atomic_file;
mod copier;
mod copy_direction;
mod destination;
mod directory;
mod download;
mod error;
mod file_kind;
mod home_link_state;
mod import_stream;
mod limits;
mod link_repair;
mod pack;
mod partial_file;
mod path_arg;
mod progress;
mod remote_script;
mod report;
mod resolve;
mod script;
mod selection;
mod source;
mod sparse_writer;
mod tar_entries;
mod tar_header;
mod tree_scan;
mod tree_state;
mod unpack;
mod unpack_error;
mod upload;
mod watch;
mod workspace_sync;

pub use copier::Copier;
pub use copy_direction::{CopyDirection, CopyDirectionError};
pub use directory::Directory;
pub use error::TransferError;
pub use home_link_state::HomeLinkState;
pub use import_stream::{ImportStream, LinkRepairMode, large_pipe};
pub use limits::ArchiveLimits;
pub use link_repair::{HomeLinkRepair, LinkOutcome};
pub use pack::pack;
pub use path_arg::{PathArg, PathArgError};
pub use progress::{TransferCounts, TransferProgress};
pub use report::{CopyFailure, CopyReport};
pub use selection::Selection;
pub use tar_entries::{EntryContent, EntrySource, PackedEntries, blake3_hex, pack_entries};
pub use tree_scan::{ScanEntry, ScanEntryKind, TreeScan};
pub use tree_state::tree_state;
pub use unpack::unpack;
pub use unpack_error::UnpackError;
pub use watch::{DirectoryWatcher, WatchEvent, WatchUpdate};
pub use workspace_sync::RemoteWorkspace;
