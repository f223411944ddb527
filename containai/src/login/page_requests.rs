//! Requests of a container to open pages.

use std::io::{self, Write};
use std::pin::pin;
use std::time::Duration;

use containai_core::browser_page::BrowserPage;
use containai_core::layout::CONTAINER_BROWSER;
use containai_ssh::{Command, Input, Output, Session, Stdio, Terminal};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::page_opener::PageOpener;

/// The time for the container to listen.
const READY_TIMEOUT: Duration = Duration::from_secs(10);
/// The number of lines after which a container is not listened to.
const MAX_LINES: u32 = 64;

/// Answers a container's requests to open pages, until this value is dropped.
#[derive(Debug)]
pub(super) struct PageRequests {
    task: JoinHandle<()>,
}

impl PageRequests {
    /// Has the container listen on a socket, whose path programs get; `None` if its image has no
    /// program for it.
    pub(super) async fn listen(
        session: Session,
        socket: String,
        opener: PageOpener,
    ) -> Option<Self> {
        let (ready, is_ready) = oneshot::channel();
        let task = tokio::spawn(async move {
            // The container's end is the end of the requests.
            let _ = serve(session, &socket, opener, ready).await;
        });
        let requests = Self { task };
        match timeout(READY_TIMEOUT, is_ready).await {
            Ok(Ok(())) => Some(requests),
            _ => None,
        }
    }
}

impl Drop for PageRequests {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    session: Session,
    socket: &str,
    mut opener: PageOpener,
    ready: oneshot::Sender<()>,
) -> crate::Result<()> {
    let (answers, mut answer) = io::pipe()?;
    let (sender, mut lines) = unbounded_channel();
    let command = Command::new([CONTAINER_BROWSER, "--listen", socket])?;
    let writer = RequestLines { line: Vec::new(), count: 0, sender };
    let stdio = Stdio::default()
        .with_input(Input::File(answers.into()))
        .with_output(Output::Writer(Box::new(writer)));
    let mut listening = pin!(session.exec(&command, Terminal::None, stdio));
    let mut ready = Some(ready);
    loop {
        let line = tokio::select! {
            ended = &mut listening => return Ok(ended.map(drop)?),
            line = lines.recv() => line,
        };
        match (line, ready.take()) {
            (None, _) => return Ok(()),
            (Some(line), Some(ready)) if line == "ready" => drop(ready.send(())),
            (Some(_), Some(_)) => return Ok(()),
            (Some(url), None) => {
                let outcome = opener.open(&url).await;
                answer.write_all(format!("{}\n", outcome.as_str()).as_bytes())?;
            }
        }
    }
}

/// Splits a container's output into lines of limited number and length.
struct RequestLines {
    line: Vec<u8>,
    count: u32,
    sender: UnboundedSender<String>,
}

impl Write for RequestLines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for byte in bytes {
            if *byte != b'\n' {
                self.line.push(*byte);
            } else {
                self.count += 1;
                let line = String::from_utf8_lossy(&std::mem::take(&mut self.line)).into_owned();
                self.sender.send(line).map_err(|_| io::ErrorKind::BrokenPipe)?;
            }
            if self.line.len() > BrowserPage::MAX_LEN + 1 || self.count > MAX_LINES {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_limited() {
        let lines = |output: &[u8]| {
            let (sender, mut lines) = unbounded_channel();
            let mut writer = RequestLines { line: Vec::new(), count: 0, sender };
            let outcome = writer.write_all(output).is_ok();
            let mut count = 0;
            while lines.try_recv().is_ok() {
                count += 1;
            }
            (outcome, count)
        };
        assert_eq!(lines(b"ready\nhttps://a.example/\nhttps"), (true, 2));
        assert_eq!(lines(&b"a\n".repeat(100)), (false, 65));
        assert_eq!(lines(&b"a".repeat(9000)), (false, 0));
    }
}
