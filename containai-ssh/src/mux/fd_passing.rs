//! Passing standard streams to another process.

use std::fs::File;
use std::io;
use std::os::fd::AsFd as _;
use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::termios::isatty;
use tokio::task::JoinHandle;

use super::start::PassedStreams;
use crate::session::{Input, Output, OutputSink, Stdio, Terminal};

/// Standard streams as files that another process can use.
pub(super) struct PassedFiles {
    input: Option<OwnedFd>,
    output: Option<OwnedFd>,
    error: Option<OwnedFd>,
    /// The tasks that copy output to writers of this process.
    pub(super) copy_tasks: Vec<JoinHandle<io::Result<()>>>,
}

impl PassedFiles {
    pub(super) fn new(stdio: Stdio, terminal: &Terminal) -> io::Result<Self> {
        let mut writers = Vec::new();
        let input = input(stdio.input, terminal)?;
        let out = output(stdio.output, &mut writers)?;
        let error = output(stdio.error, &mut writers)?;
        Ok(Self { input, output: out, error, copy_tasks: writers })
    }

    pub(super) fn streams(&self) -> PassedStreams {
        PassedStreams {
            input: self.input.is_some(),
            output: self.output.is_some(),
            error: self.error.is_some(),
        }
    }

    pub(super) fn files(&self) -> Vec<BorrowedFd<'_>> {
        let files = [&self.input, &self.output, &self.error];
        files.into_iter().flatten().map(|file| file.as_fd()).collect()
    }
}

/// Creates the file for standard input. A terminal in line mode is read by this
/// process: the daemon is in another session, and would read from the terminal
/// while this process is in the background (termios(3), "job control").
fn input(input: Input, terminal: &Terminal) -> io::Result<Option<OwnedFd>> {
    match input {
        Input::Null => Ok(None),
        Input::File(file) if *terminal != Terminal::None || !isatty(&file) => Ok(Some(file)),
        input => {
            let (read, write) = io::pipe()?;
            tokio::spawn(copy_stream(input, File::from(OwnedFd::from(write)).into()));
            Ok(Some(read.into()))
        }
    }
}

fn output(
    output: Output,
    writers: &mut Vec<JoinHandle<io::Result<()>>>,
) -> io::Result<Option<OwnedFd>> {
    match output {
        Output::Null => Ok(None),
        Output::File(file) => Ok(Some(file.into())),
        output @ Output::Writer(_) => {
            let (read, write) = io::pipe()?;
            writers.push(tokio::spawn(copy_stream(Input::File(read.into()), output)));
            Ok(Some(write.into()))
        }
    }
}

/// Copies until the end; reads and writes block threads of their own.
async fn copy_stream(input: Input, output: Output) -> io::Result<()> {
    let mut chunks = input.start(None)?;
    let mut sink = OutputSink::new(output);
    while let Some(chunk) = chunks.next().await {
        sink.write(chunk).await?;
    }
    sink.finish().await
}
