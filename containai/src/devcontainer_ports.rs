//! The ports that a `devcontainer.json` forwards, while its container exists.

use std::net::{Ipv4Addr, TcpListener};

use containai_core::remote::{Direction, Forward};

use crate::context::Context;
use crate::forward::start_background;
use crate::forward_registry::RegisteredForward;

/// Opens the ports of the approved file at `path` that are not open yet, each in a background process that
/// ends with the container. A port that is in use, or cannot be opened, is reported.
pub(crate) fn open_ports(context: &Context, container: &str, path: &str) {
    let applied = context.session_devcontainer.as_ref().filter(|it| it.file.path == path);
    let Some(applied) = applied else { return };
    let content = applied.content.as_ref().ok().filter(|_| applied.file.is_approved());
    let ports = content.map(|content| content.forward_ports.as_slice()).unwrap_or_default();
    if ports.is_empty() {
        return;
    }
    let engine = context.address.to_string();
    let registered = RegisteredForward::list(&context.env.layout.forward_dir()).unwrap_or_default();
    let own = registered.iter().filter(|it| it.container == container && it.engine == engine);
    let open: Vec<_> = own.flat_map(RegisteredForward::listen_addresses).collect();
    for port in ports.iter().filter(|port| !open.contains(&port.listen.to_string())) {
        let reporter = &context.reporter;
        let Ok(forward) = Forward::parse(Direction::Local, &port.forward_spec()) else { continue };
        if let Err(error) = TcpListener::bind((Ipv4Addr::LOCALHOST, port.listen)) {
            reporter.warn(&format!(
                "port {} of devcontainer.json is not forwarded: {error}",
                port.listen
            ));
            continue;
        }
        match start_background(context, container, &forward) {
            Ok(()) => reporter.say(&format!("forwarding port {port} of devcontainer.json")),
            Err(error) => reporter.warn(&format!(
                "port {} of devcontainer.json is not forwarded: {error}",
                port.listen
            )),
        }
    }
}
