//! An engine that never answers some questions.

use std::io::{Read, Write as _};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::thread;

/// A socket in front of an engine's that passes everything on, except for requests
/// with one of some words in them: those are never answered.
///
/// Its threads end with the process.
#[derive(Debug)]
pub struct MuteEngine {
    socket: PathBuf,
}

impl MuteEngine {
    /// Listens at `socket` in front of the engine at `behind`.
    ///
    /// # Panics
    ///
    /// When nothing can listen there.
    #[track_caller]
    pub fn start(socket: PathBuf, behind: &Path, unanswered: &'static [&'static str]) -> Self {
        let listener = UnixListener::bind(&socket).expect("a socket can be made");
        let behind = behind.to_owned();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(engine) = UnixStream::connect(&behind) else { continue };
                let (Ok(back), Ok(answers)) = (client.try_clone(), engine.try_clone()) else {
                    continue;
                };
                thread::spawn(move || pass(client, engine, unanswered));
                thread::spawn(move || pass(answers, back, &[]));
            }
        });
        Self { socket }
    }

    /// Its address, as `--docker-host` has it.
    pub fn address(&self) -> String {
        format!("unix://{}", self.socket.display())
    }
}

fn pass(mut from: UnixStream, mut to: UnixStream, unanswered: &[&str]) {
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
