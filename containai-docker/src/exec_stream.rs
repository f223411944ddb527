//! A connection to an SSH server in a container, through the engine.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bollard::Docker;
use bollard::container::LogOutput;
use bollard::errors::Error;
use bollard::exec::{CreateExecOptions, StartExecOptions, StartExecResults};
use bytes::Bytes;
use containai_core::engine::ContainerId;
use futures_util::Stream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// sshd(8) for one connection on its standard streams. It fails until the container's own sshd has
/// created its directory and key.
const SSHD: [&str; 2] = ["/usr/sbin/sshd", "-i"];
/// Maximum size of the server's standard error that is kept, in bytes.
const MAX_STDERR_SIZE: usize = 1024;

type ExecOutput = Pin<Box<dyn Stream<Item = Result<LogOutput, Error>> + Send>>;

/// A connection to an SSH server in a container.
///
/// The engine runs `sshd -i` as the container's root, like the container's own sshd, and its
/// standard streams are the connection.
pub struct SshdExecStream {
    output: ExecOutput,
    input: Pin<Box<dyn AsyncWrite + Send>>,
    buffered: Bytes,
    stderr: Vec<u8>,
    has_output: bool,
}

impl std::fmt::Debug for SshdExecStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SshdExecStream").finish_non_exhaustive()
    }
}

pub(crate) async fn connect(docker: &Docker, id: &ContainerId) -> Result<SshdExecStream, Error> {
    let options = CreateExecOptions {
        cmd: Some(SSHD.map(str::to_owned).to_vec()),
        // A number: a runtime may not know the user names of a running container.
        user: Some("0:0".to_owned()),
        attach_stdin: Some(true),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        ..Default::default()
    };
    let made = docker.create_exec(id.as_ref(), options).await?;
    let options = StartExecOptions { output_capacity: Some(64 << 10), ..Default::default() };
    match docker.start_exec(&made.id, Some(options)).await? {
        StartExecResults::Attached { output, input } => Ok(SshdExecStream {
            output,
            input,
            buffered: Bytes::new(),
            stderr: Vec::new(),
            has_output: false,
        }),
        StartExecResults::Detached => {
            let err = io::Error::other("the engine attached no streams");
            Err(Error::IOError { err })
        }
    }
}

impl AsyncRead for SshdExecStream {
    /// Reads the server's output. An end before the first byte is an error with the server's
    /// standard error as message.
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.buffered.is_empty() {
            match ready!(self.output.as_mut().poll_next(cx)).filter(|it| !is_unexpected_eof(it)) {
                Some(Ok(LogOutput::StdErr { message })) => {
                    let free = MAX_STDERR_SIZE.saturating_sub(self.stderr.len());
                    self.stderr.extend_from_slice(&message[..message.len().min(free)]);
                }
                // The runtime writes its error to the program's output.
                Some(Ok(output)) if !self.has_output && is_runtime_error(output.as_ref()) => {
                    self.stderr =
                        output.into_bytes().iter().copied().take(MAX_STDERR_SIZE).collect();
                }
                Some(Ok(output)) => self.buffered = output.into_bytes(),
                Some(Err(error)) => return Poll::Ready(Err(io::Error::other(error))),
                None if self.has_output => return Poll::Ready(Ok(())),
                None => {
                    let stderr_text =
                        String::from_utf8_lossy(&self.stderr).escape_debug().to_string();
                    let error = io::Error::new(io::ErrorKind::ConnectionRefused, stderr_text);
                    return Poll::Ready(Err(error));
                }
            }
        }
        self.has_output = true;
        let length = self.buffered.len().min(buf.remaining());
        buf.put_slice(&self.buffered.split_to(length));
        Poll::Ready(Ok(()))
    }
}

/// Whether the output is an error of the engine's runtime instead of the server, whose output
/// begins with `SSH-`.
fn is_runtime_error(output: &[u8]) -> bool {
    output.starts_with(b"OCI runtime exec failed")
}

/// Whether a connection ended without TLS's `close_notify`. Many proxies omit it; SSH itself
/// detects truncation.
fn is_unexpected_eof(chunk: &Result<LogOutput, Error>) -> bool {
    matches!(chunk, Err(Error::IOError { err }) if err.kind() == io::ErrorKind::UnexpectedEof)
}

impl AsyncWrite for SshdExecStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.input.as_mut().poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.input.as_mut().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.input.as_mut().poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use tokio::io::AsyncReadExt as _;

    use super::*;

    fn stdout(text: &'static str) -> Result<LogOutput, Error> {
        Ok(LogOutput::StdOut { message: Bytes::from_static(text.as_bytes()) })
    }

    fn stderr(text: &'static str) -> Result<LogOutput, Error> {
        Ok(LogOutput::StdErr { message: Bytes::from_static(text.as_bytes()) })
    }

    fn unexpected_eof() -> Result<LogOutput, Error> {
        Err(Error::IOError { err: io::ErrorKind::UnexpectedEof.into() })
    }

    async fn read(chunks: Vec<Result<LogOutput, Error>>) -> io::Result<String> {
        let mut stream = SshdExecStream {
            output: Box::pin(stream::iter(chunks)),
            input: Box::pin(tokio::io::sink()),
            buffered: Bytes::new(),
            stderr: Vec::new(),
            has_output: false,
        };
        let mut text = String::new();
        stream.read_to_string(&mut text).await.map(|_| text)
    }

    #[tokio::test]
    async fn missing_tls_close_notify_is_an_end() -> io::Result<()> {
        assert_eq!(
            read(vec![stdout("SSH"), stderr("x"), stdout("-2"), unexpected_eof()]).await?,
            "SSH-2"
        );
        let early =
            read(vec![stderr("no key"), unexpected_eof()]).await.map_err(|error| error.kind());
        assert_eq!(early, Err(io::ErrorKind::ConnectionRefused));
        let failed = read(vec![stdout("OCI runtime exec failed: no sysbox-fs")]).await;
        let failed = failed.expect_err("no output");
        assert_eq!(failed.kind(), io::ErrorKind::ConnectionRefused);
        assert!(failed.to_string().contains("no sysbox-fs"), "{failed}");
        let broken = Err(Error::IOError { err: io::ErrorKind::ConnectionReset.into() });
        let broken = read(vec![stdout("SSH"), broken]).await.map_err(|error| error.kind());
        assert_eq!(broken, Err(io::ErrorKind::Other));
        Ok(())
    }
}
