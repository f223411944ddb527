//! Authentication of both sides.

use anyhow::Result;
use containai_core::remote::{Remote, RemoteError};

use crate::sshd::{Sshd, container_name, free_port, make_host_key};

#[tokio::test]
async fn another_host_key_is_refused() -> Result<()> {
    let sshd = Sshd::start().await?;
    let other = make_host_key(&sshd.dir.path().join("other"))?;
    sshd.remote.register(&container_name()?, sshd.port, &other).await?;
    let transport = sshd.remote.wait_ready(sshd.port).await?;
    let error = sshd.remote.authenticate(transport, sshd.port).await.unwrap_err();
    let RemoteError::HostKeyMismatch { pinned, presented, .. } = &error else {
        panic!("{error:?}");
    };
    assert!(pinned.starts_with("SHA256:") && presented.starts_with("SHA256:"));
    assert_ne!(pinned, presented);
    Ok(())
}

#[tokio::test]
async fn an_unpinned_host_is_rejected() -> Result<()> {
    let sshd = Sshd::start().await?;
    sshd.remote.unregister(&container_name()?, sshd.port).await?;
    let transport = sshd.remote.wait_ready(sshd.port).await?;
    let error = sshd.remote.authenticate(transport, sshd.port).await.unwrap_err();
    assert!(matches!(error, RemoteError::NotPinned { .. }), "{error:?}");
    Ok(())
}

#[tokio::test]
async fn an_unauthorized_key_is_denied() -> Result<()> {
    let sshd = Sshd::start().await?;
    std::fs::write(sshd.dir.path().join("authorized_keys"), "")?;
    let transport = sshd.remote.wait_ready(sshd.port).await?;
    let error = sshd.remote.authenticate(transport, sshd.port).await.unwrap_err();
    assert!(matches!(error, RemoteError::KeyRejected { .. }), "{error:?}");
    Ok(())
}

#[tokio::test]
async fn an_early_broken_connection_is_retried() -> Result<()> {
    use std::io::Write;

    let port = free_port()?;
    let listener = std::net::TcpListener::bind(("127.0.0.1", port.get()))?;
    let sshd = Sshd::start().await?;
    sshd.remote.register(&container_name()?, port, &sshd.host_key).await?;
    // The proxy does not wait for the server as `wait_ready` does.
    sshd.session().await?.close().await;
    let real = sshd.port;
    // One connection that ends after the banner, then one that is forwarded.
    let proxy = std::thread::spawn(move || -> Result<()> {
        let (mut first, _) = listener.accept()?;
        first.write_all(b"SSH-2.0-broken\r\n")?;
        drop(first);
        let (client, _) = listener.accept()?;
        let server = std::net::TcpStream::connect(("127.0.0.1", real.get()))?;
        let (mut a, mut b) = (client.try_clone()?, server.try_clone()?);
        std::thread::spawn(move || std::io::copy(&mut a, &mut b));
        let (mut a, mut b) = (server, client);
        std::thread::spawn(move || std::io::copy(&mut a, &mut b));
        Ok(())
    });
    let transport = sshd.remote.wait_ready(port).await?;
    sshd.remote.authenticate(transport, port).await?;
    proxy.join().expect("the proxy does not panic")?;
    Ok(())
}
