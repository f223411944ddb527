//! The data volume.

use super::{SettingKind, SettingScope, SettingSpec};
use crate::config::Trust;
use crate::naming::VolumeName;

/// The data volume; default one per workspace.
pub(in crate::config) const DATA_VOLUME: SettingSpec = SettingSpec {
    key: "data_volume",
    scope: SettingScope::Workspace("data_volume"),
    env: Some("CONTAINAI_DATA_VOLUME"),
    flag: Some("--data-volume"),
    trust: Trust::WhenApproved,
    kind: SettingKind::Text("a volume name"),
    default: "one per workspace",
    summary: "volume for settings and state of agents",
    check: |text| Ok(VolumeName::parse(text).map(drop)?),
};
