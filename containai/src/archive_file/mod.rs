//! Archives as files: packed, sealed, and read back whatever they are.

mod archive;
mod gunzip;
mod gzip;
mod parallel;
mod compression;
mod encryption;
mod writer;
mod reader;

pub use archive::{Archive, ArchiveFileKind};
pub(crate) use compression::ArchiveCompression;
pub use encryption::{DecryptionKeys, Encryption};
pub(crate) use writer::ArchiveWriter;
pub use reader::RequiredKey;
use reader::ArchiveReader;
