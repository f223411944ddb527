//! A port of a container in the browser.

use std::process::{Command, Stdio};

use containai_core::naming::HostPort;
use containai_core::remote::{Direction, Forward};

use super::port_choice::free_port;
use crate::context::Context;
use crate::error::{OperationError, ResultExt as _};
use crate::forward::start_background;
use crate::forward_registry::RegisteredForward;
use crate::process_env::ProcessEnv;

/// Programs that open a URL in the user's browser, in the order of preference.
const OPENERS: [&str; 3] = ["xdg-open", "wslview", "open"];

/// A port of a container that is reachable on this machine.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OpenPort {
    /// The port of this machine.
    pub local: HostPort,
}

/// Finds the forward of a container's port, or starts one in the background: to the same port of this
/// machine if it is free, else to another one.
///
/// # Errors
///
/// This machine has no free port, or as [`start_background`].
pub fn reach_port(context: &Context, container: &str, port: HostPort) -> crate::Result<OpenPort> {
    let target = format!("localhost:{port}");
    let engine = context.address.to_string();
    let all = RegisteredForward::list(&context.env.layout.forward_dir())?;
    let of_container = all.iter().filter(|it| it.container == container && it.engine == engine);
    let known =
        of_container.flat_map(|it| &it.forwards).find_map(|(_, text)| local_port(text, &target));
    if let Some(local) = known {
        return Ok(OpenPort { local });
    }
    let local =
        free_port(port).ok_or_else(|| crate::Error::failed("this machine has no free port"))?;
    let forward = Forward::parse(Direction::Local, &format!("{local}:{target}"));
    let forward = forward.map_err(|error| OperationError::usage(error.to_string()))?;
    start_background(context, container, &forward)?;
    context
        .reporter
        .say(&format!("-L {forward} ({container}); `cai forward remove {local}` ends it"));
    Ok(OpenPort { local })
}

/// Returns the listening port of a forward to the target on the loopback address.
fn local_port(forward: &str, target: &str) -> Option<HostPort> {
    forward.strip_suffix(target)?.strip_suffix(':')?.parse().ok()
}

impl OpenPort {
    /// Returns the URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://localhost:{}/", self.local)
    }

    /// Opens it in the browser of `BROWSER`, or of the desktop; returns whether there is one.
    ///
    /// # Errors
    ///
    /// The program cannot be started.
    pub fn browse(&self, env: &ProcessEnv) -> crate::Result<bool> {
        let chosen = env.variables.text("BROWSER").unwrap_or_default();
        let chosen =
            chosen.split(':').filter(|name| !name.is_empty() && !name.contains(['%', ' ']));
        let Some(program) = chosen.chain(OPENERS).find_map(|name| env.find_program(name)) else {
            return Ok(false);
        };
        Command::new(&program)
            .arg(self.url())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start `{}`", program.display()))?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forward_of_a_port_is_recognized() {
        let check = |forward: &str, expected: Option<u16>| {
            let found = local_port(forward, "localhost:3000").map(HostPort::get);
            assert_eq!(found, expected, "{forward}");
        };
        check("3001:localhost:3000", Some(3001));
        check("*:3001:localhost:3000", None);
        check("3001:xlocalhost:3000", None);
        check("3001:localhost:30001", None);
    }
}
