//! An in-memory engine.

use std::future::pending;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::state::FakeState;
use crate::engine::{
    Container, ContainerId, ContainerSpec, Engine, EngineError, ImageRequest, ImageSource,
    ReplacementSpec, RunState,
};
use crate::lifecycle::EventListener;
use crate::naming::{ContainerName, HostPort, VolumeName};
use crate::remote::HostKey;

/// An in-memory engine; see [the module](crate::testing).
#[derive(Debug, Default)]
pub struct FakeEngine(Mutex<FakeState>);

impl FakeEngine {
    /// Creates an engine without containers and images.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a container created by another program.
    #[must_use]
    pub fn with_container(self, container: Container) -> Self {
        self.state().containers.push(container);
        self
    }

    /// Adds a volume left by an earlier container.
    #[must_use]
    pub fn with_volume(self, name: VolumeName) -> Self {
        self.state().volumes.insert(name);
        self
    }

    /// Returns the named volumes, sorted.
    pub fn volumes(&self) -> Vec<VolumeName> {
        self.state().volumes.iter().cloned().collect()
    }

    /// Returns the number of anonymous volumes.
    pub fn anonymous_volumes(&self) -> usize {
        self.state().anonymous_volumes.len()
    }

    /// Lets the next `calls` calls succeed. Every later one fails, as if the engine or
    /// this process had crashed right before it.
    pub fn crash_after(&self, calls: usize) {
        self.state().calls_left = Some(calls);
    }

    /// Adds a container that is still listed but no longer exists, as after a creation
    /// that the engine rolls back. [`Engine::wait_transition`] removes it from the list.
    #[must_use]
    pub fn with_vanished_container(self, container: Container) -> Self {
        self.state().vanished.push(container.id.clone());
        self.with_container(container)
    }

    /// Makes a running container exit soon, as after a `docker stop` by another process.
    /// [`Engine::wait_transition`] waits for the exit.
    pub fn stop_during_wait(&self, id: &ContainerId) {
        self.state().stopping.push(id.clone());
    }

    /// Lets a running container lose its port, as an engine does that finds the port in use after
    /// a restart.
    pub fn lose_port(&self, id: &ContainerId) {
        if let Ok(container) = self.state().container(id) {
            container.has_lost_port = true;
        }
    }

    /// Lets another program take a port, so that no container with this port starts.
    pub fn take_port(&self, port: HostPort) {
        self.state().taken_ports.push(port);
    }

    /// Reverts [`Self::take_port`].
    pub fn release_port(&self, port: HostPort) {
        self.state().taken_ports.retain(|stolen| *stolen != port);
    }

    /// Writes into the file system of a container.
    pub fn write_file_system(&self, id: &ContainerId, text: &str) {
        self.state().file_systems.insert(id.to_string(), text.to_owned());
    }

    /// Returns the text that [`Self::write_file_system`] put into the file system of a
    /// container or of its source.
    pub fn read(&self, id: &ContainerId) -> Option<String> {
        self.state().file_systems.get(id.as_ref()).cloned()
    }

    /// Reverts [`Self::crash_after`].
    pub fn recover(&self) {
        self.state().calls_left = None;
    }

    /// Returns the names of the calls so far, failed ones included.
    pub fn calls(&self) -> Vec<&'static str> {
        self.state().calls.clone()
    }

    /// Returns the current containers.
    pub fn current_containers(&self) -> Vec<Container> {
        self.state().containers.clone()
    }

    /// Returns the key line that [`Engine::provision`] or [`Engine::authorize`] wrote last
    /// into a container.
    pub fn installed_key(&self, id: &ContainerId) -> Option<String> {
        let fake = self.state();
        fake.installed_keys
            .iter()
            .rev()
            .find(|(holder, _)| holder == id)
            .map(|(_, line)| line.clone())
    }

    pub(super) fn state(&self) -> MutexGuard<'_, FakeState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn call(
        &self,
        name: &'static str,
    ) -> Result<MutexGuard<'_, FakeState>, EngineError> {
        let mut fake = self.state();
        fake.calls.push(name);
        if fake.calls_left == Some(0) {
            let address = "fake://".to_owned();
            return Err(EngineError::Unreachable { address, source: "crashed".into() });
        }
        fake.calls_left = fake.calls_left.map(|left| left - 1);
        Ok(fake)
    }
}

