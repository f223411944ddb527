//! An engine that does not answer some requests.

use std::io::{Read, Write as _};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::thread;

/// A socket in front of an engine's socket that passes everything on, except for requests with one
/// of some words in them: these are never answered.
///
/// Its threads end with the process.
#[derive(Debug)]
pub struct UnresponsiveEngine {
    socket: PathBuf,
}

impl UnresponsiveEngine {
    /// Listens at `socket` in front of the engine at `upstream`.
    ///
    /// # Panics
    ///
    /// When the socket cannot be created.
    #[track_caller]
    pub fn start(socket: PathBuf, upstream: &Path, unanswered: &'static [&'static str]) -> Self {
        let listener = UnixListener::bind(&socket).expect("a socket can be made");
        let upstream = upstream.to_owned();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(engine) = UnixStream::connect(&upstream) else { continue };
                let (Ok(back), Ok(answers)) = (client.try_clone(), engine.try_clone()) else {
                    continue;
                };
                thread::spawn(move || relay(client, engine, unanswered));
                thread::spawn(move || relay(answers, back, &[]));
            }
        });
        Self { socket }
    }

    /// Returns its address, as `--docker-host` takes it.
    pub fn address(&self) -> String {
        format!("unix://{}", self.socket.display())
    }
}

fn relay(mut from: UnixStream, mut to: UnixStream, unanswered: &[&str]) {
    let mut piece = vec![0; 64 << 10];
    while let Ok(length @ 1..) = from.read(&mut piece) {
        let text = String::from_utf8_lossy(&piece[..length]);
        if unanswered.iter().any(|word| text.contains(word)) {
            continue;
        }
        if to.write_all(&piece[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
