use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use containai_core::config::Flags;
use containai_core::naming::{ContainerName, SshAlias};

use super::enter::{Consent, Entrance};
use crate::app::Global;
use crate::editor::{self, Editor};
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
    let (editor, program) = Editor::choose(args.editor, |name| env.find_program(name));
    let words = editor.words(&SshAlias::of(&name), port);
    match program.filter(|_| !args.print) {
        Some(program) => editor::start(&program, &words)?,
        None => {
            if !args.print {
                ui.say(&format!("`{}` is not installed; its command line is", editor.program()));
            }
            ui.data(&editor::line(editor.program(), &words))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
