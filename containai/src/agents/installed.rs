//! The agents of a container, as it reports them.

use containai_core::config::escape_control;
use containai_core::engine::Container;
use containai_core::manifest::{Agent, shipped_agents, shipped_manifests};
use containai_core::shell_word::shell_quote;
use containai_ssh::{Command, Input, LaunchMode};

use crate::import::user_agents;
use crate::session::SessionRequest;

/// The length limit of a version, in characters: a program may print anything.
const MAX_VERSION_CHARS: usize = 60;
/// The limit of the container's answer, in bytes.
const MAX_OUTPUT: usize = 64 << 10;
/// The time limit of a program for its version, in seconds.
const VERSION_SECONDS: u32 = 20;

/// Whether an agent is logged in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AgentLoginPresence {
    /// A login, a key or another kind of access is there. Whether it is valid is unknown.
    Present,
    /// There is none.
    Missing,
    /// It is not known where the agent keeps it.
    Unknown,
}

/// An agent that a container has.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InstalledAgent {
    /// The name.
    pub name: String,
    /// The first line that its program prints for `--version`, without control characters; `None` if
    /// it prints none in time.
    pub version: Option<String>,
    /// Whether it is logged in.
    pub login: AgentLoginPresence,
}

/// Returns the agents that a container has, in the order of their names. The container is started as
/// needed. Secrets are not read: files are looked at from inside.
///
/// # Errors
///
/// The container cannot be started or reached, or a manifest of the user is invalid.
pub async fn installed_agents(
    request: SessionRequest,
    container: &Container,
) -> crate::Result<Vec<InstalledAgent>> {
    let mut agents = shipped_agents();
    agents.extend(user_agents(&request.context.env.layout)?);
    let labelled = container.labels.agents().unwrap_or_default();
    agents.sort_by(|a, b| a.name.cmp(&b.name));
    let script: String = agents.iter().map(script_of).collect();
    let session = request.connect_existing().await?.connection;
    let command = Command::new(["sh", "-c", &script])?.with_launch(LaunchMode::Login);
    let captured = session.output_within(&command, Input::Null, MAX_OUTPUT).await?;
    let text = String::from_utf8_lossy(&captured.stdout).into_owned();
    let found = parse(&text, &agents);
    let is_shown =
        |agent: &InstalledAgent| agent.version.is_some() || labelled.contains(&agent.name.as_str());
    Ok(found.into_iter().filter(is_shown).collect())
}

/// Prints a line for an installed agent: its name, its login, and its version.
fn script_of(agent: &Agent) -> String {
    let (name, binary) = (shell_quote(&agent.name), shell_quote(&agent.binary));
    let login = match login_test(agent) {
        Some(test) => format!("if {test}; then login=yes; else login=no; fi"),
        None => "login=unknown".to_owned(),
    };
    format!(
        "if command -v {binary} >/dev/null 2>&1; then\n{login}\n\
         printf '%s\\t%s\\t%s\\n' {name} $login \
         \"$(timeout {VERSION_SECONDS} {binary} --version </dev/null 2>/dev/null | head -n 1 | head -c 200)\"\nfi\n"
    )
}

/// The test of the manifest, else one for the files with credentials.
fn login_test(agent: &Agent) -> Option<String> {
    if let Some(state) = &agent.login_state {
        return Some(state.shell_test(&agent.name));
    }
    let manifest = shipped_manifests().into_iter().find(|it| it.agent.as_ref() == Some(agent))?;
    let files = manifest.entries.iter().filter(|entry| entry.credential);
    let tests: Vec<_> = files
        .map(|entry| format!("[ -s \"$HOME\"/{} ]", shell_quote(&entry.container_link)))
        .collect();
    (!tests.is_empty()).then(|| format!("{{ {}; }}", tests.join(" || ")))
}

/// Reads the lines; the container may print anything, so each agent counts once, in its place.
fn parse(text: &str, agents: &[Agent]) -> Vec<InstalledAgent> {
    let fields = |line: &str| {
        let mut fields = line.splitn(3, '\t').map(str::to_owned);
        Some((fields.next()?, fields.next()?, fields.next()?))
    };
    let lines: Vec<_> = text.lines().filter_map(fields).collect();
    let find = |agent: &Agent| {
        let (name, login, version) = lines.iter().find(|(name, ..)| *name == agent.name)?;
        let version: String = version.trim().chars().take(MAX_VERSION_CHARS).collect();
        Some(InstalledAgent {
            name: name.clone(),
            version: (!version.is_empty()).then(|| escape_control(&version)),
            login: match login.as_str() {
                "yes" => AgentLoginPresence::Present,
                "no" => AgentLoginPresence::Missing,
                _ => AgentLoginPresence::Unknown,
            },
        })
    };
    agents.iter().filter_map(find).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_lines_add_no_agents_and_no_control_characters() {
        let text =
            "soul\tyes\t1\ncodex\tyes\t\u{1b}[2J1.0\ncodex\tno\t2\nclaude\n\tx\ngemini\tmaybe\t\n";
        let found = parse(text, &shipped_agents());
        let lines: Vec<_> =
            found.iter().map(|it| format!("{} {:?} {:?}", it.name, it.version, it.login)).collect();
        assert_eq!(lines, [r#"codex Some("\\u{1b}[2J1.0") Present"#, "gemini None Unknown"],);
    }

    #[test]
    fn the_script_is_quoted() {
        let agent = Agent { name: "a".into(), binary: "b'c".into(), ..Agent::default() };
        let script = script_of(&agent);
        assert!(script.contains(r"command -v 'b'\''c'"), "{script}");
        let opencode = shipped_agents().into_iter().find(|it| it.name == "opencode");
        let test = opencode.and_then(|agent| login_test(&agent)).expect("a credential");
        assert!(test.contains(".local/share/opencode/auth.json"), "{test}");
    }
}
