//! Reading an archive's file.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek as _};
use std::path::Path;

use crate::error::ResultExt as _;
use zstd::stream::read::Decoder;

use super::DecryptionKeys;
use super::gunzip::GunzipReader;

const BUFFER: usize = 256 << 10;
const AGE: &[u8] = b"age-encryption.org/";
const GZIP: &[u8] = &[0x1f, 0x8b];
/// RFC 8878, 3.1.1.
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
/// How far back a packed file may refer, as a power of two: 128 MiB, what
/// `zstd` itself takes.
const MAX_WINDOW_LOG: u32 = 27;

/// An archive's file. It is opened once: between two readings another file may
/// come in its place.
#[derive(Debug)]
pub(crate) struct ArchiveReader(File);

/// Whom a file is sealed to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RequiredKey {
    None,
    Passphrase,
    Identity,
}

impl ArchiveReader {
    pub(crate) fn open(path: &Path) -> crate::Result<Self> {
        let context = || format!("cannot read `{}`", path.display());
        Ok(Self(File::open(path).with_context(context)?))
    }

    /// What is needed to open it.
    pub(crate) fn required_key(&self) -> io::Result<RequiredKey> {
        let mut head = [0; 200];
        let mut file = self.rewind()?;
        let mut length = 0;
        while length < head.len() {
            match file.read(&mut head[length..])? {
                0 => break,
                more => length += more,
            }
        }
        let head = &head[..length];
        let mut lines = head.split(|&byte| byte == b'\n');
        Ok(match head.starts_with(AGE) {
            false => RequiredKey::None,
            true if lines.nth(1).is_some_and(|line| line.starts_with(b"-> scrypt ")) => {
                RequiredKey::Passphrase
            }
            true => RequiredKey::Identity,
        })
    }

    /// The tar in it, from its beginning.
    pub(crate) fn read(&self, keys: &DecryptionKeys) -> crate::Result<Box<dyn Read + Send>> {
        let mut file = BufReader::with_capacity(BUFFER, self.rewind()?);
        if !file.fill_buf()?.starts_with(AGE) {
            return Ok(decompress(file)?);
        }
        let opened = keys.decrypt(file)?;
        Ok(decompress(BufReader::with_capacity(BUFFER, opened))?)
    }

    fn rewind(&self) -> io::Result<File> {
        let mut file = self.0.try_clone()?;
        file.rewind()?;
        Ok(file)
    }
}

fn decompress(mut input: impl BufRead + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
    let head = input.fill_buf()?;
    let (is_gzip, is_zstd) = (head.starts_with(GZIP), head.starts_with(ZSTD));
    Ok(match (is_gzip, is_zstd) {
        (true, _) => Box::new(BufReader::with_capacity(BUFFER, GunzipReader::new(input)?)),
        (_, true) => {
            let mut decoder = Decoder::with_buffer(input)?;
            decoder.window_log_max(MAX_WINDOW_LOG)?;
            Box::new(BufReader::with_capacity(BUFFER, decoder))
        }
        _ => Box::new(input),
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use age::secrecy::ExposeSecret as _;
    use tempfile::NamedTempFile;

    use super::super::{ArchiveCompression, ArchiveWriter, Encryption};
    use super::*;

    /// What comes back of something that was packed and sealed.
    fn write_and_read(
        packing: ArchiveCompression,
        seal: Encryption,
        keys: &DecryptionKeys,
    ) -> anyhow::Result<Vec<u8>> {
        let file = NamedTempFile::new()?;
        let mut sink = ArchiveWriter::new(file.reopen()?, packing, seal)?;
        sink.write_all(&b"content ".repeat(400_000))?;
        sink.finish()?;
        let source = ArchiveReader::open(file.path())?;
        // Twice, as a restore reads it.
        let mut content = Vec::new();
        source.read(keys)?.read_to_end(&mut content)?;
        let mut again = Vec::new();
        source.read(keys)?.read_to_end(&mut again)?;
        anyhow::ensure!(content == again, "the second reading differs");
        Ok(content)
    }

    #[test]
    fn archives_round_trip() -> anyhow::Result<()> {
        let identity = age::x25519::Identity::generate();
        let recipient = identity.to_public().to_string();
        let text = format!("# made for a test\n{}\n", identity.to_string().expose_secret());
        let with_identity =
            DecryptionKeys { identities: Some(text.into()), ..DecryptionKeys::default() };
        let with_word = DecryptionKeys {
            passphrase: Some("word".to_owned().into()),
            ..DecryptionKeys::default()
        };
        let expected = b"content ".repeat(400_000);
        for packing in [ArchiveCompression::Gzip, ArchiveCompression::Zstd] {
            assert!(
                write_and_read(packing, Encryption::None, &DecryptionKeys::default())? == expected
            );
            let to = || Encryption::for_recipients(std::slice::from_ref(&recipient));
            assert!(write_and_read(packing, to()?, &with_identity)? == expected);
            assert!(write_and_read(packing, to()?, &with_word).is_err());
            assert!(write_and_read(packing, to()?, &DecryptionKeys::default()).is_err());
        }
        let sealed = Encryption::Passphrase("word".to_owned().into());
        assert!(write_and_read(ArchiveCompression::Zstd, sealed, &with_word)? == expected);
        Ok(())
    }

    #[test]
    fn required_key_is_detected() -> anyhow::Result<()> {
        let check = |text: &str, expected| -> anyhow::Result<()> {
            let mut file = NamedTempFile::new()?;
            file.write_all(text.as_bytes())?;
            assert_eq!(ArchiveReader::open(file.path())?.required_key()?, expected, "{text}");
            Ok(())
        };
        check("age-encryption.org/v1\n-> scrypt a b\n", RequiredKey::Passphrase)?;
        check("age-encryption.org/v1\n-> X25519 a\n", RequiredKey::Identity)?;
        check("", RequiredKey::None)
    }
}
