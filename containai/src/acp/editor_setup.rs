//! Agents in the settings of editors.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use containai_core::acp::AgentServer;
use containai_core::hint::Hint;
use containai_core::naming::AgentName;

use super::launch::AcpAgent;
use crate::error::{OperationError, ResultExt as _};
use crate::private_file;
use crate::process_env::ProcessEnv;

/// An editor that speaks the Agent Client Protocol.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum AcpEditor {
    /// Zed.
    Zed,
    /// The IDEs of JetBrains.
    JetBrains,
    /// Neovim with CodeCompanion.
    Neovim,
}

impl AcpEditor {
    /// All editors.
    pub const ALL: [Self; 3] = [Self::Zed, Self::JetBrains, Self::Neovim];

    /// The word for it in command lines.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Zed => "zed",
            Self::JetBrains => "jetbrains",
            Self::Neovim => "neovim",
        }
    }

    /// The file with its settings; `None` if they are a program, which only the user can change.
    fn settings(self, env: &ProcessEnv) -> Option<PathBuf> {
        let home = env.layout.home();
        let config = || env.variables.path("XDG_CONFIG_HOME").filter(|path| path.is_absolute());
        match self {
            Self::Zed => {
                Some(config().unwrap_or_else(|| home.join(".config")).join("zed/settings.json"))
            }
            Self::JetBrains => Some(home.join(".jetbrains/acp.json")),
            Self::Neovim => None,
        }
    }
}

impl FromStr for AcpEditor {
    type Err = OperationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || OperationError::usage(format!("`{text}` is not a known editor"));
        Self::ALL.into_iter().find(|editor| editor.name() == text).ok_or_else(unknown)
    }
}

/// The settings with which an editor starts agents in containers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EditorSetup {
    editor: AcpEditor,
    servers: Vec<AgentServer>,
    settings: Option<PathBuf>,
}

impl EditorSetup {
    /// Prepares the settings for these agents.
    ///
    /// # Errors
    ///
    /// An agent does not speak the protocol.
    pub fn new(editor: AcpEditor, agents: &[AgentName], env: &ProcessEnv) -> crate::Result<Self> {
        let program = env.program.as_deref().unwrap_or(Path::new("cai"));
        let servers = agents.iter().map(|agent| {
            AcpAgent::find(agent, env)?;
            Ok(AgentServer {
                name: format!("{agent} (ContainAI)"),
                command: program.display().to_string(),
                args: ["acp", "proxy", agent.as_ref()].map(str::to_owned).into(),
            })
        });
        let servers = servers.collect::<crate::Result<_>>()?;
        Ok(Self { editor, servers, settings: editor.settings(env) })
    }

    /// The text to add to the editor's settings.
    ///
    /// # Errors
    ///
    /// Never for the known editors.
    pub fn text(&self) -> crate::Result<String> {
        match self.editor {
            AcpEditor::Neovim => Ok(self.codecompanion()),
            _ => AgentServer::add_to(&self.servers, "").map_err(crate::Error::other),
        }
    }

    /// The file that the text belongs to; `None` if the editor reads no such file.
    #[must_use]
    pub fn settings(&self) -> Option<&Path> {
        self.settings.as_deref()
    }

    /// Adds the agents to the editor's settings, and returns the changed file. Comments and other
    /// settings are kept. `None`: they were there already.
    ///
    /// # Errors
    ///
    /// The editor's settings are a program, or the file is not valid or cannot be written.
    pub fn write(&self) -> crate::Result<Option<&Path>> {
        let Some(path) = self.settings() else {
            let message = format!(
                "the settings of {} are a program, which `cai` does not change",
                self.editor.name()
            );
            let hint = "leave out `--write`, and add the printed text yourself";
            return Err(OperationError::usage(message).hint(Hint::new(hint)).into());
        };
        let old = match fs::read_to_string(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            read => read.with_context(|| format!("cannot read `{}`", path.display()))?,
        };
        let new = AgentServer::add_to(&self.servers, &old).map_err(crate::Error::other);
        let new = new.with_context(|| format!("cannot change `{}`", path.display()))?;
        if new == old {
            return Ok(None);
        }
        private_file::write(path, &new)
            .with_context(|| format!("cannot write `{}`", path.display()))?;
        Ok(Some(path))
    }

    /// Source: <https://codecompanion.olimorris.dev/configuration/adapters-acp>.
    fn codecompanion(&self) -> String {
        let adapters = self.servers.iter().map(|server| {
            let words = [&server.command].into_iter().chain(&server.args).map(|word| lua(word));
            let words: Vec<_> = words.collect();
            let key = server.args.last().map(String::as_str).unwrap_or_default();
            let key = format!("containai_{}", key.replace(['-', '.'], "_"));
            format!(
                "      {key} = function()\n        \
                 return require(\"codecompanion.adapters\").extend(\"gemini_cli\", {{\n          \
                 name = {name}, formatted_name = {name},\n          \
                 commands = {{ default = {{ {words} }} }},\n          \
                 defaults = {{ auth_method = nil, mcpServers = {{}} }},\n          \
                 env = {{}},\n        }})\n      end,\n",
                name = lua(&server.name),
                words = words.join(", "),
            )
        });
        format!(
            "require(\"codecompanion\").setup({{\n  adapters = {{\n    acp = {{\n{}    }},\n  }},\n}})\n",
            adapters.collect::<String>()
        )
    }
}

/// Quotes a string for Lua.
fn lua(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setup(editor: AcpEditor, env: &ProcessEnv) -> crate::Result<EditorSetup> {
        let agents = ["claude", "gemini"].map(|name| AgentName::parse(name).expect("a name"));
        EditorSetup::new(editor, &agents, env)
    }

    #[test]
    fn settings_are_changed_once() -> anyhow::Result<()> {
        let home = tempfile::tempdir()?;
        let mut env = ProcessEnv::new(home.path());
        env.program = Some("/opt/cai".into());
        let zed = setup(AcpEditor::Zed, &env)?;
        let path = home.path().join(".config/zed/settings.json");
        assert_eq!(zed.write()?, Some(path.as_path()));
        assert_eq!(fs::read_to_string(&path)?, zed.text()?);
        assert_eq!(zed.write()?, None);
        fs::write(&path, "// mine\n{\n  \"a\": 1,\n}\n")?;
        zed.write()?;
        assert!(fs::read_to_string(&path)?.starts_with("// mine\n{\n  \"a\": 1,\n"));
        fs::write(&path, "{")?;
        let error = zed.write().expect_err("invalid").to_string();
        assert_eq!(error, format!("cannot change `{}`", path.display()));
        assert_eq!(fs::read_to_string(&path)?, "{");
        Ok(())
    }

    #[test]
    fn settings_of_neovim_are_only_printed() -> anyhow::Result<()> {
        let home = tempfile::tempdir()?;
        let env = ProcessEnv::new(home.path());
        let neovim = setup(AcpEditor::Neovim, &env)?;
        let text = neovim.text()?;
        let command = r#"commands = { default = { "cai", "acp", "proxy", "claude" } }"#;
        assert!(text.contains(command) && text.contains("containai_gemini = function()"), "{text}");
        assert!(neovim.write().is_err() && neovim.settings().is_none());
        let unknown = [AgentName::parse("clod")?];
        assert!(EditorSetup::new(AcpEditor::Zed, &unknown, &env).is_err());
        Ok(())
    }
}
