//! Files written to the host, by one process and by several concurrently.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::Command as Program;
use std::sync::{Arc, Mutex};

use anyhow::{Result, ensure};
use containai_core::layout::Layout;
use containai_core::naming::{ContainerName, HostKeyAlias, HostPort, PortRange};
use containai_core::remote::{Remote, RemoteError};
use containai_ssh::{EngineContainers, IncludeState, OpenSshListener, SshRemote};
use tempfile::TempDir;

use crate::child;
use crate::sshd::make_host_key;

fn mode(path: &Path) -> Result<u32> {
    Ok(fs::metadata(path)?.mode() & 0o7777)
}

fn remote_in(dir: &TempDir) -> (Layout, SshRemote) {
    let layout = Layout::new(dir.path(), None, None);
    (layout.clone(), SshRemote::new(layout))
}

#[tokio::test]
async fn openssh_accepts_the_key() -> Result<()> {
    let dir = TempDir::new()?;
    let (layout, remote) = remote_in(&dir);
    let line = remote.authorized_key().await?;
    assert_eq!(mode(&layout.identity())?, 0o600);
    assert_eq!(mode(layout.config_dir())?, 0o700);
    let output = Program::new("ssh-keygen").arg("-y").arg("-f").arg(layout.identity()).output()?;
    ensure!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8(output.stdout)?.trim_end(), line);
    assert_eq!(fs::read_to_string(layout.identity_public())?.trim_end(), line);

    fs::remove_file(layout.identity_public())?;
    fs::set_permissions(layout.identity(), Permissions::from_mode(0o644))?;
    assert_eq!(remote.authorized_key().await?, line, "the key is kept");
    assert_eq!(mode(&layout.identity())?, 0o600, "the mode is repaired");
    assert!(layout.identity_public().exists(), "the public half is repaired");
    Ok(())
}

#[tokio::test]
async fn an_invalid_key_is_never_overwritten() -> Result<()> {
    let dir = TempDir::new()?;
    let (layout, remote) = remote_in(&dir);
    fs::create_dir_all(layout.config_dir())?;
    let path = layout.identity();
    let keygen = |arguments: &[&str]| {
        Program::new("ssh-keygen").args(["-q", "-f"]).arg(&path).args(arguments).status()
    };
    let check = |reason: &'static str| {
        let remote = remote.clone();
        let path = path.clone();
        async move {
            let before = fs::read(&path)?;
            let error = remote.authorized_key().await.unwrap_err();
            assert!(matches!(error, RemoteError::InvalidKey { .. }), "{error:?}");
            assert!(error.to_string().contains(reason), "{error}");
            assert_eq!(fs::read(&path)?, before);
            fs::remove_file(&path)?;
            anyhow::Ok(())
        }
    };
    fs::write(&path, "not a key")?;
    check("is not a usable private key").await?;
    ensure!(keygen(&["-t", "ed25519", "-N", "secret"])?.success());
    check("it has a passphrase").await?;
    ensure!(keygen(&["-t", "rsa", "-b", "2048", "-N", ""])?.success());
    check("not `ssh-ed25519`").await?;
    Ok(())
}

#[test]
fn concurrent_processes_create_one_key_and_every_pin() -> Result<()> {
    let dir = TempDir::new()?;
    let host_key = make_host_key(&dir.path().join("host_key"))?;
    let children = (0..8)
        .map(|i| child::spawn_writer(dir.path(), 2300 + i, &host_key))
        .collect::<Result<Vec<_>>>()?;
    let mut lines = Vec::new();
    for child in children {
        lines.push(child::finish_writer(child)?);
    }
    lines.dedup();
    assert_eq!(lines.len(), 1, "{lines:?}");
    let (layout, _) = remote_in(&dir);
    let expected: String =
        (2300..2308).map(|port| format!("[127.0.0.1]:{port} {host_key}\n")).collect();
    assert_eq!(fs::read_to_string(layout.known_hosts())?, expected);
    assert_eq!(mode(&layout.known_hosts())?, 0o600);
    assert_eq!(fs::read_dir(layout.ssh_include_dir())?.count(), 8);
    Ok(())
}

#[tokio::test]
async fn registering_twice_writes_once() -> Result<()> {
    let dir = TempDir::new()?;
    let (layout, remote) = remote_in(&dir);
    let name = ContainerName::parse("api-main")?;
    let port = HostPort::new(2300)?;
    let key = make_host_key(&dir.path().join("host_key"))?;
    remote.register(&name, port, &key).await?;
    let file = layout.ssh_include_file(&name);
    assert_eq!(mode(&file)?, 0o600);
    assert_eq!(mode(&layout.ssh_include_dir())?, 0o700);
    assert_eq!(mode(&layout.ssh_dir())?, 0o700);
    let inodes = || -> Result<_> {
        Ok((fs::metadata(&file)?.ino(), fs::metadata(layout.known_hosts())?.ino()))
    };
    let before = inodes()?;
    remote.register(&name, port, &key).await?;
    assert_eq!(inodes()?, before, "no file was written again");
    remote.unregister(&name, port).await?;
    remote.unregister(&name, port).await?;
    assert!(!file.exists());
    assert_eq!(remote.pinned_host_key(port).await?, None);
    Ok(())
}

