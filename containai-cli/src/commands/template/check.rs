use std::process::ExitCode;

use clap::Args;
use containai::templates::TemplateBatch;
use containai_core::exit;
use containai_core::naming::TemplateName;

use crate::app::App;

/// Report problems of templates
///
/// Checks the last stage and the stages that it is built on. Exits with status
/// 1 if a template cannot be built. Warns about instructions that have no
/// effect, because ContainAI determines a container's first process, user and
/// stop signal.
#[derive(Debug, Args)]
pub(super) struct TemplateCheckArgs {
    /// Templates [default: all]
    #[arg(value_name = "NAME")]
    templates: Vec<TemplateName>,
}

pub(super) fn run(args: &TemplateCheckArgs, app: &App) -> anyhow::Result<ExitCode> {
    let mut batch = TemplateBatch::new(&app.env.layout, &args.templates, &app.reporter)?;
    let mut is_valid = true;
    for template in batch.by_ref() {
        let check = template.check(&app.reporter);
        is_valid &= check.is_valid;
        if check.problems.is_empty() {
            app.ui.say(&format!("no problems in {}", template.name));
        }
        check.problems.iter().try_for_each(|problem| app.ui.data(problem))?;
    }
    Ok(ExitCode::from(if is_valid { batch.exit_code() } else { exit::FAILED }))
}
