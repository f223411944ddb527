use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::Path;
use std::process::{Command, ExitStatus};

use containai_core::config::ConfigFile;
use containai_core::exit;
use containai_core::hint::Hint;

use super::change::validate;
use crate::error::{OperationError, ResultExt as _};
use crate::process_env::ProcessEnv;
use crate::report::Reporter;
use crate::{private_file, user_config};

/// Edits the user's configuration file. The editor, a command of a shell, gets a copy, which
/// replaces the file once it is valid. Default: the editor of the distribution.
///
/// # Errors
///
/// There is no editor, it fails, the copy is invalid, or the file changed meanwhile. A changed copy
/// is kept then.
pub async fn edit(
    editor: Option<OsString>,
    env: &ProcessEnv,
    reporter: &Reporter,
) -> crate::Result<()> {
    let path = env.layout.config_file();
    let editor = editor.or_else(|| default_editor(env)).ok_or_else(|| {
        OperationError::usage("no editor was found").hint(Hint::new("set `VISUAL` or `EDITOR`"))
    })?;
    let before = user_config::read(&path)?;
    let copy = private_file::create_beside(&path, ".toml", &before)
        .with_context(|| format!("cannot write beside `{}`", path.display()))?;
    // Kept: an error must not lose the user's text.
    let (_, copy) = copy.keep().map_err(|error| error.error).context("cannot keep the copy")?;
    let not_changed = |reason: &str| -> crate::Error {
        OperationError::usage(format!("`{}` {reason}", path.display()))
            .hint(Hint::new(format!("your text is in `{}`", copy.display())))
            .into()
    };
    loop {
        let status = run_editor(&editor, &copy)?;
        let after = user_config::read(&copy)?;
        if !status.success() {
            return Err(editor_error(&editor, status, &copy, after == before)?.into());
        }
        let valid = ConfigFile::parse(&path, after.as_str()).map_err(Into::into);
        match valid.and_then(|file| validate(&file)) {
            Ok(()) if after == before => break,
            Ok(()) => match user_config::replace(&env.layout, reporter, &before, &after).await? {
                true => break,
                false => return Err(not_changed("was changed by another program")),
            },
            Err(error) if !reporter.can_ask() => {
                return Err(not_changed(&format!("was not changed: {error:#}")));
            }
            Err(error) => {
                reporter.error(&error);
                if !reporter.ask("Edit it again?") {
                    return Err(not_changed("was not changed"));
                }
            }
        }
    }
    remove_copy(&copy)
}

fn default_editor(env: &ProcessEnv) -> Option<OsString> {
    let editors = ["sensible-editor", "nano", "vi"];
    editors.into_iter().find_map(|name| env.find_program(name)).map(Into::into)
}

/// Runs the editor through a shell, because its name may have arguments.
fn run_editor(editor: &OsStr, copy: &Path) -> crate::Result<ExitStatus> {
    let mut command = editor.to_owned();
    command.push(" \"$@\"");
    let mut shell = Command::new("/bin/sh");
    shell.arg("-c").arg(command).arg("sh").arg(copy).status().context("cannot start a shell")
}

/// The error of a failed editor. An unchanged copy is removed.
fn editor_error(
    editor: &OsStr,
    status: ExitStatus,
    copy: &Path,
    is_unchanged: bool,
) -> crate::Result<OperationError> {
    let text = format!("the editor `{}` ended with {status}", editor.to_string_lossy());
    let hint = match is_unchanged {
        true => {
            remove_copy(copy)?;
            "nothing was changed; set another editor in `VISUAL` or `EDITOR`".to_owned()
        }
        false => format!("your text is in `{}`", copy.display()),
    };
    Ok(OperationError::with_code(exit::FAILED, text).hint(Hint::new(hint)))
}

fn remove_copy(copy: &Path) -> crate::Result<()> {
    fs::remove_file(copy).with_context(|| format!("cannot remove `{}`", copy.display()))
}
