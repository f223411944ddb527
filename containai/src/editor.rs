//! Editors that work over SSH.

use std::fmt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::str::FromStr;

use containai_core::devcontainer::recommended_extensions;
use containai_core::engine::Container;
use containai_core::label;
use containai_core::layout::CONTAINER_WORKSPACE;
use containai_core::lifecycle::Refusal;
use containai_core::naming::{ContainerName, SshAlias};
use containai_ssh::quote;

use crate::error::{OperationError, ResultExt as _};
use crate::process_env::ProcessEnv;

/// An editor that works over SSH.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Editor {
    /// VS Code.
    Code,
    /// Cursor.
    Cursor,
    /// Zed.
    Zed,
    /// JetBrains Gateway.
    Idea,
}

impl Editor {
    /// All editors, in the order in which an installed one is looked for.
    pub const ALL: [Self; 4] = [Self::Code, Self::Cursor, Self::Zed, Self::Idea];

    /// The word for it in command lines.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Cursor => "cursor",
            Self::Zed => "zed",
            Self::Idea => "idea",
        }
    }

    /// The name of the product.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Code => "VS Code",
            Self::Cursor => "Cursor",
            Self::Zed => "Zed",
            Self::Idea => "JetBrains Gateway",
        }
    }

    /// The names of its program, the usual one first.
    fn programs(self) -> &'static [&'static str] {
        match self {
            Self::Code => &["code"],
            Self::Cursor => &["cursor"],
            Self::Zed => &["zed", "zeditor"],
            Self::Idea => &["jetbrains-gateway", "gateway"],
        }
    }

    fn arguments(self, alias: &SshAlias, port: u16, folder: &str) -> Vec<String> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
        let folder = match self {
            // Their argument is an address.
            Self::Zed | Self::Idea if !folder.chars().all(is_plain) => CONTAINER_WORKSPACE,
            _ => folder,
        };
        match self {
            Self::Code | Self::Cursor => {
                vec!["--remote".to_owned(), format!("ssh-remote+{alias}"), folder.to_owned()]
            }
            Self::Zed => vec![format!("ssh://{alias}{folder}")],
            // Gateway reads `~/.ssh/config`, which names the key.
            Self::Idea => vec![format!(
                "jetbrains-gateway://connect#host={alias}&port={port}&user=agent&type=ssh\
                 &deploy=true&projectPath={folder}"
            )],
        }
    }
}

impl FromStr for Editor {
    type Err = OperationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || OperationError::usage(format!("`{text}` is not a known editor"));
        Self::ALL.into_iter().find(|editor| editor.name() == text).ok_or_else(unknown)
    }
}

/// The command that opens a container's workspace in an editor; `Display` quotes it for a shell.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EditorCommand {
    name: &'static str,
    program: Option<PathBuf>,
    arguments: Vec<String>,
}

impl EditorCommand {
    /// Prepares the command for an editor; `None` selects the first installed one.
    ///
    /// # Errors
    ///
    /// The container is not one of ContainAI.
    pub fn new(
        editor: Option<Editor>,
        container: &Container,
        env: &ProcessEnv,
    ) -> crate::Result<Self> {
        let foreign = |_| Refusal::NotManaged { name: container.name.clone() };
        let alias = SshAlias::of(&ContainerName::parse(&container.name).map_err(foreign)?);
        let port = container.labels.ssh_port().map_or(0, |port| port.get());
        let folder = container.labels.workspace_folder();
        Ok(Self::find(editor, &alias, port, folder, |name| env.find_program(name)))
    }

    fn find(
        editor: Option<Editor>,
        alias: &SshAlias,
        port: u16,
        folder: &str,
        find: impl Fn(&str) -> Option<PathBuf>,
    ) -> Self {
        let program = |editor: Editor| editor.programs().iter().find_map(|name| find(name));
        let installed = || {
            let mut all = Editor::ALL.into_iter();
            all.find_map(|editor| Some((editor, Some(program(editor)?))))
        };
        let (editor, program) = match editor {
            Some(editor) => (editor, program(editor)),
            None => installed().unwrap_or((Editor::Code, None)),
        };
        let name = editor.programs().first().copied().unwrap_or_default();
        Self { name, program, arguments: editor.arguments(alias, port, folder) }
    }

