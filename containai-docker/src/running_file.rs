//! Small files of a running container.

use std::time::Duration;

use bollard::Docker;
use bollard::container::LogOutput;
use bollard::errors::Error;
use bollard::exec::{CreateExecOptions, StartExecOptions, StartExecResults};
use containai_core::engine::ContainerId;
use futures_util::StreamExt as _;
use tokio::time::timeout;

/// Time limit for reading a file; the container decides whether it ends.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// Returns whether the engine could not prepare the archive of a file because the file system of a
/// running container is read-only for it (see `runtime`). Newer engines (Docker 26) create a directory
/// in it before they read a file.
pub(crate) fn is_read_only(error: &Error) -> bool {
    matches!(error, Error::DockerResponseServerError { status_code: 500, message }
        if message.contains("read-only file system"))
}

/// Reads a file through a program in the container; `None` if it does not exist, is larger than
/// `limit` bytes or is no text. The container controls the contents, as it does in an archive.
pub(crate) async fn read_running(
    docker: &Docker,
    id: &ContainerId,
    path: &str,
    limit: usize,
) -> Result<Option<String>, Error> {
    timeout(READ_TIMEOUT, run_cat(docker, id, path, limit)).await.unwrap_or(Ok(None))
}

async fn run_cat(
    docker: &Docker,
    id: &ContainerId,
    path: &str,
    limit: usize,
) -> Result<Option<String>, Error> {
    let options = CreateExecOptions {
        attach_stdout: Some(true),
        // By number: the engine would look up a name in a file of the container.
        user: Some("0:0".to_owned()),
        cmd: Some(["cat", "--", path].map(str::to_owned).to_vec()),
        ..Default::default()
    };
    let exec = docker.create_exec(id.as_ref(), options).await?.id;
    let started = docker.start_exec(&exec, None::<StartExecOptions>).await?;
    let StartExecResults::Attached { mut output, .. } = started else { return Ok(None) };
    let mut bytes = Vec::new();
    while let Some(chunk) = output.next().await.transpose()? {
        let LogOutput::StdOut { message } = chunk else { continue };
        bytes.extend_from_slice(&message);
        if bytes.len() > limit {
            return Ok(None);
        }
    }
    let ended = docker.inspect_exec(&exec).await?;
    Ok(String::from_utf8(bytes).ok().filter(|_| ended.exit_code == Some(0)))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{UnixListener, UnixStream};

    use crate::container_files;

    use super::*;

    #[test]
    fn only_a_read_only_file_system_is_recognised() {
        let check = |status_code, message: &str, expected| {
            let error = Error::DockerResponseServerError { status_code, message: message.into() };
            assert_eq!(is_read_only(&error), expected, "{message}");
        };
        check(500, "openat etc/resolv.conf: read-only file system", true);
        check(
            500,
            "Error setting up pivot dir: mkdir /s/.pivot_root1: read-only file system",
            true,
        );
        check(404, "Could not find the file /etc/x in container read-only file system", false);
        check(500, "no space left on device", false);
    }

    /// Reads one request and returns its first line.
    async fn read_request(stream: &mut UnixStream) -> std::io::Result<String> {
        let mut text = String::new();
        let mut buffer = [0; 4096];
        loop {
            let count = stream.read(&mut buffer).await?;
            text.push_str(&String::from_utf8_lossy(&buffer[..count]));
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let field = head.to_lowercase();
                let length = field.lines().find_map(|line| line.strip_prefix("content-length: "));
                if body.len() >= length.and_then(|it| it.parse().ok()).unwrap_or(0) || count == 0 {
                    return Ok(head.lines().next().unwrap_or_default().to_owned());
                }
            }
        }
    }

    /// Answers like Docker 26 for a running container with a read-only file system.
    async fn answer(mut stream: UnixStream, exit_code: u8) -> std::io::Result<()> {
        let line = read_request(&mut stream).await?;
        let json = |status: &str, body: String| {
            let length = body.len();
            format!(
                "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
                 Connection: close\r\n\r\n{body}"
            )
        };
        let response = if line.contains("/archive") {
            let message =
                "Error setting up pivot dir: mkdir /m/.pivot_root1: read-only file system";
            json("500 Internal Server Error", format!("{{\"message\":\"{message}\"}}"))
        } else if line.contains("/exec/e/start") {
            let head = "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n";
            format!("{head}\u{1}\0\0\0\0\0\0\u{4}key\n")
        } else if line.contains("/exec/e/json") {
            json("200 OK", format!("{{\"ExitCode\":{exit_code}}}"))
        } else {
            json("201 Created", "{\"Id\":\"e\"}".to_owned())
        };
        stream.write_all(response.as_bytes()).await
    }

    async fn read_from_engine(exit_code: u8) -> Option<String> {
        let dir = tempfile::tempdir().expect("a directory");
        let socket = dir.path().join("s");
        let listener = UnixListener::bind(&socket).expect("a socket");
        let serve = async {
            while let Ok((stream, _)) = listener.accept().await {
                answer(stream, exit_code).await.expect("answered");
            }
        };
        let path = socket.to_str().expect("UTF-8");
        let docker = Docker::connect_with_unix(path, 5, bollard::API_DEFAULT_VERSION);
        let docker = docker.expect("a client");
        let id = ContainerId::new("c");
        tokio::select! {
            read = container_files::read_file(&docker, &id, "/etc/x") => read.expect("no error"),
            () = serve => None,
        }
    }

    #[tokio::test]
    async fn file_is_read_in_the_container_if_the_engine_cannot() {
        assert_eq!(read_from_engine(0).await.as_deref(), Some("key\n"));
        assert_eq!(read_from_engine(1).await, None, "there is no such file");
    }
}
