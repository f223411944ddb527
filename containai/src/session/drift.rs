//! Differences between the existing container and what is requested.

use containai_core::config::Origin;
use containai_core::engine::{Container, ImageRequest};
use containai_core::label;
use containai_core::lifecycle::{Desired, RequestedSettings, detect_drift};
use containai_core::resources::Resources;
use containai_docker::image;

use super::ResolvedWorkspace;
use crate::worktree;

impl ResolvedWorkspace {
    /// Reports each difference, and that `--fresh` removes it: a container is recreated only on
    /// request.
    pub(crate) async fn report_drift(&self, desired: &Desired) -> crate::Result<()> {
        for line in self.drift(desired).await? {
            self.context.reporter.warn(&line);
        }
        self.apply_restart_policy(desired).await
    }

    /// Returns a line for each difference; none if the container is going to be recreated.
    pub(crate) async fn drift(&self, desired: &Desired) -> crate::Result<Vec<String>> {
        let serving = self.observed.serving(&self.path);
        let [container] = serving.as_slice() else { return Ok(Vec::new()) };
        if desired.options.recreate.is_some() {
            return Ok(Vec::new());
        }
        let name = &container.name;
        let requested = self.requested_settings(container, desired).await?;
        let mut lines: Vec<_> = detect_drift(container, &requested)
            .into_iter()
            .map(|drift| format!("{name}: {drift}; `--fresh` recreates it"))
            .collect();
        if worktree::shares_host_repository(container, &self.path) {
            lines.push(format!(
                "{name}: it was created by an earlier version, and can write to the repository of this worktree; `--fresh` recreates it without that access"
            ));
        }
        Ok(lines)
    }

    /// Returns the settings that were explicitly requested.
    async fn requested_settings(
        &self,
        container: &Container,
        desired: &Desired,
    ) -> crate::Result<RequestedSettings> {
        let recipe = self.image.recipe.as_ref();
        let fingerprint = recipe.map(|recipe| recipe.fingerprint.clone());
        let mut requested = RequestedSettings::default();
        requested.image = self.requested_image(container);
        requested.template = self.image.template.as_ref().map(ToString::to_string);
        requested.fingerprint = fingerprint.filter(|_| self.is_built_from_same_source(container));
        requested.data_volume = self.context.config.data_volume.value.clone();
        requested.resources = self.requested_resources(container, desired).await?;
        Ok(requested)
    }

    /// Returns whether the image of the container and that of a new one are both built from a
    /// `devcontainer.json`, or the new one from a template.
    fn is_built_from_same_source(&self, container: &Container) -> bool {
        match &self.image.devcontainer {
            Some(_) => container.labels.get(label::DEVCONTAINER).is_some(),
            None => self.image.template.is_some(),
        }
    }

    /// Returns the requested image. An image that is built is compared by its inputs.
    fn requested_image(&self, container: &Container) -> Option<String> {
        if self.is_built_from_same_source(container) {
            return None;
        }
        if let (Some(_), ImageRequest::Reference(built)) =
            (&self.image.devcontainer, &self.image.image)
        {
            return Some(built.clone());
        }
        let requested = &self.context.config.image;
        if requested.origin == Origin::Default {
            return None;
        }
        Some(match &requested.value {
            ImageRequest::Shipped(shipped) => image::local_reference(*shipped),
            ImageRequest::Reference(reference) => reference.clone(),
        })
    }

    /// Returns the resources that flags request, and those of the container. A resource without
    /// a flag is not compared.
    async fn requested_resources(
        &self,
        container: &Container,
        desired: &Desired,
    ) -> crate::Result<Option<(Resources, Resources)>> {
        let config = &self.context.config;
        let is_flag = |origin: &Origin| matches!(origin, Origin::Flag(_));
        let (has_memory, has_cpus) =
            (is_flag(&config.memory_limit.origin), is_flag(&config.cpu_limit.origin));
        if !has_memory && !has_cpus {
            return Ok(None);
        }
        let limits = self.engine.limits(&container.id).await?;
        let actual = limits.memory.zip(limits.cpus);
        Ok(actual.map(|(memory, cpus)| {
            let requested = Resources {
                memory: if has_memory { desired.resources.memory } else { memory },
                cpus: if has_cpus { desired.resources.cpus } else { cpus },
            };
            (requested, Resources { memory, cpus })
        }))
    }
}