#[test]
fn include_is_written_through_the_link() -> Result<()> {
    let dir = TempDir::new()?;
    let (layout, remote) = remote_in(&dir);
    let dotfiles = dir.path().join("dotfiles");
    fs::create_dir(&dotfiles)?;
    fs::create_dir(layout.ssh_dir())?;
    fs::write(dotfiles.join("ssh"), "# mine\nHost x\n")?;
    fs::set_permissions(dotfiles.join("ssh"), Permissions::from_mode(0o640))?;
    symlink("../dotfiles/ssh", layout.ssh_config())?;
    remote.write_include()?;
    let first = fs::read_to_string(dotfiles.join("ssh"))?;
    assert!(first.starts_with("Include "), "{first}");
    assert!(first.ends_with("\n\n# mine\nHost x\n"), "{first}");
    assert!(layout.ssh_config().is_symlink());
    assert_eq!(mode(&layout.ssh_config())?, 0o640);
    remote.write_include()?;
    assert_eq!(fs::read_to_string(dotfiles.join("ssh"))?, first);

    fs::remove_file(dotfiles.join("ssh"))?;
    remote.write_include()?;
    assert!(dotfiles.join("ssh").exists(), "the target of a broken link is created");
    assert_eq!(mode(&layout.ssh_config())?, 0o600);
    Ok(())
}

#[test]
fn a_configuration_that_cannot_be_written_stays_as_it_is() -> Result<()> {
    let dir = TempDir::new()?;
    let (layout, remote) = remote_in(&dir);
    fs::create_dir(layout.ssh_dir())?;
    let check = |reason: &str| {
        let (path, error) = match remote.write_include() {
            Err(RemoteError::Write { path, source } | RemoteError::Read { path, source }) => {
                (path, source.to_string())
            }
            other => panic!("{reason}: {other:?}"),
        };
        assert_eq!(path, layout.ssh_config());
        assert!(error.contains(reason), "{error}");
    };
    // The store of a link does not exist, or the link leads nowhere.
    symlink("/nonexistent/store/config", layout.ssh_config())?;
    check("entity not found");
    fs::remove_file(layout.ssh_config())?;
    symlink("config", layout.ssh_config())?;
    check("symbolic link");
    fs::remove_file(layout.ssh_config())?;
    fs::create_dir(layout.ssh_config())?;
    check("not a regular file");
    fs::remove_dir(layout.ssh_config())?;
    // Root may write it nevertheless.
    fs::write(layout.ssh_config(), b"Host caf\xe9\n")?;
    fs::set_permissions(layout.ssh_config(), Permissions::from_mode(0o400))?;
    check("read-only");
    assert_eq!(fs::read(layout.ssh_config())?, b"Host caf\xe9\n");
    assert_eq!(remote.include_state()?, IncludeState::Missing);

    let included = format!("IgnoreUnknown X\n{}\nHost caf", remote.include_line()?);
    fs::remove_file(layout.ssh_config())?;
    fs::write(layout.ssh_config(), [included.as_bytes(), b"\xe9\n"].concat())?;
    assert_eq!(remote.include_state()?, IncludeState::Later);
    remote.write_include()?;
    assert_eq!(remote.include_state()?, IncludeState::First);
    assert!(fs::read(layout.ssh_config())?.ends_with(b"\nIgnoreUnknown X\nHost caf\xe9\n"));
    Ok(())
}

#[tokio::test]
async fn files_of_root_belong_to_the_owner_of_the_directory() -> Result<()> {
    if !nix::unistd::Uid::effective().is_root() {
        return Ok(());
    }
    let dir = TempDir::new()?;
    let (layout, remote) = remote_in(&dir);
    std::os::unix::fs::chown(dir.path(), Some(1234), Some(1234))?;
    let (name, port) = (ContainerName::parse("api-main")?, HostPort::new(2300)?);
    remote.register(&name, port, &make_host_key(&dir.path().join("host_key"))?).await?;
    remote.write_include()?;
    let directories = [layout.ssh_dir(), layout.ssh_include_dir()];
    for path in directories.into_iter().chain([layout.ssh_config(), layout.ssh_include_file(&name)])
    {
        assert_eq!(fs::metadata(&path)?.uid(), 1234, "{}", path.display());
    }
    // A file of root in the directory of a user stays root's.
    std::os::unix::fs::chown(layout.ssh_config(), Some(0), Some(0))?;
    fs::write(layout.ssh_config(), "Host x\n")?;
    remote.write_include()?;
    assert_eq!(fs::metadata(layout.ssh_config())?.uid(), 0);
    Ok(())
}

