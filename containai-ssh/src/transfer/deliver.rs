//! Chosen files into a container's data volume, in one command.

use std::io;
use std::sync::Arc;

use containai_core::import::{HomeLink, Replaces};
use containai_core::layout::{CONTAINER_DATA, VOLUME_STAMP};

use super::copier::cannot_read;
use super::directory::Directory;
use super::error::TransferError;
use super::exchange::{ANSWER, answer, ask, exchange};
use super::meter::Meter;
use super::parcel::{Packed, Parcel, pack_parcels};
use super::script;
use crate::command::Command;
use crate::mux::Lease;
use crate::session::{ExitOutcome, Input, Output, Session, Stdio, Terminal};

/// What is to be delivered to a volume.
#[derive(Debug)]
pub struct Delivery {
    /// Where the files of this machine are.
    pub root: Directory,
    /// What is written whatever is there; every directory on the way is among
    /// them, so that no link stands in for one.
    pub parcels: Vec<Parcel>,
    /// Files that are made only where nothing is.
    pub spare: Vec<Parcel>,
    /// What the volume says about itself from now on.
    pub stamp: String,
}

impl Lease {
    /// As [`Session::has_stamp`].
    ///
    /// # Errors
    ///
    /// [`TransferError::Remote`] when the connection broke.
    pub async fn has_stamp(self, stamp: &str) -> Result<bool, TransferError> {
        let stdio = Stdio {
            input: Input::Null,
            output: Output::Null,
            error: Output::Null,
            ..Stdio::default()
        };
        let outcome = self.exec(&look_for(stamp)?, Terminal::None, stdio).await?;
        Ok(outcome == ExitOutcome::Status(0))
    }
}

/// Succeeds where the data volume says this about itself.
fn look_for(stamp: &str) -> Result<Command, TransferError> {
    let words: &[&[u8]] = &[stamp.as_bytes()];
    script::call(&CONTAINER_DATA.into(), script::HAS_STAMP, VOLUME_STAMP.as_bytes(), words)
}

impl Session {
    /// Whether the data volume says this about itself.
    ///
    /// # Errors
    ///
    /// [`TransferError::Remote`] when the session broke.
    pub async fn has_stamp(&self, stamp: &str) -> Result<bool, TransferError> {
        Ok(ask(self, &look_for(stamp)?).await?.0.is_success())
    }

    /// Delivers to the data volume, as the container's agent: a link in the way
    /// is replaced, and none is followed.
    ///
    /// # Errors
    ///
    /// - [`TransferError::Remote`]: the session broke.
    /// - [`TransferError::Inside`]: `tar` inside could not write.
    pub async fn deliver(
        &self,
        delivery: Delivery,
        meter: &Arc<Meter>,
    ) -> Result<Packed, TransferError> {
        let Delivery { root, parcels, spare, stamp } = delivery;
        let mut first = Vec::new();
        pack_parcels(&root, &spare, &mut first, meter).map_err(cannot_read("memory".as_ref()))?;
        let length = first.len().to_string();
        let words: &[&[u8]] = &[length.as_bytes(), stamp.as_bytes()];
        let command =
            script::call(&CONTAINER_DATA.into(), script::DELIVER, VOLUME_STAMP.as_bytes(), words)?;
        let (read, write) = wide_pipe().map_err(cannot_read("a pipe".as_ref()))?;
        let meter = Arc::clone(meter);
        let packing = tokio::task::spawn_blocking(move || {
            let mut archive = io::BufWriter::with_capacity(256 << 10, write);
            io::Write::write_all(&mut archive, &first)?;
            pack_parcels(&root, &parcels, archive, &meter)
        });
        let ending = exchange(self, &command, Input::File(read.into()), Output::Null).await?;
        if !ending.is_success() {
            return Err(ending.failed("write to", CONTAINER_DATA.as_bytes()));
        }
        let packed = packing.await.map_err(io::Error::other).and_then(|packed| packed);
        packed.map_err(cannot_read("the files to import".as_ref()))
    }

    /// Looks at links of the home directory, or puts them right, and returns a
    /// line for each that is or was not: its path, a tab, and what is the
    /// matter. No link is followed on the way to one.
    ///
    /// # Errors
    ///
    /// [`TransferError::Remote`] when the session broke.
    pub async fn home_links(
        &self,
        links: &[HomeLink],
        repair: LinkRepair,
    ) -> Result<Vec<(String, String)>, TransferError> {
        let lines = links.iter().map(|link| {
            let force = match link.replaces {
                Replaces::Anything => "R",
                Replaces::Links => "-",
            };
            format!("{force}\t{}\t{CONTAINER_DATA}/{}\n", link.path, link.target)
        });
        let spec: String = lines.collect();
        let word: &[u8] = match repair {
            LinkRepair::Look => b"check",
            LinkRepair::Mend => b"fix",
        };
        let command = script::call(&CONTAINER_DATA.into(), script::LINKS, b"~", &[word])?;
        let input = Input::Reader(Box::new(io::Cursor::new(spec.into_bytes())));
        let answer = answer(self, &command, input, ANSWER).await?;
        let (ending, answer) = answer;
        if !ending.is_success() {
            return Err(ending.failed("look at the links of", b"~"));
        }
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let lines = answer.lines().filter_map(|line| line.split_once('\t'));
        Ok(lines.map(|(path, state)| (path.to_owned(), state.to_owned())).collect())
    }
}

/// A pipe with room for a mebibyte, as far as the kernel grants it.
///
/// # Errors
///
/// Those of pipe(2).
pub fn wide_pipe() -> io::Result<(io::PipeReader, io::PipeWriter)> {
    let (read, write) = io::pipe()?;
    // A user who has many gets small ones.
    let _ = rustix::pipe::fcntl_setpipe_size(&write, 1 << 20);
    Ok((read, write))
}

/// What is done about links that are not right.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LinkRepair {
    /// They are told.
    Look,
    /// They are made anew.
    Mend,
}
