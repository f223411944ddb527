use std::process::ExitCode;

use clap::Args;
use containai_core::engine::{Engine as _, ImageRequest};

use crate::app::App;
use crate::wire::template::{Entry, State, table};
use containai::context::Context;
use containai::templates::{self, Template};

/// List the templates, and whether their images are built
#[derive(Debug, Default, Args)]
pub(super) struct ListArgs {
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &ListArgs, context: &Context, app: &App) -> anyhow::Result<ExitCode> {
    let mut entries = Vec::new();
    for name in templates::names(&context.env.layout)? {
        let template = Template::load(&context.env.layout, &name)?;
        entries.push(entry(&template, context).await?);
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
async fn entry(template: &Template, context: &Context) -> anyhow::Result<Entry> {
    let path = template.path();
    let recipe = match template.recipe(&context.config.image.value) {
        Ok(recipe) => recipe,
        Err(error) => {
            let state = State::Broken { reason: error.to_string() };
            return Ok(Entry::new(&template.name, &path, None, state));
        }
    };
    let image = ImageRequest::Reference(recipe.reference.to_string());
    let state = match context.engine()?.find_image(&image).await {
        Ok(Some(_)) => State::Built,
        Ok(None) => State::NotBuilt,
        Err(_) => State::Unknown,
    };
    Ok(Entry::new(&template.name, &path, Some(recipe.reference.to_string()), state))
}
