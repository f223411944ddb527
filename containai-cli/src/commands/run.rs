use std::ffi::OsString;
use std::process::ExitCode;

use clap::Args;
use containai::OperationError;
use containai::session::{AgentLaunch, AgentQuestion, LaunchSession, QuestionContext, start_agent};
use containai_core::hint::Hint;
use containai_core::naming::{AgentName, AgentSessionName};
use containai_core::time_limit::TimeLimit;
use containai_ssh::{Command, LaunchMode};

use crate::app::App;
use crate::args::{EnvArgs, SessionArgs, print_plan};

/// Run a command, or the agent, in the workspace's container
///
/// Creates and starts the container as needed; a second run in the same workspace uses the same
/// container. Standard output carries the command's output only, and `cai` exits with the
/// command's status.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    session: SessionArgs,
    #[command(flatten)]
    env: EnvArgs,
    /// Run in the background: a command prints its process id, and its output goes to the
    /// container's journal; an agent gets a session, whose name is printed
    #[arg(short, long, alias = "detached", conflicts_with = "ephemeral")]
    detach: bool,
    /// Name of the agent's session [default: the agent's name, with a number if it is taken]
    #[arg(long = "session", value_name = "NAME", conflicts_with = "no_session")]
    session_name: Option<AgentSessionName>,
    /// Start the agent without a session: it ends with this connection
    #[arg(long, conflicts_with = "detach")]
    no_session: bool,
    /// Agent to start; what follows `--` are its arguments
    #[arg(long)]
    agent: Option<AgentName>,
    /// Question that the agent answers without a terminal
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["detach", "session_name"])]
    prompt: Option<String>,
    /// Output format of the answer, such as json
    #[arg(long, value_name = "FORMAT", requires = "prompt")]
    output: Option<String>,
    /// Continue the agent's latest conversation in the workspace
    #[arg(long = "continue", requires = "prompt")]
    latest: bool,
    /// Time limit of an agent without a terminal, such as 15m; status 124 when it passes
    #[arg(long, value_name = "TIME")]
    max_time: Option<TimeLimit>,
    /// Command and arguments [default: the configured agent]; with `--agent`, the agent's arguments
    #[arg(last = true)]
    command: Vec<OsString>,
}

impl RunArgs {
    fn is_agent(&self) -> bool {
        self.agent.is_some() || self.command.is_empty() || self.prompt.is_some()
    }

    fn question(&self) -> Option<AgentQuestion> {
        self.prompt.clone().map(|text| AgentQuestion {
            text,
            format: self.output.clone(),
            context: if self.latest { QuestionContext::Latest } else { QuestionContext::New },
        })
    }

    fn agent_session(&self) -> LaunchSession {
        let name = self.session_name.clone();
        match (self.no_session, self.detach) {
            (true, _) => LaunchSession::None,
            (_, true) => LaunchSession::Detached(name),
            _ => LaunchSession::Attached(name),
        }
    }
}

pub(crate) async fn run(args: RunArgs, app: &App) -> anyhow::Result<ExitCode> {
    let format = args.session.plan_format();
    let (is_agent, question, session) = (args.is_agent(), args.question(), args.agent_session());
    let request = args.session.request(args.agent, app).await?;
    if let Some(format) = format {
        return print_plan(request, format, app).await;
    }
    let variables = args.env.variables(&app.env)?;
    if is_agent {
        let launch = AgentLaunch::new(args.command)
            .with_variables(variables)
            .with_question(question)
            .with_time_limit(args.max_time)
            .with_session(session);
        return Ok(ExitCode::from(start_agent(request, launch, app.streams()).await?));
    }
    if args.max_time.is_some() {
        let hint = Hint::new("limit a command with timeout(1): `cai run -- timeout 15m COMMAND`");
        return Err(OperationError::usage("`--max-time` is for agents").hint(hint).into());
    }
    let command = Command::new(args.command)
        .map_err(|error| OperationError::usage(error.to_string()))?
        .env_vars(variables)
        .with_launch(if args.detach { LaunchMode::Detached } else { LaunchMode::Plain });
    Ok(ExitCode::from(request.run(&command, app.streams(), |_| Ok(())).await?))
}
