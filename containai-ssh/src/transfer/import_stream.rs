//! Import of selected files into a container's data volume, in one command.

use std::io;
use std::sync::Arc;

use containai_core::import::{HomeLink, Replaceable};
use containai_core::layout::{CONTAINER_DATA, VOLUME_IMPORT_ID};

use super::copier::cannot_read;
use super::directory::Directory;
use super::error::TransferError;
use super::home_link_state::HomeLinkState;
use super::progress::TransferProgress;
use super::remote_script::{MAX_REPLY_LEN, run_script, script_reply, script_reply_up_to};
use super::script;
use super::tar_entries::{EntrySource, PackedEntries, pack_entries};
use crate::command::Command;
use crate::mux::Lease;
use crate::session::{ExitOutcome, Input, Output, Session, Stdio, Terminal};

/// The files of an import.
#[derive(Debug)]
pub struct ImportStream {
    /// The directory of the local files.
    pub root: Directory,
    /// Entries that are always written. They include every parent directory, so
    /// that each replaces a symbolic link of the same name.
    pub entries: Vec<EntrySource>,
    /// Files that are created only where nothing exists.
    pub defaults: Vec<EntrySource>,
    /// The import id that the volume gets.
    pub import_id: String,
}

impl Lease {
    /// As [`Session::has_import_id`].
    ///
    /// # Errors
    ///
    /// [`TransferError::Remote`] if the connection failed.
    pub async fn has_import_id(self, stamp: &str) -> Result<bool, TransferError> {
        let stdio = Stdio {
            input: Input::Null,
            output: Output::Null,
            error: Output::Null,
            ..Stdio::default()
        };
        let outcome = self.exec(&import_id_command(stamp)?, Terminal::None, stdio).await?;
        Ok(outcome == ExitOutcome::Status(0))
    }
}

/// Returns a command that succeeds if the data volume has this import id.
fn import_id_command(stamp: &str) -> Result<Command, TransferError> {
    let words: &[&[u8]] = &[stamp.as_bytes()];
    script::command(
        &CONTAINER_DATA.into(),
        script::HAS_IMPORT_ID,
        VOLUME_IMPORT_ID.as_bytes(),
        words,
    )
}

impl Session {
    /// Whether the data volume has this import id.
    ///
    /// # Errors
    ///
    /// [`TransferError::Remote`] if the session failed.
    pub async fn has_import_id(&self, stamp: &str) -> Result<bool, TransferError> {
        Ok(script_reply(self, &import_id_command(stamp)?).await?.0.is_success())
    }

    /// Writes files to the data volume, as the container's user. Symbolic links
    /// in the paths are replaced, never followed.
    ///
    /// # Errors
    ///
    /// - [`TransferError::Remote`]: the session failed.
    /// - [`TransferError::RemoteCommand`]: `tar` in the container could not
    ///   write.
    pub async fn import(
        &self,
        delivery: ImportStream,
        progress: &Arc<TransferProgress>,
    ) -> Result<PackedEntries, TransferError> {
        let ImportStream { root, entries: parcels, defaults: spare, import_id: stamp } = delivery;
        let mut first = Vec::new();
        pack_entries(&root, &spare, &mut first, progress)
            .map_err(cannot_read("memory".as_ref()))?;
        let length = first.len().to_string();
        let words: &[&[u8]] = &[length.as_bytes(), stamp.as_bytes()];
        let command = script::command(
            &CONTAINER_DATA.into(),
            script::IMPORT,
            VOLUME_IMPORT_ID.as_bytes(),
            words,
        )?;
        let (read, write) = large_pipe().map_err(cannot_read("a pipe".as_ref()))?;
        let progress = Arc::clone(progress);
        let packing = tokio::task::spawn_blocking(move || {
            let mut archive = io::BufWriter::with_capacity(256 << 10, write);
            io::Write::write_all(&mut archive, &first)?;
            pack_entries(&root, &parcels, archive, &progress)
        });
        let ending = run_script(self, &command, Input::File(read.into()), Output::Null).await?;
        if !ending.is_success() {
            return Err(ending.to_error("write to", CONTAINER_DATA.as_bytes()));
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
    pub async fn repair_home_links(
        &self,
        links: &[HomeLink],
        repair: LinkRepairMode,
    ) -> Result<Vec<(String, HomeLinkState)>, TransferError> {
        let lines = links.iter().map(|link| {
            let force = match link.replaces {
                Replaceable::Anything => "R",
                Replaceable::Links => "-",
            };
            format!("{force}\t{}\t{CONTAINER_DATA}/{}\n", link.path, link.target)
        });
        let spec: String = lines.collect();
        let word: &[u8] = match repair {
            LinkRepairMode::Check => b"check",
            LinkRepairMode::Repair => b"fix",
        };
        let command = script::command(&CONTAINER_DATA.into(), script::HOME_LINKS, b"~", &[word])?;
        let input = Input::Reader(Box::new(io::Cursor::new(spec.into_bytes())));
        let answer = script_reply_up_to(self, &command, input, MAX_REPLY_LEN).await?;
        let (ending, answer) = answer;
        if !ending.is_success() {
            return Err(ending.to_error("check the links of", b"~"));
        }
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let lines = answer.lines().filter_map(|line| line.split_once('\t'));
        let parsed = lines.filter_map(|(path, state)| Some((path.to_owned(), state.parse().ok()?)));
        Ok(parsed.collect())
    }
}

/// Creates a pipe with a capacity of 1 MiB, if the kernel permits it.
///
/// # Errors
///
/// Those of pipe(2).
pub fn large_pipe() -> io::Result<(io::PipeReader, io::PipeWriter)> {
    let (read, write) = io::pipe()?;
    // A user with many pipes gets small ones.
    let _ = rustix::pipe::fcntl_setpipe_size(&write, 1 << 20);
    Ok((read, write))
}

/// The treatment of wrong links.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LinkRepairMode {
    /// They are reported.
    Check,
    /// They are recreated.
    Repair,
}
