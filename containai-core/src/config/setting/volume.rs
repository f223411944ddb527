//! Where agents keep their settings.

use super::SettingSpec;
use crate::config::Trust;

/// The data volume; default one of the workspace's own.
pub(in crate::config) const DATA_VOLUME: SettingSpec = SettingSpec {
    key: "data_volume",
    section_key: Some("data_volume"),
    env: Some("CONTAINAI_DATA_VOLUME"),
    flag: Some("--data-volume"),
    trust: Trust::ReachesHost,
};
