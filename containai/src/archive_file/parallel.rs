//! Work on blocks of bytes, on all processors, handed back in order.

use std::collections::VecDeque;
use std::io;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, available_parallelism};

/// What becomes of one block.
pub(crate) type BlockFn = fn(&[u8]) -> io::Result<Vec<u8>>;

struct BlockJob {
    block: Vec<u8>,
    done: SyncSender<io::Result<Vec<u8>>>,
}

/// Blocks at work. The threads end when it is dropped.
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
                    // Nobody waits any more for what was given up.
                    let _ = done.send(work(&block));
                }
            });
        }
        Self { jobs, queue: VecDeque::new(), depth: 2 * threads }
    }

    /// Whether something should be taken before more is given.
    pub(crate) fn is_full(&self) -> bool {
        self.queue.len() >= self.depth
    }

    pub(crate) fn push(&mut self, block: Vec<u8>) -> io::Result<()> {
        let (done, outcome) = sync_channel(1);
        self.jobs.send(BlockJob { block, done }).map_err(|_| thread_ended())?;
        self.queue.push_back(outcome);
        Ok(())
    }

    /// The oldest block that was not taken yet, waited for; `None` when all
    /// were.
    pub(crate) fn pop(&mut self) -> Option<io::Result<Vec<u8>>> {
        let outcome = self.queue.pop_front()?;
        Some(outcome.recv().unwrap_or_else(|_| Err(thread_ended())))
    }
}

fn thread_ended() -> io::Error {
    io::Error::other("a thread that packs has ended")
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
        let mut taken = Vec::new();
        for number in 0..200_u8 {
            if blocks.is_full() {
                taken.extend(blocks.pop());
            }
            blocks.push(vec![number])?;
        }
        while let Some(outcome) = blocks.pop() {
            taken.push(outcome);
        }
        for (number, outcome) in (0..200_u8).zip(&taken) {
            match outcome {
                Ok(block) => assert_eq!(*block, [number]),
                Err(_) => assert_eq!(number, 13),
            }
        }
        assert_eq!(taken.len(), 200);
        Ok(())
    }
}