impl FakeState {
    pub(super) fn container(&mut self, id: &ContainerId) -> Result<&mut Container, EngineError> {
        let is_ghost = self.vanished.contains(id);
        let found = self.containers.iter_mut().find(|it| it.id == *id && !is_ghost);
        found.ok_or_else(|| EngineError::NoSuchContainer { id: id.to_string() })
    }
}

impl Engine for FakeEngine {
    async fn containers(&self) -> Result<Vec<Container>, EngineError> {
        Ok(self.call("containers")?.containers.clone())
    }

    async fn ensure_image(
        &self,
        image: &ImageRequest,
        _: ImageSource,
        _: &dyn EventListener,
    ) -> Result<String, EngineError> {
        let mut fake = self.call("ensure_image")?;
        fake.images.push(image.to_string());
        Ok(image.to_string())
    }

    async fn find_image(&self, image: &ImageRequest) -> Result<Option<String>, EngineError> {
        let fake = self.call("find_image")?;
        Ok(fake.images.iter().find(|name| **name == image.to_string()).cloned())
    }

    async fn create(
        &self,
        spec: &ContainerSpec,
        _: &dyn EventListener,
    ) -> Result<ContainerId, EngineError> {
        let mut fake = self.call("create")?;
        let name = spec.name.to_string();
        if fake.containers.iter().any(|container| container.name == name) {
            return Err(EngineError::NameTaken { name });
        }
        if !fake.images.contains(&spec.image) {
            return Err(EngineError::NoSuchImage { image: spec.image.clone() });
        }
        fake.created += 1;
        let id = ContainerId::new(format!("id-{}", fake.created));
        for volume in [&spec.data_volume, &spec.docker_volume] {
            match volume {
                Some(name) => drop(fake.volumes.insert(name.clone())),
                None => fake.anonymous_volumes.push(id.clone()),
            }
        }
        if spec.from_snapshot.is_some() {
            let files = fake.file_systems.get(&spec.image).cloned().unwrap_or_default();
            fake.file_systems.insert(id.to_string(), files);
            fake.volume_state.note_identity(&id, &spec.image);
        }
        fake.volume_state.mount(&id, spec.data_volume.as_ref(), spec.docker_volume.as_ref());
        fake.containers.push(
            Container::new(id.clone(), name, RunState::Created)
                .with_status("Created")
                .with_image(spec.image.clone())
                .with_labels(spec.labels()),
        );
        Ok(id)
    }

    async fn last_start(&self, id: &ContainerId) -> Result<String, EngineError> {
        let mut fake = self.call("last_start")?;
        fake.container(id)?;
        Ok(fake.last_starts.get(id).copied().unwrap_or_default().to_string())
    }

    async fn commit(&self, id: &ContainerId) -> Result<String, EngineError> {
        let mut fake = self.call("commit")?;
        fake.container(id)?;
        let image = format!("kept-{id}");
        let files = fake.file_systems.get(id.as_ref()).cloned().unwrap_or_default();
        fake.file_systems.insert(image.clone(), files);
        fake.images.push(image.clone());
        Ok(image)
    }

    async fn create_replacement(
        &self,
        replacement: &ReplacementSpec,
        port: HostPort,
    ) -> Result<ContainerId, EngineError> {
        let mut fake = self.call("create_replacement")?;
        let name = replacement.name.to_string();
        let old = fake.container(&replacement.of)?.clone();
        if fake.containers.iter().any(|container| container.name == name) {
            return Err(EngineError::NameTaken { name });
        }
        fake.created += 1;
        let id = ContainerId::new(format!("id-{}", fake.created));
        let files = fake.file_systems.get(&replacement.image).cloned().unwrap_or_default();
        fake.file_systems.insert(id.to_string(), files);
        fake.volume_state.mount_replacement(&old.id, &id, replacement);
        fake.containers.push(Container {
            id: id.clone(),
            name,
            state: RunState::Created,
            labels: replacement.labels.clone().with_port(port),
            ..old
        });
        Ok(id)
    }

    async fn rename(&self, id: &ContainerId, name: &ContainerName) -> Result<(), EngineError> {
        let mut fake = self.call("rename")?;
        let name = name.to_string();
        if fake.containers.iter().any(|it| it.name == name && it.id != *id) {
            return Err(EngineError::NameTaken { name });
        }
        fake.container(id)?.name = name;
        Ok(())
    }

