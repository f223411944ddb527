//! Compatibility with the shell version: its files and its commands.

use std::path::{Path, PathBuf};
use std::process::Command as Program;

use anyhow::{Context, Result};
use containai_core::layout::Layout;
use containai_core::naming::{ContainerName, HostPort, SshAlias};
use containai_core::remote::{Direction, Forward};
use containai_ssh::include::{self, PATTERN};
use containai_ssh::{ClientOptions, Command, ForwardAgent, HostBlock, LaunchMode};
use serde_json::Value;

/// Reads the recorded cases of a function: the newest ones, or the project's
/// copy.
fn records(file: &str) -> Result<Vec<Value>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let places = ["../shared/vectors", "tests/vectors"].map(|place| root.join(place).join(file));
    let found: Vec<PathBuf> = places.into_iter().filter(|path| path.exists()).collect();
    let path = found.first().with_context(|| format!("there is no `{file}`"))?;
    let text = std::fs::read_to_string(path)?;
    text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

fn text<'a>(record: &'a Value, pointer: &str) -> Option<&'a str> {
    record.pointer(pointer).and_then(Value::as_str)
}

fn strings(record: &Value, pointer: &str) -> Vec<String> {
    let list = record.pointer(pointer).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect()
}

/// Host blocks contain the directives of the shell version, except for the
/// prefix of the alias and the acceptance of unknown host keys; they contain
/// additional ones.
#[test]
fn host_blocks() -> Result<()> {
    for record in records("ssh_host_config.jsonl")? {
        let layout = Layout::new(Path::new("/HOME"), None, None);
        let name = ContainerName::parse(text(&record, "/input/container").context("container")?)?;
        let forwards = strings(&record, "/input/local_forward");
        let port = text(&record, "/input/port").context("port")?.parse::<HostPort>()?;
        let mut block =
            HostBlock::new(SshAlias::of(&name), port, layout.identity(), layout.known_hosts());
        block.client_options = ClientOptions::new(
            match text(&record, "/input/forward_agent") {
                Some("true") => ForwardAgent::Yes,
                _ => ForwardAgent::No,
            },
            forwards
                .iter()
                .map(|f| Forward::parse(Direction::Local, f))
                .collect::<Result<_, _>>()?,
            Vec::new(),
        );
        let ours = block.render()?.replace("/HOME", "$HOME");
        let ours: Vec<_> = ours.lines().map(str::trim).collect();
        // Builds of OpenSSH without GSSAPI warn about its option.
        let is_kept = |directive: &String| directive != "GSSAPIAuthentication no";
        for directive in strings(&record, "/output/directives").into_iter().filter(is_kept) {
            let expected = directive
                .replace(&format!("Host {name}"), &format!("Host containai-{name}"))
                .replace("StrictHostKeyChecking accept-new", "StrictHostKeyChecking yes");
            assert!(ours.contains(&expected.as_str()), "{expected}: {record}");
        }
    }
    Ok(())
}

/// Returns whether the `Include` is first, and the configuration without it.
fn effect(config: &str) -> (bool, Vec<String>) {
    let is_ours = |line: &str| include::add(line.as_bytes(), PATTERN).is_none();
    let mut rest: Vec<_> =
        config.lines().filter(|line| !is_ours(line)).map(str::to_owned).collect();
    rest.retain(|line| !line.is_empty());
    (include::add(config.as_bytes(), PATTERN).is_none(), rest)
}

#[test]
fn include_lines() -> Result<()> {
    for record in records("ssh_config_include.jsonl")? {
        let before = text(&record, "/input/before").unwrap_or_default();
        let ours = include::add(before.as_bytes(), PATTERN).unwrap_or_else(|| before.into());
        let ours = String::from_utf8(ours)?;
        let after = text(&record, "/output/after").context("after")?;
        // The shell version took another directory's name for ContainAI's, so
        // plain `ssh` would never have found a container.
        let expected = match text(&record, "/input/case") {
            Some("similar dir") => (true, effect(after).1),
            _ => effect(after),
        };
        assert_eq!(effect(&ours), expected, "{record}");
    }
    Ok(())
}

/// Evaluates a line in a shell: `cd` changes nothing, and a placeholder for
/// every program prints its arguments and variables.
fn evaluate(line: &str) -> Result<String> {
    let dir = tempfile::TempDir::new()?;
    let script = format!(
        "cd() {{ printf 'cd <%s>\\n' \"$@\"; }}\n\
         command_not_found_handle() {{ printf '<%s>' \"A=$A B=$B\" \"$@\"; echo; }}\n\
         export -f command_not_found_handle\n\
         nohup() {{ \"$@\"; }}\nPATH={}\nhash -r\n{line}\nwait\n",
        dir.path().display()
    );
    std::os::unix::fs::symlink("/bin/bash", dir.path().join("bash"))?;
    let output = Program::new("/bin/bash").args(["-c", &script]).env_clear().output()?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn remote_commands() -> Result<()> {
    let mut compared = 0;
    for record in records("ssh_remote_command.jsonl")? {
        let launch = match text(&record, "/input/mode") {
            Some("plain") => LaunchMode::Plain,
            Some("login" | "login+tty") => LaunchMode::Login,
            // Its line ends with a process id and discards its output.
            _ => continue,
        };
        let Some(theirs) = text(&record, "/output/remote_command") else {
            continue;
        };
        let args = strings(&record, "/input/args");
        // Its `bash -lc` took such a program name for an option of bash.
        if launch == LaunchMode::Login && args.first().is_some_and(|first| first.starts_with('-')) {
            let ours = String::from_utf8(Command::new(&args)?.with_launch(launch).line())?;
            assert!(evaluate(&ours)?.contains(&format!("<{}>", args[0])), "{record}");
            continue;
        }
        let command = Command::new(args)?.with_launch(launch);
        let ours = String::from_utf8(command.line())?;
        assert_eq!(evaluate(&ours)?, evaluate(theirs)?, "{record}");
        compared += 1;
    }
    assert!(compared > 30, "{compared}");
    Ok(())
}
