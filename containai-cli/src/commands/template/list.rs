use std::process::ExitCode;

use clap::Args;
use containai_core::engine::{Engine as _, ImageRequest};

use crate::app::App;
use crate::output::template::{TemplateEntry, TemplateState, table};
use containai::context::Context;
use containai::templates::{self, Template};

/// List the templates, and whether their images are built
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
    for name in templates::list(&context.env.layout)? {
        let template = Template::load(&context.env.layout, &name)?;
        entries.push(template_entry(&template, context).await?);
    }
    if args.json {
        app.ui.data(&serde_json::to_string_pretty(&entries)?)?;
    } else if entries.is_empty() {
        app.ui.say("there is no template; `cai template new NAME` makes one");
    } else {
        app.ui.data(&table(&entries))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// An engine that does not answer leaves open whether the image is built.
async fn template_entry(template: &Template, context: &Context) -> anyhow::Result<TemplateEntry> {
    let path = template.path();
    let recipe = match template.recipe(&context.config.image.value) {
        Ok(recipe) => recipe,
        Err(error) => {
            let state = TemplateState::Broken { reason: error.to_string() };
            return Ok(TemplateEntry::new(&template.name, &path, None, state));
        }
    };
    let image = ImageRequest::Reference(recipe.reference.to_string());
    let state = match context.engine()?.find_image(&image).await {
        Ok(Some(_)) => TemplateState::Built,
        Ok(None) => TemplateState::NotBuilt,
        Err(_) => TemplateState::Unknown,
    };
    Ok(TemplateEntry::new(&template.name, &path, Some(recipe.reference.to_string()), state))
}
