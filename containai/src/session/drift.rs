//! What the container that there is has other than was asked for.

use containai_core::config::Origin;
use containai_core::engine::{Container, ImageRequest};
use containai_core::label;
use containai_core::lifecycle::{Desired, Observed, RequestedSettings, detect_drift};
use containai_core::resources::{ResourceLimits, Resources};
use containai_docker::{DockerEngine, image};

use super::SessionRequest;
use crate::worktree;

impl SessionRequest {
    /// Says what is not as asked for, and what to do about it: a container is
    /// never made anew without being told to.
    pub(crate) async fn report_drift(
        &self,
        engine: &DockerEngine,
        observed: &Observed,
        wanted: &Desired,
    ) -> crate::Result<()> {
        for line in self.drift(engine, observed, wanted).await? {
            self.context.reporter.warn(&line);
        }
        Ok(())
    }

    pub(crate) async fn drift(
        &self,
        engine: &DockerEngine,
        observed: &Observed,
        wanted: &Desired,
    ) -> crate::Result<Vec<String>> {
        let serving = observed.serving(self.workspace());
        let [container] = serving.as_slice() else { return Ok(Vec::new()) };
        if wanted.options.recreate.is_some() {
            return Ok(Vec::new());
        }
        let wished = self.expected(engine, container, wanted).await?;
        let told = detect_drift(container, &wished)
            .into_iter()
            .map(|difference| format!("{}: {difference}; `--fresh` makes it anew", container.name));
        let is_of_old = worktree::shares_host_repository(container, self.workspace());
        let unsafe_mount = is_of_old.then(|| {
            format!(
                "{}: an earlier version made it, and it can write to the repository of this worktree; `--fresh` makes it anew without that",
                container.name
            )
        });
        Ok(told.chain(unsafe_mount).collect())
    }

    async fn expected(
        &self,
        engine: &DockerEngine,
        container: &Container,
        wanted: &Desired,
    ) -> crate::Result<RequestedSettings> {
        let config = &self.context.config;
        let is_flag = |origin: &Origin| matches!(origin, Origin::Flag(_));
        let is_limited = is_flag(&config.memory_limit.origin) || is_flag(&config.cpu_limit.origin);
        let has = if is_limited {
            engine.limits(&container.id).await?
        } else {
            ResourceLimits::default()
        };
        let has = has.memory.zip(has.cpus).map(|(memory, cpus)| Resources { memory, cpus });
        let resources = has.map(|has| {
            let Resources { mut memory, mut cpus } = wanted.resources;
            // What nobody named just now is not compared.
            if !is_flag(&config.memory_limit.origin) {
                memory = has.memory;
            }
            if !is_flag(&config.cpu_limit.origin) {
                cpus = has.cpus;
            }
            (Resources { memory, cpus }, has)
        });
        let fingerprint = self.image.recipe.as_ref().map(|recipe| recipe.fingerprint.clone());
        let is_of_file = container.labels.get(label::DEVCONTAINER).is_some();
        let is_same_kind = match &self.image.devcontainer {
            Some(_) => is_of_file,
            None => self.image.template.is_some(),
        };
        let image = match &config.image.value {
            ImageRequest::Shipped(shipped) => image::local_reference(*shipped),
            ImageRequest::Reference(reference) => reference.clone(),
        };
        Ok(RequestedSettings {
            image: match self.image.image {
                // What is built on an image is another one than that.
                _ if is_same_kind => None,
                ImageRequest::Reference(ref built) if self.image.devcontainer.is_some() => {
                    Some(built.clone())
                }
                _ => (config.image.origin != Origin::Default).then_some(image),
            },
            template: self.image.template.as_ref().map(ToString::to_string),
            fingerprint: is_same_kind.then_some(fingerprint).flatten(),
            data_volume: config.data_volume.value.clone(),
            resources,
        })
    }
}
