//! The user's part of the set-up: key, SSH configuration, configuration file, Docker context.

use std::fs::{self, DirBuilder};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};

use crate::error::ResultExt as _;
use containai_docker::host::DockerContext;
use containai_ssh::IncludeState;

use crate::context::Context;
use crate::openssh_report::OpenSshReport;

/// The content of a new configuration file.
const DEFAULT_CONFIG: &str = "\
# ContainAI's configuration. Every setting has a default; `#` ends a line.
# [agent]
# default = \"claude\"
# [resources]
# memory_limit = \"8g\"
# cpu_limit = 4
# [ssh]
# port_range_start = 2300
# port_range_end = 2500
# mux = true
# mux_idle = 60
";

/// Returns whether this part is complete. A configuration of OpenSSH that cannot be written was
/// reported, and is complete as well.
pub(crate) fn is_complete(context: &Context) -> crate::Result<bool> {
    let layout = &context.env.layout;
    let files_exist = layout.identity().exists() && layout.config_file().exists();
    let is_include_settled = match context.remote.include_state() {
        Ok(IncludeState::First | IncludeState::Later) => true,
        _ => openssh_report(context).is_include_reported(),
    };
    Ok(files_exist && is_include_settled && docker_context(context).is_current()?)
}

/// Adds the `Include` to the SSH configuration if it is missing: the machine may have been set up
/// by another user. Reports the change, since the file is the user's own; a file that cannot be
/// changed does not prevent a session.
pub(crate) fn ensure(context: &Context) {
    let (report, remote) = (openssh_report(context), &context.remote);
    let written = match remote.include_state() {
        Ok(IncludeState::First) => Ok(()),
        Ok(state) => match remote.write_include() {
            Ok(()) => {
                let config = context.env.layout.ssh_config();
                let config = config.display();
                context
                    .reporter
                    .say(&format!("added an `Include` of the container hosts to `{config}`"));
                Ok(())
            }
            // OpenSSH reads the one that the user has written.
            Err(_) if state == IncludeState::Later => Ok(()),
            Err(error) => Err(error),
        },
        Err(error) => Err(error),
    };
    match (written, remote.include_line()) {
        (Ok(()), _) => report.include_exists(),
        (Err(error), Ok(line)) => report.include_missing(&error, &line),
        (Err(error), Err(_)) => report.include_missing(&error, "an `Include` of its hosts"),
    }
}

/// Creates the missing files.
pub(crate) fn apply(context: &Context) -> crate::Result<()> {
    let layout = &context.env.layout;
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(layout.config_dir())
        .with_context(|| format!("cannot create `{}`", layout.config_dir().display()))?;
    write_config(context)?;
    context.remote.ensure_key()?;
    ensure(context);
    Ok(docker_context(context).write()?)
}

/// Describes the files that this part of the set-up writes.
///
/// # Errors
///
/// A file of the user cannot be read.
pub fn plan_text(context: &Context) -> crate::Result<String> {
    if is_complete(context)? {
        return Ok(String::new());
    }
    let layout = &context.env.layout;
    let docker = docker_context(context);
    Ok(format!(
        "- create the key and the SSH configuration of this user\n\
         \x20   write {} (mode 0600, unless it exists)\n\
         \x20   write {} (mode 0600, unless it exists)\n\
         \x20   write {}: `Include` of {}/*.conf as its first line\n\
         \x20   write {}\n    | {}\n",
        layout.config_file().display(),
        layout.identity().display(),
        layout.ssh_config().display(),
        layout.ssh_include_dir().display(),
        docker.path.display(),
        docker.content,
    ))
}

fn openssh_report(context: &Context) -> OpenSshReport {
    OpenSshReport::new(&context.env, &context.reporter)
}

fn docker_context(context: &Context) -> DockerContext {
    DockerContext::new(&context.env.layout, &context.env.engine)
}

fn write_config(context: &Context) -> crate::Result<()> {
    let path = context.env.layout.config_file();
    let file = fs::File::options().write(true).create_new(true).mode(0o600).open(&path);
    let written = match file {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return Ok(()),
        file => file.and_then(|mut file| file.write_all(DEFAULT_CONFIG.as_bytes())),
    };
    written.with_context(|| format!("cannot write `{}`", path.display()))
}
