//! The labels that a container of ours carries.
//!
//! Identity is the pair (engine, workspace path) read from
//! [`WORKSPACE`]; the container's name is only cosmetic. Labels are written
//! once at creation and are untrusted when read: whoever can reach the engine
//! can make a container with any label.

mod errand;

use std::collections::BTreeMap;

use crate::engine::{Isolation, WorkspaceMount};
use crate::naming::{ClientId, ContainerName, HostPort, Nonce, VolumeName, WorkspacePath};

/// What the labels begin with that containers get of us and images must not
/// have: Docker copies an image's labels to its containers.
pub const RESERVED: &str = "containai.";
/// `true` on every container that ContainAI made. Nothing without it is touched.
pub const MANAGED: &str = "containai.managed";
/// The real path of the workspace on the host.
pub const WORKSPACE: &str = "containai.workspace";
/// The machine that has the workspace, where the engine is on another one.
pub const CLIENT: &str = "containai.client";
/// The volume that holds the copy of such a workspace.
pub const WORKSPACE_VOLUME: &str = "containai.workspace-volume";
/// The loopback port of the host that leads to the container's sshd.
pub const SSH_PORT: &str = "containai.ssh-port";
/// The name of the data volume mounted at `/mnt/agent-data`.
pub const DATA_VOLUME: &str = "containai.data-volume";
/// The template that the image was made from; empty without one.
pub const TEMPLATE: &str = "ai.containai.template";
/// The fingerprint of what the template's image was built from. It is a label
/// of the image, and Docker copies those to containers.
pub const TEMPLATE_HASH: &str = "ai.containai.template-hash";
/// The file of the workspace, such as `.devcontainer/devcontainer.json`, that the
/// image was built for.
pub const DEVCONTAINER: &str = "ai.containai.devcontainer";
/// `true` where [`crate::devcontainer::LIFECYCLE_PROGRAM`] is to be run by
/// whoever enters.
pub const LIFECYCLE: &str = "ai.containai.lifecycle";
/// The isolation that the container was made with: `sysbox` or `userns`.
pub const ISOLATION: &str = "containai.isolation";
/// The OCI runtime that starts the container, where there was another one for
/// its isolation in earlier versions.
pub const RUNTIME: &str = "containai.runtime";
/// On a container that was made to replace another: the other's id.
pub const REPLACES: &str = "containai.replaces";
/// When the replaced container was last started, in the engine's words; its
/// file system was kept after that.
pub const REPLACES_START: &str = "containai.replaces-start";
/// The name that the container takes over from the one it replaces.
pub const TAKES_NAME: &str = "containai.takes-name";
/// The image that the first of a row of containers was made from.
pub const IMAGE: &str = "containai.image";
/// On a helper that gives a volume another content: the volume. As long as the
/// helper is there, the volume may be half of one and half of the other.
pub const RESTORES: &str = "containai.restores";
/// On a helper that reads a volume: the volume.
pub const PACKS: &str = "containai.packs";
/// On a helper that never runs, by which files are put on a volume: the volume.
pub const FILLS: &str = "containai.fills";
/// On the image and the volumes of a snapshot: what it is told apart by. Docker
/// copies it to the containers that are made of such an image.
pub const SNAPSHOT: &str = "containai.snapshot";
/// On the image of a snapshot: the name that a person gave.
pub const SNAPSHOT_NAME: &str = "containai.snapshot-name";
/// When it was made, in seconds since 1970.
pub const SNAPSHOT_CREATED: &str = "containai.snapshot-created";
/// The name of the container that it was made of.
pub const SNAPSHOT_OF: &str = "containai.snapshot-of";
/// What its volumes take, in bytes.
pub const SNAPSHOT_BYTES: &str = "containai.snapshot-bytes";
/// The repository that the workspace is a linked worktree of; the container has
/// one of its own in its place. Containers of earlier versions lack it: they
/// write into the host's.
pub const REPOSITORY: &str = "containai.repository";
/// `true` on a container that was made of a snapshot to run beside its origin.
pub const FORKED: &str = "containai.forked";
/// `true` on a container whose data volume its workspace has from now on, once
/// the container has its name.
pub const NEW_VOLUME: &str = "containai.new-volume";
/// On a container that was put back to a snapshot: the volumes of the container
/// that it replaces, which go before it gets its name, separated by commas.
pub const REPLACED_VOLUMES: &str = "containai.replaced-volumes";
/// On a helper that copies volumes: the new ones, separated by commas. As long
/// as the helper is there they may be incomplete.
pub const COPIES: &str = "containai.copies";
/// On a helper that an identity is taken out of: the image that has it.
pub const ANONYMISES: &str = "containai.anonymises";
/// On a helper that gives files to the owner of a workspace: the workspace.
pub const RECLAIMS: &str = "containai.reclaims";
/// On a helper that copies: the containers that are frozen meanwhile, by their ids and
/// separated by commas.
pub const FREEZES: &str = "containai.freezes";
/// Set by our images: the agents installed in it, separated by commas.
/// Docker copies image labels to containers, so one listing shows it.
pub const AGENTS: &str = "ai.containai.agents";
/// Set by our images: the short name, such as `base`.
pub const IMAGE_NAME: &str = "ai.containai.image";
/// Set by our images: the version of the program that built them.
pub const IMAGE_VERSION: &str = "ai.containai.version";
/// Set on what a build needs on the way and nothing afterwards.
pub const IMAGE_STAGE: &str = "ai.containai.stage";
/// Set by our images: the hash of the files that the image, and what it
/// is built on, were built from.
pub const IMAGE_CONTENT: &str = "ai.containai.content";

