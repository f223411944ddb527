//! A login in a container.

use containai_core::engine::Lifetime;
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::layout::{CONTAINER_BROWSER, browser_socket};
use containai_core::lifecycle::Desired;
use containai_core::manifest::AgentLogin;
use containai_ssh::{Command, Session, StreamGate, Terminal};

use super::command::variables;
use super::host_browser::HostBrowser;
use super::page_opener::PageOpener;
use super::page_requests::PageRequests;
use super::{LoginMethod, LoginState};
use crate::error::OperationError;
use crate::forward::ReconnectingContainer;
use crate::host_facts::new_random_id;
use crate::session::{ResolvedWorkspace, SessionRequest, Streams};

/// Runs a program's own login in the workspace's container, and returns its exit status. The
/// container is created and started as needed. What the program stores is shared by the containers
/// that the setting `credentials.shared` selects.
///
/// # Errors
///
/// The program has no such login or is not in the container, or as [`SessionRequest::run`].
pub async fn log_in(
    mut request: SessionRequest,
    login: &AgentLogin,
    method: LoginMethod,
    streams: Streams,
) -> crate::Result<u8> {
    let command = method.command(login)?;
    let workspace = request.resolve_after_setup().await?;
    let _session = workspace.lock_session()?;
    let desired = workspace.desired().await?;
    workspace.report_drift(&desired).await?;
    let run = LoginRun { workspace: &workspace, login, method };
    let outcome = Box::pin(run.run(&desired, command, streams)).await;
    if desired.options.lifetime == Lifetime::Session {
        let removal = workspace.remove_ephemeral(&desired).await;
        return outcome.and_then(|code| removal.map(|()| code));
    }
    outcome
}

struct LoginRun<'a> {
    workspace: &'a ResolvedWorkspace,
    login: &'a AgentLogin,
    method: LoginMethod,
}

impl LoginRun<'_> {
    async fn run(self, desired: &Desired, command: Command, streams: Streams) -> crate::Result<u8> {
        let context = &self.workspace.context;
        let reporter = &context.reporter;
        let command = match &context.session_env {
            Some(env) => env.apply(&command)?,
            None => command,
        };
        let connected = self.workspace.ensure_running(desired).await?;
        let connected = self.workspace.open_connection(connected).await?;
        let name = connected.container.name.clone();
        let session = connected.connection.into_session();
        let session = session
            .ok_or_else(|| OperationError::with_code(exit::FAILED, "the connection is shared"))?;
        reporter.finish_work();
        let code = match self.method.input() {
            Some(input) => {
                let command = command.env_vars(variables(self.login, [])?);
                let stdio = streams.stdio.with_input(input);
                session.exec(&command, Terminal::None, stdio).await?.code()
            }
            None => self.run_interactive(&session, &name, command, streams).await?,
        };
        if code == exit::OK {
            self.report_state(&session).await?;
        }
        match code {
            127 => Err(self.missing_program(&name)),
            code => Ok(code),
        }
    }

    /// Runs a login that may open pages.
    async fn run_interactive(
        &self,
        session: &Session,
        container: &str,
        command: Command,
        streams: Streams,
    ) -> crate::Result<u8> {
        let context = &self.workspace.context;
        let reporter = &context.reporter;
        if let Some(instruction) = &self.login.instruction {
            reporter.say(instruction);
        }
        let gate = StreamGate::default();
        let is_interactive = streams.terminal != Terminal::None && reporter.can_ask();
        let container = ReconnectingContainer::find(
            Some(container),
            containai_core::config::Flags::for_engine(Some(context.address.to_string())),
            &context.env,
            reporter,
        )
        .await?;
        let pages = container.connect().await?;
        let opener = PageOpener {
            login: self.login.name.clone(),
            browser: HostBrowser::find(&context.env),
            gate: is_interactive.then(|| gate.clone()),
            reporter: reporter.clone(),
            container,
            callback: None,
            last: None,
            count: 0,
        };
        let socket = browser_socket(&new_random_id()?);
        let requests = PageRequests::listen(pages, socket.clone(), opener).await;
        if requests.is_none() {
            reporter.warn("this container cannot open pages on this machine: its image is of an earlier version");
        }
        let browser = requests.as_ref().map(|_| {
            [format!("BROWSER={CONTAINER_BROWSER}"), format!("CONTAINAI_BROWSER={socket}")]
        });
        let variables = variables(self.login, browser.into_iter().flatten())?;
        let stdio = streams.stdio.with_gate(gate);
        let outcome = session.exec(&command.env_vars(variables), streams.terminal, stdio).await?;
        drop(requests);
        Ok(outcome.code())
    }

    async fn report_state(&self, session: &Session) -> crate::Result<()> {
        let (login, reporter) = (self.login, &self.workspace.context.reporter);
        let name = &login.name;
        match LoginState::read(session, login).await? {
            LoginState::Shared => {
                reporter.say(&format!("`{name}` is logged in for all workspaces that share the login"));
            }
            LoginState::OfWorkspace if login.is_shareable() => reporter.say(&format!(
                "`{name}` is logged in for this workspace: its container shares no login of `{name}` \
                 (see `cai config get credentials.shared`; a container gets shared logins when it is created)"
            )),
            LoginState::Missing if login.is_shareable() => {
                reporter.warn(&format!("`{name}` stored no login"));
            }
            _ => reporter.say(&format!("`{name}` keeps its login in this workspace")),
        }
        Ok(())
    }

    fn missing_program(&self, container: &str) -> crate::Error {
        let name = &self.login.name;
        let program = self.login.command.first().unwrap_or(name);
        OperationError::with_code(exit::FAILED, format!("container `{container}` has no program `{program}`"))
            .hint(Hint::new("use a workspace whose image has the agent: `agents` and `full` have all that ContainAI knows"))
            .into()
    }
}
