//! How an archive is packed.

use std::path::Path;

/// How an archive is packed, as its name says.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum ArchiveCompression {
    /// gzip: read everywhere.
    #[default]
    Gzip,
    /// zstd: smaller, and quicker to unpack.
    Zstd,
}

impl ArchiveCompression {
    /// What a name asks for, `.age` at its end or not; `None` for another kind
    /// of file.
    pub(crate) fn from_path(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let name = name.strip_suffix(".age").unwrap_or(name);
        let ends_in = |endings: [&str; 2]| endings.iter().any(|ending| name.ends_with(ending));
        match () {
            () if ends_in([".tgz", ".tar.gz"]) => Some(Self::Gzip),
            () if ends_in([".tzst", ".tar.zst"]) => Some(Self::Zstd),
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
            assert_eq!(ArchiveCompression::from_path(Path::new(name)), expected)
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
