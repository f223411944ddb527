//! Threads that carry the messages.

use std::fs;
use std::io::{PipeReader, PipeWriter, Read, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use containai_core::acp::{AcpBridge, AcpOutput};
use tokio::sync::{mpsc, oneshot};

use super::line_reader::LineReader;
use super::streams::AcpStreams;
use crate::report::Reporter;

/// The number of messages that wait for a slow reader.
const QUEUED_MESSAGES: usize = 64;

/// The threads between an editor and an agent. Each stream has one, so that no side waits for the
/// other: an agent that reads nothing does not keep the editor's end from being seen.
pub(super) struct AcpPumps {
    shared: SharedBridge,
    /// Receives a value when the editor has closed a stream.
    client_gone: mpsc::Receiver<()>,
    /// Done when the agent's output has ended.
    agent_ended: oneshot::Receiver<()>,
    /// Done when everything for the editor is written.
    written: oneshot::Receiver<()>,
}

/// The state of a thread that reads.
#[derive(Clone)]
struct SharedBridge {
    bridge: Arc<Mutex<AcpBridge>>,
    to_agent: SyncSender<QueuedLine>,
    to_client: SyncSender<QueuedLine>,
    reporter: Reporter,
}

/// A line for a writer.
enum QueuedLine {
    Line(String),
    /// Close the stream.
    End,
}

impl AcpPumps {
    /// Starts the threads. `input` and `output` are those of the agent.
    pub(super) fn start(
        bridge: AcpBridge,
        client: AcpStreams,
        input: PipeWriter,
        output: PipeReader,
        reporter: Reporter,
    ) -> Self {
        let (to_agent, for_agent) = sync_channel(QUEUED_MESSAGES);
        let (to_client, for_client) = sync_channel(QUEUED_MESSAGES);
        let bridge = Arc::new(Mutex::new(bridge));
        let shared = SharedBridge { bridge, to_agent, to_client, reporter };
        let (gone, client_gone) = mpsc::channel(2);
        let (ended, agent_ended) = oneshot::channel();
        let (flushed, written) = oneshot::channel();
        let (reading, gone_at_end) = (shared.clone(), gone.clone());
        thread::spawn(move || {
            reading.read_client(client.input);
            let _ = reading.to_agent.send(QueuedLine::End);
            let _ = gone_at_end.blocking_send(());
        });
        thread::spawn(move || write(&for_agent, input));
        let reading = shared.clone();
        thread::spawn(move || {
            reading.read_agent(output);
            let _ = ended.send(());
        });
        thread::spawn(move || {
            write(&for_client, client.output);
            let _ = flushed.send(());
            let _ = gone.blocking_send(());
        });
        Self { shared, client_gone, agent_ended, written }
    }

    /// Waits until the editor has closed one of its streams.
    pub(super) async fn client_gone(&mut self) {
        self.client_gone.recv().await;
    }

    /// Waits until the agent's messages have reached the editor. `failure` is what the editor gets if
    /// the agent has answered nothing.
    pub(super) async fn finish(self, failure: &str) {
        let _ = self.agent_ended.await;
        let outputs = self.shared.lock().end(failure);
        // A thread, since sending waits for an editor that does not read.
        let ended = tokio::task::spawn_blocking(move || {
            self.shared.dispatch(outputs);
            let _ = self.shared.to_client.send(QueuedLine::End);
        });
        let _ = ended.await;
        let _ = self.written.await;
    }
}

impl SharedBridge {
    fn read_client(&self, input: Box<dyn Read + Send>) {
        let mut lines = LineReader::new(input);
        loop {
            match lines.next() {
                Ok(Some(line)) => {
                    let outputs = self.lock().client_line(&line, &real_path);
                    self.dispatch(outputs);
                }
                Ok(None) => return,
                Err(error) => {
                    return self
                        .reporter
                        .warn(&format!("cannot read a message of the editor: {error}"));
                }
            }
        }
    }

    fn read_agent(&self, output: PipeReader) {
        let mut lines = LineReader::new(output);
        loop {
            match lines.next() {
                Ok(Some(line)) => {
                    let outputs = self.lock().agent_line(&line, &real_path);
                    self.dispatch_of_agent(outputs);
                }
                Ok(None) => return,
                Err(error) => {
                    return self
                        .reporter
                        .warn(&format!("cannot read a message of the agent: {error}"));
                }
            }
        }
    }

    fn dispatch(&self, outputs: Vec<AcpOutput>) {
        for output in outputs {
            // A stream that was closed gets nothing.
            match output {
                AcpOutput::ToAgent(line) => drop(self.to_agent.send(QueuedLine::Line(line))),
                AcpOutput::ToClient(line) => drop(self.to_client.send(QueuedLine::Line(line))),
                AcpOutput::Notice(text) => self.reporter.warn(&text),
            }
        }
    }

    /// An answer to an agent that does not read its input is discarded: waiting would stop its output.
    fn dispatch_of_agent(&self, outputs: Vec<AcpOutput>) {
        for output in outputs {
            match output {
                AcpOutput::ToAgent(line) => drop(self.to_agent.try_send(QueuedLine::Line(line))),
                other => self.dispatch(vec![other]),
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, AcpBridge> {
        self.bridge.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes lines until the end, or until the reader has closed the stream.
fn write(lines: &Receiver<QueuedLine>, mut stream: impl Write) {
    while let Ok(QueuedLine::Line(line)) = lines.recv() {
        let written = stream.write_all(line.as_bytes()).and_then(|()| stream.write_all(b"\n"));
        if written.and_then(|()| stream.flush()).is_err() {
            return;
        }
    }
}

fn real_path(path: &str) -> Option<String> {
    fs::canonicalize(path).ok()?.into_os_string().into_string().ok()
}
