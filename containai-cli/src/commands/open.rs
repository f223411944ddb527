use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use containai_core::config::Flags;
use containai_core::layout::CONTAINER_WORKSPACE;
use containai_core::naming::{ContainerName, SshAlias};
use containai_ssh::quote;

use super::enter::{Consent, Entrance};
use crate::app::Global;
use crate::env::Env;
use crate::ui::Ui;
use crate::workspace::{self, Caution};

/// Open the workspace in an editor, over SSH
///
/// The container is started as needed. Where the editor is not installed, its
/// command line is printed.
#[derive(Debug, Args)]
pub(crate) struct OpenArgs {
    /// The workspace [default: the repository around the current directory]
    path: Option<PathBuf>,
    /// The editor [default: the first one that is installed]
    #[arg(long)]
    editor: Option<Editor>,
    /// Print the command line, and start nothing
    #[arg(long)]
    print: bool,
}

/// An editor that works over SSH.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Editor {
    /// VS Code
    Code,
    /// Cursor
    Cursor,
    /// Zed
    Zed,
    /// JetBrains, by Gateway
    Idea,
}

pub(super) async fn run(
    args: OpenArgs,
    global: &Global,
    env: &Env,
    ui: &Ui,
) -> anyhow::Result<ExitCode> {
    let workspace = workspace::spot(args.path.as_deref(), env, Caution::Forced)?;
    let flags = Flags { docker_host: global.docker_host.clone(), ..Flags::default() };
    let entrance = Entrance::new(env, ui, flags, workspace, Consent::Refused)?;
    // The editor's `ssh` finds the pinned key and the configuration.
    let reached = entrance.enter_existing().await?;
    reached.session.prepare().await?;
    let name = ContainerName::parse(&reached.container.name)?;
    let port = reached.container.labels.ssh_port().map_or(0, |port| port.get());
    let find = |editor: Editor| {
        let program = editor.programs().iter().find_map(|name| env.find_program(name));
        program.map(|program| (editor, program))
    };
    let found = match args.editor {
        Some(editor) => find(editor),
        None => Editor::value_variants().iter().copied().find_map(find),
    };
    let editor = found.as_ref().map_or(args.editor.unwrap_or(Editor::Code), |(editor, _)| *editor);
    let words = editor.words(&SshAlias::of(&name), port);
    match found.filter(|_| !args.print) {
        Some((_, program)) => start(&program, &words)?,
        None => {
            if !args.print {
                ui.say(&format!("`{}` is not installed; its command line is", editor.program()));
            }
            ui.data(&line(editor.program(), &words))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

impl Editor {
    /// What its program is called, the usual name first.
    fn programs(self) -> &'static [&'static str] {
        match self {
            Self::Code => &["code"],
            Self::Cursor => &["cursor"],
            Self::Zed => &["zed", "zeditor"],
            Self::Idea => &["jetbrains-gateway", "gateway"],
        }
    }

    fn program(self) -> &'static str {
        self.programs().first().copied().unwrap_or_default()
    }

    /// What the editor is started with.
    fn words(self, alias: &SshAlias, port: u16) -> Vec<String> {
        let folder = CONTAINER_WORKSPACE;
        match self {
            Self::Code | Self::Cursor => {
                vec!["--remote".to_owned(), format!("ssh-remote+{alias}"), folder.to_owned()]
            }
            Self::Zed => vec![format!("ssh://{alias}{folder}")],
            // Gateway reads `~/.ssh/config`, which knows the key.
            Self::Idea => vec![format!(
                "jetbrains-gateway://connect#host={alias}&port={port}&user=agent&type=ssh\
                 &deploy=true&projectPath={folder}"
            )],
        }
    }
}

/// Starts the editor and leaves it alone.
fn start(program: &Path, words: &[String]) -> anyhow::Result<()> {
    Command::new(program)
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("cannot start `{}`", program.display()))?;
    Ok(())
}

/// The command line as a shell reads it; what needs no quotes has none.
fn line(program: &str, words: &[String]) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:+=@".contains(c);
    let word = |word: &String| match word.chars().all(is_plain) {
        true => word.clone(),
        false => String::from_utf8_lossy(&quote::word(word.as_bytes())).into_owned(),
    };
    let words = words.iter().map(word);
    std::iter::once(program.to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_lines() {
        let name = ContainerName::parse("api-main").expect("a name");
        let check =
            |editor: Editor| line(editor.program(), &editor.words(&SshAlias::of(&name), 2300));
        insta::assert_snapshot!(check(Editor::Code), @"code --remote ssh-remote+containai-api-main /home/agent/workspace");
        insta::assert_snapshot!(check(Editor::Cursor), @"cursor --remote ssh-remote+containai-api-main /home/agent/workspace");
        insta::assert_snapshot!(check(Editor::Zed), @"zed ssh://containai-api-main/home/agent/workspace");
        insta::assert_snapshot!(check(Editor::Idea), @"jetbrains-gateway 'jetbrains-gateway://connect#host=containai-api-main&port=2300&user=agent&type=ssh&deploy=true&projectPath=/home/agent/workspace'");
    }
}
