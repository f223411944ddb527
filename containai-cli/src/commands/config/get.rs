use anyhow::Context as _;
use clap::Args;
use containai_core::config::{SettingChangeError, SettingSpec};

use super::scope::ConfigScopeArgs;
use crate::app::App;
use crate::output::config::SettingOutput;
use containai::report::escape_control;

/// Print the value of one setting
///
/// Prints only the value, for scripts: one line for each item of a list, and an
/// empty line if the setting is unset and its default is computed.
#[derive(Debug, Args)]
pub(super) struct ConfigGetArgs {
    /// Setting, such as agent.default
    key: String,
    #[command(flatten)]
    area: ConfigScopeArgs,
    /// Print the source after each value, separated by a tab
    #[arg(long)]
    source: bool,
    /// Print a JSON object
    #[arg(long, conflicts_with = "source")]
    json: bool,
}

pub(super) async fn run(args: &ConfigGetArgs, app: &App) -> anyhow::Result<()> {
    let spec =
        SettingSpec::find(&args.key).ok_or_else(|| SettingChangeError::unknown(&args.key))?;
    let scope = args.area.scope();
    let config = scope.config(app.global.flags(), &app.env, &app.reporter).await?;
    let listed = config.list().into_iter().find(|it| it.spec.key == spec.key);
    let listed = listed.context("a setting is missing in the list")?;
    if args.json {
        app.ui.data(&serde_json::to_string_pretty(&SettingOutput::from(&listed))?)?;
        return Ok(());
    }
    let source = if args.source { format!("\t{}", listed.origin) } else { String::new() };
    let lines: Vec<_> = match listed.values.is_empty() {
        true => vec![source],
        false => listed.values.iter().map(|value| format!("{value}{source}")).collect(),
    };
    for line in lines {
        // The tab is the separator; other control characters are escaped.
        let parts: Vec<_> = line.split('\t').map(escape_control).collect();
        app.ui.data(&parts.join("\t"))?;
    }
    Ok(())
}
