//! From a workspace to a session in its container, set-up included.

use std::path::PathBuf;
use std::process::ExitCode;

use containai_core::config::{Flags, IsolationChoice};
use containai_core::engine::{Container, EngineError, ImageRequest, Isolation, RunState};
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::lifecycle::{
    Desired, DriveError, Either, Observed, Pin, Reached, Step, decide, drive, observe, plan, race,
    reach,
};
use containai_core::naming::WorkspacePath;
use containai_core::resources::HostCapacity;
use containai_docker::DockerEngine;
use containai_ssh::{Command, JOURNAL, Launch, Session, Size, Stdio, Terminal, Variables};

use super::create::{desired, local_capacity};
use super::setup;
use super::target::missing;
use crate::context::Context;
use crate::elsewhere;
use crate::env::Env;
use crate::error::CliError;
use crate::passage::Passage;
use crate::ui::Ui;
use crate::{lock, regroup, twin, wire};

/// Whether the machine may be set up on the way.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Consent {
    /// `--yes`.
    Given,
    /// Only after a question that a person answers.
    ToBeAsked,
    /// Never: the command makes no container.
    Refused,
}

/// The way into one workspace's container.
pub(crate) struct Entrance<'a> {
    context: Context<'a>,
    workspace: WorkspacePath,
    consent: Consent,
}

impl<'a> Entrance<'a> {
    pub(crate) fn new(
        env: &'a Env,
        ui: &'a Ui,
        flags: Flags,
        workspace: WorkspacePath,
        consent: Consent,
    ) -> anyhow::Result<Self> {
        let context = Context::new(env, ui, flags, Some(&workspace))?;
        Ok(Self { context, workspace, consent })
    }

    /// Lets the session use the user's SSH agent.
    pub(crate) fn lending_agent(mut self) -> Self {
        if self.context.env.agent_socket.is_none() {
            self.context.ui.warn("there is no SSH agent to forward: `SSH_AUTH_SOCK` is not set");
        }
        self.context.lend_agent();
        self
    }

    /// Makes and starts the container as needed and finds a way into it.
    pub(crate) async fn enter(mut self) -> anyhow::Result<Reached<Passage>> {
        let (engine, observed) = self.prepared().await?;
        let wanted = self.desired(&engine, &observed).await?;
        if let Some(container) = ready(&observed, &wanted)
            && twin::is_complete(&self.context, &container)?
            && let Some(session) = Passage::borrowed(&self.context, &container).await?
        {
            return Ok(Reached { container, session });
        }
        let reached = self.drive(&engine, &wanted).await?;
        self.keep(reached).await
    }

    /// Finds a way into the container if there is one, starting it as needed.
    pub(crate) async fn enter_existing(mut self) -> anyhow::Result<Reached<Passage>> {
        let (engine, observed) = self.prepared().await?;
        if let Some(container) = self.running(&observed)?
            && twin::is_complete(&self.context, &container)?
            && let Some(session) = Passage::borrowed(&self.context, &container).await?
        {
            return Ok(Reached { container, session });
        }
        let reached = self.reach(&engine, &observed).await?;
        self.keep(reached).await
    }

    /// As [`Self::enter_existing`], by a connection of one's own.
    pub(crate) async fn connect_existing(mut self) -> anyhow::Result<Reached<Session>> {
        let (engine, observed) = self.prepared().await?;
        self.reach(&engine, &observed).await
    }

    /// As [`Self::connect_existing`], to the copy of a workspace; also tells
    /// where it is recorded.
    pub(crate) async fn connect_copy(self) -> anyhow::Result<(Reached<Session>, PathBuf)> {
        let context = self.context.clone();
        let reached = self.connect_existing().await?;
        let path = twin::record_path(&context, &reached.container).ok_or_else(|| {
            CliError::usage(
                "the container works on the workspace itself, so there is nothing to bring back",
            )
            .hint(Hint::new("name the engine of another machine with `--docker-host`"))
        })?;
        Ok((reached, path))
    }

    /// The container when it runs; `None` when it is to be started.
    fn running(&self, observed: &Observed) -> anyhow::Result<Option<Container>> {
        match observed.serving(&self.workspace).as_slice() {
            [] => Err(missing(&format!("no container serves `{}`", self.workspace)).into()),
            [container] if container.state == RunState::Running => Ok(Some((*container).clone())),
            _ => Ok(None),
        }
    }

    async fn reach(
        &self,
        engine: &DockerEngine,
        observed: &Observed,
    ) -> anyhow::Result<Reached<Session>> {
        let Some(container) = self.running(observed)? else {
            return self.drive(engine, &self.desired(engine, observed).await?).await;
        };
        let work = reach(engine, &self.context.remote, &container, Pin::Known);
        let session = until_interrupted(work, self.context.ui).await?;
        Ok(Reached { container, session })
    }

    async fn drive(
        &self,
        engine: &DockerEngine,
        wanted: &Desired,
    ) -> anyhow::Result<Reached<Session>> {
        let _turn = self.turn().await?;
        setup::ensure(&self.context)?;
        let work = drive(engine, &self.context.remote, wanted, self.context.ui);
        until_interrupted(work, self.context.ui).await
    }

    /// Has the commands that follow find it open.
    async fn keep(&self, reached: Reached<Session>) -> anyhow::Result<Reached<Passage>> {
        let Reached { container, session } = reached;
        if self.context.client.is_some() {
            let _turn = self.turn().await?;
            twin::fill(&self.context, &container, &self.workspace, &session).await?;
        }
        let session = Passage::own(&self.context, &container, session).await;
        Ok(Reached { container, session })
    }

