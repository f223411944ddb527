use clap::Args;
use containai::OperationError;
use containai::rename::rename_container;
use containai_core::hint::Hint;
use containai_core::naming::ContainerName;

use crate::app::App;
use crate::args::{TargetArgs, TargetOptions};

/// Rename a container
///
/// Its name for SSH changes with it. The workspace, the volumes and the host name
/// in the container stay; a container that replaces it keeps the name.
#[derive(Debug, Args)]
pub(crate) struct RenameArgs {
    /// Current name or workspace path, then the new name [default: the workspace's container]
    #[arg(value_name = "TARGET|NEW", num_args = 1..=2, required = true)]
    names: Vec<String>,
    #[command(flatten)]
    options: TargetOptions,
}

pub(crate) async fn run(args: RenameArgs, app: &App) -> anyhow::Result<()> {
    let mut names = args.names;
    let new = names.pop().unwrap_or_default().parse::<ContainerName>();
    let hint = || Hint::new("give one name, such as `cai rename api-test`");
    let new = new.map_err(|error| OperationError::usage(error.to_string()).hint(hint()))?;
    let target = TargetArgs::new(names.pop(), args.options)?;
    let context = app.context()?;
    let engine = context.engine()?;
    let container = target.find(&engine, &context).await?;
    Ok(rename_container(&context, &engine, &container, &new).await?)
}
