//! Compression formats of archives.

use std::path::Path;

/// The compression format of an archive, chosen by its file name.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum ArchiveCompression {
    /// gzip, which every system reads.
    #[default]
    Gzip,
    /// zstd, which is smaller and faster to decompress.
    Zstd,
}

impl ArchiveCompression {
    /// Returns the format for a file name, ignoring a final `.age`; `None` if the name is not an
    /// archive's.
    pub(crate) fn from_path(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let name = name.strip_suffix(".age").unwrap_or(name);
        let has_suffix = |suffixes: [&str; 2]| suffixes.iter().any(|suffix| name.ends_with(suffix));
        match () {
            () if has_suffix([".tgz", ".tar.gz"]) => Some(Self::Gzip),
            () if has_suffix([".tzst", ".tar.zst"]) => Some(Self::Zstd),
            () => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compression_follows_the_file_name() {
        let check = |name: &str, expected| {
            assert_eq!(ArchiveCompression::from_path(Path::new(name)), expected);
        };
        check("a.tgz", Some(ArchiveCompression::Gzip));
        check("/x/a.tar.gz.age", Some(ArchiveCompression::Gzip));
        check("a.tar.zst", Some(ArchiveCompression::Zstd));
        check("a.tzst.age", Some(ArchiveCompression::Zstd));
        for other in ["a", "a.tar", "a.zip", "a.age", "a.gz", ".."] {
            check(other, None);
        }
    }
}
