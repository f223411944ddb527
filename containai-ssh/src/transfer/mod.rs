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

mod copier;
mod deliver;
mod directory;
mod download;
mod error;
mod exchange;
mod file_kind;
mod holes;
mod inventory;
mod landing;
mod limits;
mod member_header;
mod meter;
mod pack;
mod parcel;
mod part;
mod report;
mod resolve;
mod route;
mod script;
mod selection;
mod settle;
mod source;
mod spot;
mod store;
mod survey;
mod twin;
mod unpack;
mod unpack_error;
mod upload;
mod watch;

pub use copier::Copier;
pub use deliver::{Delivery, LinkRepair, wide_pipe};
pub use directory::Directory;
pub use error::TransferError;
pub use inventory::inventory;
pub use limits::Limits;
pub use meter::{Meter, Reading};
pub use pack::pack;
pub use parcel::{Filling, Packed, Parcel, hash, pack_parcels};
pub use report::{Failure, Report};
pub use route::{Route, RouteError};
pub use selection::Selection;
pub use settle::{Settled, Settling};
pub use spot::{Spot, SpotError};
pub use survey::{Found, FoundKind, Survey};
pub use twin::Twin;
pub use unpack::unpack;
pub use unpack_error::UnpackError;
pub use watch::{Change, Novelty, Watch};
