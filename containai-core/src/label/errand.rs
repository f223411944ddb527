//! What the labels of a helper say: a container that does one thing beside
//! volumes, and is nobody's workspace.

use std::collections::BTreeMap;

use super::{
    ANONYMISES, COPIES, DATA_VOLUME, FILLS, FREEZES, Labels, MANAGED, PACKS, RECLAIMS, RESTORES,
    SNAPSHOT, SSH_PORT, WORKSPACE, WORKSPACE_VOLUME,
};
use crate::engine::ContainerId;
use crate::naming::VolumeName;

impl Labels {
    /// The labels of a helper. Its image may be of a container's file system and
    /// have the labels of that, which are not the helper's.
    #[must_use]
    pub fn for_helper() -> Self {
        let of_one = [WORKSPACE, SSH_PORT, DATA_VOLUME, WORKSPACE_VOLUME, SNAPSHOT];
        let none = of_one.map(|key| (key.to_owned(), String::new()));
        Self(BTreeMap::from(none)).over_snapshot().with(MANAGED, "true")
    }

    /// The volume that the container gives another content; `None` for all but
    /// some helpers.
    pub fn restores(&self) -> Option<VolumeName> {
        VolumeName::parse(self.get(RESTORES)?).ok()
    }

    /// The volume that the container reads; `None` for all but some helpers.
    pub fn packs(&self) -> Option<VolumeName> {
        VolumeName::parse(self.get(PACKS)?).ok()
    }

    /// The volume that the container leads to; `None` for all but some helpers.
    pub fn fills(&self) -> Option<VolumeName> {
        VolumeName::parse(self.get(FILLS)?).ok()
    }

    /// The volumes that the container makes of others; `None` for all but some
    /// helpers.
    pub fn copies(&self) -> Option<Vec<VolumeName>> {
        let list = self.get(COPIES)?;
        Some(list.split(',').filter_map(|name| VolumeName::parse(name).ok()).collect())
    }

    /// Whether it helps to make a snapshot, or something of one.
    pub fn is_snapshot_helper(&self) -> bool {
        self.copies().is_some() || self.get(ANONYMISES).is_some()
    }

    /// The containers that are frozen while the container copies.
    pub fn freezes(&self) -> Vec<ContainerId> {
        let list = self.get(FREEZES).unwrap_or_default();
        list.split(',').filter(|id| !id.is_empty()).map(ContainerId::new).collect()
    }

    /// Whether the container does one thing beside a volume, and is nobody's
    /// workspace.
    pub fn is_helper(&self) -> bool {
        let says = |key| self.get(key).is_some();
        [RESTORES, PACKS, FILLS, COPIES, ANONYMISES, RECLAIMS].into_iter().any(says)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label::{EPHEMERAL, REPLACES, TAKES_NAME};

    #[test]
    fn a_helper_has_nothing_of_the_container_that_its_image_is_of() {
        let image: Labels = [
            (MANAGED, "true"),
            (WORKSPACE, "/src"),
            (SSH_PORT, "2300"),
            (DATA_VOLUME, "data"),
            (SNAPSHOT, "0123456789ab"),
            (REPLACES, "other"),
            (TAKES_NAME, "api-main"),
            (EPHEMERAL, "true"),
        ]
        .into_iter()
        .collect();
        // Docker has the image's where the container says nothing.
        let mut all = image;
        for (key, value) in Labels::for_helper().with(ANONYMISES, "image").iter() {
            all = all.with(key, value);
        }
        assert!(all.is_managed() && all.is_helper() && all.is_snapshot_helper());
        assert_eq!((all.workspace(), all.ssh_port(), all.data_volume()), (None, None, None));
        assert_eq!((all.snapshot(), all.replaces(), all.takes_name()), (None, None, None));
        assert!(!all.is_ephemeral() && !all.is_fork());
    }
}
