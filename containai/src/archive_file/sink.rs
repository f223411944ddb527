//! Writing an archive's file.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use age::stream::StreamWriter;
use zstd::stream::write::Encoder;

use super::gzip::GzipWriter;
use super::{Packing, Seal};

/// Level 3 is what `zstd` takes by itself.
const LEVEL: i32 = 3;
const BUFFER: usize = 256 << 10;

/// Packs and seals what is written; [`Sink::finish`] has to follow.
pub(crate) struct Sink(Packer);

enum Packer {
    Gzip(GzipWriter<Sealed>),
    Zstd(Encoder<'static, Sealed>),
}

/// What goes to the file.
enum Sealed {
    Open(BufWriter<File>),
    Age(StreamWriter<BufWriter<File>>),
}

impl Sink {
    pub(crate) fn new(file: File, packing: Packing, seal: Seal) -> io::Result<Self> {
        let output = match seal.wrap(BufWriter::with_capacity(BUFFER, file))? {
            Ok(stream) => Sealed::Age(stream),
            Err(open) => Sealed::Open(open),
        };
        Ok(Self(match packing {
            Packing::Gzip => Packer::Gzip(GzipWriter::new(output)),
            Packing::Zstd => {
                let mut encoder = Encoder::new(output, LEVEL)?;
                encoder.include_checksum(true)?;
                let threads = std::thread::available_parallelism().map_or(1, usize::from);
                encoder.multithread(u32::try_from(threads.min(8)).unwrap_or(1))?;
                Packer::Zstd(encoder)
            }
        }))
    }

    /// Writes the end; afterwards everything is on the disk.
    pub(crate) fn finish(self) -> io::Result<()> {
        let sealed = match self.0 {
            Packer::Gzip(writer) => writer.finish()?,
            Packer::Zstd(encoder) => encoder.finish()?,
        };
        let output = match sealed {
            Sealed::Open(output) => output,
            Sealed::Age(stream) => stream.finish()?,
        };
        output.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.0 {
            Packer::Gzip(writer) => writer.write(bytes),
            Packer::Zstd(encoder) => encoder.write(bytes),
        }
    }

    /// Nothing is packed earlier for it.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Write for Sealed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Open(output) => output.write(bytes),
            Self::Age(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Open(output) => output.flush(),
            Self::Age(stream) => stream.flush(),
        }
    }
}
