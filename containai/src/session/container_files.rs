//! What a container gets of the user that is not the same for all.

use containai_core::engine::Container;
use containai_core::label;
use containai_core::lifecycle::Observed;
use containai_core::naming::TemplateName;
use containai_docker::DockerEngine;

use super::SessionRequest;
use crate::hooks;
use crate::import::user_agents;

impl SessionRequest {
    /// An engine that brings along what the user wrote about agents and for the
    /// template. What is wrong with a manifest is no reason not to go inside.
    pub(crate) fn with_user_files(
        &self,
        engine: DockerEngine,
        observed: &Observed,
    ) -> crate::Result<DockerEngine> {
        let agents = user_agents(&self.context.env.layout).unwrap_or_else(|error| {
            self.context.reporter.warn(&format!("agents of your own are left out: {error}"));
            Vec::new()
        });
        self.with_template_hooks(engine.with_agents(agents), observed)
    }

    /// An engine that brings the hooks of the template along, too: of the one
    /// that the container was made of, else of the one that a new one is made
    /// of.
    fn with_template_hooks(
        &self,
        engine: DockerEngine,
        observed: &Observed,
    ) -> crate::Result<DockerEngine> {
        let serving = observed.serving(self.workspace());
        let template = match (self.replaced_container(observed), serving.as_slice()) {
            (None, [container]) => template_of(container),
            _ => self.image.template.clone(),
        };
        let Some(name) = template else { return Ok(engine) };
        let directory = self.context.env.layout.template_hooks(&name);
        Ok(engine.with_startup_hooks(hooks::read(&directory, &self.context.reporter)?))
    }
}

fn template_of(container: &Container) -> Option<TemplateName> {
    TemplateName::parse(container.labels.get(label::TEMPLATE)?).ok()
}
