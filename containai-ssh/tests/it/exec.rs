//! Commands and their streams.

use std::fs::File;
use std::io::Read;
use std::time::{Duration, Instant};

use anyhow::Result;
use containai_core::remote::Remote;
use containai_ssh::{Command, ExitOutcome, Input, Output, Stdio, Terminal};

use crate::sshd::{Sshd, sh};

#[tokio::test]
async fn exit_statuses_are_returned() -> Result<()> {
    let sshd = Sshd::start().await?;
    let session = sshd.session().await?;
    for (script, expected) in [
        ("exit 0", ExitOutcome::Status(0)),
        ("exit 1", ExitOutcome::Status(1)),
        ("exit 255", ExitOutcome::Status(255)),
        ("echo 1 >> runs; exit 255", ExitOutcome::Status(255)),
        ("kill -TERM $$", ExitOutcome::Signal(15)),
        ("kill -USR2 $$", ExitOutcome::Signal(12)),
    ] {
        let command = Command::new(["sh", "-c", script])?.in_dir(sshd.dir.path());
        let captured = session.output(&command, Input::Null).await?;
        // A shell that does not replace itself reports 128 + the signal.
        assert_eq!(captured.outcome.code(), expected.code(), "{script}");
    }
    let runs = std::fs::read_to_string(sshd.dir.path().join("runs"))?;
    assert_eq!(runs, "1\n", "a status of 255 never causes a retry");
    session.close().await;
    Ok(())
}

#[tokio::test]
async fn arguments_environment_and_directory_are_passed() -> Result<()> {
    let sshd = Sshd::start().await?;
    let session = sshd.session().await?;
    let words =
        ["A=x y", "sh", "-c", "printf '%s|' \"$A\" \"$@\"; pwd", "sh", "it's", "", "\\\n$A"];
    let command = Command::new(words)?.in_dir("/usr/bin");
    let captured = session.output(&command, Input::Null).await?;
    assert_eq!(String::from_utf8_lossy(&captured.stdout), "x y|it's||\\\n$A|/usr/bin\n");
    let command = sh("printf %s \"$CAI_IT\"")?.env("CAI_IT".parse()?, "a 'b'");
    let captured = session.output(&command, Input::Null).await?;
    assert_eq!(captured.stdout, b"a 'b'");
    let command = Command::new(["true"])?.in_dir("/no such directory");
    let captured = session.output(&command, Input::Null).await?;
    assert_ne!(captured.outcome.code(), 0);
    Ok(())
}

#[tokio::test]
async fn stdout_and_stderr_are_separate() -> Result<()> {
    let sshd = Sshd::start().await?;
    let session = sshd.session().await?;
    let command = sh("echo out; echo err >&2; cat; echo end >&2")?;
    let captured = session.output(&command, Input::bytes("in\0\n")).await?;
    assert_eq!(captured.stdout, b"out\nin\0\n");
    assert_eq!(captured.stderr, b"err\nend\n");
    Ok(())
}

#[tokio::test]
async fn large_binary_data_round_trips() -> Result<()> {
    let sshd = Sshd::start().await?;
    let session = sshd.session().await?;
    // Every byte value, without a period that could hide a lost block.
    let sent: Vec<u8> =
        (0_u32..8 << 20).flat_map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    assert_eq!(sent.len(), 32 << 20);
    let captured =
        session.output(&Command::new(["cat"])?.in_dir("/"), Input::bytes(sent.clone())).await?;
    assert!(captured.stdout == sent, "{} bytes came back", captured.stdout.len());
    Ok(())
}

#[tokio::test]
async fn a_session_ends_with_its_command() -> Result<()> {
    let sshd = Sshd::start().await?;
    let session = sshd.session().await?;
    let (mut read, write) = pipe()?;
    let start = Instant::now();
    let stdio = Stdio::default().with_input(Input::File(read.try_clone()?.into()));
    let outcome = session.exec(&sh("exit 7")?, Terminal::None, stdio).await?;
    assert_eq!(outcome, ExitOutcome::Status(7));
    assert!(start.elapsed() < Duration::from_secs(5));
    // Later input belongs to the next reader.
    std::thread::sleep(Duration::from_millis(50));
    std::io::Write::write_all(&mut &write, b"later")?;
    drop(write);
    let mut rest = String::new();
    read.read_to_string(&mut rest)?;
    assert_eq!(rest, "later");
    Ok(())
}

#[tokio::test]
async fn input_may_end_before_the_command() -> Result<()> {
    let sshd = Sshd::start().await?;
    let session = sshd.session().await?;
    let command = sh("cat; sleep 0.2; echo after")?;
    let captured = session.output(&command, Input::bytes("before ")).await?;
    assert_eq!(captured.stdout, b"before after\n");
    Ok(())
}

#[tokio::test]
async fn a_closed_reader_ends_the_command() -> Result<()> {
    let sshd = Sshd::start().await?;
    let session = sshd.session().await?;
    let (read, write) = pipe()?;
    drop(read);
    let stdio = Stdio::default().with_output(Output::from(write));
    let outcome = session.exec(&sh("yes")?, Terminal::None, stdio).await?;
    assert_eq!((outcome, outcome.code()), (ExitOutcome::OutputClosed, 141));
    let captured = session.output(&sh("echo still here")?, Input::Null).await?;
    assert_eq!(captured.stdout, b"still here\n");
    Ok(())
}

#[tokio::test]
async fn a_full_disk_is_an_error() -> Result<()> {
    let sshd = Sshd::start().await?;
    let session = sshd.session().await?;
    let stdio =
        Stdio::default().with_output(Output::from(File::options().write(true).open("/dev/full")?));
    let error = session.exec(&sh("echo x")?, Terminal::None, stdio).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot use standard output");
    Ok(())
}

#[tokio::test]
async fn a_slow_reader_slows_the_command() -> Result<()> {
    let sshd = Sshd::start().await?;
    let session = sshd.session().await?;
    let (mut read, write) = pipe()?;
    let stdio = Stdio::default().with_output(Output::from(write));
    let reader = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(500));
        std::io::copy(&mut read, &mut std::io::sink())
    });
    let command = sh("head -c 16777216 /dev/zero")?;
    let outcome = session.exec(&command, Terminal::None, stdio).await?;
    assert_eq!(outcome, ExitOutcome::Status(0));
    assert_eq!(reader.join().expect("the reader does not panic")?, 16 << 20);
    Ok(())
}

#[tokio::test]
async fn the_pinned_key_is_read_through_the_trait() -> Result<()> {
    let sshd = Sshd::start().await?;
    let pinned = sshd.remote.pinned_host_key(sshd.port).await?;
    assert_eq!(pinned.as_ref(), Some(&sshd.host_key));
    Ok(())
}

fn pipe() -> Result<(File, File)> {
    let (read, write) = std::io::pipe()?;
    let file = |fd: std::os::fd::OwnedFd| File::from(fd);
    Ok((file(read.into()), file(write.into())))
}
