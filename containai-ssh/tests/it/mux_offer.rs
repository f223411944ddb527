//! What is offered before the target is known.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use containai_core::engine::ContainerId;
use containai_ssh::mux::{NoLease, Offer, Target};
use containai_ssh::{ExitOutcome, Stdio, Terminal};

use crate::mux::{Broker, PATIENCE};
use crate::sshd::{Sshd, sh};

/// A broker that has lent a connection to its target when it was asked "here".
async fn acquainted(sshd: &Sshd) -> Result<Broker> {
    let mut broker = Broker::start(sshd, PATIENCE).await?;
    broker.sharing = broker.sharing.clone().on("here");
    assert_eq!(broker.run("exit 3").await?, ExitOutcome::Status(3));
    Ok(broker)
}

/// What is offered as soon as it is back.
async fn offered(broker: &Broker) -> Result<Offer> {
    let start = Instant::now();
    loop {
        match broker.sharing.recall().await? {
            Some(offer) => return Ok(offer),
            None => ensure!(start.elapsed() < PATIENCE, "nothing is offered"),
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn what_was_borrowed_last_is_offered() -> Result<()> {
    let sshd = Sshd::start().await?;
    let broker = acquainted(&sshd).await?;
    for status in [0, 7] {
        let offer = broker.sharing.recall().await?.context("an offer")?;
        let lease = offer.for_target(&broker.target).context("it is that target")?;
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
    let meant = Target { container: ContainerId::new("made anew"), ..broker.target.clone() };
    let offer = broker.sharing.recall().await?.context("an offer")?;
    assert!(offer.for_target(&meant).is_none());
    // It goes back, and whoever means it gets it.
    assert!(offered(&broker).await?.for_target(&broker.target).is_some());
    assert_eq!(sshd.connections()?, 1);
    // What is borrowed now is what is offered next.
    let lease = broker.sharing.borrow(&meant).await?;
    let outcome = lease.exec(&sh("exit 5")?, Terminal::None, Stdio::default()).await?;
    assert_eq!(outcome, ExitOutcome::Status(5));
    let offer = broker.sharing.recall().await?.context("an offer")?;
    assert!(offer.for_target(&broker.target).is_none());
    assert!(offered(&broker).await?.for_target(&meant).is_some());
    Ok(())
}

#[tokio::test]
async fn an_offer_is_good_for_a_moment() -> Result<()> {
    let sshd = Sshd::start().await?;
    let broker = acquainted(&sshd).await?;
    let offer = broker.sharing.recall().await?.context("an offer")?;
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
    assert!(broker.sharing.recall().await?.is_none(), "the only one is lent");
    drop(lease);
    sshd.stop()?;
    assert!(broker.sharing.recall().await?.is_none(), "the server is gone");
    let path = sshd.socket();
    drop(broker.sharing.borrow(&broker.target).await);
    std::fs::remove_file(path)?;
    assert_eq!(broker.sharing.recall().await.unwrap_err(), NoLease::Nobody);
    Ok(())
}
