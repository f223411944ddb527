//! The agent, started.

use containai_core::engine::{Container, ImageRequest};
use containai_core::hint::Hint;
use containai_ssh::{Command, EnvVars, LaunchMode};

use super::{SessionRequest, Streams};
use crate::error::OperationError;
use crate::import::user_agents;

/// Starts the configured agent: one of the image, or one of the user's own
/// manifests, of which no image says whether it has it.
pub async fn start_agent(
    mut entrance: SessionRequest,
    variables: EnvVars,
    streams: Streams,
) -> crate::Result<u8> {
    let agent = entrance.context.config.agent.value.clone();
    let own = user_agents(&entrance.context.env.layout)?;
    if let Some(own) = own.iter().find(|it| it.has_name(agent.as_ref())) {
        return entrance
            .run(&agent_command(own.command_line(), variables)?, streams, |_| Ok(()))
            .await;
    }
    entrance.check_agent().await?;
    let command = agent_command([agent.as_ref()], variables)?;
    let check = |container: &Container| match container.labels.agents() {
        Some(agents) if !agents.contains(&agent.as_ref()) => {
            Err(missing_agent(&container.image, agent.as_ref()).into())
        }
        _ => Ok(()),
    };
    entrance.run(&command, streams, check).await
}

fn agent_command<'a>(
    words: impl IntoIterator<Item = &'a str>,
    variables: EnvVars,
) -> Result<Command, OperationError> {
    let command = Command::new(words).map_err(|error| OperationError::usage(error.to_string()))?;
    Ok(command.env_vars(variables).with_launch(LaunchMode::Login))
}

impl SessionRequest {
    /// Refuses to start an agent that the image to be used does not have,
    /// before anything is made.
    async fn check_agent(&mut self) -> crate::Result<()> {
        let is_new = match self.observe().await {
            Ok((_, observed)) => {
                self.replaced_container(&observed).is_some()
                    || observed.serving(self.workspace()).is_empty()
            }
            Err(error) if self.can_be_set_up(&error) => true,
            Err(error) => return Err(error),
        };
        let agent = &self.context.config.agent.value;
        match &self.image.image {
            ImageRequest::Shipped(image) if is_new && !image.agents().contains(&agent.as_ref()) => {
                Err(missing_agent(image.name(), agent.as_ref()).into())
            }
            _ => Ok(()),
        }
    }
}

fn missing_agent(image: &str, agent: &str) -> OperationError {
    let having = ImageRequest::shipped_with(agent);
    let hint = match having.as_slice() {
        [] => "no image of this version has it: give a command after `--`, name an image of your own with `--image`, or describe the agent in `~/.config/containai/manifests`".to_owned(),
        names => format!("use `--image {}`, or give a command after `--`", names.join("` or `--image ")),
    };
    OperationError::usage(format!("image `{image}` has no agent `{agent}`")).hint(Hint::new(hint))
}
