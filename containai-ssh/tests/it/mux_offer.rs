//! Connections that are prefetched before the target is known.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use containai_core::engine::ContainerId;
use containai_ssh::mux::{NoLease, Offer, Target};
use containai_ssh::{ExitOutcome, Stdio, Terminal};

use crate::mux::{Broker, PATIENCE};
use crate::sshd::{Sshd, sh};

/// Starts a daemon that has leased a connection to its target under the cache
/// key "here".
async fn acquainted(sshd: &Sshd) -> Result<Broker> {
    let mut broker = Broker::start(sshd, PATIENCE).await?;
    broker.sharing = broker.sharing.clone().on("here");
    assert_eq!(broker.run("exit 3").await?, ExitOutcome::Status(3));
    Ok(broker)
}

/// Prefetches a connection as soon as it is returned.
async fn offered(broker: &Broker) -> Result<Offer> {
    let start = Instant::now();
    loop {
        match broker.sharing.recall().await? {
            Some(offer) => return Ok(offer),
            None => ensure!(start.elapsed() < PATIENCE, "no prefetched connection"),
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn what_was_borrowed_last_is_offered() -> Result<()> {
    let sshd = Sshd::start().await?;
    let broker = acquainted(&sshd).await?;
    for status in [0, 7] {
        let offer = broker.sharing.recall().await?.context("no prefetched connection")?;
        let lease = offer.for_target(&broker.target).context("another target")?;
        let command = sh(&format!("exit {status}"))?;
        let outcome = lease.exec(&command, Terminal::None, Stdio::default()).await?;
        assert_eq!(outcome, ExitOutcome::Status(status));
    }
    assert_eq!(sshd.connections()?, 1);
    Ok(())
}

#[tokio::test]
async fn nobody_gets_another_target_than_is_meant() -> Result<()> {
    let sshd = Sshd::start().await?;
    let broker = acquainted(&sshd).await?;
    let meant = Target { container: ContainerId::new("recreated"), ..broker.target.clone() };
    let offer = broker.sharing.recall().await?.context("no prefetched connection")?;
    assert!(offer.for_target(&meant).is_none());
    // It is returned, and leased for the right target.
    assert!(offered(&broker).await?.for_target(&broker.target).is_some());
    assert_eq!(sshd.connections()?, 1);
    // The target of this lease is the next one to be prefetched.
    let lease = broker.sharing.borrow(&meant).await?;
    let outcome = lease.exec(&sh("exit 5")?, Terminal::None, Stdio::default()).await?;
    assert_eq!(outcome, ExitOutcome::Status(5));
    let offer = broker.sharing.recall().await?.context("no prefetched connection")?;
    assert!(offer.for_target(&broker.target).is_none());
    assert!(offered(&broker).await?.for_target(&meant).is_some());
    Ok(())
}

#[tokio::test]
async fn an_offer_is_good_for_a_moment() -> Result<()> {
    let sshd = Sshd::start().await?;
    let broker = acquainted(&sshd).await?;
    let offer = broker.sharing.recall().await?.context("no prefetched connection")?;
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert!(offer.for_target(&broker.target).is_none());
    Ok(())
}

#[tokio::test]
async fn nothing_is_offered_that_is_unknown_busy_or_gone() -> Result<()> {
    let mut sshd = Sshd::start().await?;
    let broker = acquainted(&sshd).await?;
    assert!(broker.sharing.clone().on("there").recall().await?.is_none());
    assert!(broker.sharing.clone().on("").recall().await?.is_none());
    let lease = broker.borrow().await?;
    assert!(broker.sharing.recall().await?.is_none(), "the only connection is leased");
    drop(lease);
    sshd.stop()?;
    assert!(broker.sharing.recall().await?.is_none(), "the server is stopped");
    let path = sshd.socket();
    drop(broker.sharing.borrow(&broker.target).await);
    std::fs::remove_file(path)?;
    assert_eq!(broker.sharing.recall().await.unwrap_err(), NoLease::Nobody);
    Ok(())
}
