//! Downloaded content by its digest.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::PathBuf;

use containai_core::naming::Sha256Digest;
use tempfile::NamedTempFile;

/// The maximum size of a download in bytes; features are scripts.
pub(super) const MAX_DOWNLOAD: u64 = 32 << 20;

/// A directory with content by its digest. Reading checks the digest, so the directory need not be
/// trusted.
#[derive(Clone, Debug)]
pub(super) struct DownloadCache {
    directory: PathBuf,
}

impl DownloadCache {
    pub(super) fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// Returns the content with a digest; `None` if it is not there or was changed.
    pub(super) fn read(&self, digest: Sha256Digest) -> Option<Vec<u8>> {
        let mut content = Vec::new();
        let file = File::open(self.directory.join(digest.to_hex())).ok()?;
        file.take(MAX_DOWNLOAD).read_to_end(&mut content).ok()?;
        (Sha256Digest::of(&content) == digest).then_some(content)
    }

    /// Stores content; an interruption leaves all of it or nothing.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub(super) fn write(&self, content: &[u8]) -> io::Result<()> {
        fs::create_dir_all(&self.directory)?;
        let mut file = NamedTempFile::new_in(&self.directory)?;
        file.write_all(content)?;
        file.persist(self.directory.join(Sha256Digest::of(content).to_hex()))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_content_is_not_used() -> anyhow::Result<()> {
        let place = tempfile::tempdir()?;
        let cache = DownloadCache::new(place.path().join("a/b"));
        let digest = Sha256Digest::of(b"content");
        assert_eq!(cache.read(digest), None);
        cache.write(b"content")?;
        cache.write(b"content")?;
        assert_eq!(cache.read(digest).as_deref(), Some(&b"content"[..]));
        let path = place.path().join("a/b").join(digest.to_hex());
        fs::write(&path, "changed")?;
        assert_eq!(cache.read(digest), None);
        fs::remove_file(&path)?;
        std::os::unix::fs::symlink("/dev/zero", &path)?;
        assert_eq!(cache.read(digest), None);
        Ok(())
    }
}
