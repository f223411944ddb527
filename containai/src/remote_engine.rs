//! Remote engines.

use std::fs::{self, DirBuilder};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use crate::error::ResultExt as _;
use containai_core::engine::EngineError;
use containai_core::hint::{Advice as _, Hint};
use containai_core::layout::EngineLayout;
use containai_core::naming::ClientId;
use containai_docker::{EngineAddress, SshHost};
use containai_ssh::{ProxyKind, ProxyRoute};

use crate::error::OperationError;
use crate::process_env::ProcessEnv;

/// Returns the route to the ports of the engine's machine; `None` for a local engine.
///
/// `ssh://` engines are jump hosts. `tcp://` does not reach the loopback ports of the machine:
/// `cai ssh proxy` connects through the engine instead.
pub fn proxy_route(address: &EngineAddress, env: &ProcessEnv) -> Option<ProxyRoute> {
    let kind = match address {
        EngineAddress::Unix(_) => return None,
        EngineAddress::Ssh(host) => {
            ProxyKind::Jump { user: host.user.clone(), host: host.host.clone(), port: host.port }
        }
        EngineAddress::Tcp(_) => ProxyKind::Command(proxy_command(address, env)),
    };
    Some(ProxyRoute { engine: address.to_string(), kind })
}

/// Adds a hint where to run the set-up if a remote engine has no isolation.
pub(crate) fn with_setup_hint(address: &EngineAddress, error: EngineError) -> crate::Error {
    let EngineError::NoIsolation { .. } = &error else { return error.into() };
    if !address.is_remote() {
        return error.into();
    }
    let hint = match address {
        EngineAddress::Ssh(SshHost { socket: None, .. }) => format!(
            "run `cai setup` on that machine, and select its engine: `--docker-host {address}{}`",
            EngineLayout::default().socket().display(),
        ),
        _ => "run `cai setup` on that machine, and check that this address is that of its engine"
            .to_owned(),
    };
    let code = error.exit_code();
    OperationError::with_code(code, format!("`{address}`: {error}")).hint(Hint::new(hint)).into()
}

/// Returns the command line of `cai ssh proxy`, which depends on no environment variable.
fn proxy_command(address: &EngineAddress, env: &ProcessEnv) -> Vec<String> {
    let program = env.existing_program().and_then(Path::to_str).unwrap_or("cai");
    let address = address.to_string();
    let mut command: Vec<_> =
        [program, "--docker-host", &address, "ssh", "proxy"].map(str::to_owned).into();
    if let Some(directory) = env.certificates.as_deref().and_then(Path::to_str) {
        command.extend(["--certificates".to_owned(), directory.to_owned()]);
    }
    command
}

/// Returns the id of this machine among the clients of an engine. It is generated once.
pub(crate) fn client(env: &ProcessEnv) -> crate::Result<ClientId> {
    let path = env.layout.client_id();
    for _ in 0..2 {
        match fs::read_to_string(&path) {
            Ok(text) => {
                let shown = path.display();
                return ClientId::parse(text.trim_end())
                    .with_context(|| format!("cannot use `{shown}`"));
            }
            Err(error) if error.kind() == ErrorKind::NotFound => create_client_id(&path),
            Err(error) => Err(error),
        }
        .with_context(|| format!("cannot use `{}`", path.display()))?;
    }
    Err(crate::error::failed!("cannot create `{}`", path.display()))
}

/// Creates the file, unless another process creates it first.
fn create_client_id(path: &Path) -> std::io::Result<()> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    let directory = path.parent().unwrap_or(Path::new("/"));
    DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    let temporary = path.with_extension(std::process::id().to_string());
    let mut file =
        fs::File::options().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    writeln!(file, "{}", ClientId::from_random(bytes))?;
    let linked = fs::hard_link(&temporary, path);
    fs::remove_file(&temporary)?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}
