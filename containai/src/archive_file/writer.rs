//! Writing archive files.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use age::stream::StreamWriter;
use zstd::stream::write::Encoder;

use super::gzip::GzipWriter;
use super::{ArchiveCompression, Encryption};

/// The default level of `zstd`.
const LEVEL: i32 = 3;
const BUFFER: usize = 256 << 10;

/// A writer that compresses and encrypts; call [`ArchiveWriter::finish`] at the end.
pub(crate) struct ArchiveWriter(CompressedWriter);

enum CompressedWriter {
    Gzip(GzipWriter<EncryptedWriter>),
    Zstd(Encoder<'static, EncryptedWriter>),
}

/// The output of the compression.
enum EncryptedWriter {
    Plain(BufWriter<File>),
    Age(StreamWriter<BufWriter<File>>),
}

impl ArchiveWriter {
    /// Starts an archive in `file`.
    pub(crate) fn new(
        file: File,
        compression: ArchiveCompression,
        encryption: Encryption,
    ) -> io::Result<Self> {
        let output = match encryption.encrypt(BufWriter::with_capacity(BUFFER, file))? {
            Ok(stream) => EncryptedWriter::Age(stream),
            Err(output) => EncryptedWriter::Plain(output),
        };
        Ok(Self(match compression {
            ArchiveCompression::Gzip => CompressedWriter::Gzip(GzipWriter::new(output)),
            ArchiveCompression::Zstd => {
                let mut encoder = Encoder::new(output, LEVEL)?;
                encoder.include_checksum(true)?;
                let threads = std::thread::available_parallelism().map_or(1, usize::from);
                encoder.multithread(u32::try_from(threads.min(8)).unwrap_or(1))?;
                CompressedWriter::Zstd(encoder)
            }
        }))
    }

    /// Writes the end of the archive and flushes it to the disk.
    pub(crate) fn finish(self) -> io::Result<()> {
        let encrypted = match self.0 {
            CompressedWriter::Gzip(writer) => writer.finish()?,
            CompressedWriter::Zstd(encoder) => encoder.finish()?,
        };
        let output = match encrypted {
            EncryptedWriter::Plain(output) => output,
            EncryptedWriter::Age(stream) => stream.finish()?,
        };
        output.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
    }
}

impl Write for ArchiveWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.0 {
            CompressedWriter::Gzip(writer) => writer.write(bytes),
            CompressedWriter::Zstd(encoder) => encoder.write(bytes),
        }
    }

    /// Does nothing: blocks have a fixed size.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Write for EncryptedWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(output) => output.write(bytes),
            Self::Age(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(output) => output.flush(),
            Self::Age(stream) => stream.flush(),
        }
    }
}
