use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use containai::{copy, copy_report};
use containai_core::config::Flags;

use crate::app::App;

/// Copy files between this machine and a container
///
/// Either the sources or the destination are in a container: `:path` in that of
/// the workspace, `NAME:path` in any other. Such paths are relative to the
/// workspace, or begin with `/` or `~/`. `./a:b` is a file on this machine.
///
/// As with `cp -a`, directories are copied recursively, and modes, times and
/// links are kept. If DST is a directory, files are copied into it, else to DST
/// itself; `dir/.` copies the contents of `dir`. Files that cannot be copied are
/// reported, and the others are copied. An interrupted copy of a single file is
/// resumed when the command is repeated.
#[derive(Debug, Args)]
pub(crate) struct CpArgs {
    /// Workspace of `:path` [default: the repository around the current directory]
    #[arg(short, long, value_name = "PATH")]
    workspace: Option<PathBuf>,
    /// Files and directories to copy
    #[arg(required = true, value_name = "SRC")]
    sources: Vec<OsString>,
    /// Destination
    #[arg(required = true, value_name = "DST")]
    target: OsString,
}

pub(crate) async fn run(args: CpArgs, app: &App) -> anyhow::Result<ExitCode> {
    let direction = copy::parse(&args.sources, &args.target)?;
    let flags = Flags::for_engine(app.global.docker_host.clone());
    let workspace = args.workspace.as_deref();
    let report = copy::copy(&direction, workspace, flags, &app.env, &app.reporter).await?;
    Ok(ExitCode::from(copy_report::report(report, &app.reporter)))
}
