use std::fs;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use containai_core::config::{diff, escape_control};
use containai_core::hint::Hint;
use containai_core::naming::TemplateName;
use containai_core::template::upgrade;

use crate::app::App;
use containai::OperationError;
use containai::private_file;
use containai::templates::{self, Template};

/// Have templates follow the image in use, where they name one for good
///
/// The image that the last stage comes from becomes `${BASE_IMAGE}`, and what
/// it was the default of that argument. Nothing else changes.
#[derive(Debug, Args)]
pub(super) struct TemplateUpgradeArgs {
    /// The templates [default: all]
    #[arg(value_name = "NAME")]
    templates: Vec<TemplateName>,
    /// Print what would change, and do nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(args: &TemplateUpgradeArgs, app: &App) -> anyhow::Result<ExitCode> {
    let names = match args.templates.is_empty() {
        true => templates::list(&app.env.layout)?,
        false => args.templates.clone(),
    };
    for name in names {
        let template = Template::load(&app.env.layout, &name)?;
        let path = template.path();
        let shown = path.display();
        let upgraded = upgrade(&template.text).map_err(|error| {
            OperationError::usage(format!("`{shown}`: {error}"))
                .hint(Hint::new("mend the Dockerfile first; `cai template check` looks at it"))
        })?;
        match upgraded {
            None => app.ui.say(&format!("{name} follows the image in use")),
            Some(text) if args.dry_run => {
                app.ui
                    .data(&escape_control(&format!("{shown}\n{}", diff(&template.text, &text))))?;
            }
            Some(text) => {
                let mode = fs::metadata(&path).map(|it| it.permissions());
                private_file::write(&path, &text)
                    .and_then(|()| fs::set_permissions(&path, mode?))
                    .with_context(|| format!("cannot write `{shown}`"))?;
                app.ui.say(&format!("{name} follows the image in use from now on"));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
