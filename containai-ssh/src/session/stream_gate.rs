//! Questions to the user while a command has the terminal.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{mpsc, watch};

/// The maximum number of reads that wait for a question.
const QUEUED_READS: usize = 64;

/// Holds the streams of a running command while the user answers a question.
///
/// Meanwhile the command's output waits, so that it cannot hide or change the question, and what
/// the user types goes to [`HeldStreams::typed`] instead of the command.
#[derive(Clone, Debug)]
pub struct StreamGate {
    is_held: watch::Sender<bool>,
    typed: Arc<Mutex<Option<mpsc::Sender<Vec<u8>>>>>,
}

impl Default for StreamGate {
    fn default() -> Self {
        Self { is_held: watch::Sender::new(false), typed: Arc::default() }
    }
}

impl StreamGate {
    /// Holds the streams until the returned value is dropped.
    #[must_use]
    pub fn hold(&self) -> HeldStreams {
        let (sender, typed) = mpsc::channel(QUEUED_READS);
        *self.typed.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
        self.is_held.send_replace(true);
        HeldStreams { gate: self.clone(), typed }
    }

    /// Waits until the streams are not held.
    pub(crate) async fn released(&self) {
        let mut held = self.is_held.subscribe();
        // The sender lives as long as this value.
        let _ = held.wait_for(|is_held| !is_held).await;
    }

    /// Takes what was read from the terminal; returns whether it was for a question.
    fn take(&self, bytes: &[u8]) -> bool {
        let typed = self.typed.lock().unwrap_or_else(PoisonError::into_inner);
        match typed.as_ref() {
            // Keys without a reader are lost.
            Some(sender) => {
                let _ = sender.try_send(bytes.to_vec());
                true
            }
            None => false,
        }
    }
}

/// The streams of a command while they are held.
#[derive(Debug)]
pub struct HeldStreams {
    gate: StreamGate,
    typed: mpsc::Receiver<Vec<u8>>,
}

impl HeldStreams {
    /// Waits for what the user types next: the bytes of one read from the terminal. `None` if the
    /// input has ended.
    pub async fn typed(&mut self) -> Option<Vec<u8>> {
        self.typed.recv().await
    }
}

impl Drop for HeldStreams {
    fn drop(&mut self) {
        *self.gate.typed.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.gate.is_held.send_replace(false);
    }
}

/// A reader whose bytes go to a question while the gate is held.
pub(super) struct GatedReader<R> {
    pub(super) reader: R,
    pub(super) gate: Option<StreamGate>,
}

impl<R: Read> Read for GatedReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let length = self.reader.read(buffer)?;
            let is_taken = |gate: &StreamGate| length > 0 && gate.take(&buffer[..length]);
            if !self.gate.as_ref().is_some_and(is_taken) {
                return Ok(length);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn input_goes_to_the_question_while_held() {
        let gate = StreamGate::default();
        let (reader, mut writer) = io::pipe().expect("a pipe");
        let mut gated = GatedReader { reader, gate: Some(gate.clone()) };
        let mut held = gate.hold();
        io::Write::write_all(&mut writer, b"y").expect("it is open");
        let thread = std::thread::spawn(move || {
            let mut buffer = [0; 8];
            let length = gated.read(&mut buffer).expect("it is open");
            buffer[..length].to_vec()
        });
        assert_eq!(held.typed().await.as_deref(), Some(b"y".as_slice()));
        drop(held);
        gate.released().await;
        io::Write::write_all(&mut writer, b"ls").expect("it is open");
        assert_eq!(thread.join().expect("it reads"), b"ls");
    }
}
