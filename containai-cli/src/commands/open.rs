use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser as _};
use containai::editor::{Editor, EditorCommand};
use containai::ports::reach_port;
use containai_core::naming::HostPort;

use crate::app::App;
use crate::args::TargetArgs;

/// Open the workspace in an editor over SSH
///
/// Starts the container as needed. If the editor is not installed, its command
/// line is printed.
///
/// `cai open :3000` opens port 3000 of the container in the browser, and forwards
/// it in the background as needed.
#[derive(Debug, Args)]
pub(crate) struct OpenArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Editor [default: the first installed one]
    #[arg(long, value_parser = PossibleValuesParser::new(editors()).try_map(|it| it.parse::<Editor>()))]
    editor: Option<Editor>,
    /// Print the editor's command line without starting it
    #[arg(long)]
    print: bool,
}

fn editors() -> impl Iterator<Item = PossibleValue> {
    Editor::ALL.into_iter().map(|it| PossibleValue::new(it.name()).help(it.title()))
}

pub(crate) async fn run(args: OpenArgs, app: &App) -> anyhow::Result<()> {
    if let Some((port, target)) = args.target.port() {
        return open_port(port, &target, &args, app).await;
    }
    let (_, request) = args.target.existing_session(app).await?;
    // Writes the pinned key and the configuration for the editor's `ssh`.
    let reached = request.open_existing().await?;
    reached.connection.apply_env().await?;
    let command = EditorCommand::new(args.editor, &reached.container, &app.env)?;
    if let Some(install) = command.extension_command(&reached.container) {
        app.ui.say(&format!("devcontainer.json recommends extensions; to install them: {install}"));
    }
    match (args.print, command.is_installed()) {
        (false, true) => command.start()?,
        (false, false) => {
            app.ui.say(&format!("`{}` is not installed; its command line is", command.name()));
            app.ui.data(&command.to_string())?;
        }
        (true, _) => app.ui.data(&command.to_string())?,
    }
    Ok(())
}

async fn open_port(
    port: HostPort,
    target: &TargetArgs,
    args: &OpenArgs,
    app: &App,
) -> anyhow::Result<()> {
    let context = app.context()?;
    let name = target.find(&context.engine()?, &context).await?.name;
    let open = reach_port(&context, &name, port)?;
    if args.print || !open.browse(&app.env)? {
        app.ui.data(&open.url())?;
    }
    Ok(())
}
