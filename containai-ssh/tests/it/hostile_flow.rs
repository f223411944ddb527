//! Servers that follow the protocol with extreme parameters.

use std::time::Duration;

use anyhow::{Context, Result};
use containai_ssh::{Command, ExitOutcome, Input, Session};
use russh::{Limits, server};
use sha2::{Digest, Sha256};
use tokio::time::{sleep, timeout};

use crate::hostile::{FLOOD, Server};

const PATIENCE: Duration = Duration::from_secs(60);

/// Returns bytes in which a missing, repeated or misplaced part is detected.
pub(crate) fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let next = |_| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..length).map(next).collect()
}

/// Sends bytes that the server echoes, and checks both directions.
async fn exchange(server: &Server, session: &Session, bytes: Vec<u8>) -> Result<()> {
    let digest = format!("{:x}", Sha256::digest(&bytes));
    let command = Command::new(["digest"])?;
    let output = session.output(&command, Input::bytes(bytes.clone()));
    let captured = timeout(PATIENCE, output).await.context("timed out")??;
    assert_eq!(captured.outcome, ExitOutcome::Status(0));
    assert_eq!(server.heard().last(), Some(&digest), "the bytes that the server received");
    assert!(captured.stdout == bytes, "{} of {} bytes", captured.stdout.len(), bytes.len());
    Ok(())
}

#[tokio::test]
async fn status_255_is_the_commands_own_and_it_ran_once() -> Result<()> {
    let server = Server::start().await?;
    let session = server.session().await?;
    let command = Command::new(["status-255"])?;
    let output = session.output(&command, Input::Null);
    let captured = timeout(PATIENCE, output).await.context("timed out")??;
    assert_eq!(captured.outcome, ExitOutcome::Status(255));
    assert_eq!(server.heard(), ["ran"]);
    Ok(())
}

#[tokio::test]
async fn a_flood_of_errors_arrives_and_ends() -> Result<()> {
    let server = Server::start().await?;
    let session = server.session().await?;
    let command = Command::new(["flood"])?;
    let output = session.output(&command, Input::Null);
    let captured = timeout(PATIENCE, output).await.context("timed out")??;
    assert_eq!(captured.outcome, ExitOutcome::Status(7));
    assert_eq!((captured.stdout.len(), captured.stderr.len()), (0, FLOOD));
    Ok(())
}

#[tokio::test]
async fn tiny_windows_are_slow_and_lose_nothing() -> Result<()> {
    for (window_size, maximum_packet_size) in [(64, 32), (300, 7), (4096, 32768)] {
        let config = server::Config { window_size, maximum_packet_size, ..Default::default() };
        let server = Server::with(config).await?;
        exchange(&server, &server.session().await?, noise(20_000)).await?;
    }
    Ok(())
}

#[tokio::test]
async fn new_keys_in_the_middle_lose_nothing() -> Result<()> {
    let (often, seldom) = (256 << 10, 1 << 30);
    for (limit, is_ours) in [(often, false), (seldom, true), (often, true)] {
        let limits = Limits::new(limit, limit, Duration::from_secs(3600));
        let server = Server::with(server::Config { limits, ..Default::default() }).await?;
        let session = server.session().await?;
        let ours = async {
            loop {
                sleep(Duration::from_millis(30)).await;
                if let Err(error) = session.rekey().await {
                    return error;
                }
            }
        };
        tokio::select! {
            done = exchange(&server, &session, noise(8 << 20)) => done?,
            error = ours, if is_ours => return Err(error.into()),
        }
        // The connection works as before.
        exchange(&server, &session, noise(100)).await?;
    }
    Ok(())
}
