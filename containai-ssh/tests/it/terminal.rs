//! Sessions on a terminal.

use anyhow::Result;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::pty::Pty;
use crate::sshd::Sshd;

#[tokio::test]
async fn the_size_is_forwarded() -> Result<()> {
    let sshd = Sshd::start().await?;
    let script = "echo \"$TERM\"; stty size; trap 'stty size; exit 3' WINCH; echo ready; \
                  while :; do sleep 0.05; done";
    let mut pty = Pty::start(&sshd, script, &[])?;
    pty.wait_for("ready")?;
    let screen = pty.screen();
    assert!(screen.contains("xterm-it\r\n24 80\r\n"), "{screen}");
    pty.resize(132, 50)?;
    pty.wait_for("50 132")?;
    assert_eq!(pty.wait()?.code(), Some(3));
    Ok(())
}

#[tokio::test]
async fn every_key_is_forwarded() -> Result<()> {
    let sshd = Sshd::start().await?;
    // The interrupt key is a byte on this side and a signal on the other.
    let script = "trap 'echo interrupted' INT; echo ready; until [ -n \"$line\" ]; do read -r line; done; echo \"got $line\"; exit 5";
    let mut pty = Pty::start(&sshd, script, &[])?;
    pty.wait_for("ready")?;
    assert!(pty.is_raw()?);
    pty.press(b"\x03")?;
    pty.wait_for("interrupted")?;
    // Erase deletes a whole character, and a mouse report is passed as bytes.
    pty.press("äé\x7f\x1b[<0;1;1M\r".as_bytes())?;
    pty.wait_for("got ä\u{1b}[<0;1;1M")?;
    assert_eq!(pty.wait()?.code(), Some(5));
    Ok(())
}

#[tokio::test]
async fn the_terminal_is_always_restored() -> Result<()> {
    let sshd = Sshd::start().await?;
    for (script, signal, code) in [
        ("echo ready; sleep 0.1; exit 4", None, Some(4)),
        ("echo ready; kill -KILL $$", None, Some(137)),
        ("echo ready; sleep 60", Some(Signal::SIGTERM), Some(143)),
        ("echo ready; sleep 60", Some(Signal::SIGINT), Some(130)),
        ("echo ready; sleep 60", Some(Signal::SIGHUP), Some(129)),
    ] {
        let mut pty = Pty::start(&sshd, script, &[])?;
        let before = pty.modes()?;
        pty.wait_for("ready")?;
        if let Some(signal) = signal {
            assert!(pty.is_raw()?);
            kill(Pid::from_raw(pty.program.id().try_into()?), signal)?;
        }
        assert_eq!(pty.wait()?.code(), code, "{signal:?}: {}", pty.screen());
        let after = pty.modes()?;
        assert_eq!(format!("{after:?}"), format!("{before:?}"), "{signal:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_panic_restores_the_terminal() -> Result<()> {
    let sshd = Sshd::start().await?;
    let pty = Pty::start(&sshd, "echo ready; sleep 60", &[("IT_PANIC_AFTER_MS", "1500")])?;
    pty.wait_for("ready")?;
    assert!(pty.is_raw()?);
    pty.wait_for("requested by the test")?;
    assert!(!pty.is_raw()?);
    Ok(())
}

#[tokio::test]
async fn a_lost_server_restores_the_terminal() -> Result<()> {
    // The server is the parent, or its parent if the login shell is in between.
    const SCRIPT: &str = "case $(cat /proc/$PPID/comm) in sshd*) server=$PPID;; \
        *) server=$(awk '/^PPid/ { print $2 }' /proc/$PPID/status);; esac; \
        echo ready; sleep 0.3; kill -KILL $server; sleep 60";
    let sshd = Sshd::start().await?;
    let mut pty = Pty::start(&sshd, SCRIPT, &[])?;
    pty.wait_for("ready")?;
    assert_eq!(pty.wait()?.code(), Some(99), "{}", pty.screen());
    assert!(!pty.is_raw()?);
    Ok(())
}
