use std::process::ExitCode;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use containai::acp::{AcpEditor, EditorSetup};
use containai_core::naming::AgentName;

use crate::app::App;

/// Print the settings with which an editor starts agents in containers
#[derive(Debug, Args)]
pub(super) struct AcpSetupArgs {
    /// Editor
    #[arg(value_parser = PossibleValuesParser::new(AcpEditor::ALL.map(AcpEditor::name)).try_map(|it| it.parse::<AcpEditor>()))]
    editor: AcpEditor,
    /// Agents [default: the configured agent]
    #[arg(value_name = "AGENT")]
    agents: Vec<AgentName>,
    /// Add them to the editor's settings file; its comments are kept
    #[arg(long)]
    write: bool,
}

pub(super) fn run(args: &AcpSetupArgs, app: &App) -> anyhow::Result<ExitCode> {
    let mut agents = args.agents.clone();
    if agents.is_empty() {
        agents.push(app.context()?.config.agent.value);
    }
    let setup = EditorSetup::new(args.editor, &agents, &app.env)?;
    if args.write {
        match setup.write()? {
            Some(path) => app.ui.say(&format!("changed `{}`", path.display())),
            None => app.ui.say("the editor has these settings already"),
        }
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(path) = setup.settings() {
        app.ui.say(&format!("`--write` adds this to `{}`", path.display()));
    }
    app.ui.data(setup.text()?.trim_end())?;
    Ok(ExitCode::SUCCESS)
}
