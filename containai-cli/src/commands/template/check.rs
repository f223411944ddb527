use std::process::ExitCode;

use clap::Args;
use containai::report::escape_control;
use containai::{legacy_files, templates};
use containai_core::exit;
use containai_core::naming::TemplateName;
use containai_core::template::Severity;

use crate::app::App;

/// Report problems of templates
///
/// Checks the last stage and the stages that it is built on. Exits with status
/// 1 if a template cannot be built. Warns about instructions that have no
/// effect, because ContainAI determines a container's first process, user and
/// stop signal.
#[derive(Debug, Args)]
pub(super) struct TemplateCheckArgs {
    /// The templates [default: all]
    #[arg(value_name = "NAME")]
    templates: Vec<TemplateName>,
}

pub(super) fn run(args: &TemplateCheckArgs, app: &App) -> anyhow::Result<ExitCode> {
    let mut is_valid = true;
    for template in templates::load(&app.env.layout, &args.templates)? {
        let path = template.path().display().to_string();
        let directory = app.env.layout.template(&template.name);
        if let Some(text) = legacy_files::template_warning(&directory) {
            app.ui.warn(&text);
        }
        let problems: Vec<String> = match template.findings() {
            Ok(findings) => {
                is_valid &= findings.iter().all(|it| it.severity != Severity::Error);
                findings.iter().map(|finding| format!("{path}:{finding}")).collect()
            }
            Err(error) => {
                is_valid = false;
                vec![format!("{path}: error: {error}")]
            }
        };
        if problems.is_empty() {
            app.ui.say(&format!("no problems in {}", template.name));
        }
        for problem in problems {
            app.ui.data(&escape_control(&problem))?;
        }
    }
    Ok(ExitCode::from(if is_valid { exit::OK } else { exit::FAILED }))
}