    /// Prints what [`Self::enter`] would do.
    pub(crate) async fn show_plan(self) -> anyhow::Result<ExitCode> {
        let mut observed = Observed::default();
        let mut isolation = None;
        match self.observed().await {
            Ok((engine, seen)) => {
                isolation = Some(self.desired(&engine, &seen).await?.isolation);
                observed = seen;
            }
            Err(error) if self.can_be_set_up(&error) => {
                let text = setup::plan_text(&self.context)?;
                self.context.ui.data(&format!("set-up\n{text}"))?;
            }
            Err(error) => return Err(error),
        }
        let wanted = self.wanted(isolation.unwrap_or(Isolation::Userns), local_capacity());
        let steps = plan(&observed, &wanted);
        let engine = self.context.address.to_string();
        self.context.ui.data(&wire::plan::text(&engine, &observed, &wanted, &steps))?;
        Ok(ExitCode::SUCCESS)
    }

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

    /// The engine and what it shows, after set-up where that was needed.
    async fn prepared(&mut self) -> anyhow::Result<(DockerEngine, Observed)> {
        match self.observed().await {
            Err(error) if self.can_be_set_up(&error) => {
                regroup::as_member(self.context.env)?;
                if self.consent == Consent::Refused {
                    return Err(error);
                }
                setup::prepare(&mut self.context, self.consent, &error)?;
                self.observed().await
            }
            outcome => outcome,
        }
    }

    async fn observed(&self) -> anyhow::Result<(DockerEngine, Observed)> {
        let engine = self.context.engine()?;
        let isolation = self.context.record.as_ref().map(|record| record.isolation);
        let wanted = self.wanted(isolation.unwrap_or(Isolation::Userns), local_capacity());
        let observed = observe(&engine, &wanted).await?;
        Ok((engine, observed))
    }

    fn can_be_set_up(&self, error: &anyhow::Error) -> bool {
        let is_about_reaching = matches!(
            error.downcast_ref(),
            Some(EngineError::Unreachable { .. } | EngineError::AccessDenied { .. })
        );
        is_about_reaching && self.context.is_own_engine()
    }

    /// What the user wants; the isolation matters only to a new container.
    async fn desired(&self, engine: &DockerEngine, observed: &Observed) -> anyhow::Result<Desired> {
        let exists = !observed.serving(&self.workspace).is_empty();
        let choice = self.context.config.isolation.value;
        let isolation = match &self.context.record {
            Some(record) if exists || choice.allows(record.isolation) => record.isolation,
            None if exists => Isolation::Userns,
            Some(record) => return Err(other_isolation(record.isolation, choice).into()),
            None => containai_docker::isolation::detect(engine, choice)
                .await
                .map_err(|error| elsewhere::advise(&self.context.address, error))?,
        };
        let capacity = match (&self.context.client, exists) {
            (Some(_), false) => engine.capacity().await?,
            _ => local_capacity(),
        };
        Ok(self.wanted(isolation, capacity))
    }

    fn wanted(&self, isolation: Isolation, capacity: HostCapacity) -> Desired {
        let client = self.context.client.clone();
        Desired { client, ..desired(&self.context.config, &self.workspace, isolation, capacity) }
    }

    async fn turn(&self) -> anyhow::Result<std::fs::File> {
        let path = self.context.env.layout.workspace_lock(&self.workspace);
        lock::hold(&path, &format!("`{}`", self.workspace), self.context.ui).await
    }
}

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

/// Runs the command with this process's streams and passes its status on.
pub(crate) async fn attend(
    passage: Passage,
    command: &Command,
    env: &Env,
    ui: &Ui,
) -> anyhow::Result<ExitCode> {
    ui.finish_work();
    let is_left_behind = command.launch() == Launch::Detached;
    let terminal = match ui.terminals().is_interactive() && !is_left_behind {
        false => Terminal::None,
        true => Terminal::Request {
            term: env.term.clone(),
            size: Size::of(std::io::stdout()).unwrap_or_default(),
        },
    };
    let outcome = passage.exec(command, terminal, Stdio::inherit()).await?;
    if is_left_behind && outcome.code() == exit::OK {
        ui.say(&format!(
            "output is in the container's journal: `cai exec -- journalctl -t {JOURNAL}`"
        ));
    }
    Ok(ExitCode::from(outcome.code()))
}

/// The container, when nothing has to be done before it can be entered.
fn ready(observed: &Observed, wanted: &Desired) -> Option<Container> {
    let Step::Reach { id } = decide(observed, wanted) else {
        return None;
    };
    observed.containers.iter().find(|container| container.id == id).cloned()
}

/// Lets Ctrl-C end the work between two steps.
async fn until_interrupted<T>(
    work: impl Future<Output = Result<T, DriveError>>,
    ui: &Ui,
) -> anyhow::Result<T> {
    match race(work, tokio::signal::ctrl_c()).await {
        Either::First(outcome) => {
            ui.finish_work();
            Ok(outcome?)
        }
        Either::Second(_) => Err(CliError::with_code(exit::INTERRUPTED, "interrupted")
            .hint(Hint::new("run the same command again to go on where it stopped"))
            .into()),
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

fn other_isolation(recorded: Isolation, wanted: IsolationChoice) -> CliError {
    CliError::usage(format!("this engine is set up for `{recorded}` isolation")).hint(Hint::run(
        &format!("cai setup --isolation {wanted}"),
        "change it; containers of the other isolation are then out of sight",
    ))
}
