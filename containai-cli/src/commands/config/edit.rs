use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, ExitCode, ExitStatus};

use anyhow::Context as _;
use clap::Args;
use containai_core::config::ConfigFile;
use containai_core::exit;
use containai_core::hint::Hint;

use super::scope::check_file;
use crate::app::App;
use crate::env::Env;
use crate::error;
use containai::OperationError;
use containai::{private_file, user_config};

/// Edit the user's file with $VISUAL or $EDITOR
///
/// The editor gets a copy, which takes the file's place once it makes sense.
#[derive(Debug, Args)]
pub(super) struct ConfigEditArgs {}

pub(super) async fn run(_: &ConfigEditArgs, app: &App) -> anyhow::Result<ExitCode> {
    let path = app.env.layout.config_file();
    let editor = find_editor(&app.env)?;
    let before = user_config::read(&path)?;
    let copy = private_file::create_beside(&path, ".toml", &before)
        .with_context(|| format!("cannot write beside `{}`", path.display()))?;
    // Whatever happens from here on, what was typed is not lost.
    let (_, copy) = copy.keep().context("cannot keep the copy")?;
    loop {
        let status = run_editor(&editor, &copy)?;
        let after = user_config::read(&copy)?;
        if !status.success() {
            return Err(edit_aborted(&editor, status, &copy, after == before)?.into());
        }
        let outcome = ConfigFile::parse(&path, after.as_str()).map_err(anyhow::Error::from);
        match outcome.and_then(|file| check_file(&file)) {
            Ok(()) if after == before => break,
            Ok(())
                if user_config::replace(&app.env.layout, &app.reporter, &before, &after)
                    .await? =>
            {
                break;
            }
            Ok(()) => return Err(copy_kept_error(&path, &copy, "has changed meanwhile").into()),
            Err(error) if !app.ui.terminals().can_ask() => {
                return Err(error.context(copy_kept_error(&path, &copy, "stays as it was")));
            }
            Err(error) => {
                app.ui.error(&error, &error::advice(&error).1);
                if !app.ui.confirm("Edit it again?") {
                    return Err(copy_kept_error(&path, &copy, "stays as it was").into());
                }
            }
        }
    }
    remove_copy(&copy)?;
    Ok(ExitCode::SUCCESS)
}

/// The user's editor, else the usual ones.
fn find_editor(env: &Env) -> Result<OsString, OperationError> {
    let usual =
        || ["sensible-editor", "nano", "vi"].into_iter().find_map(|it| env.find_program(it));
    let found = env.editor.clone().or_else(|| usual().map(Into::into));
    found.ok_or_else(|| {
        OperationError::usage("there is no editor")
            .hint(Hint::new("name one in `VISUAL` or `EDITOR`"))
    })
}

/// Runs the editor as a shell would: its name may have arguments.
fn run_editor(editor: &OsString, copy: &Path) -> anyhow::Result<ExitStatus> {
    let mut program = Command::new("/bin/sh");
    let mut line = editor.clone();
    line.push(" \"$@\"");
    program.arg("-c").arg(line).arg("sh").arg(copy).status().context("cannot start a shell")
}

/// What an editor leaves that failed: a copy only of what is not in the file.
fn edit_aborted(
    editor: &OsString,
    status: ExitStatus,
    copy: &Path,
    is_same: bool,
) -> anyhow::Result<OperationError> {
    let text = format!("the editor `{}` ended with {status}", editor.to_string_lossy());
    let hint = match is_same {
        true => {
            remove_copy(copy)?;
            "nothing was changed; name another editor in `VISUAL` or `EDITOR`".to_owned()
        }
        false => format!("what you typed is in `{}`", copy.display()),
    };
    Ok(OperationError::with_code(exit::FAILED, text).hint(Hint::new(hint)))
}

fn remove_copy(copy: &Path) -> anyhow::Result<()> {
    std::fs::remove_file(copy).with_context(|| format!("cannot remove `{}`", copy.display()))
}

fn copy_kept_error(path: &Path, copy: &Path, what: &str) -> OperationError {
    OperationError::usage(format!("`{}` {what}", path.display()))
        .hint(Hint::new(format!("what you typed is in `{}`", copy.display())))
}
