//! The user's files that a container gets.

use containai_core::engine::{Container, RunState};
use containai_core::label;
use containai_core::naming::TemplateName;
use containai_docker::DockerEngine;

use crate::context::Context;
use crate::image_selection::ImageSelection;
use crate::import::user_agents;
use crate::{hooks, host_network};

/// Adds the image recipe, the user's agents, the start-up hooks of the template and the network
/// settings of this machine to the engine. An invalid manifest is reported, and does not prevent the session.
pub(crate) fn with_user_files(
    engine: DockerEngine,
    context: &Context,
    kept: &[&Container],
    image: &ImageSelection,
) -> crate::Result<DockerEngine> {
    let agents = user_agents(&context.env.layout).unwrap_or_else(|error| {
        context.reporter.warn(&format!("your own agents are ignored: {error}"));
        Vec::new()
    });
    let engine = image.register_recipe(engine).with_agents(agents);
    let network = is_started_here(context, kept)
        .then(|| host_network::read(&context.env, &context.config, &context.reporter));
    let engine = engine.with_host_network(network);
    let template = match kept {
        [container] => template_of(container),
        _ => image.template.clone(),
    };
    let Some(name) = template else { return Ok(engine) };
    let directory = context.env.layout.template_hooks(&name);
    Ok(engine.with_startup_hooks(hooks::read(&directory, &context.reporter)?))
}

/// Whether the command starts a container on this machine. On another machine, the settings of this
/// one may be wrong.
fn is_started_here(context: &Context, kept: &[&Container]) -> bool {
    let runs = kept.iter().any(|it| matches!(it.state, RunState::Running | RunState::Paused));
    context.client.is_none() && !runs
}

fn template_of(container: &Container) -> Option<TemplateName> {
    TemplateName::parse(container.labels.get(label::TEMPLATE)?).ok()
}