    /// The usual name of the editor's program.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Whether the editor is installed.
    #[must_use]
    pub fn is_installed(&self) -> bool {
        self.program.is_some()
    }

    /// Returns the command line that installs the extensions of VS Code that the container's
    /// `devcontainer.json` recommends; `None` without any, and for other editors.
    #[must_use]
    pub fn extension_command(&self, container: &Container) -> Option<String> {
        let [remote, host, _] = self.arguments.as_slice() else { return None };
        let metadata = container.labels.get(label::DEVCONTAINER_METADATA)?;
        let options = recommended_extensions(metadata)
            .into_iter()
            .flat_map(|id| ["--install-extension".to_owned(), id]);
        let options: Vec<_> = options.collect();
        let first = [self.name.to_owned(), remote.clone(), host.clone()];
        (!options.is_empty())
            .then(|| first.into_iter().chain(options).collect::<Vec<_>>().join(" "))
    }

    /// Starts the editor in the background.
    ///
    /// # Errors
    ///
    /// The editor is not installed or cannot be started.
    pub fn start(&self) -> crate::Result<()> {
        let program = self.program.as_ref();
        let program = program.with_context(|| format!("`{}` is not installed", self.name))?;
        Command::new(program)
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start `{}`", program.display()))?;
        Ok(())
    }
}

impl fmt::Display for EditorCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:+=@".contains(c);
        for word in &self.arguments {
            match word.chars().all(is_plain) {
                true => write!(f, " {word}")?,
                false => {
                    write!(f, " {}", String::from_utf8_lossy(&quote::word(word.as_bytes())))?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use containai_core::engine::{ContainerId, RunState};

    use super::*;

    fn find(editor: Option<Editor>, installed: &str) -> EditorCommand {
        let name = ContainerName::parse("api-main").expect("a name");
        EditorCommand::find(editor, &SshAlias::of(&name), 2300, CONTAINER_WORKSPACE, |name| {
            (name == installed).then(|| PathBuf::from(format!("/usr/bin/{name}")))
        })
    }

    #[test]
    fn first_installed_editor_is_used() {
        let check = |editor, name, is_installed| {
            let found = find(editor, "zeditor");
            assert_eq!((found.name(), found.is_installed()), (name, is_installed));
        };
        check(None, "zed", true);
        check(Some(Editor::Idea), "jetbrains-gateway", false);
        assert_eq!(find(None, "").name(), "code");
    }

    #[test]
    fn recommended_extensions_are_installed_in_the_container() {
        let metadata =
            r#"[{"customizations": {"vscode": {"extensions": ["a.b", "c.d", "; rm"]}}}]"#;
        let container = Container::new(ContainerId::new("1"), "api-main", RunState::Running)
            .with_labels([(label::DEVCONTAINER_METADATA, metadata)].into_iter().collect());
        let command = |editor| find(Some(editor), "").extension_command(&container);
        assert_eq!(
            command(Editor::Code).as_deref(),
            Some(
                "code --remote ssh-remote+containai-api-main --install-extension a.b --install-extension c.d"
            )
        );
        assert_eq!(command(Editor::Zed), None);
        let plain = Container::new(ContainerId::new("1"), "api-main", RunState::Running);
        assert_eq!(find(Some(Editor::Code), "").extension_command(&plain), None);
    }

    #[test]
    fn command_lines() {
        let check = |editor: Editor| find(Some(editor), "").to_string();
        insta::assert_snapshot!(check(Editor::Code), @"code --remote ssh-remote+containai-api-main /home/agent/workspace");
        insta::assert_snapshot!(check(Editor::Cursor), @"cursor --remote ssh-remote+containai-api-main /home/agent/workspace");
        insta::assert_snapshot!(check(Editor::Zed), @"zed ssh://containai-api-main/home/agent/workspace");
        insta::assert_snapshot!(check(Editor::Idea), @"jetbrains-gateway 'jetbrains-gateway://connect#host=containai-api-main&port=2300&user=agent&type=ssh&deploy=true&projectPath=/home/agent/workspace'");
    }
}
