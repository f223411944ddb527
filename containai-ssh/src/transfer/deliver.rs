//! Import of selected files into a container's data volume, in one command.

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

/// The files of an import.
#[derive(Debug)]
pub struct Delivery {
    /// The directory of the local files.
    pub root: Directory,
    /// Entries that are always written. They include every parent directory, so
    /// that each replaces a symbolic link of the same name.
    pub parcels: Vec<Parcel>,
    /// Files that are created only where nothing exists.
    pub spare: Vec<Parcel>,
    /// The import id that the volume gets.
    pub stamp: String,
}

impl Lease {
    /// As [`Session::has_import_id`].
    ///
    /// # Errors
    ///
    /// [`TransferError::Remote`] if the connection failed.
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

/// Returns a command that succeeds if the data volume has this import id.
fn look_for(stamp: &str) -> Result<Command, TransferError> {
    let words: &[&[u8]] = &[stamp.as_bytes()];
    script::call(&CONTAINER_DATA.into(), script::HAS_STAMP, VOLUME_STAMP.as_bytes(), words)
}

impl Session {
    /// Whether the data volume has this import id.
    ///
    /// # Errors
    ///
    /// [`TransferError::Remote`] if the session failed.
    pub async fn has_stamp(&self, stamp: &str) -> Result<bool, TransferError> {
        Ok(ask(self, &look_for(stamp)?).await?.0.is_success())
    }

    /// Writes files to the data volume, as the container's user. Symbolic links
    /// in the paths are replaced, never followed.
    ///
    /// # Errors
    ///
    /// - [`TransferError::Remote`]: the session failed.
    /// - [`TransferError::RemoteCommand`]: `tar` in the container could not
    ///   write.
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

    /// Checks or repairs symbolic links of the home directory, and returns the
    /// path and state of each that is or was wrong. No link is followed in the
    /// paths to them.
    ///
    /// # Errors
    ///
    /// [`TransferError::Remote`] if the session failed.
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
            return Err(ending.failed("check the links of", b"~"));
        }
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let lines = answer.lines().filter_map(|line| line.split_once('\t'));
        Ok(lines.map(|(path, state)| (path.to_owned(), state.to_owned())).collect())
    }
}

/// Creates a pipe with a capacity of 1 MiB, if the kernel permits it.
///
/// # Errors
///
/// Those of pipe(2).
pub fn wide_pipe() -> io::Result<(io::PipeReader, io::PipeWriter)> {
    let (read, write) = io::pipe()?;
    // A user with many pipes gets small ones.
    let _ = rustix::pipe::fcntl_setpipe_size(&write, 1 << 20);
    Ok((read, write))
}

/// The treatment of wrong links.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LinkRepair {
    /// They are reported.
    Look,
    /// They are recreated.
    Mend,
}
