use std::ffi::OsString;
use std::process::ExitCode;

use clap::Args;
use containai::OperationError;
use containai::session::{AgentLaunch, AgentQuestion, QuestionContext, start_agent};
use containai_core::hint::Hint;
use containai_core::naming::AgentName;
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
    /// Run in the background and print the process id; output goes to the container's journal
    #[arg(
        short,
        long,
        alias = "detached",
        requires = "command",
        conflicts_with_all = ["ephemeral", "agent"]
    )]
    detach: bool,
    /// Agent to start; what follows `--` are its arguments
    #[arg(long)]
    agent: Option<AgentName>,
    /// Question that the agent answers without a terminal
    #[arg(long, value_name = "TEXT", conflicts_with = "detach")]
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

pub(crate) async fn run(args: RunArgs, app: &App) -> anyhow::Result<ExitCode> {
    let format = args.session.plan_format();
    let is_agent = args.agent.is_some() || args.command.is_empty() || args.prompt.is_some();
    let question = args.prompt.map(|text| AgentQuestion {
        text,
        format: args.output,
        context: if args.latest { QuestionContext::Latest } else { QuestionContext::New },
    });
    let request = args.session.request(args.agent, app).await?;
    if let Some(format) = format {
        return print_plan(request, format, app).await;
    }
    let variables = args.env.variables(&app.env)?;
    if is_agent {
        let launch = AgentLaunch::new(args.command)
            .with_variables(variables)
            .with_question(question)
            .with_time_limit(args.max_time);
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
