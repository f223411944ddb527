//! Files and trees to and from a container.
//!
//! [`Copier`] copies as `cp -a` does, across an open
//! [`Session`](crate::Session): a regular file as one stream that can be
//! resumed, a directory as a tar archive.
//!
//! What may go wrong is one-sided. Inside, everything runs as the session's
//! user, and can harm nobody but the container. Outside, whatever the container
//! sends is hostile input:
//!
//! - nothing is written outside of the one file or directory that was asked
//!   for, whatever an archive's names and links say;
//! - links are made and never followed; hard links, devices, pipes and sockets
//!   are refused; modes lose set-user-id, set-group-id and sticky bits;
//! - what a boundary encloses ([`Copier::guarding`]) is written by the
//!   container, so no link in there is followed, whoever named it;
//! - an archive may not hold more than the disk, in bytes and in files
//!   ([`Limits`]), and no header may be big.
//!
//! There is no SFTP in here: a tree of small files is several times quicker as
//! one archive than as a request for each, and to resume a file `dd` inside is
//! enough. SFTP clients use the server's own.
//!
//! ```no_run
//! # use containai_ssh::{Session, transfer::{Copier, TransferError}};
//! # async fn example(session: &Session) -> Result<(), TransferError> {
//! let copier = Copier::new(session).guarding("/home/me/src/api");
//! let report = copier.download(&["target/doc".into()], "/tmp/doc".as_ref()).await?;
//! for failure in report.failures() {
//!     eprintln!("{failure}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Needed inside: a POSIX shell, GNU coreutils, GNU tar and `flock`.

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