    async fn provision(&self, id: &ContainerId, line: &str) -> Result<(), EngineError> {
        let mut fake = self.call("provision")?;
        fake.container(id)?;
        fake.installed_keys.push((id.clone(), line.to_owned()));
        Ok(())
    }

    async fn authorize(&self, id: &ContainerId, line: &str) -> Result<(), EngineError> {
        let mut fake = self.call("authorize")?;
        fake.container(id)?;
        fake.installed_keys.push((id.clone(), line.to_owned()));
        Ok(())
    }

    async fn start(&self, id: &ContainerId) -> Result<(), EngineError> {
        let mut fake = self.call("start")?;
        let stolen = fake.taken_ports.clone();
        let container = fake.container(id)?;
        match container.labels.ssh_port().filter(|port| stolen.contains(port)) {
            _ if container.state == RunState::Running => Ok(()),
            Some(port) => Err(EngineError::PortTaken { port: port.get() }),
            None => {
                // Helpers exit at once.
                container.state = match container.labels.is_helper() {
                    true => RunState::Exited,
                    false => RunState::Running,
                };
                container.has_lost_port = false;
                fake.starts += 1;
                let starts = fake.starts;
                fake.last_starts.insert(id.clone(), starts);
                Ok(())
            }
        }
    }

    async fn unpause(&self, id: &ContainerId) -> Result<(), EngineError> {
        let mut fake = self.call("unpause")?;
        let container = fake.container(id)?;
        if container.state == RunState::Paused {
            container.state = RunState::Running;
        }
        Ok(())
    }

    async fn wait_transition(&self, name: &str, state: RunState) -> Result<(), EngineError> {
        let mut fake = self.call("wait_transition")?;
        let ghosts = std::mem::take(&mut fake.vanished);
        fake.containers.retain(|container| !ghosts.contains(&container.id));
        let leaving = std::mem::take(&mut fake.stopping);
        match state {
            RunState::Running => {
                for container in &mut fake.containers {
                    if leaving.contains(&container.id) {
                        container.state = RunState::Exited;
                    }
                }
            }
            RunState::Removing => fake.containers.retain(|container| container.name != name),
            _ => {
                for container in fake.containers.iter_mut().filter(|it| it.name == name) {
                    container.state = RunState::Running;
                }
            }
        }
        Ok(())
    }

    async fn stop(&self, id: &ContainerId) -> Result<(), EngineError> {
        if let Ok(container) = self.call("stop")?.container(id)
            && container.state != RunState::Created
        {
            container.state = RunState::Exited;
        }
        Ok(())
    }

    async fn remove(&self, id: &ContainerId) -> Result<(), EngineError> {
        let mut fake = self.call("remove")?;
        let is_running = |it: &Container| it.id == *id && it.state == RunState::Running;
        if fake.containers.iter().any(is_running) {
            let message = format!("container {id} is running");
            return Err(EngineError::Refused { status: 409, message });
        }
        fake.containers.retain(|container| container.id != *id);
        Ok(())
    }

    async fn remove_with_anonymous_volumes(&self, id: &ContainerId) -> Result<(), EngineError> {
        let mut fake = self.call("remove_with_anonymous_volumes")?;
        fake.containers.retain(|container| container.id != *id);
        fake.anonymous_volumes.retain(|holder| holder != id);
        Ok(())
    }

    async fn has_volume(&self, name: &VolumeName) -> Result<bool, EngineError> {
        Ok(self.call("has_volume")?.volumes.contains(name))
    }

    async fn remove_volume(&self, name: &str) -> Result<(), EngineError> {
        self.call("remove_volume")?.remove_volume(name)
    }

    async fn host_key(&self, id: &ContainerId) -> Result<Option<HostKey>, EngineError> {
        self.call("host_key")?.container(id)?;
        Ok(Some(super::remote::fake_host_key(id)))
    }

    async fn wait_exit(&self, id: &ContainerId) -> Result<i64, EngineError> {
        let container = {
            let mut fake = self.call("wait_exit")?;
            let container = fake.container(id)?;
            // Helpers exit at once.
            if container.labels.is_helper() {
                container.state = RunState::Exited;
            }
            container.clone()
        };
        match container.state {
            RunState::Running => pending().await,
            _ if container.labels.is_helper() => Ok(0),
            _ => Ok(1),
        }
    }

    async fn log_tail(&self, _: &ContainerId, _: usize) -> Result<Vec<String>, EngineError> {
        Ok(vec!["the last line of the console".to_owned()])
    }
}
