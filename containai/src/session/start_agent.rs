//! The configured agent as the command of a session.

use std::ffi::OsString;
use std::io::IsTerminal as _;

use containai_core::config::AgentMode;
use containai_core::engine::{Container, ImageRequest};
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::layout::CONTAINER_WRAP;
use containai_core::manifest::{Agent, shipped_agents};
use containai_core::naming::AgentName;
use containai_core::time_limit::TimeLimit;
use containai_ssh::{Command, EnvVars, Input, LaunchMode, Terminal};

use super::launch_session::LaunchPlace;
use super::prompt_agent::{AgentQuestion, enclose, use_empty_workspace};
use super::{LaunchSession, SessionRequest, SessionScreen, Streams};
use crate::error::OperationError;
use crate::import::user_agents;
use crate::known_agents::{missing_agent, shipped_name};

/// The start of an agent.
#[derive(Clone, Debug, Default)]
pub struct AgentLaunch {
    arguments: Vec<OsString>,
    variables: EnvVars,
    question: Option<AgentQuestion>,
    time_limit: Option<TimeLimit>,
    session: LaunchSession,
}

impl AgentLaunch {
    /// Creates an interactive start with arguments for the agent, after those of its manifest.
    pub fn new(arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        let arguments = arguments.into_iter().map(Into::into).collect();
        Self { arguments, ..Self::default() }
    }

    /// Sets the question that the agent answers without a terminal. Default: none.
    #[must_use]
    pub fn with_question(mut self, question: Option<AgentQuestion>) -> Self {
        self.question = question;
        self
    }

    /// Sets the time limit of an agent without a terminal. Default: none.
    #[must_use]
    pub fn with_time_limit(mut self, limit: Option<TimeLimit>) -> Self {
        self.time_limit = limit;
        self
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
}

/// Runs the configured agent, and returns its exit status; 0 if its terminal was detached. An agent
/// of a user manifest is started with any image; another one must be in the image.
///
/// A question, or arguments that the manifest knows as the agent's prompt mode, get neither a terminal
/// nor an agent session, and outside of repositories an empty workspace.
///
/// # Errors
///
/// The image has no such agent, the agent has no such prompt mode, or as [`SessionRequest::run`].
pub async fn start_agent(
    mut request: SessionRequest,
    launch: AgentLaunch,
    mut streams: Streams,
) -> crate::Result<u8> {
    let configured = request.context.config.agent.value.clone();
    let reporter = request.context.reporter.clone();
    let user_agents = user_agents(&request.context.env.layout)?;
    let own = user_agents.iter().find(|it| it.has_name(configured.as_ref()));
    let name = shipped_name(&configured);
    let shipped = shipped_agents().into_iter().find(|it| it.name == name.as_ref());
    let known = KnownAgent { name: &name, own, shipped: shipped.as_ref() };
    let is_prompt = launch.is_prompt(known.manifest());
    if is_prompt {
        streams = without_terminal(streams);
    }
    let (command, session) = launch.command(&known, &request, &streams.terminal)?;
    if matches!(session, LaunchSession::Detached(_)) {
        streams.terminal = Terminal::None;
    }
    let _empty_workspace = match is_prompt {
        true => use_empty_workspace(&mut request).await?,
        false => None,
    };
    if own.is_none() {
        request.required_agent = Some(name.clone());
    }
    let check = |container: &Container| match container.labels.agents() {
        Some(agents) if own.is_none() && !agents.contains(&name.as_ref()) => {
            Err(missing_agent(&container.image, name.as_ref(), &user_agents).into())
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

fn without_terminal(mut streams: Streams) -> Streams {
    streams.terminal = Terminal::None;
    // Agents read a stream until it ends, and a terminal does not end.
    if matches!(&streams.stdio.input, Input::File(file) if file.is_terminal()) {
        streams.stdio = streams.stdio.with_input(Input::Null);
    }
    streams
}

/// An agent with its manifests.
struct KnownAgent<'a> {
    name: &'a AgentName,
    own: Option<&'a Agent>,
    shipped: Option<&'a Agent>,
}

impl<'a> KnownAgent<'a> {
    fn manifest(&self) -> Option<&'a Agent> {
        self.own.or(self.shipped)
    }

    /// Returns the words that start the agent without its arguments. The wrapper of the image adds
    /// the arguments of the manifest to a shipped agent; with [`AgentMode::Ask`], it is passed over.
    fn program(&self, mode: AgentMode) -> Vec<OsString> {
        let words: Vec<&str> = match (self.own, self.shipped, mode) {
            (Some(own), _, AgentMode::Auto) => own.command_line().collect(),
            (Some(own), _, AgentMode::Ask) => vec![own.binary.as_str()],
            (None, Some(shipped), AgentMode::Ask) => {
                vec!["sh", "-c", UNWRAPPED, "sh", CONTAINER_WRAP, shipped.binary.as_str()]
            }
            (None, ..) => vec![self.name.as_ref()],
        };
        words.into_iter().map(OsString::from).collect()
    }
}

/// Starts a program in place of its wrapper. Images without wrappers have the program only.
const UNWRAPPED: &str = "[ -x \"$1\" ] || shift; exec \"$@\"";

impl AgentLaunch {
    fn is_prompt(&self, agent: Option<&Agent>) -> bool {
        let prompt = agent.and_then(|agent| agent.prompt.as_ref());
        self.question.is_some()
            || !matches!(self.session, LaunchSession::Detached(_))
                && prompt.is_some_and(|it| it.is_selected_by(&self.arguments))
    }

    /// Returns the command that starts the agent, and the agent session that it runs in.
    fn command(
        self,
        known: &KnownAgent<'_>,
        request: &SessionRequest,
        terminal: &Terminal,
    ) -> Result<(Command, LaunchSession), OperationError> {
        let agent = known.manifest();
        let is_prompt = self.is_prompt(agent);
        if self.time_limit.is_some() && !is_prompt {
            let hint = "ask a question with `--prompt`, or omit `--max-time`";
            let message = "a time limit is for an agent without a terminal";
            return Err(OperationError::usage(message).hint(Hint::new(hint)));
        }
        let Self { arguments, variables, question, time_limit, session } = self;
        let config = &request.context.config;
        let (name, mode) = (known.name.as_ref(), config.agent_mode.value);
        let mut words = known.program(mode);
        if is_prompt {
            words.extend(match question {
                Some(question) => question.arguments(name, agent, mode, arguments)?,
                None => arguments,
            });
            words = enclose(name, agent, time_limit, words);
            return Ok((plain_command(words, variables)?, LaunchSession::None));
        }
        words.extend(arguments.iter().cloned());
        let lifetime = request.options.lifetime;
        let place = LaunchPlace { config, workspace: request.workspace(), lifetime, agent };
        match session.command(&place, terminal, &words, &arguments)? {
            Some(command) => Ok((command.env_vars(variables), session)),
            None => Ok((plain_command(words, variables)?, LaunchSession::None)),
        }
    }
}

fn plain_command(words: Vec<OsString>, variables: EnvVars) -> Result<Command, OperationError> {
    let command = Command::new(words).map_err(|error| OperationError::usage(error.to_string()))?;
    Ok(command.with_launch(LaunchMode::Login).env_vars(variables))
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
