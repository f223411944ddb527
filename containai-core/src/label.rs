//! Labels of containers, volumes and images.
//!
//! A container is identified by the pair (engine, workspace path), read from [`WORKSPACE`]; its
//! name is cosmetic. Labels are set once at creation and are untrusted when read: anyone with
//! access to the engine can create a container with any label.

mod folder_labels;
mod helper_labels;

use std::collections::BTreeMap;

use crate::isolation::Isolation;
use crate::naming::{ClientId, ContainerName, HostPort, RandomId, VolumeName, WorkspacePath};

/// The prefix of labels set on containers. Images must not have such labels, since Docker copies
/// image labels to containers.
pub const RESERVED_PREFIX: &str = "containai.";
/// `true` on every container created by ContainAI. Containers without it are never modified.
pub const MANAGED: &str = "containai.managed";
/// The canonical path of the workspace on the host.
pub const WORKSPACE: &str = "containai.workspace";
/// The client machine that has the workspace, for a remote engine.
pub const CLIENT: &str = "containai.client";
/// The volume with the copy of such a workspace.
pub const WORKSPACE_VOLUME: &str = "containai.workspace-volume";
/// The loopback port of the host that forwards to the container's sshd.
pub const SSH_PORT: &str = "containai.ssh-port";
/// The data volume, mounted at `/mnt/agent-data`.
pub const DATA_VOLUME: &str = "containai.data-volume";
/// The template of the image; empty without one.
pub const TEMPLATE: &str = "ai.containai.template";
/// The fingerprint of the inputs of the template's image. A label of the image, which Docker copies
/// to containers.
pub const TEMPLATE_HASH: &str = "ai.containai.template-hash";
/// The workspace file that the image was built for, such as `.devcontainer/devcontainer.json`.
pub const DEVCONTAINER: &str = "ai.containai.devcontainer";
/// The folder in which sessions start, where `devcontainer.json` names another one than
/// `/home/agent/workspace`. A label of the image.
pub const WORKSPACE_FOLDER: &str = "ai.containai.workspace-folder";
/// The second place of the workspace, which that folder is at or below. A label of the image.
pub const WORKSPACE_PLACE: &str = "ai.containai.workspace-place";
/// The settings of editors in `devcontainer.json`, which other programs read.
///
/// Source: <https://containers.dev/implementors/spec/#image-metadata>.
pub const DEVCONTAINER_METADATA: &str = "devcontainer.metadata";
/// `true` where sessions run [`crate::devcontainer::LIFECYCLE_PROGRAM`] first.
pub const LIFECYCLE: &str = "ai.containai.lifecycle";
/// The isolation of the container: `sysbox` or `userns`.
pub const ISOLATION: &str = "containai.isolation";
/// The OCI runtime of the container, for isolations that used another runtime in earlier versions.
pub const RUNTIME: &str = "containai.runtime";
/// The id of the container that this one replaces.
pub const REPLACES: &str = "containai.replaces";
/// The last start time of the replaced container, as reported by the engine; its file system was
/// committed after that.
pub const REPLACES_START: &str = "containai.replaces-start";
/// The name that the container gets once it is complete.
pub const FINAL_NAME: &str = "containai.takes-name";
/// The image that the first container in a chain of replacements was created from.
pub const ORIGINAL_IMAGE: &str = "containai.image";
/// On a helper container: the volume that it restores. As long as the helper exists, the volume may
/// hold a mix of old and new content.
pub const RESTORES: &str = "containai.restores";
/// On a helper container: the volume that it archives.
pub const PACKS: &str = "containai.packs";
/// On a helper container that never runs: the volume to which files are uploaded through it.
pub const FILLS: &str = "containai.fills";
/// On the image and the volumes of a snapshot: its id. Docker copies it to containers created from
/// the image.
pub const SNAPSHOT: &str = "containai.snapshot";
/// On the image of a snapshot: the name given by the user.
pub const SNAPSHOT_NAME: &str = "containai.snapshot-name";
/// The creation time of the snapshot, in seconds since the Unix epoch.
pub const SNAPSHOT_CREATED: &str = "containai.snapshot-created";
/// The name of the container that the snapshot was taken of.
pub const SNAPSHOT_OF: &str = "containai.snapshot-of";
/// The total size of the snapshot's volumes, in bytes.
pub const SNAPSHOT_BYTES: &str = "containai.snapshot-bytes";
/// The repository of a linked worktree, which the container replaces with one of its own. Missing
/// on containers of earlier versions, which write to the host's repository.
pub const REPOSITORY: &str = "containai.repository";
/// `true` on a container created from a snapshot to run next to the original.
pub const FORKED: &str = "containai.forked";
/// `true` on a container whose data volume becomes the workspace's once the container has its final
/// name.
pub const NEW_VOLUME: &str = "containai.new-volume";
/// On a container restored to a snapshot: the volumes of the replaced container, separated by
/// commas. They are removed before the container gets its final name.
pub const REPLACED_VOLUMES: &str = "containai.replaced-volumes";
/// On a helper container: the volumes that it creates as copies, separated by commas. As long as
/// the helper exists, they may be incomplete.
pub const COPIES: &str = "containai.copies";
/// On a helper container that removes an identity: the image that contains it.
pub const ANONYMISES: &str = "containai.anonymises";
/// On a helper container that never runs: the image whose files are checked through it.
pub const CHECKS: &str = "containai.checks";
/// On a helper container that gives files back to the owner of a workspace: the workspace.
pub const RECLAIMS: &str = "containai.reclaims";
/// On a helper container that copies volumes: the ids of the containers that stay paused meanwhile,
/// separated by commas.
pub const PAUSES: &str = "containai.freezes";
/// On shipped images: the installed agents, separated by commas. Docker copies image labels to
/// containers, so the container list contains it.
pub const AGENTS: &str = "ai.containai.agents";
/// On shipped images: the short name, such as `base`.
pub const IMAGE_NAME: &str = "ai.containai.image";
/// On shipped images: the version of the program that built them.
pub const IMAGE_VERSION: &str = "ai.containai.version";
/// On intermediate images of a build.
pub const IMAGE_STAGE: &str = "ai.containai.stage";
/// On shipped images: the hash of the files that the image and its parents were built from.
pub const IMAGE_CONTENT: &str = "ai.containai.content";

