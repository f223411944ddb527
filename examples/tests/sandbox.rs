//! The examples that embed `containai`, and the parts of its API that they do not use, on a real
//! engine.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use containai::{ProcessEnv, Sandbox, Stdio};
use containai_ssh::{Signal, TerminalSize};
use containai_tests::{Engine, Person, Repository};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::time::timeout;

/// A person on the shared engine, whose machine is set up.
fn prepared(name: &str) -> (Person<'static>, Repository) {
    let person = Person::new();
    person.cai(["setup", "--yes"]).run().success();
    let repository = person.repository(name);
    (person, repository)
}

fn variables(person: &Person<'_>) -> [(&'static str, std::ffi::OsString); 3] {
    let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    let engine = Engine::shared().root().as_os_str().to_owned();
    [("HOME", person.home().into()), ("PATH", path.into()), ("CONTAINAI_ENGINE_ROOT", engine)]
}

/// Runs an example to its end; returns its standard output.
fn run(program: &str, person: &Person<'_>, args: &[&str]) -> Result<String> {
    let mut example = Command::new(program);
    let output = example.args(args).env_clear().envs(variables(person)).output()?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{program}: {}: {stderr}", output.status);
    Ok(String::from_utf8(output.stdout)?)
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of text")
}

#[test]
fn sandbox_runs_commands_and_receives_files() -> Result<()> {
    let (person, repository) = prepared("lib-sandbox");
    fs::create_dir(repository.path().join("fixtures"))?;
    fs::write(repository.path().join("fixtures/data"), "data")?;
    let said = run(env!("CARGO_BIN_EXE_sandbox"), &person, &[text(repository.path())])?;
    assert_eq!(said, "main\nexit status: 0\n");
    assert_eq!(fs::read_to_string(repository.path().join("copied/data"))?, "data");
    assert_eq!(person.container(repository.path())["State"]["Status"], "exited");
    Ok(())
}

#[test]
fn settings_are_imported_from_a_directory() -> Result<()> {
    let (person, repository) = prepared("lib-import");
    let from = person.beside("settings");
    fs::create_dir(&from)?;
    fs::write(from.join(".gitconfig"), "[user]\n\tname = Example\n")?;
    let args = [text(repository.path()), text(&from)];
    let said = run(env!("CARGO_BIN_EXE_import_settings"), &person, &args)?;
    assert!(said.contains(" files on ") && said.ends_with("\nExample\n"), "{said}");
    Ok(())
}

#[test]
fn volume_is_exported_and_restored() -> Result<()> {
    let (person, repository) = prepared("lib-export");
    let archive = person.beside("export.tgz");
    let args = [text(repository.path()), text(&archive)];
    let said = run(env!("CARGO_BIN_EXE_export_restore"), &person, &args)?;
    assert_eq!(said, "/mnt/agent-data/example\n");
    assert!(archive.is_file());
    Ok(())
}

#[test]
fn fork_continues_from_a_snapshot() -> Result<()> {
    let (person, repository) = prepared("lib-fork");
    let name = format!("lib-{}", std::process::id());
    let said =
        run(env!("CARGO_BIN_EXE_snapshot_fork"), &person, &[text(repository.path()), &name])?;
    let fork = person.beside(&format!("lib-fork-{name}"));
    assert_eq!(said, format!("{}\nkept\nfork/{name}\n", fork.display()));
    person.remove_containers(&fork);
    person.cai(["snapshot", "remove", &name, "--force"]).run().success();
    Ok(())
}

#[test]
fn port_is_forwarded() -> Result<()> {
    let (person, repository) = prepared("lib-forward");
    let local = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port().to_string();
    let args = [text(repository.path()), &local, "22"];
    let said = run(env!("CARGO_BIN_EXE_forward_port"), &person, &args)?;
    assert!(said.starts_with("SSH-2.0-"), "{said}");
    Ok(())
}

#[tokio::test]
async fn commands_have_streams_signals_and_terminals() -> Result<()> {
    let (person, repository) = prepared("lib-command");
    let variables = variables(&person).map(|(name, value)| (name.into(), value));
    let env = ProcessEnv::from_vars(variables)?;
    let builder = Sandbox::builder(repository.path()).process_env(env).image("base");
    let error = builder.clone().open().await.expect_err("there is no container").to_string();
    assert!(error.contains("no container"), "{error}");
    let sandbox = builder.clone().start().await?;
    streams(&sandbox).await?;
    signals(&sandbox).await?;
    terminal(&sandbox).await?;
    environment(&sandbox).await?;
    copies(&sandbox, &person).await?;
    let name = sandbox.name().to_owned();
    sandbox.stop().await?;
    let sandbox = builder.open().await?;
    assert_eq!(sandbox.name(), name);
    sandbox.remove().await?;
    assert!(person.containers(repository.path()).is_empty());
    Ok(())
}

