//! Parallel work on blocks of bytes, with results in order.

use std::collections::VecDeque;
use std::io;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, available_parallelism};

/// A function that transforms one block.
pub(crate) type BlockFn = fn(&[u8]) -> io::Result<Vec<u8>>;

struct BlockJob {
    block: Vec<u8>,
    done: SyncSender<io::Result<Vec<u8>>>,
}

/// A queue of blocks that a thread pool transforms. The threads end when it is dropped.
pub(crate) struct ParallelBlocks {
    jobs: Sender<BlockJob>,
    queue: VecDeque<Receiver<io::Result<Vec<u8>>>>,
    depth: usize,
}

impl ParallelBlocks {
    /// Starts a thread for each processor, at most eight.
    pub(crate) fn new(work: BlockFn) -> Self {
        let threads = available_parallelism().map_or(1, usize::from).min(8);
        let (jobs, receiver) = channel::<BlockJob>();
        let receiver = Arc::new(Mutex::new(receiver));
        for _ in 0..threads {
            let receiver = Arc::clone(&receiver);
            thread::spawn(move || {
                let next = || receiver.lock().ok()?.recv().ok();
                while let Some(BlockJob { block, done }) = next() {
                    // The receiver is dropped if the operation was abandoned.
                    let _ = done.send(work(&block));
                }
            });
        }
        Self { jobs, queue: VecDeque::new(), depth: 2 * threads }
    }

    /// Returns whether a result must be popped before another block is pushed.
    pub(crate) fn is_full(&self) -> bool {
        self.queue.len() >= self.depth
    }

    /// Queues a block.
    pub(crate) fn push(&mut self, block: Vec<u8>) -> io::Result<()> {
        let (done, outcome) = sync_channel(1);
        self.jobs.send(BlockJob { block, done }).map_err(|_| thread_ended())?;
        self.queue.push_back(outcome);
        Ok(())
    }

    /// Waits for and returns the result of the oldest block; `None` if the queue is empty.
    pub(crate) fn pop(&mut self) -> Option<io::Result<Vec<u8>>> {
        let outcome = self.queue.pop_front()?;
        Some(outcome.recv().unwrap_or_else(|_| Err(thread_ended())))
    }
}

fn thread_ended() -> io::Error {
    io::Error::other("a compression thread has ended")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_errors_are_preserved() -> io::Result<()> {
        let mut blocks = ParallelBlocks::new(|block| match block {
            [13] => Err(io::Error::other("unlucky")),
            block => Ok(block.to_vec()),
        });
        let mut results = Vec::new();
        for number in 0..200_u8 {
            if blocks.is_full() {
                results.extend(blocks.pop());
            }
            blocks.push(vec![number])?;
        }
        while let Some(outcome) = blocks.pop() {
            results.push(outcome);
        }
        for (number, outcome) in (0..200_u8).zip(&results) {
            match outcome {
                Ok(block) => assert_eq!(*block, [number]),
                Err(_) => assert_eq!(number, 13),
            }
        }
        assert_eq!(results.len(), 200);
        Ok(())
    }
}
