use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use containai_core::config::{SettingChangeError, SettingSpec};

use super::scope::ConfigScopeArgs;
use crate::app::App;
use crate::output::config::SettingOutput;
use containai::report::escape_control;

/// Print the value of one setting
///
/// The value alone, for scripts: each item of a list on a line of its own, and
/// an empty line where nobody chose and the default is a rule.
#[derive(Debug, Args)]
pub(super) struct ConfigGetArgs {
    /// The setting, such as agent.default
    key: String,
    #[command(flatten)]
    area: ConfigScopeArgs,
    /// Print where each value comes from behind it, after a tabulator
    #[arg(long)]
    source: bool,
    /// Print one JSON object
    #[arg(long, conflicts_with = "source")]
    json: bool,
}

pub(super) async fn run(args: &ConfigGetArgs, app: &App) -> anyhow::Result<ExitCode> {
    let spec =
        SettingSpec::find(&args.key).ok_or_else(|| SettingChangeError::unknown(&args.key))?;
    let list = args.area.config_in_scope(app).await?.list();
    let listed = list.into_iter().find(|it| it.spec.key == spec.key);
    let listed = listed.context("a setting is missing in the list")?;
    if args.json {
        app.ui.data(&serde_json::to_string_pretty(&SettingOutput::from(&listed))?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let source = if args.source { format!("\t{}", listed.origin) } else { String::new() };
    let lines: Vec<_> = match listed.values.is_empty() {
        true => vec![source],
        false => listed.values.iter().map(|value| format!("{value}{source}")).collect(),
    };
    for line in lines {
        // A tabulator is ours; what else would move the cursor is not.
        let parts: Vec<_> = line.split('\t').map(escape_control).collect();
        app.ui.data(&parts.join("\t"))?;
    }
    Ok(ExitCode::SUCCESS)
}
