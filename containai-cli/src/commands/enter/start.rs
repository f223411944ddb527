//! The agent, started.

use std::process::ExitCode;

use containai_core::engine::ImageRequest;
use containai_core::hint::Hint;
use containai_ssh::{Command, Launch, Variables};

use super::{Entrance, attend};
use crate::error::CliError;

/// Starts the configured agent.
pub(crate) async fn agent(
    mut entrance: Entrance<'_>,
    variables: Variables,
) -> anyhow::Result<ExitCode> {
    entrance.require_agent().await?;
    let (env, ui) = (entrance.context.env, entrance.context.ui);
    let agent = entrance.context.config.agent.value.clone();
    let reached = entrance.enter().await?;
    let installed = reached.container.labels.agents();
    if installed.is_some_and(|agents| !agents.contains(&agent.as_ref())) {
        return Err(no_agent(&reached.container.image, agent.as_ref()).into());
    }
    let command = Command::new([agent.as_ref()])
        .map_err(|error| CliError::usage(error.to_string()))?
        .carrying(variables)
        .launched(Launch::Login);
    attend(reached.session, &command, env, ui).await
}

impl Entrance<'_> {
    /// Refuses to start an agent that the image to be used does not have,
    /// before anything is made.
    async fn require_agent(&mut self) -> anyhow::Result<()> {
        let agent = self.context.config.agent.value.clone();
        let is_new = match self.observed().await {
            Ok((_, observed)) => observed.serving(&self.workspace).is_empty(),
            Err(error) if self.can_be_set_up(&error) => true,
            Err(error) => return Err(error),
        };
        match &self.context.config.image.value {
            ImageRequest::Shipped(image) if is_new && !image.agents().contains(&agent.as_ref()) => {
                Err(no_agent(image.name(), agent.as_ref()).into())
            }
            _ => Ok(()),
        }
    }
}

fn no_agent(image: &str, agent: &str) -> CliError {
    let having = ImageRequest::shipped_with(agent);
    let hint = match having.as_slice() {
        [] => "no image of this version has it: give a command after `--`, or name an image of your own with `--image`".to_owned(),
        names => format!("use `--image {}`, or give a command after `--`", names.join("` or `--image ")),
    };
    CliError::usage(format!("image `{image}` has no agent `{agent}`")).hint(Hint::new(hint))
}
