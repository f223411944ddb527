//! What `cai import` says about an archive.

use containai_core::archive::ArchiveSummary;
use containai_core::byte_size::{ByteSize, HumanSize};
use containai_core::naming::VolumeName;

use containai::report::escape_control;

/// What was there before a restore.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ExistingContent {
    /// No volume.
    No,
    /// A volume, empty or not.
    Yes,
}

/// The output of `cai import --from FILE --dry-run`.
pub(crate) fn plan(found: &ArchiveSummary, volume: &VolumeName, before: ExistingContent) -> String {
    let manifest = &found.manifest;
    let becomes = match before {
        ExistingContent::No => format!("make volume {volume} from it"),
        ExistingContent::Yes => format!("replace all that is on volume {volume}"),
    };
    [
        format!("archive    {}", amount(found)),
        format!("made       {} by cai {}", manifest.created, escape_control(&manifest.version)),
        format!("from       volume {}", escape_control(&manifest.volume)),
        format!("1. {becomes}"),
    ]
    .join("\n")
}

/// What became of it.
pub(crate) fn done(found: &ArchiveSummary, volume: &VolumeName) -> String {
    format!("restored {} to volume {volume}", amount(found))
}

fn amount(found: &ArchiveSummary) -> String {
    let totals = found.totals;
    format!("{} files, {}", totals.entries, HumanSize(ByteSize::from_bytes(totals.bytes)))
}

#[cfg(test)]
mod tests {
    use containai_core::archive::{ArchiveManifest, Totals};
    use containai_core::timestamp::Timestamp;

    use super::*;

    #[test]
    fn planned_restore_is_described() {
        let manifest = ArchiveManifest {
            volume: "old\u{1b}[2J".into(),
            created: Timestamp::from_unix(1_709_209_815),
            version: "0.1.0".into(),
        };
        let totals = Totals { bytes: 5 << 20, entries: 12 };
        let found = ArchiveSummary { manifest, totals, dropped: Vec::new() };
        let volume = VolumeName::parse("api-data").expect("a name");
        insta::assert_snapshot!(plan(&found, &volume, ExistingContent::Yes), @r"
        archive    12 files, 5.0 MiB
        made       2024-02-29T12:30:15Z by cai 0.1.0
        from       volume old�[2J
        1. replace all that is on volume api-data
        ");
        assert_eq!(done(&found, &volume), "restored 12 files, 5.0 MiB to volume api-data");
    }
}
