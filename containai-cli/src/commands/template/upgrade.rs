use std::process::ExitCode;

use clap::Args;
use containai::templates::TemplateBatch;
use containai_core::config::escape_control;
use containai_core::naming::TemplateName;

use crate::app::App;

/// Replace fixed base images of templates by the configured image
///
/// The image that the last stage is built on becomes `${BASE_IMAGE}`, and the
/// default of that argument. Nothing else changes.
#[derive(Debug, Args)]
pub(super) struct TemplateUpgradeArgs {
    /// Templates [default: all]
    #[arg(value_name = "NAME")]
    templates: Vec<TemplateName>,
    /// Print the changes without making them
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(args: &TemplateUpgradeArgs, app: &App) -> anyhow::Result<ExitCode> {
    let mut batch = TemplateBatch::new(&app.env.layout, &args.templates, &app.reporter)?;
    while let Some(template) = batch.next() {
        let name = &template.name;
        match batch.accept(template.upgrade()) {
            None => {}
            Some(None) => app.ui.say(&format!("{name} is up to date")),
            Some(Some(upgrade)) if args.dry_run => app.ui.data(&escape_control(&upgrade.diff()))?,
            Some(Some(upgrade)) => match batch.accept(upgrade.apply()) {
                None => {}
                Some(()) => app.ui.say(&format!("upgraded {name}")),
            },
        }
    }
    Ok(ExitCode::from(batch.exit_code()))
}
