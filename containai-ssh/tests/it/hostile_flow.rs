//! Servers that follow the protocol with extreme parameters.

use std::time::Duration;

use anyhow::{Context, Result};
use containai_ssh::{Command, ExitOutcome, Input, Session};
use russh::{Limits, server};
use sha2::{Digest, Sha256};
use tokio::time::{sleep, timeout};

use crate::hostile::{FLOOD, TestServer};

const TEST_TIMEOUT: Duration = Duration::from_secs(60);

/// Returns bytes in which a missing, repeated or misplaced part is detected.
pub(crate) fn pseudo_random_bytes(length: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let next = |_| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..length).map(next).collect()
}

/// Returns bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Sends bytes that the server echoes, and checks both directions.
async fn exchange(server: &TestServer, session: &Session, bytes: Vec<u8>) -> Result<()> {
    let digest = hex(&Sha256::digest(&bytes));
    let command = Command::new(["digest"])?;
    let output = session.output(&command, Input::bytes(bytes.clone()));
    let captured = timeout(TEST_TIMEOUT, output).await.context("timed out")??;
    assert_eq!(captured.outcome, ExitOutcome::Status(0));
    assert_eq!(server.events().last(), Some(&digest), "the bytes that the server received");
    assert!(captured.stdout == bytes, "{} of {} bytes", captured.stdout.len(), bytes.len());
    Ok(())
}

#[tokio::test]
async fn status_255_is_returned_and_the_command_runs_once() -> Result<()> {
    let server = TestServer::start().await?;
    let session = server.session().await?;
    let command = Command::new(["status-255"])?;
    let output = session.output(&command, Input::Null);
    let captured = timeout(TEST_TIMEOUT, output).await.context("timed out")??;
    assert_eq!(captured.outcome, ExitOutcome::Status(255));
    assert_eq!(server.events(), ["ran"]);
    Ok(())
}

#[tokio::test]
async fn a_large_stderr_is_received_completely() -> Result<()> {
    let server = TestServer::start().await?;
    let session = server.session().await?;
    let command = Command::new(["flood"])?;
    let output = session.output(&command, Input::Null);
    let captured = timeout(TEST_TIMEOUT, output).await.context("timed out")??;
    assert_eq!(captured.outcome, ExitOutcome::Status(7));
    assert_eq!((captured.stdout.len(), captured.stderr.len()), (0, FLOOD));
    Ok(())
}

#[tokio::test]
async fn small_windows_lose_no_data() -> Result<()> {
    for (window_size, maximum_packet_size) in [(64, 32), (300, 7), (4096, 32768)] {
        let config = server::Config { window_size, maximum_packet_size, ..Default::default() };
        let server = TestServer::with(config).await?;
        exchange(&server, &server.session().await?, pseudo_random_bytes(20_000)).await?;
    }
    Ok(())
}

#[tokio::test]
async fn rekeying_loses_no_data() -> Result<()> {
    let (often, seldom) = (256 << 10, 1 << 30);
    for (limit, is_ours) in [(often, false), (seldom, true), (often, true)] {
        let limits = Limits::new(limit, limit, Duration::from_secs(3600));
        let server = TestServer::with(server::Config { limits, ..Default::default() }).await?;
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
            done = exchange(&server, &session, pseudo_random_bytes(8 << 20)) => done?,
            error = ours, if is_ours => return Err(error.into()),
        }
        // The connection works as before.
        exchange(&server, &session, pseudo_random_bytes(100)).await?;
    }
    Ok(())
}
