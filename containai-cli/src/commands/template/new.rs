use std::process::ExitCode;

use clap::Args;
use containai::templates;
use containai_core::naming::TemplateName;

use crate::app::App;

/// Create a template and print the path of its Dockerfile
#[derive(Debug, Args)]
pub(super) struct TemplateNewArgs {
    /// Its name: lowercase letters, digits, `_`, `.` and `-`
    name: TemplateName,
}

pub(super) fn run(args: &TemplateNewArgs, app: &App) -> anyhow::Result<ExitCode> {
    let path = templates::create(&app.env.layout, &args.name)?;
    app.ui.data(&path.display().to_string())?;
    Ok(ExitCode::SUCCESS)
}