/// `true` on a container that garbage collection leaves alone.
pub const KEEP: &str = "containai.keep";
/// `true` on a container that goes when the session ends that it was made for.
pub const EPHEMERAL: &str = "containai.ephemeral";

/// The label set of one container, with typed access to ours.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Labels(BTreeMap<String, String>);

impl Labels {
    /// The labels of a new container; no `data` is a volume that goes with it.
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

    /// The labels of a volume of a workspace of this machine.
    pub fn for_volume(workspace: &WorkspacePath, client: Option<&ClientId>) -> Self {
        Self::default()
            .with(MANAGED, "true")
            .with(WORKSPACE, workspace.as_str())
            .with_client(client)
    }

    /// The same labels of this machine; `None` is the engine's own.
    #[must_use]
    pub fn with_client(mut self, client: Option<&ClientId>) -> Self {
        self.0.extend(client.map(|client| (CLIENT.to_owned(), client.to_string())));
        self
    }

    /// The same labels and one more.
    #[must_use]
    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.0.insert(key.to_owned(), value.to_owned());
        self
    }

    /// The same labels with what says where the workspace is.
    #[must_use]
    pub fn with_mount(mut self, mount: &WorkspaceMount) -> Self {
        if let WorkspaceMount::Volume { client, volume } = mount {
            self.0.insert(CLIENT.into(), client.to_string());
            self.0.insert(WORKSPACE_VOLUME.into(), volume.to_string());
        }
        self
    }

    /// The labels as a machine sees them: a workspace of another machine is
    /// none of its own, whatever its path. `None` is the engine's own machine.
    #[must_use]
    pub fn seen_by(mut self, client: Option<&ClientId>) -> Self {
        if !self.is_of(client) {
            self.0.remove(WORKSPACE);
        }
        self
    }

    /// Whether it serves a workspace of this machine; `None` is the engine's own.
    pub fn is_of(&self, client: Option<&ClientId>) -> bool {
        self.get(CLIENT) == client.map(ClientId::as_str)
    }

    /// The volume that holds the copy of the workspace; `None` where the
    /// workspace itself is mounted.
    pub fn workspace_volume(&self) -> Option<VolumeName> {
        VolumeName::parse(self.get(WORKSPACE_VOLUME)?).ok()
    }

    /// Whether ContainAI made the container.
    pub fn is_managed(&self) -> bool {
        self.get(MANAGED) == Some("true")
    }

    /// Whether it is protected from being swept up.
    pub fn is_kept(&self) -> bool {
        self.get(KEEP) == Some("true")
    }

    /// The workspace path as written; `None` when absent or empty.
    pub fn workspace(&self) -> Option<&str> {
        self.get(WORKSPACE)
    }

    /// The SSH port; `None` when absent or not a port.
    pub fn ssh_port(&self) -> Option<HostPort> {
        self.get(SSH_PORT)?.parse().ok()
    }

    /// Whether the container goes when its session ends.
    pub fn is_ephemeral(&self) -> bool {
        self.get(EPHEMERAL) == Some("true")
    }

    /// The data volume; `None` when absent or not a volume name.
    pub fn data_volume(&self) -> Option<VolumeName> {
        VolumeName::parse(self.get(DATA_VOLUME)?).ok()
    }

    /// The isolation that it was made with; `None` when absent or unknown.
    pub fn isolation(&self) -> Option<Isolation> {
        let known = [Isolation::Sysbox, Isolation::Userns];
        known.into_iter().find(|it| Some(it.to_string().as_str()) == self.get(ISOLATION))
    }

    /// Whether Sysbox itself starts the container, without our shim: its bind
    /// mounts are those of the host's root then.
    pub fn is_bare_sysbox(&self) -> bool {
        self.isolation() == Some(Isolation::Sysbox)
            && self.get(RUNTIME) != Some(Isolation::Sysbox.runtime())
    }

    /// The snapshot that it is of, or was made from.
    pub fn snapshot(&self) -> Option<Nonce> {
        Nonce::parse(self.get(SNAPSHOT)?).ok()
    }

    /// Whether its data volume is the workspace's from now on.
    pub fn has_new_volume(&self) -> bool {
        self.get(NEW_VOLUME) == Some("true")
    }

    /// The volumes that go before it gets its name; none for most.
    pub fn replaced_volumes(&self) -> Vec<VolumeName> {
        let names = self.get(REPLACED_VOLUMES).unwrap_or_default().split(',');
        names.filter_map(|name| VolumeName::parse(name).ok()).collect()
    }

    /// Whether it was made of a snapshot to run beside its origin.
    pub fn is_fork(&self) -> bool {
        self.get(FORKED) == Some("true")
    }

    /// The same labels for a container of the image of a snapshot: what they do
    /// not say of one container must not come from another by way of the image.
    #[must_use]
    pub fn over_snapshot(mut self) -> Self {
        let of_one =
            [KEEP, EPHEMERAL, FORKED, NEW_VOLUME, REPLACES, REPLACES_START, REPOSITORY, TAKES_NAME];
        for key in of_one.into_iter().chain([ANONYMISES, REPLACED_VOLUMES]) {
            self.0.entry(key.to_owned()).or_default();
        }
        self
    }

    /// The same labels for a container of an image that has these. Whoever makes an
    /// image of a container makes it with the container's labels; what these say of
    /// one container does not hold for another.
    #[must_use]
    pub fn over_image(mut self, image: &Self) -> Self {
        for key in image.0.keys().filter(|key| key.starts_with(RESERVED)) {
            self.0.entry(key.clone()).or_default();
        }
        self
    }

    /// The id of the container that this one replaces; `None` for most.
    pub fn replaces(&self) -> Option<&str> {
        self.get(REPLACES)
    }

    /// When the replaced container was last started; may be empty for never.
    pub fn replaces_start(&self) -> Option<&str> {
        self.0.get(REPLACES_START).map(String::as_str)
    }

    /// The name to take over; `None` when absent or not a name.
    pub fn takes_name(&self) -> Option<ContainerName> {
        ContainerName::parse(self.get(TAKES_NAME)?).ok()
    }

    /// The labels of a successor: all of these, the port excepted, and what
    /// says whom it replaces.
    #[must_use]
    pub fn succeeded(&self, id: &str, last_start: &str, name: &str, image: &str) -> Self {
        let mut labels = self.0.clone();
        labels.remove(SSH_PORT);
        for key in [NEW_VOLUME, REPLACED_VOLUMES] {
            labels.entry(key.to_owned()).and_modify(String::clear);
        }
        let news =
            [(REPLACES, id), (REPLACES_START, last_start), (TAKES_NAME, name), (IMAGE, image)];
        labels.extend(news.map(|(key, value)| (key.to_owned(), value.to_owned())));
        Self(labels)
    }

    /// The same labels with this port.
    #[must_use]
    pub fn with_port(mut self, port: HostPort) -> Self {
        self.0.insert(SSH_PORT.into(), port.to_string());
        self
    }

    /// The agents of the image; `None` when the image does not say.
    pub fn agents(&self) -> Option<Vec<&str>> {
        let list = self.get(AGENTS)?;
        Some(list.split(',').filter(|agent| !agent.is_empty()).collect())
    }

    /// One label's value. What only containers get of us counts as absent while it
    /// is empty: nobody can take a label of the image's from a container.
    pub fn get(&self, key: &str) -> Option<&str> {
        let is_said = |value: &&str| !value.is_empty() || !key.starts_with(RESERVED);
        self.0.get(key).map(String::as_str).filter(is_said)
    }

    /// The labels as another map, such as the one that the engine's API takes.
    pub fn into_map<M: FromIterator<(String, String)>>(self) -> M {
        self.0.into_iter().collect()
    }

    /// All labels in order of their names.
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
    fn the_workspace_of_another_machine_is_no_workspace_here() {
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
            let seen = labels(owner).seen_by(viewer);
            assert_eq!(seen.workspace().is_some(), is_seen, "{owner:?} seen by {viewer:?}");
            assert!(seen.is_managed());
        }
    }

    #[test]
    fn labels_of_an_image_say_nothing_of_a_container() {
        let one = ClientId::from_random([1; 16]);
        let image = [(EPHEMERAL, "true"), (CLIENT, one.as_str()), (RESTORES, "a"), (AGENTS, "b")]
            .into_iter()
            .chain([(WORKSPACE, "/theirs"), (IMAGE, "other")])
            .collect::<Labels>();
        let own = [(MANAGED, "true"), (WORKSPACE, "/src")].into_iter().collect::<Labels>();
        // As Docker puts them together.
        let mut has = image.clone();
        has.0.extend(own.over_image(&image).0);
        assert_eq!(has.workspace(), Some("/src"));
        assert!(has.is_of(None) && !has.is_ephemeral() && !has.is_helper());
        assert_eq!((has.get(IMAGE), has.agents()), (None, Some(vec!["b"])));
    }
}
