//! The user's terminal on a session.

use containai_core::agent_session::{
    AgentSession, AgentSessionSelection, AgentSessionState, select_session,
};
use containai_core::manifest::Agent;
use containai_core::naming::{AgentName, AgentSessionName};

use super::control::lines;
use super::list::{ambiguous, missing, read};
use crate::known_agents::known_agents;
use crate::session::{
    AgentLaunch, LaunchSession, SessionRequest, SessionScreen, Streams, check_terminal, start_agent,
};
use crate::session_script::{self, NOT_ATTACHED};

/// The last lines of an ended session that are shown.
const LAST_LINES: usize = 20;

/// The end of an attachment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum AttachOutcome {
    /// With the agent, or by a detachment; the exit code.
    Exited(u8),
    /// The agent had ended before.
    Ended {
        /// The session.
        session: AgentSession,
        /// Its last lines, escaped.
        last_lines: Vec<String>,
        /// The command line that continues its conversation; `None` if the agent cannot.
        resume: Option<String>,
    },
}

/// Attaches the terminal to a session: the named one, else the only one that runs. If the container
/// was restarted since, offers to continue the agent's conversation.
///
/// # Errors
///
/// There is no terminal or no such session, several run, or the connection is lost.
pub async fn attach(
    request: SessionRequest,
    name: Option<&AgentSessionName>,
    streams: impl Fn() -> Streams,
) -> crate::Result<AttachOutcome> {
    let given = streams();
    check_terminal(&given.terminal)?;
    let screen = SessionScreen::of(&given);
    let word = name.map(AgentSessionName::as_str).unwrap_or_default();
    let command = session_script::command("attach", [word])?;
    let again = request.clone();
    let reporter = request.context.reporter.clone();
    let connection = request.open_existing().await?.connection;
    reporter.finish_work();
    let outcome = connection.exec_for_user(&command, given.terminal, given.stdio).await;
    let code = screen.after(outcome, &reporter)?.code();
    if code != NOT_ATTACHED {
        return Ok(AttachOutcome::Exited(code));
    }
    match select_session(read(again.clone()).await?, name) {
        // The session started in this moment, or the agent itself ended with this status.
        AgentSessionSelection::Live(_) => Ok(AttachOutcome::Exited(code)),
        AgentSessionSelection::Ended(session) => ended(again, session, streams()).await,
        AgentSessionSelection::Ambiguous(sessions) => Err(ambiguous(&sessions).into()),
        AgentSessionSelection::Missing => Err(missing(name).into()),
    }
}

async fn ended(
    mut request: SessionRequest,
    session: AgentSession,
    streams: Streams,
) -> crate::Result<AttachOutcome> {
    let reporter = request.context.reporter.clone();
    let agent = agent_of(&request, &session)?;
    let resume = agent.as_ref().filter(|(_, agent)| !agent.resume.args.is_empty());
    let line = resume
        .map(|(name, agent)| format!("cai run --agent {name} -- {}", agent.resume.args.join(" ")));
    let is_of_restart =
        session.is_of_earlier_boot || session.state == AgentSessionState::Interrupted;
    if let (true, Some((name, agent))) = (is_of_restart && reporter.can_ask(), resume) {
        let words = agent.resume.args.join(" ");
        let (session_name, state) = (&session.name, session.state);
        let question = format!(
            "Session {session_name} has ended: {state}. Continue its conversation (`{name} {words}`)?"
        );
        if reporter.ask(&question) {
            request.context.config.agent.value = name.clone();
            let launch = AgentLaunch::new(&agent.resume.args)
                .with_session(LaunchSession::Attached(Some(session.name)));
            return Ok(AttachOutcome::Exited(start_agent(request, launch, streams).await?));
        }
    }
    let all = lines(request, &session.name).await?;
    let last_lines = all[all.len().saturating_sub(LAST_LINES)..].to_vec();
    Ok(AttachOutcome::Ended { session, last_lines, resume: line })
}

/// Returns the agent of a record. Only its name comes from the container; what continues the
/// conversation is in the manifest.
fn agent_of(
    request: &SessionRequest,
    session: &AgentSession,
) -> crate::Result<Option<(AgentName, Agent)>> {
    let Ok(name) = AgentName::parse(&session.start.agent) else { return Ok(None) };
    let agents = known_agents(&request.context.env.layout)?;
    Ok(agents.into_iter().find(|it| it.has_name(name.as_str())).map(|agent| (name, agent)))
}
