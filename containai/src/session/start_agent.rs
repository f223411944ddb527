//! The configured agent as the command of a session.

use std::ffi::OsString;

use containai_core::engine::{Container, ImageRequest};
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::manifest::{Agent, shipped_agents};
use containai_ssh::{Command, EnvVars, LaunchMode, Terminal};

use super::launch_session::LaunchPlace;
use super::{LaunchSession, SessionRequest, SessionScreen, Streams};
use crate::error::OperationError;
use crate::import::user_agents;

/// How an agent is started.
#[derive(Clone, Debug, Default)]
pub struct AgentLaunch {
    arguments: Vec<OsString>,
    variables: EnvVars,
    session: LaunchSession,
}

impl AgentLaunch {
    /// Creates an interactive start with arguments for the agent, after those of its manifest.
    pub fn new(arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        let arguments = arguments.into_iter().map(Into::into).collect();
        Self { arguments, ..Self::default() }
    }

    /// Sets the environment variables of the agent. Default: none.
    #[must_use]
    pub fn with_variables(mut self, variables: EnvVars) -> Self {
        self.variables = variables;
        self
    }

    /// Sets whether the agent runs in an agent session. Default: one that the terminal is attached
    /// to, with a name of its own.
    #[must_use]
    pub fn with_session(mut self, session: LaunchSession) -> Self {
        self.session = session;
        self
    }

    /// Returns the command that starts the agent, and the session that it runs in; `words` start it
    /// without arguments.
    fn command<'a>(
        self,
        words: impl IntoIterator<Item = &'a str>,
        agent: Option<&Agent>,
        request: &SessionRequest,
        terminal: &Terminal,
    ) -> Result<(Command, LaunchSession), OperationError> {
        let words = words.into_iter().map(OsString::from).chain(self.arguments.iter().cloned());
        let words: Vec<_> = words.collect();
        let place = LaunchPlace {
            config: &request.context.config,
            workspace: request.workspace(),
            lifetime: request.options.lifetime,
            agent,
        };
        if let Some(command) = self.session.command(&place, terminal, &words, &self.arguments)? {
            return Ok((command.env_vars(self.variables), self.session));
        }
        let command =
            Command::new(words).map_err(|error| OperationError::usage(error.to_string()))?;
        let command = command.with_launch(LaunchMode::Login).env_vars(self.variables);
        Ok((command, LaunchSession::None))
    }
}

/// Runs the configured agent, and returns its exit status; 0 if its terminal was detached. An agent
/// of a user manifest is started with any image; another one must be in the image.
///
/// # Errors
///
/// The image has no such agent, or as [`SessionRequest::run`].
pub async fn start_agent(
    mut request: SessionRequest,
    launch: AgentLaunch,
    mut streams: Streams,
) -> crate::Result<u8> {
    let agent = request.context.config.agent.value.clone();
    let reporter = request.context.reporter.clone();
    let user_agents = user_agents(&request.context.env.layout)?;
    let own = user_agents.iter().find(|it| it.has_name(agent.as_ref()));
    let shipped = shipped_agents();
    let known = own.or_else(|| shipped.iter().find(|it| it.has_name(agent.as_ref())));
    let words: Vec<_> = match own {
        Some(own) => own.command_line().collect(),
        None => vec![agent.as_ref()],
    };
    let (command, session) = launch.command(words, known, &request, &streams.terminal)?;
    if matches!(session, LaunchSession::Detached(_)) {
        streams.terminal = Terminal::None;
    }
    if own.is_none() {
        request.required_agent = Some(agent.clone());
    }
    let check = |container: &Container| match container.labels.agents() {
        Some(agents) if own.is_none() && !agents.contains(&agent.as_ref()) => {
            Err(missing_agent(&container.image, agent.as_ref()).into())
        }
        _ => Ok(()),
    };
    let screen = SessionScreen::of(&streams);
    let outcome = request.run(&command, streams, check).await;
    match session {
        LaunchSession::None => outcome,
        LaunchSession::Detached(_) if matches!(outcome, Ok(exit::OK)) => {
            reporter.say("`cai attach` shows it, and `cai session list` its state");
            outcome
        }
        _ => screen.after(outcome, &reporter),
    }
}

impl SessionRequest {
    /// Refuses the image of a new container if it does not have the required agent. The agents
    /// of other images than the shipped ones are known only from the container's labels.
    pub(crate) fn check_required_agent(&self, image: &ImageRequest) -> Result<(), OperationError> {
        match (&self.required_agent, image) {
            (Some(agent), ImageRequest::Shipped(image))
                if !image.agents().contains(&agent.as_ref()) =>
            {
                Err(missing_agent(image.name(), agent.as_ref()))
            }
            _ => Ok(()),
        }
    }
}

fn missing_agent(image: &str, agent: &str) -> OperationError {
    let suitable = ImageRequest::shipped_with(agent);
    let hint = match suitable.as_slice() {
        [] => "no image of this version has it: give a command after `--`, select another image with `--image`, or describe the agent in `~/.config/containai/manifests`".to_owned(),
        names => format!("use `--image {}`, or give a command after `--`", names.join("` or `--image ")),
    };
    OperationError::usage(format!("image `{image}` has no agent `{agent}`")).hint(Hint::new(hint))
}
