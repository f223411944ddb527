use std::process::ExitCode;

use clap::Args;
use containai::templates;
use containai_core::config::escape_control;
use containai_core::naming::TemplateName;

use crate::app::App;

/// Replace fixed base images of templates by the configured image
///
/// The image that the last stage is built on becomes `${BASE_IMAGE}`, and the
/// default of that argument. Nothing else changes.
#[derive(Debug, Args)]
pub(super) struct TemplateUpgradeArgs {
    /// The templates [default: all]
    #[arg(value_name = "NAME")]
    templates: Vec<TemplateName>,
    /// Print the changes without making them
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(args: &TemplateUpgradeArgs, app: &App) -> anyhow::Result<ExitCode> {
    for template in templates::load(&app.env.layout, &args.templates)? {
        let name = &template.name;
        match template.upgrade()? {
            None => app.ui.say(&format!("{name} is up to date")),
            Some(upgrade) if args.dry_run => app.ui.data(&escape_control(&upgrade.diff()))?,
            Some(upgrade) => {
                upgrade.apply()?;
                app.ui.say(&format!("upgraded {name}"));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
