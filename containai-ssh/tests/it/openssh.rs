//! OpenSSH's own programs with the generated configuration.

use std::path::Path;
use std::process::{Command as Program, Output, Stdio as Streams};

use anyhow::{Context, Result, ensure};
use containai_core::layout::Layout;

use crate::sshd::{Sshd, container_name};

/// Runs `ssh` with a configuration file in place of the one in the home
/// directory.
fn ssh(config: &Path, arguments: &[&str]) -> Result<Output> {
    Program::new("ssh")
        .arg("-F")
        .arg(config)
        .args(arguments)
        .stdin(Streams::null())
        .output()
        .context("cannot run `ssh`")
}

#[tokio::test]
async fn ssh_connects_through_the_include() -> Result<()> {
    let sshd = Sshd::start().await?;
    let layout = Layout::new(&sshd.home(), None, None);
    // Options that would break the connection if they applied.
    std::fs::write(
        layout.ssh_config(),
        "Host *\n  ProxyJump nowhere.invalid\n  User nobody\n  Port 1\n  ForwardAgent yes\n",
    )?;
    sshd.remote.write_include()?;
    let arguments = ["-o", "BatchMode=yes", "containai-it-main", "echo hello; exit 9"];
    let output = ssh(&layout.ssh_config(), &arguments)?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(9), "{stderr}");
    assert_eq!(output.stdout, b"hello\n", "{stderr}");
    Ok(())
}

#[tokio::test]
async fn ssh_refuses_another_host_key() -> Result<()> {
    let sshd = Sshd::start().await?;
    let layout = Layout::new(&sshd.home(), None, None);
    let other = crate::sshd::make_host_key(&sshd.dir.path().join("other"))?;
    use containai_core::remote::Remote;
    sshd.remote.register(&container_name()?, sshd.port, &other).await?;
    let file = layout.ssh_include_file(&container_name()?);
    let output = ssh(&file, &["containai-it-main", "true"])?;
    assert_eq!(output.status.code(), Some(255));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("Host key verification failed"), "{stderr}");
    Ok(())
}

#[tokio::test]
async fn ssh_reads_the_host_block() -> Result<()> {
    let dir = tempfile::TempDir::new()?;
    for home in ["a b", "50%", "~x", "é", "a#b", "a'b", "$HOME"] {
        let layout = Layout::new(&dir.path().join(home), None, None);
        let remote = containai_ssh::SshRemote::new(layout.clone());
        let block =
            remote.host_block(&container_name()?, containai_core::naming::HostPort::new(2300)?);
        let config = dir.path().join("config");
        std::fs::write(&config, block.render()?)?;
        let output = ssh(&config, &["-G", "containai-it-main"])?;
        let text = String::from_utf8(output.stdout)?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let says = |option: &str, value: &str| {
            assert!(
                text.lines().any(|line| line == format!("{option} {value}")),
                "{option} {value}: {text}"
            );
        };
        says("hostname", "127.0.0.1");
        says("port", "2300");
        says("user", "agent");
        says("stricthostkeychecking", "true");
        says("forwardagent", "no");
        // `-G` expands the tokens of one option only.
        let identity = layout.identity().display().to_string();
        says("identityfile", &identity.replace('%', "%%"));
        says("userknownhostsfile", &layout.known_hosts().display().to_string());
    }
    Ok(())
}

#[tokio::test]
async fn ssh_finds_files_in_unusual_paths() -> Result<()> {
    // The home directory contains blanks already; this adds tokens.
    let sshd = Sshd::start().await?;
    let strange = sshd.dir.path().join("50% of #1");
    std::fs::rename(sshd.home(), &strange)?;
    let layout = Layout::new(&strange, None, None);
    let remote = crate::sshd::remote(&strange)?;
    use containai_core::remote::Remote;
    remote.register(&container_name()?, sshd.port, &sshd.host_key).await?;
    let output = ssh(
        &layout.ssh_include_file(&container_name()?),
        &["-o", "BatchMode=yes", "containai-it-main", "true"],
    )?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

#[tokio::test]
async fn ssh_reads_the_client_options() -> Result<()> {
    use containai_core::remote::{Direction, Forward};
    use containai_ssh::{ClientOptions, ForwardAgent};

    let dir = tempfile::TempDir::new()?;
    let forwards = [
        (Direction::Local, "8080:localhost:80", "localforward 8080 [localhost]:80"),
        (Direction::Local, "[::1]:8081:[::1]:81", "localforward [::1]:8081 [::1]:81"),
        (Direction::Local, "*:8082:a:82", "localforward [*]:8082 [a]:82"),
        (Direction::Local, "/tmp/a:/run/b", "localforward /tmp/a /run/b"),
        (Direction::Local, "8083:/run/b", "localforward 8083 /run/b"),
        (Direction::Remote, "9000:localhost:9000", "remoteforward 9000 [localhost]:9000"),
        (Direction::Remote, "/run/b:/tmp/a", "remoteforward /run/b /tmp/a"),
        (Direction::Dynamic, "1080", "dynamicforward 1080"),
    ];
    let options = [
        ("Compression yes", "compression yes"),
        ("ServerAliveInterval 30", "serveraliveinterval 30"),
        ("SendEnv LC_* EDITOR", "sendenv EDITOR"),
        ("SetEnv A=b/c", "setenv A=b/c"),
        ("LogLevel error", "loglevel ERROR"),
        ("RequestTTY force", "requesttty force"),
        ("AddKeysToAgent confirm", "addkeystoagent confirm"),
    ];
    let client_options = ClientOptions::new(
        ForwardAgent::Yes,
        forwards
            .iter()
            .map(|(direction, text, _)| Forward::parse(*direction, text))
            .collect::<Result<_, _>>()?,
        options.iter().map(|(text, _)| text.parse()).collect::<Result<_, _>>()?,
    );
    let remote = containai_ssh::SshRemote::new(Layout::new(dir.path(), None, None))
        .with_engine("unix:///run/x.sock")
        .with_client_options(client_options);
    let block = remote.host_block(&container_name()?, containai_core::naming::HostPort::new(2300)?);
    let config = dir.path().join("config");
    std::fs::write(&config, block.render()?)?;
    let output = ssh(&config, &["-G", "containai-it-main"])?;
    let text = String::from_utf8(output.stdout)?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let expected = forwards.iter().map(|it| it.2).chain(options.iter().map(|it| it.1));
    for line in expected.chain(["forwardagent yes"]) {
        assert!(text.lines().any(|it| it == line), "{line}: {text}");
    }
    Ok(())
}
