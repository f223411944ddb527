use std::process::ExitCode;

use clap::Args;
use containai_core::exit;
use containai_core::naming::TemplateName;
use containai_core::template::Severity;

use crate::app::App;
use containai::report::escape_control;
use containai::templates::{self, Template};

/// Tell what is wrong with templates; exit with 1 if one cannot be built
///
/// The stage that comes last is judged, and those that it is built on. A
/// container's first process, user and signals are ContainAI's, whatever a
/// Dockerfile says; what it says about them is told.
#[derive(Debug, Args)]
pub(super) struct TemplateCheckArgs {
    /// The templates [default: all]
    #[arg(value_name = "NAME")]
    templates: Vec<TemplateName>,
}

pub(super) fn run(args: &TemplateCheckArgs, app: &App) -> anyhow::Result<ExitCode> {
    let names = match args.templates.is_empty() {
        true => templates::list(&app.env.layout)?,
        false => args.templates.clone(),
    };
    let mut is_bad = false;
    for name in names {
        let template = Template::load(&app.env.layout, &name)?;
        let path = template.path().display().to_string();
        if let Some(text) =
            containai::legacy_files::template_warning(&app.env.layout.template(&name))
        {
            app.ui.warn(&text);
        }
        match template.findings() {
            Ok(findings) => {
                for finding in &findings {
                    is_bad |= finding.severity == Severity::Error;
                    app.ui.data(&escape_control(&format!("{path}:{finding}")))?;
                }
                if findings.is_empty() {
                    app.ui.say(&format!("{name} is fine"));
                }
            }
            Err(error) => {
                is_bad = true;
                app.ui.data(&escape_control(&format!("{path}: error: {error}")))?;
            }
        }
    }
    Ok(ExitCode::from(if is_bad { exit::FAILED } else { exit::OK }))
}
