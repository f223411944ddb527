use std::process::ExitCode;

use clap::Args;
use containai::context::Context;
use containai::templates::TemplateBatch;

use crate::app::App;
use crate::output::format::{OutputFormat, print_list};
use crate::output::template::{TemplateEntry, table};

/// List the templates and the state of their images
#[derive(Debug, Default, Args)]
pub(super) struct TemplateListArgs {
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(
    args: &TemplateListArgs,
    context: &Context,
    app: &App,
) -> anyhow::Result<ExitCode> {
    let mut entries = Vec::new();
    let mut batch = TemplateBatch::new(&context.env.layout, &[], &app.reporter)?;
    for template in batch.by_ref() {
        entries.push(TemplateEntry::new(&template, template.image(context).await?));
    }
    let empty = "no templates; create one with `cai template new NAME`";
    print_list(&app.ui, OutputFormat::new(args.json), &entries, table, empty)?;
    Ok(ExitCode::from(batch.exit_code()))
}
