use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use containai_core::config::Flags;
use containai_core::naming::{ContainerName, SshAlias};

use crate::app::App;
use crate::editor::{self, Editor};
use containai::session::{SessionRequest, SetupConsent};
use containai::workspace::{self, ProtectedPathUse};

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

pub(super) async fn run(args: OpenArgs, app: &App) -> anyhow::Result<ExitCode> {
    let workspace = workspace::find_ref(args.path.as_deref(), &app.env, ProtectedPathUse::Allow)?;
    let flags = Flags { docker_host: app.global.docker_host.clone(), ..Flags::default() };
    let entrance =
        SessionRequest::new(&app.env, &app.reporter, flags, workspace, SetupConsent::Never)?;
    // The editor's `ssh` finds the pinned key and the configuration.
    let reached = entrance.open_existing().await?;
    reached.connection.apply_env().await?;
    let name = ContainerName::parse(&reached.container.name)?;
    let port = reached.container.labels.ssh_port().map_or(0, |port| port.get());
    let (editor, program) = Editor::choose(args.editor, |name| app.env.find_program(name));
    let words = editor.arguments(&SshAlias::of(&name), port);
    match program.filter(|_| !args.print) {
        Some(program) => editor::start(&program, &words)?,
        None => {
            if !args.print {
                app.ui
                    .say(&format!("`{}` is not installed; its command line is", editor.program()));
            }
            app.ui.data(&editor::shell_line(editor.program(), &words))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
