//! Reading archive files.

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
/// The largest accepted window, as a power of two: 128 MiB, the default limit of `zstd`.
const MAX_WINDOW_LOG: u32 = 27;

/// An open archive file. It is opened once because another file may replace it between two
/// readings.
#[derive(Debug)]
pub(crate) struct ArchiveReader(File);

/// The key that an archive requires.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RequiredKey {
    /// No key: the archive is not encrypted.
    None,
    /// The passphrase that it was encrypted with.
    Passphrase,
    /// The identity of one of its recipients.
    Identity,
}

impl ArchiveReader {
    pub(crate) fn open(path: &Path) -> crate::Result<Self> {
        let context = || format!("cannot read `{}`", path.display());
        Ok(Self(File::open(path).with_context(context)?))
    }

    /// Returns the key that the file requires.
    pub(crate) fn required_key(&self) -> io::Result<RequiredKey> {
        let mut head = [0; 200];
        let mut file = self.rewind()?;
        let mut length = 0;
        while length < head.len() {
            match file.read(&mut head[length..])? {
                0 => break,
                count => length += count,
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

    /// Returns a reader of the tar stream, from its beginning.
    pub(crate) fn read(&self, keys: &DecryptionKeys) -> crate::Result<Box<dyn Read + Send>> {
        let mut file = BufReader::with_capacity(BUFFER, self.rewind()?);
        if !file.fill_buf()?.starts_with(AGE) {
            return Ok(decompress(file)?);
        }
        let decrypted = keys.decrypt(file)?;
        Ok(decompress(BufReader::with_capacity(BUFFER, decrypted))?)
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

    /// Writes an archive and returns what is read from it.
    fn write_and_read(
        compression: ArchiveCompression,
        encryption: Encryption,
        keys: &DecryptionKeys,
    ) -> anyhow::Result<Vec<u8>> {
        let file = NamedTempFile::new()?;
        let mut writer = ArchiveWriter::new(file.reopen()?, compression, encryption)?;
        writer.write_all(&b"content ".repeat(400_000))?;
        writer.finish()?;
        let reader = ArchiveReader::open(file.path())?;
        // A restore reads the archive twice.
        let mut content = Vec::new();
        reader.read(keys)?.read_to_end(&mut content)?;
        let mut again = Vec::new();
        reader.read(keys)?.read_to_end(&mut again)?;
        anyhow::ensure!(content == again, "the second reading differs");
        Ok(content)
    }

    #[test]
    fn archives_round_trip() -> anyhow::Result<()> {
        let identity = age::x25519::Identity::generate();
        let recipient = identity.to_public().to_string();
        let text = format!("# for a test\n{}\n", identity.to_string().expose_secret());
        let with_identity =
            DecryptionKeys { identities: Some(text.into()), ..DecryptionKeys::default() };
        let with_passphrase = DecryptionKeys {
            passphrase: Some("word".to_owned().into()),
            ..DecryptionKeys::default()
        };
        let expected = b"content ".repeat(400_000);
        for compression in [ArchiveCompression::Gzip, ArchiveCompression::Zstd] {
            assert!(
                write_and_read(compression, Encryption::None, &DecryptionKeys::default())?
                    == expected
            );
            let encryption = || Encryption::for_recipients(std::slice::from_ref(&recipient));
            assert!(write_and_read(compression, encryption()?, &with_identity)? == expected);
            assert!(write_and_read(compression, encryption()?, &with_passphrase).is_err());
            assert!(
                write_and_read(compression, encryption()?, &DecryptionKeys::default()).is_err()
            );
        }
        let encrypted = Encryption::Passphrase("word".to_owned().into());
        assert!(write_and_read(ArchiveCompression::Zstd, encrypted, &with_passphrase)? == expected);
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
