//! The ports of a running container.

use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::listening_port::ListeningPort;
use containai_core::remote::RemoteError;
use containai_ssh::{Command, Input, Output, Stdio, Terminal};

use super::watch::{BoundedLines, MAX_OUTPUT_BYTES};
use crate::error::OperationError;
use crate::forward::ReconnectingContainer;

/// Root sees the programs of all users.
const LIST: &str = "command -v ss >/dev/null || exit 127; \
    sudo -n ss -Hltnpe 2>/dev/null || ss -Hltnpe";

/// Returns the TCP ports that programs in a running container listen on, in the order of ports. The
/// container reports them, so they may be wrong.
///
/// # Errors
///
/// The container cannot be reached, or has no ss(8).
pub async fn list_ports(container: &ReconnectingContainer) -> crate::Result<Vec<ListeningPort>> {
    let session = Box::pin(container.connect()).await?;
    let command = Command::new(["/bin/sh", "-c", LIST])?.in_home();
    let (lines, mut received) = BoundedLines::new();
    let stdio = Stdio::default().with_output(Output::Writer(Box::new(lines)));
    let outcome = session.exec(&command, Terminal::None, stdio.with_input(Input::Null)).await;
    session.close().await;
    match outcome.map(|outcome| outcome.code()) {
        Ok(exit::OK) => {}
        Ok(127) => {
            let message = format!("container `{}` has no program `ss`", container.name());
            let hint =
                "install it in the container; on Debian and Ubuntu it is in the package `iproute2`";
            return Err(OperationError::with_code(exit::FAILED, message)
                .hint(Hint::new(hint))
                .into());
        }
        Ok(code) => {
            let message =
                format!("`ss` in container `{}` ended with status {code}", container.name());
            return Err(failed(message));
        }
        Err(RemoteError::StandardStream { .. }) => {
            let message = format!(
                "container `{}` reports more than {MAX_OUTPUT_BYTES} bytes of ports",
                container.name()
            );
            return Err(failed(message));
        }
        Err(error) => return Err(error.into()),
    }
    let mut output = String::new();
    while let Ok(line) = received.try_recv() {
        output.push_str(&line);
        output.push('\n');
    }
    Ok(ListeningPort::parse(&output))
}

fn failed(message: String) -> crate::Error {
    let hint = Hint::run("cai exec -- ss -ltnp", "see what the container reports");
    OperationError::with_code(exit::FAILED, message).hint(hint).into()
}
