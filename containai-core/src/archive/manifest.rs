//! The first member of an archive: its manifest.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read};

use toml_edit::{DocumentMut, value};

use super::{ArchiveError, FileTime, Member, MemberKind, MemberPath, MemberReader, Owner};
use crate::timestamp::Timestamp;

/// The name of the manifest member; no file on a volume may have it.
pub(super) const MANIFEST: &str = ".containai-export.toml";
const FORMAT: u64 = 1;
const MAX_SIZE: u64 = 64 << 10;

/// The metadata of an archive, in TOML. Untrusted when read. Unknown keys are ignored, for later
/// formats.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ArchiveManifest {
    /// The exported volume.
    pub volume: String,
    /// The time of the export.
    pub created: Timestamp,
    /// The version of the program that created the archive.
    pub version: String,
}

impl ArchiveManifest {
    /// Returns the member and its content.
    pub(super) fn to_member(&self) -> Result<(Member, String), ArchiveError> {
        let mut text = DocumentMut::new();
        text["format"] = value(1);
        text["volume"] = value(&self.volume);
        text["made"] = value(self.created.to_string());
        text["version"] = value(&self.version);
        let text = text.to_string();
        let member = Member {
            path: MemberPath::parse(MANIFEST.as_bytes())?,
            kind: MemberKind::File { size: text.len() as u64, sparse_map: None },
            mode: 0o600,
            owner: Owner { uid: 0, gid: 0 },
            modified: FileTime { seconds: self.created.as_unix(), nanoseconds: 0 },
            attributes: BTreeMap::new(),
        };
        Ok((member, text))
    }

    /// Reads the manifest, the first member of an archive.
    ///
    /// # Errors
    ///
    /// [`ArchiveError::NotAnExport`], [`ArchiveError::UnsupportedFormat`], and errors of reading.
    pub fn read<R: Read>(members: &mut MemberReader<R>) -> Result<Self, ArchiveError> {
        let first = members.next_member()?.ok_or(ArchiveError::NotAnExport)?;
        let is_ours = first.path.as_bytes() == MANIFEST.as_bytes()
            && matches!(first.kind, MemberKind::File { size: 0..=MAX_SIZE, sparse_map: None });
        if !is_ours {
            return Err(ArchiveError::NotAnExport);
        }
        let mut text = String::new();
        members.read_to_string(&mut text).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => ArchiveError::Truncated,
            ErrorKind::InvalidData => ArchiveError::NotAnExport,
            _ => ArchiveError::Read(error),
        })?;
        Self::parse(&text)
    }

    fn parse(text: &str) -> Result<Self, ArchiveError> {
        let document: DocumentMut = text.parse().map_err(|_| ArchiveError::NotAnExport)?;
        let number = |key| document.get(key).and_then(|item| item.as_integer());
        let words = |key| document.get(key).and_then(|item| item.as_str());
        match number("format").and_then(|format| u64::try_from(format).ok()) {
            Some(FORMAT) => {}
            Some(format) => return Err(ArchiveError::UnsupportedFormat { format }),
            None => return Err(ArchiveError::NotAnExport),
        }
        Ok(Self {
            volume: words("volume").unwrap_or_default().to_owned(),
            created: words("made")
                .and_then(|made| made.parse().ok())
                .unwrap_or(Timestamp::from_unix(0)),
            version: words("version").unwrap_or_default().to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_manifest_can_be_parsed() -> Result<(), ArchiveError> {
        let manifest = ArchiveManifest {
            volume: "containai-api-main-4cf4e026-data".into(),
            created: Timestamp::from_unix(1_795_276_800),
            version: "0.1.0".into(),
        };
        let (_, text) = manifest.to_member()?;
        insta::assert_snapshot!(text, @r#"
        format = 1
        volume = "containai-api-main-4cf4e026-data"
        made = "2026-11-21T16:00:00Z"
        version = "0.1.0"
        "#);
        assert_eq!(ArchiveManifest::parse(&text)?, manifest);
        Ok(())
    }

    #[test]
    fn newer_formats_and_foreign_files_are_distinguished() {
        let error_of = |text| ArchiveManifest::parse(text).map_err(|error| error.to_string()).err();
        let newer = "unsupported archive format 2: only format 1 is supported";
        assert_eq!(error_of("format = 2"), Some(newer.to_owned()));
        for none in ["", "x", "format = -1", "format = \"1\""] {
            assert_eq!(error_of(none), Some("the archive is not a volume export".into()), "{none}");
        }
        assert_eq!(error_of("format = 1\nlater = [1]"), None);
    }
}