/// The login that a volume contains, such as `claude`.
pub const CREDENTIALS: &str = "containai.credentials";
/// `true` on a container that garbage collection must keep.
pub const KEEP: &str = "containai.keep";
/// `true` on a container that is removed at the end of its session.
pub const EPHEMERAL: &str = "containai.ephemeral";

/// The labels of one container, with typed access.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Labels(BTreeMap<String, String>);

impl Labels {
    /// Returns the labels of a new container; without `data`, its data volume is anonymous.
    pub fn for_container(
        workspace: &WorkspacePath,
        port: HostPort,
        data: Option<&VolumeName>,
        template: &str,
        isolation: &str,
    ) -> Self {
        let mut labels = BTreeMap::from([
            (MANAGED.into(), "true".into()),
            (WORKSPACE.into(), workspace.as_str().into()),
            (SSH_PORT.into(), port.to_string()),
            (TEMPLATE.into(), template.into()),
            (ISOLATION.into(), isolation.into()),
        ]);
        labels.extend(data.map(|volume| (DATA_VOLUME.to_owned(), volume.to_string())));
        Self(labels)
    }

    /// Returns the labels of a volume of a workspace.
    pub fn for_volume(workspace: &WorkspacePath, client: Option<&ClientId>) -> Self {
        Self::default()
            .with(MANAGED, "true")
            .with(WORKSPACE, workspace.as_str())
            .with_client(client)
    }

    /// Adds the client machine; `None` is the machine of the engine.
    #[must_use]
    pub fn with_client(mut self, client: Option<&ClientId>) -> Self {
        self.0.extend(client.map(|client| (CLIENT.to_owned(), client.to_string())));
        self
    }

