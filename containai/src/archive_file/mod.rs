//! Archive files: compression, encryption, and reading them back.

mod archive;
mod compression;
mod encryption;
mod gunzip;
mod gzip;
mod parallel;
mod passphrase;
mod reader;
mod writer;

pub use archive::{Archive, ArchiveFileKind};
pub(crate) use compression::ArchiveCompression;
pub use encryption::{DecryptionKeys, Encryption};
pub use passphrase::read_passphrase;
use reader::ArchiveReader;
pub use reader::RequiredKey;
pub(crate) use writer::ArchiveWriter;
