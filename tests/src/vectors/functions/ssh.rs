//! SSH configuration and remote commands.

use std::path::Path;

use anyhow::{Context, Result};
use containai_core::naming::{ContainerName, SshAlias};
use containai_core::remote::{Direction, Forward};
use containai_ssh::{ClientOptions, Command, ForwardAgent, HostBlock, LaunchMode, include};
use serde_json::Value;

use crate::vectors::record::Record;
use crate::vectors::report::Verdict;
use crate::vectors::shell_words::{Word, split};

/// Compares the directives. Our block has more of them, which keeps the user's own configuration
/// from interfering; it uses the alias as host name, and the host key is pinned before, so it is
/// always verified.
pub(super) fn host_config(record: &Record) -> Result<Verdict> {
    let name = ContainerName::parse(record.text("container")?)?;
    let alias = SshAlias::of(&name);
    let forwards = record.texts("local_forward")?.into_iter();
    let forwards = forwards.map(|text| Forward::parse(Direction::Local, text));
    let port = record.text("port")?.parse()?;
    let mut block = HostBlock::new(
        alias.clone(),
        port,
        Path::new("/HOME/.config/containai/id_containai"),
        Path::new("/HOME/.config/containai/known_hosts"),
    );
    block.client_options = ClientOptions::new(
        match record.text("forward_agent")? {
            "true" => ForwardAgent::Yes,
            _ => ForwardAgent::No,
        },
        forwards.collect::<Result<_, _>>()?,
        Vec::new(),
    );
    let ours = block.render()?.replace("/HOME/", "$HOME/");
    let ours: Vec<&str> = ours.lines().map(str::trim).collect();
    let recorded = record.output["directives"].as_array().context("no `directives`")?;
    let missing = recorded.iter().filter_map(Value::as_str).find(|directive| {
        // Builds of OpenSSH without GSSAPI warn about its option.
        if *directive == "GSSAPIAuthentication no" {
            return false;
        }
        let meant = match directive.split_once(' ') {
            Some(("Host", _)) => format!("Host {alias}"),
            Some(("StrictHostKeyChecking", _)) => "StrictHostKeyChecking yes".to_owned(),
            _ => (*directive).to_owned(),
        };
        !ours.contains(&meant.as_str())
    });
    Ok(match missing {
        None => Verdict::Matches,
        Some(directive) => Verdict::Differs(format!("a block without `{directive}`")),
    })
}

/// Compares the effect of the `Include`: it comes first, all other lines stay, and a second run
/// changes nothing.
pub(super) fn config_include(record: &Record) -> Result<Verdict> {
    let before = record.input["before"].as_str().unwrap_or_default();
    let after = include::add(before.as_bytes(), include::PATTERN);
    let after = String::from_utf8(after.unwrap_or_else(|| before.into()))?;
    let again = include::add(after.as_bytes(), include::PATTERN);
    let recorded = record.output["after"].as_str().context("no `after`")?;
    let is_same = effect(&after) == effect(recorded) || keeps_more(&after, recorded);
    Ok(match is_same && again.is_none() {
        true => Verdict::Matches,
        false => Verdict::Differs(format!("{after:?}")),
    })
}

/// Returns the lines that have an effect on OpenSSH; a second `Include` of ours has none.
fn effect(config: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in
        config.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let words: Vec<&str> =
            line.split(|c: char| c.is_whitespace() || c == '=').filter(|w| !w.is_empty()).collect();
        let is_ours = matches!(words[..], ["Include", pattern, ..] if pattern == include::PATTERN);
        if !is_ours || lines.is_empty() {
            lines.push(if is_ours { "Include".to_owned() } else { words.join(" ") });
        }
    }
    lines
}

/// Returns whether our file contains every line of the recorded one and begins with our `Include`.
fn keeps_more(after: &str, recorded: &str) -> bool {
    let (ours, theirs) = (effect(after), effect(recorded));
    ours.first().is_some_and(|line| line == "Include")
        && theirs.iter().all(|line| ours.contains(line))
}

/// Compares the words that the remote shell reads, not their quoting.
pub(super) fn remote_command(record: &Record) -> Result<Verdict> {
    let launch = match record.text("mode")? {
        "plain" => LaunchMode::Plain,
        "login" | "login+tty" => LaunchMode::Login,
        "detached" => LaunchMode::Detached,
        // The number of `ssh` calls does not apply to our own SSH client.
        _ => return Ok(Verdict::NotImplemented),
    };
    let Some(recorded) = record.output.get("remote_command") else {
        return Ok(Verdict::NotImplemented);
    };
    let mut args = record.texts("args")?;
    if launch == LaunchMode::Detached && args.first() == Some(&"--login-shell") {
        // The shell version took its own option for a word of the command.
        args.remove(0);
    }
    let Ok(command) = Command::new(args) else {
        return Ok(if recorded.is_null() {
            Verdict::Matches
        } else {
            Verdict::Differs("no command".to_owned())
        });
    };
    let ours = String::from_utf8(command.with_launch(launch).line())?;
    let recorded = recorded.as_str().context("no `remote_command`")?;
    let is_same = match launch {
        LaunchMode::Detached => detached(&ours)? == inside_login(recorded)?,
        _ => words_of(&ours)? == words_of(recorded)?,
    };
    Ok(match is_same {
        true => Verdict::Matches,
        false => Verdict::Differs(ours),
    })
}

/// Returns the words of a detached command: the assignments before the script that starts it, and
/// the words after the script and its name.
fn detached(line: &str) -> Result<Vec<Word>> {
    let words = split(line)?;
    let is = |text: &'static str| move |word: &Word| *word == Word::Text(text.to_owned());
    let script = words.iter().position(is("/bin/sh")).context("no script")?;
    let directory = words.iter().position(is("/home/agent/workspace")).context("no directory")?;
    let assignments =
        words[directory + 1..script].iter().filter(|word| !matches!(word, Word::Live(_)));
    Ok(assignments.chain(&words[script + 4..]).cloned().collect())
}

/// Returns the words inside `bash -lc`.
fn inside_login(line: &str) -> Result<Vec<Word>> {
    let words = split(line)?;
    let login = words.iter().position(|word| *word == Word::Text("-lc".to_owned()));
    match words.get(login.context("no `-lc`")? + 1) {
        Some(Word::Text(inner)) => split(inner),
        _ => Ok(Vec::new()),
    }
}

/// Returns the words of a line, with those inside `bash -lc` in place.
fn words_of(line: &str) -> Result<Vec<Word>> {
    let mut words = Vec::new();
    let mut after_login = false;
    for word in split(line)? {
        match word {
            Word::Text(inner) if after_login => words.extend(split(&inner)?),
            word => {
                after_login = word == Word::Text("-lc".to_owned());
                words.push(word);
                continue;
            }
        }
        after_login = false;
    }
    Ok(words)
}
