//! Labels of helper containers: short-lived containers for work on volumes that serve no workspace.

use std::collections::BTreeMap;

use super::{
    ANONYMISES, CHECKS, COPIES, DATA_VOLUME, FILLS, Labels, MANAGED, PACKS, PAUSES, RECLAIMS,
    RESTORES, SNAPSHOT, SSH_PORT, WORKSPACE, WORKSPACE_VOLUME,
};
use crate::naming::{ContainerId, VolumeName};

impl Labels {
    /// Returns the labels of a helper container. They hide the labels of its image, which may
    /// contain the file system and labels of a workspace container.
    #[must_use]
    pub fn for_helper() -> Self {
        let of_one = [WORKSPACE, SSH_PORT, DATA_VOLUME, WORKSPACE_VOLUME, SNAPSHOT];
        let none = of_one.map(|key| (key.to_owned(), String::new()));
        Self(BTreeMap::from(none)).masking_snapshot().with(MANAGED, "true")
    }

    /// Returns the volume that this helper restores; `None` for other containers.
    pub fn restored_volume(&self) -> Option<VolumeName> {
        VolumeName::parse(self.get(RESTORES)?).ok()
    }

    /// Returns the volume that this helper archives; `None` for other containers.
    pub fn packed_volume(&self) -> Option<VolumeName> {
        VolumeName::parse(self.get(PACKS)?).ok()
    }

    /// Returns the volume to which this helper gives access; `None` for other containers.
    pub fn filled_volume(&self) -> Option<VolumeName> {
        VolumeName::parse(self.get(FILLS)?).ok()
    }

    /// Returns the volumes that this helper creates as copies; `None` for other containers.
    pub fn copied_volumes(&self) -> Option<Vec<VolumeName>> {
        let list = self.get(COPIES)?;
        Some(list.split(',').filter_map(|name| VolumeName::parse(name).ok()).collect())
    }

    /// Whether this helper creates a snapshot or part of one.
    pub fn is_snapshot_helper(&self) -> bool {
        self.copied_volumes().is_some() || self.get(ANONYMISES).is_some()
    }

    /// Returns the containers that stay paused while this helper copies.
    pub fn paused_containers(&self) -> Vec<ContainerId> {
        let list = self.get(PAUSES).unwrap_or_default();
        list.split(',').filter(|id| !id.is_empty()).map(ContainerId::new).collect()
    }

    /// Whether this is a helper container.
    pub fn is_helper(&self) -> bool {
        let says = |key| self.get(key).is_some();
        [RESTORES, PACKS, FILLS, COPIES, ANONYMISES, CHECKS, RECLAIMS].into_iter().any(says)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label::{EPHEMERAL, FINAL_NAME, REPLACES};

    #[test]
    fn helper_labels_hide_those_of_the_container_image() {
        let image: Labels = [
            (MANAGED, "true"),
            (WORKSPACE, "/src"),
            (SSH_PORT, "2300"),
            (DATA_VOLUME, "data"),
            (SNAPSHOT, "0123456789ab"),
            (REPLACES, "other"),
            (FINAL_NAME, "api-main"),
            (EPHEMERAL, "true"),
        ]
        .into_iter()
        .collect();
        // Docker merges the image's labels where the container sets none.
        let mut all = image;
        for (key, value) in Labels::for_helper().with(ANONYMISES, "image").iter() {
            all = all.with(key, value);
        }
        assert!(all.is_managed() && all.is_helper() && all.is_snapshot_helper());
        assert_eq!((all.workspace(), all.ssh_port(), all.data_volume()), (None, None, None));
        assert_eq!((all.snapshot(), all.replaces(), all.final_name()), (None, None, None));
        assert!(!all.is_ephemeral() && !all.is_fork());
    }
}
