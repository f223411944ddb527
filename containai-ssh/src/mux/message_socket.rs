//! Messages and files over a Unix socket.

use std::io::{self, ErrorKind, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketAddrUnix, SocketFlags, SocketType, recvmsg, sendmsg,
    socket_with,
};
use tokio::io::Interest;
use tokio::net::UnixStream;

/// The maximum number of files in a message: one for each standard stream.
pub(super) const MAX_FILES: usize = 3;
/// The length prefix of a message.
const HEADER: usize = size_of::<u32>();
/// The size of a read, in bytes.
const CHUNK: usize = 16 * 1024;

/// One end of the socket between a client and the daemon.
pub(super) struct MessageSocket {
    stream: UnixStream,
    received: Vec<u8>,
    files: Vec<OwnedFd>,
}

impl MessageSocket {
    pub(super) fn new(stream: UnixStream) -> Self {
        Self { stream, received: Vec::new(), files: Vec::new() }
    }

    /// Connects without blocking: fails with [`ErrorKind::WouldBlock`] if the
    /// backlog is full (unix(7)).
    pub(super) fn connect(path: &Path) -> io::Result<Self> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
        rustix::net::connect(&socket, &SocketAddrUnix::new(path)?)?;
        Ok(Self::new(UnixStream::from_std(socket.into())?))
    }

    /// Whether the peer runs as the same user.
    pub(super) fn is_same_user(&self) -> bool {
        let ours = rustix::process::geteuid().as_raw();
        self.stream.peer_cred().is_ok_and(|peer| peer.uid() == ours)
    }

    pub(super) async fn send(&self, message: &[u8]) -> io::Result<()> {
        self.send_with(message, &[]).await
    }

    /// Sends a message; the files are sent with its first byte. Tries to send
    /// before it waits, because the socket usually has space.
    pub(super) async fn send_with(
        &self,
        message: &[u8],
        files: &[BorrowedFd<'_>],
    ) -> io::Result<()> {
        let too_long = |_| io::Error::from(ErrorKind::InvalidInput);
        let length = u32::try_from(message.len()).map_err(too_long)?;
        let bytes = [&length.to_le_bytes(), message].concat();
        let (mut rest, mut files) = (bytes.as_slice(), files);
        while !rest.is_empty() {
            let send = || send_some(&self.stream, rest, files);
            let sent = match send() {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.stream.async_io(Interest::WRITABLE, send).await?
                }
                sent => sent?,
            };
            (rest, files) = (&rest[sent..], &[]);
        }
        Ok(())
    }

    /// Receives the next message; `None` if the peer has disconnected. Cancel
    /// safe.
    ///
    /// # Errors
    ///
    /// Besides those of the socket, [`ErrorKind::InvalidData`] for a message
    /// that is longer than `longest` or has too many files.
    pub(super) async fn receive(&mut self, longest: usize) -> io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(message) = self.next(longest)? {
                return Ok(Some(message));
            }
            let (arrived, files) = (&mut self.received, &mut self.files);
            let stream = &self.stream;
            let receive = || receive_some(stream, arrived, files);
            if stream.async_io(Interest::READABLE, receive).await? == 0 {
                return Ok(None);
            }
        }
    }

    /// Takes the files received so far.
    pub(super) fn take_files(&mut self) -> Vec<OwnedFd> {
        std::mem::take(&mut self.files)
    }

    fn next(&mut self, longest: usize) -> io::Result<Option<Vec<u8>>> {
        let Some(header) = self.received.first_chunk::<HEADER>() else {
            return Ok(None);
        };
        let length = u32::from_le_bytes(*header);
        let length = usize::try_from(length).ok().filter(|length| *length <= longest);
        let end = HEADER + length.ok_or(ErrorKind::InvalidData)?;
        if self.received.len() < end {
            return Ok(None);
        }
        let rest = self.received.split_off(end);
        let message = std::mem::replace(&mut self.received, rest).split_off(HEADER);
        Ok(Some(message))
    }
}

fn send_some(stream: &UnixStream, bytes: &[u8], files: &[BorrowedFd<'_>]) -> io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FILES))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !files.is_empty() && !control.push(SendAncillaryMessage::ScmRights(files)) {
        return Err(ErrorKind::InvalidInput.into());
    }
    Ok(sendmsg(stream, &[IoSlice::new(bytes)], &mut control, SendFlags::NOSIGNAL)?)
}

/// Reads once. The kernel closes files in excess of the buffer (unix(7),
/// `SCM_RIGHTS`).
fn receive_some(
    stream: &UnixStream,
    arrived: &mut Vec<u8>,
    files: &mut Vec<OwnedFd>,
) -> io::Result<usize> {
    let mut chunk = [0; CHUNK];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FILES))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let slices = &mut [IoSliceMut::new(&mut chunk)];
    let length = recvmsg(stream, slices, &mut control, RecvFlags::CMSG_CLOEXEC)?.bytes;
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(more) = message {
            files.extend(more);
        }
    }
    if files.len() > MAX_FILES {
        return Err(ErrorKind::InvalidData.into());
    }
    arrived.extend(&chunk[..length]);
    Ok(length)
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Read;
    use std::os::fd::AsFd;

    use super::*;

    fn pair() -> io::Result<(MessageSocket, MessageSocket)> {
        let (one, other) = UnixStream::pair()?;
        Ok((MessageSocket::new(one), MessageSocket::new(other)))
    }

    #[tokio::test]
    async fn messages_and_files_are_received() -> io::Result<()> {
        let (near, mut far) = pair()?;
        let (mut read, write) = io::pipe()?;
        let long = vec![7; 100_000];
        let sending = async {
            near.send_with(b"first", &[write.as_fd()]).await?;
            near.send(b"").await?;
            near.send(&long).await
        };
        let receiving = async {
            assert_eq!(far.receive(5).await?.as_deref(), Some(&b"first"[..]));
            assert_eq!(far.receive(5).await?.as_deref(), Some(&b""[..]));
            assert_eq!(far.receive(100_000).await?, Some(long.clone()));
            io::Result::Ok(far.take_files())
        };
        let (sent, received) = tokio::join!(sending, receiving);
        sent?;
        let mut files = received?;
        drop(write);
        assert_eq!(files.len(), 1);
        io::Write::write_all(&mut File::from(files.remove(0)), b"through")?;
        let mut text = String::new();
        read.read_to_string(&mut text)?;
        assert_eq!(text, "through");
        drop(near);
        assert_eq!(far.receive(5).await?, None);
        Ok(())
    }

    #[tokio::test]
    async fn long_messages_are_rejected_by_their_header() -> io::Result<()> {
        let (near, mut far) = pair()?;
        near.send(b"123456").await?;
        assert_eq!(far.receive(5).await.unwrap_err().kind(), ErrorKind::InvalidData);
        Ok(())
    }

    #[tokio::test]
    async fn too_many_files_are_rejected() -> io::Result<()> {
        let (near, mut far) = pair()?;
        let file = File::open("/dev/null")?;
        for _ in 0..2 {
            near.send_with(b"x", &[file.as_fd(), file.as_fd()]).await?;
        }
        assert!(far.receive(5).await?.is_some());
        assert_eq!(far.receive(5).await.unwrap_err().kind(), ErrorKind::InvalidData);
        Ok(())
    }

    #[tokio::test]
    async fn an_incomplete_message_is_not_returned() -> io::Result<()> {
        let (near, mut far) = pair()?;
        io::Write::write_all(&mut &near.stream.into_std()?, &[9, 0, 0, 0, 1])?;
        assert_eq!(far.receive(100).await?, None);
        Ok(())
    }
}
