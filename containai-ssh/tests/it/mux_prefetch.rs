//! Connections that are prefetched before the target is known.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use containai_core::engine::ContainerId;
use containai_ssh::mux::{LeaseError, PrefetchedConnection};
use containai_ssh::{ExitOutcome, Stdio, Terminal};

use crate::mux::{TEST_TIMEOUT, TestDaemon};
use crate::sshd::{Sshd, sh};

/// Starts a daemon that has leased a connection to its target under the cache
/// key "here".
async fn daemon_with_cached_target(sshd: &Sshd) -> Result<TestDaemon> {
    let mut daemon = TestDaemon::start(sshd, TEST_TIMEOUT).await?;
    daemon.client = daemon.client.clone().on("here");
    assert_eq!(daemon.run("exit 3").await?, ExitOutcome::Status(3));
    Ok(daemon)
}

/// Prefetches a connection as soon as it is returned.
async fn wait_prefetched(daemon: &TestDaemon) -> Result<PrefetchedConnection> {
    let start = Instant::now();
    loop {
        match daemon.client.prefetch().await? {
            Some(offer) => return Ok(offer),
            None => ensure!(start.elapsed() < TEST_TIMEOUT, "no prefetched connection"),
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn prefetches_the_last_leased_target() -> Result<()> {
    let sshd = Sshd::start().await?;
    let daemon = daemon_with_cached_target(&sshd).await?;
    for status in [0, 7] {
        let offer = daemon.client.prefetch().await?.context("no prefetched connection")?;
        let lease = offer.for_target(&daemon.target).context("another target")?;
        let command = sh(&format!("exit {status}"))?;
        let outcome = lease.exec(&command, Terminal::None, Stdio::default()).await?;
        assert_eq!(outcome, ExitOutcome::Status(status));
    }
    assert_eq!(sshd.connections()?, 1);
    Ok(())
}

#[tokio::test]
async fn a_prefetched_connection_is_for_its_target_only() -> Result<()> {
    let sshd = Sshd::start().await?;
    let daemon = daemon_with_cached_target(&sshd).await?;
    let mut meant = daemon.target.clone();
    meant.container = ContainerId::new("recreated");
    let offer = daemon.client.prefetch().await?.context("no prefetched connection")?;
    assert!(offer.for_target(&meant).is_none());
    // It is returned, and leased for the right target.
    assert!(wait_prefetched(&daemon).await?.for_target(&daemon.target).is_some());
    assert_eq!(sshd.connections()?, 1);
    // The target of this lease is the next one to be prefetched.
    let lease = daemon.client.lease(&meant).await?;
    let outcome = lease.exec(&sh("exit 5")?, Terminal::None, Stdio::default()).await?;
    assert_eq!(outcome, ExitOutcome::Status(5));
    let offer = daemon.client.prefetch().await?.context("no prefetched connection")?;
    assert!(offer.for_target(&daemon.target).is_none());
    assert!(wait_prefetched(&daemon).await?.for_target(&meant).is_some());
    Ok(())
}

#[tokio::test]
async fn a_prefetched_connection_expires() -> Result<()> {
    let sshd = Sshd::start().await?;
    let daemon = daemon_with_cached_target(&sshd).await?;
    let offer = daemon.client.prefetch().await?.context("no prefetched connection")?;
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert!(offer.for_target(&daemon.target).is_none());
    Ok(())
}

#[tokio::test]
async fn unknown_busy_or_closed_connections_are_not_prefetched() -> Result<()> {
    let mut sshd = Sshd::start().await?;
    let daemon = daemon_with_cached_target(&sshd).await?;
    assert!(daemon.client.clone().on("there").prefetch().await?.is_none());
    assert!(daemon.client.clone().on("").prefetch().await?.is_none());
    let lease = daemon.lease().await?;
    assert!(daemon.client.prefetch().await?.is_none(), "the only connection is leased");
    drop(lease);
    sshd.stop()?;
    assert!(daemon.client.prefetch().await?.is_none(), "the server is stopped");
    let path = sshd.socket();
    drop(daemon.client.lease(&daemon.target).await);
    std::fs::remove_file(path)?;
    assert_eq!(daemon.client.prefetch().await.unwrap_err(), LeaseError::NotRunning);
    Ok(())
}
