//! The output of `cai import --dry-run` for an export.

use containai_core::byte_size::{ByteSize, HumanSize};

use containai::import::RestorePreview;
use containai::report::escape_control;

/// The content of the archive, and the step that restores it.
pub(crate) fn preview(preview: &RestorePreview) -> String {
    let RestorePreview { summary, volume, volume_exists } = preview;
    let (manifest, totals) = (&summary.manifest, summary.totals);
    let size = HumanSize(ByteSize::from_bytes(totals.bytes));
    let step = match volume_exists {
        false => format!("create volume {volume} from it"),
        true => format!("replace all files on volume {volume}"),
    };
    [
        format!("archive    {} files, {size}", totals.entries),
        format!("created    {} by cai {}", manifest.created, escape_control(&manifest.version)),
        format!("from       volume {}", escape_control(&manifest.volume)),
        format!("1. {step}"),
    ]
    .join("\n")
}

#[cfg(test)]
mod tests {
    use containai_core::archive::{ArchiveManifest, ArchiveSummary, Totals};
    use containai_core::naming::VolumeName;
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
        let summary = ArchiveSummary { manifest, totals, dropped: Vec::new() };
        let volume = VolumeName::parse("api-data").expect("a name");
        insta::assert_snapshot!(preview(&RestorePreview { summary, volume, volume_exists: true }), @r"
        archive    12 files, 5.0 MiB
        created    2024-02-29T12:30:15Z by cai 0.1.0
        from       volume old�[2J
        1. replace all files on volume api-data
        ");
    }
}
