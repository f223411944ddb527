//! What `cai import` says about an archive.

use containai_core::archive::Transcript;
use containai_core::byte_size::{ByteSize, HumanSize};
use containai_core::naming::VolumeName;

use containai::report::harmless;

/// What was there before a restore.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Before {
    /// No volume.
    Nothing,
    /// A volume, empty or not.
    Something,
}

/// The output of `cai import --from FILE --dry-run`.
pub(crate) fn plan(found: &Transcript, volume: &VolumeName, before: Before) -> String {
    let manifest = &found.manifest;
    let becomes = match before {
        Before::Nothing => format!("make volume {volume} from it"),
        Before::Something => format!("replace all that is on volume {volume}"),
    };
    [
        format!("archive    {}", amount(found)),
        format!("made       {} by cai {}", manifest.made, harmless(&manifest.version)),
        format!("from       volume {}", harmless(&manifest.volume)),
        format!("1. {becomes}"),
    ]
    .join("\n")
}

/// What became of it.
pub(crate) fn done(found: &Transcript, volume: &VolumeName) -> String {
    format!("restored {} to volume {volume}", amount(found))
}

fn amount(found: &Transcript) -> String {
    let totals = found.totals;
    format!("{} files, {}", totals.entries, HumanSize(ByteSize::from_bytes(totals.bytes)))
}

#[cfg(test)]
mod tests {
    use containai_core::archive::{Manifest, Totals};
    use containai_core::timestamp::Timestamp;

    use super::*;

    #[test]
    fn what_would_become_of_the_volume_is_told() {
        let manifest = Manifest {
            volume: "old\u{1b}[2J".into(),
            made: Timestamp::from_unix(1_709_209_815),
            version: "0.1.0".into(),
        };
        let totals = Totals { bytes: 5 << 20, entries: 12 };
        let found = Transcript { manifest, totals, dropped: Vec::new() };
        let volume = VolumeName::parse("api-data").expect("a name");
        insta::assert_snapshot!(plan(&found, &volume, Before::Something), @r"
        archive    12 files, 5.0 MiB
        made       2024-02-29T12:30:15Z by cai 0.1.0
        from       volume old�[2J
        1. replace all that is on volume api-data
        ");
        assert_eq!(done(&found, &volume), "restored 12 files, 5.0 MiB to volume api-data");
    }
}
