use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt as _;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use containai_core::hint::Hint;
use containai_core::naming::TemplateName;
use containai_core::template::scaffold;

use crate::app::App;
use containai::OperationError;
use containai::templates::DOCKERFILE;

/// Make a template to begin with, and print where its Dockerfile is
#[derive(Debug, Args)]
pub(super) struct TemplateNewArgs {
    /// Its name: small letters, digits, `_`, `.` and `-`
    name: TemplateName,
}

pub(super) fn run(args: &TemplateNewArgs, app: &App) -> anyhow::Result<ExitCode> {
    let directory = app.env.layout.template(&args.name);
    let path = directory.join(DOCKERFILE);
    let shown = path.display().to_string();
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&directory)
        .with_context(|| format!("cannot make `{}`", directory.display()))?;
    let file = fs::File::options().write(true).create_new(true).open(&path);
    let mut file = match file {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            return Err(OperationError::usage(format!(
                "there is a template `{}` already",
                args.name
            ))
            .hint(Hint::new(format!("edit `{shown}`, or take another name")))
            .into());
        }
        file => file.with_context(|| format!("cannot make `{shown}`"))?,
    };
    std::io::Write::write_all(&mut file, scaffold(&args.name).as_bytes())
        .with_context(|| format!("cannot write `{shown}`"))?;
    app.ui.data(&shown)?;
    Ok(ExitCode::SUCCESS)
}