#[tokio::test]
async fn openssh_files_are_not_needed_for_sessions() -> Result<()> {
    #[derive(Debug, Default)]
    struct Problems(Mutex<Vec<String>>);

    impl OpenSshListener for Problems {
        fn on_unwritable(&self, error: &RemoteError) {
            self.0.lock().expect("no panic").push(error.to_string());
        }
    }

    let dir = TempDir::new()?;
    let (layout, remote) = remote_in(&dir);
    fs::write(layout.ssh_dir(), "not a directory")?;
    let (name, port) = (ContainerName::parse("api-main")?, HostPort::new(2300)?);
    let key = make_host_key(&dir.path().join("host_key"))?;
    let refused = remote.register(&name, port, &key).await.map(drop);
    ensure!(matches!(refused, Err(RemoteError::Write { .. })), "{refused:?}");

    let problems = Arc::new(Problems::default());
    let remote = remote.with_listener(problems.clone());
    remote.register(&name, port, &key).await?;
    assert_eq!(remote.pinned_host_key(port).await?, Some(key));
    remote.unregister(&name, port).await?;
    let expected = format!("cannot write `{}`", layout.ssh_include_file(&name).display());
    assert_eq!(*problems.0.lock().expect("no panic"), [expected]);
    Ok(())
}

#[tokio::test]
async fn port_reservations_are_exclusive() -> Result<()> {
    let dir = TempDir::new()?;
    let (_, remote) = remote_in(&dir);
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let taken = HostPort::new(listener.local_addr()?.port())?;
    let range = PortRange::new(taken, HostPort::new(taken.get().saturating_add(20))?)?;
    let first = remote.reserve_port(range, &[].into()).await?;
    assert!(first.port > taken);
    let none = [].into();
    let second = remote.reserve_port(range, &none);
    let waited = tokio::time::timeout(std::time::Duration::from_millis(100), second).await;
    assert!(waited.is_err(), "the first reservation is held");
    let port = first.port;
    drop(first);
    assert_eq!(remote.reserve_port(range, &none).await?.port, port);
    let reserved = [(port, "api-main".to_owned())].into();
    assert!(remote.reserve_port(range, &reserved).await?.port > port);
    Ok(())
}

#[tokio::test]
async fn a_renamed_container_leaves_no_config_file() -> Result<()> {
    let dir = TempDir::new()?;
    let (layout, remote) = remote_in(&dir);
    let (here, elsewhere) =
        (remote.clone().with_engine("unix:///a"), remote.clone().with_engine("unix:///b"));
    let key = make_host_key(&dir.path().join("host_key"))?;
    let (old, new) = (ContainerName::parse("old-main")?, ContainerName::parse("new-main")?);
    let other = ContainerName::parse("other-main")?;
    let unmarked = ContainerName::parse("unmarked-main")?;
    let port = HostPort::new(2300)?;
    elsewhere.register(&other, port, &key).await?;
    remote.register(&unmarked, port, &key).await?;
    here.register(&old, port, &key).await?;
    here.register(&new, port, &key).await?;
    let is_there = |name| layout.ssh_include_file(name).exists();
    assert!(is_there(&new) && !is_there(&old), "the old name is removed");
    assert!(is_there(&other) && is_there(&unmarked), "entries of other engines are kept");
    Ok(())
}

#[tokio::test]
async fn stale_entries_can_be_removed() -> Result<()> {
    let dir = TempDir::new()?;
    let (layout, remote) = remote_in(&dir);
    let remote = remote.with_engine("unix:///a");
    let key = make_host_key(&dir.path().join("host_key"))?;
    let (gone, here) = (ContainerName::parse("gone-main")?, ContainerName::parse("here-main")?);
    remote.register(&gone, HostPort::new(2300)?, &key).await?;
    remote.register(&here, HostPort::new(2301)?, &key).await?;
    fs::write(layout.ssh_include_dir().join("mine.conf"), "Host mine\n")?;
    let containers = vec![(here.to_string(), HostPort::new(2301).ok().map(HostKeyAlias::local))];
    let containers_of_engine = EngineContainers { engine: "unix:///a".to_owned(), containers };
    let stale = remote.stale_entries(&[containers_of_engine])?;
    assert_eq!(stale.config_files.len(), 1);
    assert_eq!(stale.host_key_aliases, [HostKeyAlias::local(HostPort::new(2300)?)]);
    assert!(layout.ssh_include_file(&gone).exists(), "the search removes nothing");
    remote.remove_stale(&stale).await?;
    assert!(!layout.ssh_include_file(&gone).exists() && layout.ssh_include_file(&here).exists());
    assert!(layout.ssh_include_dir().join("mine.conf").exists());
    assert_eq!(remote.pinned_host_key(HostPort::new(2300)?).await?, None);
    assert_eq!(remote.pinned_host_key(HostPort::new(2301)?).await?, Some(key));
    Ok(())
}
