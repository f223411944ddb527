//! An archive file and the keys that decrypt it.

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::error::ResultExt as _;
use containai_core::archive::{
    self, ArchiveError, ArchiveManifest, ArchiveSummary, MemberReader, Totals, UnpackLimits,
};

use super::{ArchiveReader, DecryptionKeys, RequiredKey};

/// An archive file that can be read repeatedly.
pub struct Archive {
    path: PathBuf,
    source: ArchiveReader,
    keys: DecryptionKeys,
}

/// The content of an archive.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ArchiveFileKind {
    /// An export of a data volume, written by `cai export`.
    Export,
    /// Any other archive: files laid out as in a home directory.
    Files,
}

impl Archive {
    /// Opens the archive at `path`; `keys` supplies the key that it requires.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or `keys` fails.
    pub fn open<E: From<crate::Error>>(
        path: PathBuf,
        keys: impl FnOnce(RequiredKey) -> Result<DecryptionKeys, E>,
    ) -> Result<Self, E> {
        let source = ArchiveReader::open(&path)?;
        let required = source.required_key().map_err(crate::Error::from)?;
        let keys = keys(required)?;
        Ok(Self { path, source, keys })
    }

    /// Returns the path that the archive was opened by.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns a reader of the tar stream, from its beginning.
    pub(crate) fn read(&self) -> crate::Result<Box<dyn Read + Send>> {
        self.source.read(&self.keys)
    }

    /// Reads the first member and returns the kind of the archive.
    ///
    /// # Errors
    ///
    /// The file is not an archive, is damaged, or has an unsupported format.
    pub fn kind(&self) -> crate::Result<ArchiveFileKind> {
        match ArchiveManifest::read(&mut MemberReader::new(self.read()?)) {
            Ok(_) => Ok(ArchiveFileKind::Export),
            Err(ArchiveError::NotAnExport) => Ok(ArchiveFileKind::Files),
            Err(error) => {
                Err(error).with_context(|| format!("cannot read `{}`", self.path.display()))
            }
        }
    }

    /// Reads a whole export and checks it as strictly as a restore does.
    pub(crate) fn verify(&self, progress: &mut dyn FnMut(Totals)) -> crate::Result<ArchiveSummary> {
        Ok(archive::verify(self.read()?, UnpackLimits::MAX, progress)?)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use containai_core::archive::{
        FileTime, Member, MemberKind, MemberPath, MemberWriter, Owner, export,
    };
    use containai_core::timestamp::Timestamp;
    use tempfile::NamedTempFile;

    use super::*;

    fn tar() -> Vec<u8> {
        let mut writer = MemberWriter::new(Vec::new(), "");
        let top = Member {
            path: MemberPath::default(),
            kind: MemberKind::Directory,
            mode: 0o755,
            owner: Owner { uid: 0, gid: 0 },
            modified: FileTime::default(),
            attributes: Default::default(),
        };
        writer.start_member(&top).and_then(|()| writer.finish()).expect("writes to memory succeed")
    }

    #[test]
    fn exports_are_distinguished_from_other_archives() -> anyhow::Result<()> {
        let kind = |bytes: &[u8]| {
            let mut file = NamedTempFile::new()?;
            file.write_all(bytes)?;
            Archive::open(file.path().to_owned(), |_| {
                crate::Result::<_>::Ok(DecryptionKeys::default())
            })?
            .kind()
        };
        let manifest = ArchiveManifest {
            volume: "v".into(),
            created: Timestamp::from_unix(0),
            version: "1".into(),
        };
        let (exported, _) = export(&tar()[..], Vec::new(), manifest, &mut |_| ())?;
        assert_eq!(kind(&exported)?, ArchiveFileKind::Export);
        assert_eq!(kind(&tar())?, ArchiveFileKind::Files);
        let newer = String::from_utf8_lossy(&exported).replacen("format = 1", "format = 2", 1);
        for bad in [newer.as_bytes(), b"", b"PK\x03\x04", &[b'x'; 1024]] {
            assert!(kind(bad).is_err());
        }
        Ok(())
    }
}
