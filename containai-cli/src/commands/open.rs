use std::process::ExitCode;

use clap::Args;
use containai_core::naming::{ContainerName, SshAlias};

use crate::app::App;
use crate::args::TargetArgs;
use crate::editor::{self, Editor};

/// Open the workspace in an editor over SSH
///
/// Starts the container as needed. If the editor is not installed, its command
/// line is printed.
#[derive(Debug, Args)]
pub(crate) struct OpenArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Editor [default: the first installed one]
    #[arg(long)]
    editor: Option<Editor>,
    /// Print the editor's command line without starting it
    #[arg(long)]
    print: bool,
}

pub(crate) async fn run(args: OpenArgs, app: &App) -> anyhow::Result<ExitCode> {
    let (_, request) = args.target.existing_session(app).await?;
    // Writes the pinned key and the configuration for the editor's `ssh`.
    let reached = request.open_existing().await?;
    reached.connection.apply_env().await?;
    let name = ContainerName::parse(&reached.container.name)?;
    let port = reached.container.labels.ssh_port().map_or(0, |port| port.get());
    let (editor, program) = Editor::choose(args.editor, |name| app.env.find_program(name));
    let words = editor.arguments(&SshAlias::of(&name), port);
    match program.filter(|_| !args.print) {
        Some(program) => editor::start(&program, &words)?,
        None => {
            if !args.print {
                let name = editor.program();
                app.ui.say(&format!("`{name}` is not installed; its command line is"));
            }
            app.ui.data(&editor::shell_line(editor.program(), &words))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
