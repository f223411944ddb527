//! The agent's program in the container.

use containai_core::engine::ImageRequest;
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::layout::CONTAINER_HOME;
use containai_core::manifest::{Agent, AgentAcp, shipped_agents};
use containai_core::naming::AgentName;
use containai_ssh::Command;

use crate::error::OperationError;
use crate::import::user_agents;
use crate::process_env::ProcessEnv;

/// Starts the program with the environment of the user's profile. What the profile prints goes to the
/// standard error, and it does not read the messages. A missing program ends with 127, silently.
const START: &str = "exec 3<&0 4>&1 </dev/null >&2; \
    exec bash -lc 'command -v \"$1\" >/dev/null || exit 127; exec \"$@\" <&3 >&4 3<&- 4>&-' acp \"$@\"";

/// The status of [`START`] without the program.
const NO_PROGRAM: u8 = 127;

/// An agent that speaks the protocol.
#[derive(Debug)]
pub(super) struct AcpAgent {
    name: String,
    acp: AgentAcp,
}

impl AcpAgent {
    /// Finds the agent of a manifest.
    pub(super) fn find(name: &AgentName, env: &ProcessEnv) -> crate::Result<Self> {
        let mut known = shipped_agents();
        known.extend(user_agents(&env.layout)?);
        let directory = env.layout.manifest_dir();
        let directory = directory.display();
        let Some(agent) = known.iter().find(|agent| agent.has_name(name.as_ref())) else {
            let names = known.iter().filter(|it| it.acp.is_some()).map(|it| it.name.as_str());
            let names: Vec<_> = names.collect();
            let hint = format!(
                "use one of `{}`, or describe the agent in `{directory}`",
                names.join("`, `")
            );
            let message = format!("no manifest describes the agent `{name}`");
            return Err(OperationError::usage(message).hint(Hint::new(hint)).into());
        };
        match agent {
            Agent { name, acp: Some(acp), .. } => Ok(Self { name: name.clone(), acp: acp.clone() }),
            Agent { name, .. } => {
                let message = format!("the manifest of `{name}` has no section `[agent.acp]`");
                let hint =
                    format!("add the section with a `command` to a manifest in `{directory}`");
                Err(OperationError::usage(message).hint(Hint::new(hint)).into())
            }
        }
    }

    /// Returns the agent that the image must have; `None` if a package of its own brings it.
    pub(super) fn required(&self) -> Option<AgentName> {
        let is_shipped = shipped_agents().iter().any(|agent| agent.name == self.name);
        let is_required = is_shipped && self.acp.package.is_none();
        is_required.then(|| AgentName::parse(&self.name).ok()).flatten()
    }

    /// Returns the command that starts it.
    pub(super) fn command(&self) -> Result<Command, OperationError> {
        let words = ["/bin/sh", "-c", START, "acp"].into_iter();
        let words = words.chain(self.acp.command.iter().map(String::as_str));
        Command::new(words).map_err(|error| OperationError::usage(error.to_string()))
    }

    /// Returns the error for a container without the program, if that is what the status says.
    pub(super) fn missing_program(&self, status: u8) -> Option<OperationError> {
        if status != NO_PROGRAM {
            return None;
        }
        let Self { name, acp: AgentAcp { command, package } } = self;
        let program = command.first().map(String::as_str).unwrap_or_default();
        let message = format!(
            "the container has no program `{program}`, which speaks the Agent Client Protocol for `{name}`"
        );
        let error = OperationError::with_code(exit::FAILED, message);
        let hint = match package {
            Some(package) => {
                let install = format!(
                    "cai exec -- npm install --global --prefix {CONTAINER_HOME}/.local {package}"
                );
                Hint::run(&install, "install it in the container; a template keeps it for new ones")
            }
            None => match ImageRequest::shipped_with(name).as_slice() {
                [] => Hint::new("install it in the container, or with a template"),
                [image, ..] => {
                    let recreate = format!("cai run --fresh --image {image} -- true");
                    Hint::run(&recreate, "recreate the container with an image that has it")
                }
            },
        };
        Some(error.hint(hint))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use containai_core::hint::Advice as _;

    use super::*;

    fn env() -> (tempfile::TempDir, ProcessEnv) {
        let home = tempfile::tempdir().expect("a directory");
        let env = ProcessEnv::new(home.path());
        (home, env)
    }

    fn find(name: &str, env: &ProcessEnv) -> crate::Result<AcpAgent> {
        AcpAgent::find(&AgentName::parse(name).expect("a name"), env)
    }

    #[test]
    fn agents_without_the_protocol_are_refused() {
        let (_home, env) = env();
        let manifests = env.layout.manifest_dir();
        fs::create_dir_all(&manifests).expect("a directory");
        fs::write(manifests.join("plain.toml"), "[agent]\nname = \"plain\"\n").expect("a file");
        let error = find("plain", &env).expect_err("no command").to_string();
        assert_eq!(error, "the manifest of `plain` has no section `[agent.acp]`");
        let error = find("clod", &env).expect_err("unknown").to_string();
        assert_eq!(error, "no manifest describes the agent `clod`");
        let own = "[agent]\nname = \"own\"\n[agent.acp]\ncommand = [\"own\", \"--acp\"]\n";
        fs::write(manifests.join("own.toml"), own).expect("a file");
        let own = find("own", &env).expect("an agent");
        assert_eq!(
            (own.required(), own.acp.command.as_slice()),
            (None, &["own".into(), "--acp".into()][..])
        );
    }

    #[test]
    fn missing_program_names_the_package_or_the_images() {
        let (_home, env) = env();
        let texts = ["claude", "gemini"].map(|name| {
            let agent = find(name, &env).expect("an agent");
            assert!(agent.missing_program(1).is_none());
            let error = agent.missing_program(NO_PROGRAM).expect("an error");
            let hints: Vec<_> = error.hints().iter().map(ToString::to_string).collect();
            format!("{error}\n  {}", hints.join("\n  "))
        });
        insta::assert_snapshot!(texts.join("\n"), @r"
        the container has no program `claude-agent-acp`, which speaks the Agent Client Protocol for `claude`
          run `cai exec -- npm install --global --prefix /home/agent/.local @agentclientprotocol/claude-agent-acp` to install it in the container; a template keeps it for new ones
        the container has no program `gemini`, which speaks the Agent Client Protocol for `gemini`
          run `cai run --fresh --image agents -- true` to recreate the container with an image that has it
        ");
    }
}
