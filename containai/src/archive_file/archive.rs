//! An archive's file, and what opens it.

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::error::ResultExt as _;
use containai_core::archive::{
    self, ArchiveError, ArchiveManifest, ArchiveSummary, MemberReader, Totals, UnpackLimits,
};

use super::{ArchiveReader, DecryptionKeys, RequiredKey};

/// An archive that can be opened, as often as needed.
pub struct Archive {
    path: PathBuf,
    source: ArchiveReader,
    keys: DecryptionKeys,
}

/// What an archive turns out to be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ArchiveFileKind {
    /// What `cai export` wrote.
    Export,
    /// Anything else: files as they are in a home directory.
    Files,
}

impl Archive {
    /// Opens a file; `keys` is asked for what unseals it.
    pub fn open<E: From<crate::Error>>(
        path: PathBuf,
        keys: impl FnOnce(RequiredKey) -> Result<DecryptionKeys, E>,
    ) -> Result<Self, E> {
        let source = ArchiveReader::open(&path)?;
        let sealed_for = source.required_key().map_err(crate::Error::from)?;
        let keys = keys(sealed_for)?;
        Ok(Self { path, source, keys })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The tar in it, from its beginning.
    pub(crate) fn read(&self) -> crate::Result<Box<dyn Read + Send>> {
        self.source.read(&self.keys)
    }

    /// Looks at its first member.
    pub fn kind(&self) -> crate::Result<ArchiveFileKind> {
        match ArchiveManifest::read(&mut MemberReader::new(self.read()?)) {
            Ok(_) => Ok(ArchiveFileKind::Export),
            Err(ArchiveError::NotAnExport) => Ok(ArchiveFileKind::Files),
            Err(error) => {
                Err(error).with_context(|| format!("cannot read `{}`", self.path.display()))
            }
        }
    }

    /// Looks at all of an export, as strictly as a restore does.
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
        writer.start_member(&top).and_then(|()| writer.finish()).expect("memory takes it")
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
        let (ours, _) = export(&tar()[..], Vec::new(), manifest, &mut |_| ())?;
        assert_eq!(kind(&ours)?, ArchiveFileKind::Export);
        assert_eq!(kind(&tar())?, ArchiveFileKind::Files);
        let newer = String::from_utf8_lossy(&ours).replacen("format = 1", "format = 2", 1);
        for bad in [newer.as_bytes(), b"", b"PK\x03\x04", &[b'x'; 1024]] {
            assert!(kind(bad).is_err());
        }
        Ok(())
    }
}
