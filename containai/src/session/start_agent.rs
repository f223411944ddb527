//! The configured agent as the command of a session.

use std::ffi::OsString;

use containai_core::engine::{Container, ImageRequest};
use containai_ssh::{Command, EnvVars, LaunchMode};

use super::{SessionRequest, Streams};
use crate::agents::{missing_agent, shipped_name};
use crate::error::OperationError;
use crate::import::user_agents;

/// How an agent is started.
#[derive(Clone, Debug, Default)]
pub struct AgentLaunch {
    arguments: Vec<OsString>,
    variables: EnvVars,
}

impl AgentLaunch {
    /// Creates an interactive start with arguments for the agent, after those of its manifest.
    pub fn new(arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        let arguments = arguments.into_iter().map(Into::into).collect();
        Self { arguments, variables: EnvVars::default() }
    }

    /// Sets the environment variables of the agent. Default: none.
    #[must_use]
    pub fn with_variables(mut self, variables: EnvVars) -> Self {
        self.variables = variables;
        self
    }
}

/// Runs the configured agent, and returns its exit status. An agent of a user manifest is
/// started with any image; another one must be in the image.
///
/// # Errors
///
/// The image has no such agent, or as [`SessionRequest::run`].
pub async fn start_agent(
    mut request: SessionRequest,
    launch: AgentLaunch,
    streams: Streams,
) -> crate::Result<u8> {
    let agent = request.context.config.agent.value.clone();
    let user_agents = user_agents(&request.context.env.layout)?;
    if let Some(own) = user_agents.iter().find(|it| it.has_name(agent.as_ref())) {
        let command = agent_command(own.command_line(), launch)?;
        return request.run(&command, streams, |_| Ok(())).await;
    }
    let agent = shipped_name(&agent);
    request.required_agent = Some(agent.clone());
    let command = agent_command([agent.as_ref()], launch)?;
    let check = |container: &Container| match container.labels.agents() {
        Some(agents) if !agents.contains(&agent.as_ref()) => {
            Err(missing_agent(&container.image, agent.as_ref(), &user_agents).into())
        }
        _ => Ok(()),
    };
    request.run(&command, streams, check).await
}

fn agent_command<'a>(
    words: impl IntoIterator<Item = &'a str>,
    launch: AgentLaunch,
) -> Result<Command, OperationError> {
    let words = words.into_iter().map(OsString::from).chain(launch.arguments);
    let command = Command::new(words).map_err(|error| OperationError::usage(error.to_string()))?;
    Ok(command.env_vars(launch.variables).with_launch(LaunchMode::Login))
}

impl SessionRequest {
    /// Refuses the image of a new container if it does not have the required agent. The agents
    /// of other images than the shipped ones are known only from the container's labels.
    pub(crate) fn check_required_agent(&self, image: &ImageRequest) -> Result<(), OperationError> {
        match (&self.required_agent, image) {
            (Some(agent), ImageRequest::Shipped(image))
                if !image.agents().contains(&agent.as_ref()) =>
            {
                Err(missing_agent(image.name(), agent.as_ref(), &[]))
            }
            _ => Ok(()),
        }
    }
}