    /// Adds a label.
    #[must_use]
    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.0.insert(key.to_owned(), value.to_owned());
        self
    }

    /// Adds the client machine and the volume with its workspace copy.
    #[must_use]
    pub fn with_workspace_volume(self, client: &ClientId, volume: &VolumeName) -> Self {
        self.with_client(Some(client)).with(WORKSPACE_VOLUME, volume.as_ref())
    }

    /// Returns the labels as seen from a machine: workspaces of other machines are hidden, even at
    /// the same path. `None` is the machine of the engine.
    #[must_use]
    pub fn scoped_to(mut self, client: Option<&ClientId>) -> Self {
        if !self.belongs_to(client) {
            self.0.remove(WORKSPACE);
        }
        self
    }

    /// Whether the workspace is on this machine; `None` is the machine of the engine.
    pub fn belongs_to(&self, client: Option<&ClientId>) -> bool {
        self.get(CLIENT) == client.map(ClientId::as_str)
    }

    /// Returns the volume with the workspace copy; `None` where the workspace itself is mounted.
    pub fn workspace_volume(&self) -> Option<VolumeName> {
        VolumeName::parse(self.get(WORKSPACE_VOLUME)?).ok()
    }

    /// Whether ContainAI created the container.
    pub fn is_managed(&self) -> bool {
        self.get(MANAGED) == Some("true")
    }

    /// Whether garbage collection must keep it.
    pub fn is_protected(&self) -> bool {
        self.get(KEEP) == Some("true")
    }

    /// Returns the workspace path as written; `None` when missing or empty.
    pub fn workspace(&self) -> Option<&str> {
        self.get(WORKSPACE)
    }

    /// Returns the SSH port; `None` when missing or invalid.
    pub fn ssh_port(&self) -> Option<HostPort> {
        self.get(SSH_PORT)?.parse().ok()
    }

    /// Whether the container is removed at the end of its session.
    pub fn is_ephemeral(&self) -> bool {
        self.get(EPHEMERAL) == Some("true")
    }

    /// Returns the data volume; `None` when missing or invalid.
    pub fn data_volume(&self) -> Option<VolumeName> {
        VolumeName::parse(self.get(DATA_VOLUME)?).ok()
    }

    /// Returns the isolation; `None` when missing or unknown.
    pub fn isolation(&self) -> Option<Isolation> {
        let known = [Isolation::Sysbox, Isolation::Userns];
        known.into_iter().find(|it| Some(it.to_string().as_str()) == self.get(ISOLATION))
    }

    /// Whether Sysbox starts the container without ContainAI's shim. Its bind mounts then belong to
    /// the host's root.
    pub fn is_sysbox_without_shim(&self) -> bool {
        self.isolation() == Some(Isolation::Sysbox)
            && self.get(RUNTIME) != Some(Isolation::Sysbox.runtime())
    }

    /// Returns the snapshot that it is part of or was created from.
    pub fn snapshot(&self) -> Option<RandomId> {
        RandomId::parse(self.get(SNAPSHOT)?).ok()
    }

    /// Returns the login that containers share in this volume.
    pub fn credentials(&self) -> Option<&str> {
        self.get(CREDENTIALS)
    }

    /// Whether its data volume becomes the workspace's.
    pub fn has_new_volume(&self) -> bool {
        self.get(NEW_VOLUME) == Some("true")
    }

    /// Returns the volumes to remove before it gets its final name; usually none.
    pub fn replaced_volumes(&self) -> Vec<VolumeName> {
        let names = self.get(REPLACED_VOLUMES).unwrap_or_default().split(',');
        names.filter_map(|name| VolumeName::parse(name).ok()).collect()
    }

    /// Whether it was created from a snapshot to run next to the original.
    pub fn is_fork(&self) -> bool {
        self.get(FORKED) == Some("true")
    }

    /// Hides labels that a snapshot's image has from another container. Labels that this set lacks
    /// become empty.
    #[must_use]
    pub fn masking_snapshot(mut self) -> Self {
        let of_one =
            [KEEP, EPHEMERAL, FORKED, NEW_VOLUME, REPLACES, REPLACES_START, REPOSITORY, FINAL_NAME];
        for key in of_one.into_iter().chain([ANONYMISES, REPLACED_VOLUMES]) {
            self.0.entry(key.to_owned()).or_default();
        }
        self
    }

    /// Hides the labels of an image. An image committed from a container has that container's
    /// labels, which must not apply to another one.
    #[must_use]
    pub fn masking_image(mut self, image: &Self) -> Self {
        for key in image.0.keys().filter(|key| key.starts_with(RESERVED_PREFIX)) {
            self.0.entry(key.clone()).or_default();
        }
        self
    }

    /// Returns the id of the replaced container; usually `None`.
    pub fn replaces(&self) -> Option<&str> {
        self.get(REPLACES)
    }

    /// Returns the last start time of the replaced container; empty for never.
    pub fn replaces_start(&self) -> Option<&str> {
        self.0.get(REPLACES_START).map(String::as_str)
    }

    /// Returns the name to take over; `None` when missing or invalid.
    pub fn final_name(&self) -> Option<ContainerName> {
        ContainerName::parse(self.get(FINAL_NAME)?).ok()
    }

    /// Returns the labels of a replacement for this container: the same ones without the port, plus
    /// those that describe the replacement.
    #[must_use]
    pub fn for_replacement(&self, id: &str, last_start: &str, name: &str, image: &str) -> Self {
        let mut labels = self.0.clone();
        labels.remove(SSH_PORT);
        for key in [NEW_VOLUME, REPLACED_VOLUMES] {
            labels.entry(key.to_owned()).and_modify(String::clear);
        }
        let news = [
            (REPLACES, id),
            (REPLACES_START, last_start),
            (FINAL_NAME, name),
            (ORIGINAL_IMAGE, image),
        ];
        labels.extend(news.map(|(key, value)| (key.to_owned(), value.to_owned())));
        Self(labels)
    }

    /// Sets the SSH port.
    #[must_use]
    pub fn with_port(mut self, port: HostPort) -> Self {
        self.0.insert(SSH_PORT.into(), port.to_string());
        self
    }

    /// Returns the agents of the image; `None` when unknown.
    pub fn agents(&self) -> Option<Vec<&str>> {
        let list = self.get(AGENTS)?;
        Some(list.split(',').filter(|agent| !agent.is_empty()).collect())
    }

    /// Returns the value of a label. Container labels count as missing while they are empty, since
    /// a container cannot remove a label of its image.
    pub fn get(&self, key: &str) -> Option<&str> {
        let is_said = |value: &&str| !value.is_empty() || !key.starts_with(RESERVED_PREFIX);
        self.0.get(key).map(String::as_str).filter(is_said)
    }

    /// Converts the labels to another map, such as that of the engine's API.
    pub fn into_map<M: FromIterator<(String, String)>>(self) -> M {
        self.0.into_iter().collect()
    }

    /// Returns all labels, sorted by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Labels {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workspaces_of_other_machines_are_hidden() {
        let [one, other] = [[1; 16], [2; 16]].map(ClientId::from_random);
        let labels = |client: Option<&ClientId>| {
            let client = client.map(|client| (CLIENT, client.as_str()));
            [(MANAGED, "true"), (WORKSPACE, "/src")].into_iter().chain(client).collect::<Labels>()
        };
        for (owner, viewer, is_seen) in [
            (None, None, true),
            (Some(&one), Some(&one), true),
            (Some(&one), Some(&other), false),
            (Some(&one), None, false),
            (None, Some(&one), false),
        ] {
            let seen = labels(owner).scoped_to(viewer);
            assert_eq!(seen.workspace().is_some(), is_seen, "{owner:?} seen by {viewer:?}");
            assert!(seen.is_managed());
        }
    }

    #[test]
    fn image_labels_do_not_apply_to_the_container() {
        let one = ClientId::from_random([1; 16]);
        let image = [(EPHEMERAL, "true"), (CLIENT, one.as_str()), (RESTORES, "a"), (AGENTS, "b")]
            .into_iter()
            .chain([(WORKSPACE, "/theirs"), (ORIGINAL_IMAGE, "other")])
            .collect::<Labels>();
        let own = [(MANAGED, "true"), (WORKSPACE, "/src")].into_iter().collect::<Labels>();
        // Docker merges labels this way.
        let mut has = image.clone();
        has.0.extend(own.masking_image(&image).0);
        assert_eq!(has.workspace(), Some("/src"));
        assert!(has.belongs_to(None) && !has.is_ephemeral() && !has.is_helper());
        assert_eq!((has.get(ORIGINAL_IMAGE), has.agents()), (None, Some(vec!["b"])));
    }
}
