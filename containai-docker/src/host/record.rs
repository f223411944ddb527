//! The decisions of setup about an engine, stored in `engine.json`.

use containai_core::engine::Isolation;
use containai_core::layout::EngineLayout;
use serde::{Deserialize, Serialize};

use super::error::SetupError;
use super::file;
use super::subnet::Subnet;
use super::subordinate::IdRange;
use crate::ownership::{Ownership, SubordinateIds, agent_id};

/// The format version that this program writes.
const FORMAT_VERSION: u32 = 1;

/// The decisions that later runs of setup keep: images and containers of one isolation are
/// invisible to the other, and containers have addresses of the subnet.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct EngineRecord {
    /// Version of this format; 1.
    pub version: u32,
    /// Isolation of the containers.
    #[serde(with = "isolation_name")]
    pub isolation: Isolation,
    /// Name of the bridge.
    pub bridge: String,
    /// Subnet of the bridge.
    pub subnet: Subnet,
    /// The isolation before the last change. Its images and containers are still stored but
    /// invisible.
    #[serde(default, with = "previous_name", skip_serializing_if = "Option::is_none")]
    pub previous: Option<Isolation>,
    /// The user ids that containers map to; with Sysbox, the ids of its user `sysbox`. `None` in a
    /// record that an earlier version wrote for Sysbox.
    pub subordinate_uids: Option<IdRange>,
    /// The group ids that containers map to.
    pub subordinate_gids: Option<IdRange>,
    /// The user and group ids that are divided into one range per container. `None` with Sysbox,
    /// and if an older setup ran last.
    #[serde(default)]
    pub container_ids: Option<IdRange>,
    /// Version of ContainAI that wrote the record.
    pub containai: String,
}

impl EngineRecord {
    /// Creates a record in the current format.
    pub fn new(isolation: Isolation, bridge: String, subnet: Subnet) -> Self {
        Self {
            version: FORMAT_VERSION,
            isolation,
            previous: None,
            bridge,
            subnet,
            subordinate_uids: None,
            subordinate_gids: None,
            container_ids: None,
            containai: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// Reads the record of an engine; `None` before the first setup.
    ///
    /// # Errors
    ///
    /// [`SetupError::File`] if the file cannot be read, [`SetupError::InvalidRecord`] if it is
    /// damaged or has an unknown version.
    pub fn read(layout: &EngineLayout) -> Result<Option<Self>, SetupError> {
        let path = layout.record();
        let Some(text) = file::read_optional(&path)? else { return Ok(None) };
        let bad = |reason: String| SetupError::InvalidRecord { path: path.clone(), reason };
        let record: Self = serde_json::from_str(&text).map_err(|error| bad(error.to_string()))?;
        if record.version != FORMAT_VERSION {
            return Err(bad(format!(
                "unsupported version {}, expected {FORMAT_VERSION}",
                record.version
            )));
        }
        Ok(Some(record))
    }

    /// Returns the user and group id that the container's agent (user 1000) has on disk in unmapped
    /// mounts, with either isolation.
    pub fn agent_disk_ids(&self) -> Option<(u32, u32)> {
        let (uids, gids) = self.subordinate_uids.zip(self.subordinate_gids)?;
        Some((agent_id(uids.base), agent_id(gids.base)))
    }

    /// Returns the settings for the management of file owners, with either isolation.
    pub fn ownership(&self, layout: &EngineLayout) -> Option<Ownership> {
        let uids = self.subordinate_uids?;
        let gids = self.subordinate_gids.unwrap_or(uids);
        let range = |ids: IdRange| ids.base..ids.base.saturating_add(ids.count);
        let ids = SubordinateIds::new(range(uids), range(gids));
        Some(Ownership { ids, records: layout.loans_dir() })
    }

    /// Returns the contents of the file.
    pub fn render(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

mod isolation_name {
    use containai_core::engine::Isolation;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    pub(super) fn serialize<S: Serializer>(
        isolation: &Isolation,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(isolation)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Isolation, D::Error> {
        let name = String::deserialize(deserializer)?;
        parse(&name)
    }

    pub(super) fn parse<E: Error>(name: &str) -> Result<Isolation, E> {
        [Isolation::Sysbox, Isolation::Userns]
            .into_iter()
            .find(|isolation| isolation.to_string() == name)
            .ok_or_else(|| E::custom(format!("unknown isolation `{name}`")))
    }
}

mod previous_name {
    use containai_core::engine::Isolation;
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::ref_option, reason = "serde passes a reference")]
    pub(super) fn serialize<S: Serializer>(
        isolation: &Option<Isolation>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match isolation {
            Some(isolation) => serializer.collect_str(isolation),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Isolation>, D::Error> {
        let name = Option::<String>::deserialize(deserializer)?;
        name.map(|name| super::isolation_name::parse(&name)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips_through_json() {
        let subnet = "10.213.0.0/24".parse().expect("a network");
        let mut record = EngineRecord::new(Isolation::Userns, "cai0".into(), subnet);
        record.subordinate_uids = Some(IdRange { base: 1_000_000, count: 65536 });
        record.containai = "0.1.0".into();
        let text = record.render();
        insta::assert_snapshot!(text, @r#"
        {
          "version": 1,
          "isolation": "userns",
          "bridge": "cai0",
          "subnet": "10.213.0.0/24",
          "subordinate_uids": {
            "base": 1000000,
            "count": 65536
          },
          "subordinate_gids": null,
          "container_ids": null,
          "containai": "0.1.0"
        }
        "#);
        let again: EngineRecord = serde_json::from_str(&text).expect("a valid record");
        assert_eq!(again, record);
        record.previous = Some(Isolation::Sysbox);
        let again: EngineRecord = serde_json::from_str(&record.render()).expect("a valid record");
        assert_eq!(again, record);
        assert_eq!(record.agent_disk_ids(), None);
        record.subordinate_gids = Some(IdRange { base: 2_000_000, count: 65536 });
        assert_eq!(record.agent_disk_ids(), Some((1_001_000, 2_001_000)));
    }

    #[test]
    fn rejects_invalid_records() {
        for bad in ["", "{}", r#"{"version":1,"isolation":"none"}"#] {
            assert!(serde_json::from_str::<EngineRecord>(bad).is_err(), "{bad}");
        }
    }
}