async fn streams(sandbox: &Sandbox) -> Result<()> {
    // Two commands at once, of which one blocks on its full pipe.
    let mut yes = sandbox.command("yes").stdout(Stdio::piped()).kill_on_drop(true).spawn().await?;
    let mut cat = sandbox.command("cat");
    let mut cat = cat.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().await?;
    assert_eq!(cat.try_wait().await?, None);
    let mut stdin = cat.stdin.take().context("it is piped")?;
    stdin.write_all(b"through\n").await?;
    let mut lines = BufReader::new(cat.stdout.take().context("it is piped")?).lines();
    assert_eq!(lines.next_line().await?.as_deref(), Some("through"));
    stdin.shutdown().await?;
    assert!(cat.wait().await?.success() && cat.wait().await?.success());
    let mut buffer = [0; 2];
    yes.stdout.as_mut().context("it is piped")?.read_exact(&mut buffer).await?;
    assert_eq!(&buffer, b"y\n");
    drop(yes.stdout.take());
    assert_eq!(yes.wait().await?.signal(), Some(13));

    let script = "echo out; echo err >&2; exit 3";
    let output = sandbox.command("sh").args(["-c", script]).output().await?;
    assert_eq!((output.status.code(), &*output.stdout), (Some(3), &b"out\n"[..]));
    assert_eq!(output.stderr, b"err\n");
    Ok(())
}

async fn signals(sandbox: &Sandbox) -> Result<()> {
    for (signal, number) in [(Signal::Terminate, 15), (Signal::Kill, 9), (Signal::User1, 10)] {
        let script = "echo ready; exec sleep 300";
        let mut sleep = sandbox.command("sh");
        let mut sleep = sleep.args(["-c", script]).stdout(Stdio::piped()).spawn().await?;
        let mut lines = BufReader::new(sleep.stdout.take().context("it is piped")?).lines();
        assert_eq!(lines.next_line().await?.as_deref(), Some("ready"));
        assert!(timeout(Duration::from_millis(50), sleep.wait()).await.is_err());
        sleep.kill(signal).await;
        assert_eq!(sleep.wait().await?.signal(), Some(number));
        sleep.kill(signal).await;
    }
    Ok(())
}

async fn terminal(sandbox: &Sandbox) -> Result<()> {
    let script = "stty size; trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.1; done";
    let mut shell = sandbox.command("sh");
    shell.args(["-c", script]).terminal(TerminalSize { columns: 90, rows: 30 });
    let mut shell = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().await?;
    let mut lines = BufReader::new(shell.stdout.take().context("it is piped")?).lines();
    assert_eq!(lines.next_line().await?.as_deref(), Some("30 90"));
    assert_eq!(lines.next_line().await?.as_deref(), Some("ready"));
    // sshd resizes no terminal whose input has ended.
    shell.resize(TerminalSize { columns: 40, rows: 20 }).await;
    assert_eq!(lines.next_line().await?.as_deref(), Some("20 40"));
    assert!(shell.wait().await?.success());
    Ok(())
}

async fn environment(sandbox: &Sandbox) -> Result<()> {
    let mut command = sandbox.command("sh");
    command.args(["-c", "pwd; echo \"$SECRET\""]).env("SECRET", "it's one").current_dir("/tmp");
    let output = command.output().await?;
    assert_eq!(String::from_utf8(output.stdout)?, "/tmp\nit's one\n");
    assert!(!format!("{command:?}").contains("one"));
    let missing = sandbox.command("no-such-program").output().await?;
    assert_eq!(missing.status.code(), Some(127));
    assert!(sandbox.command("A=1").status().await.is_err());
    assert!(sandbox.command("true").env("not a name", "").status().await.is_err());
    Ok(())
}

async fn copies(sandbox: &Sandbox, person: &Person<'_>) -> Result<()> {
    let file = person.beside("file");
    fs::write(&file, "content")?;
    sandbox.copy_in(&file, "file").await?;
    sandbox.copy_out("file", person.beside("back")).await?;
    assert_eq!(fs::read_to_string(person.beside("back"))?, "content");
    let error = sandbox.copy_in(person.beside("none"), "file").await;
    assert!(error.is_err_and(|error| error.to_string().contains("none")));
    Ok(())
}
