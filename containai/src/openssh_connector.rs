//! The program with which OpenSSH connects to containers of this machine.

use std::path::Path;

use containai_docker::EngineAddress;
use containai_ssh::ProxyConnector;

use crate::process_env::ProcessEnv;

/// Returns `cai ssh proxy` for the engine; `None` for a remote engine, or in a program without
/// `cai`.
pub(crate) fn openssh_connector(
    address: &EngineAddress,
    env: &ProcessEnv,
) -> Option<ProxyConnector> {
    address.socket()?;
    env.program.as_ref()?;
    let program = env.existing_program().and_then(Path::to_str).unwrap_or("cai");
    let address = address.to_string();
    let arguments = ["--docker-host", &address, "ssh", "proxy"].map(str::to_owned).into();
    let root = env.engine.root();
    let variables = match root == Path::new("/") {
        true => Vec::new(),
        false => vec![format!("CONTAINAI_ENGINE_ROOT={}", root.display())],
    };
    Some(ProxyConnector { program: program.to_owned(), arguments, variables })
}
