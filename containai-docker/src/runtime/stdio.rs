use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};

use rustix::fs::{Gid, Uid, fchown};

use super::ids::StreamOwner;

/// Gives the pipes between the engine and a process to the container's root.
///
/// The engine creates them for root of its own range, and runc gives them to the user of the
/// process; only the owner can open `/dev/stdout`.
pub(super) fn chown_streams(owner: StreamOwner) -> io::Result<()> {
    let (input, output, error) = (io::stdin(), io::stdout(), io::stderr());
    [input.as_fd(), output.as_fd(), error.as_fd()]
        .into_iter()
        .try_for_each(|stream| chown_stream(stream, owner))
}

fn chown_stream(stream: BorrowedFd<'_>, owner: StreamOwner) -> io::Result<()> {
    let metadata = File::from(stream.try_clone_to_owned()?).metadata()?;
    let kind = metadata.file_type();
    // Other files, such as `/dev/null`, do not belong to the container.
    let is_pipe = kind.is_fifo() || kind.is_socket();
    if !is_pipe || metadata.uid() != owner.engine.0 {
        return Ok(());
    }
    let (uid, gid) = owner.container;
    fchown(stream, Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid)))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    fn owner_after(stream: &File, engine: u32) -> u32 {
        let owner = StreamOwner { engine: (engine, engine), container: (7, 7) };
        // Only root may change the owner of a pipe; for other users, the attempt itself is the
        // result.
        match chown_stream(stream.as_fd(), owner) {
            Ok(()) => stream.metadata().expect("metadata").uid(),
            Err(error) if error.raw_os_error() == Some(nix::libc::EPERM) => 7,
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn chowns_only_pipes_of_the_engine() {
        let me = nix::unistd::geteuid().as_raw();
        let (pipe, _other) = rustix::pipe::pipe().expect("a pipe");
        let pipe = File::from(pipe);
        assert_eq!(owner_after(&pipe, me + 1), me);
        assert_eq!(owner_after(&pipe, me), 7);
        let null = File::open("/dev/null").expect("a device");
        assert_ne!(owner_after(&null, 0), 7);
    }
}
