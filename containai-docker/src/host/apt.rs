//! Debian's package manager.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use containai_core::lifecycle::{Event, EventListener};

use super::apt_command;
use super::command::{HostCommand, HostCommandError};
use super::event::{SetupEvent, SetupEvents};
use super::packages::{self, PackageFacts, QUERIED_PACKAGES};

/// Number of attempts to update the package lists, one per second.
const LOCK_ATTEMPTS: u32 = 300;

/// Queries dpkg and apt for the packages that setup may install.
pub(crate) fn package_facts() -> PackageFacts {
    let format = "${Package} ${db:Status-Status}\n";
    let installed = HostCommand::new("dpkg-query", &["-W", "-f", format]).run();
    let policy = HostCommand::new("apt-cache", &["policy"]).args(QUERIED_PACKAGES).run();
    PackageFacts {
        installed: packages::parse_installed(&installed.unwrap_or_default()),
        candidates: packages::parse_policy(&policy.unwrap_or_default()),
    }
}

/// Installs packages with apt and reports its progress to `events`. Installed packages stay
/// unchanged. If the package lists are outdated, updates them and retries once.
///
/// # Errors
///
/// [`HostCommandError`] with the end of apt's output. Usual causes: no network, a full disk, or a
/// broken package from another source.
pub fn install_packages(
    names: &[&str],
    events: &dyn EventListener,
) -> Result<(), HostCommandError> {
    install_missing(names, &LifecycleEventAdapter(events))
}

/// Forwards apt's progress to a listener of lifecycle events.
struct LifecycleEventAdapter<'a>(&'a dyn EventListener);

impl SetupEvents for LifecycleEventAdapter<'_> {
    fn on(&self, event: &SetupEvent<'_>) {
        match event {
            SetupEvent::Progress { percent, message } => {
                // Hundredths of a percent: a progress bar with only 100 positions looks stuck.
                let done = (percent.clamp(0.0, 100.0) * 100.0) as u64;
                self.0.on_event(Event::Progress { done, total: Some(10_000) });
                self.0.on_event(Event::Output(message));
            }
            SetupEvent::Waiting { reason } => self.0.on_event(Event::Notice(reason)),
            _ => {}
        }
    }
}

pub(crate) fn install_missing(
    names: &[&str],
    events: &dyn SetupEvents,
) -> Result<(), HostCommandError> {
    let installed = package_facts().installed;
    let missing: Vec<_> = names.iter().filter(|name| !installed.contains(**name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let install = apt_command::install(&missing);
    run_with_progress(&install, events).or_else(|_| {
        update_lists(events)?;
        run_with_progress(&install, events)
    })
}

/// Updates the package lists, waiting for their lock. apt itself waits for the package lock, but
/// fails immediately on the list lock, which a freshly booted Ubuntu holds.
pub(crate) fn update_lists(events: &dyn SetupEvents) -> Result<(), HostCommandError> {
    let update = apt_command::update();
    for _ in 0..LOCK_ATTEMPTS {
        match run_with_progress(&update, events) {
            Err(HostCommandError::Failed { tail, .. })
                if tail.iter().any(|line| is_locked(line)) =>
            {
                let reason = "another program is updating the package lists";
                events.on(&SetupEvent::Waiting { reason });
                thread::sleep(Duration::from_secs(1));
            }
            done => return done,
        }
    }
    run_with_progress(&update, events)
}

fn is_locked(line: &str) -> bool {
    line.contains("Could not get lock") && line.contains("/lists/lock")
}

/// Runs apt and reports its status lines.
pub(crate) fn run_with_progress(
    invocation: &HostCommand,
    events: &dyn SetupEvents,
) -> Result<(), HostCommandError> {
    let mut child = invocation
        .to_command()
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|source| invocation.spawn_error(source))?;
    let stderr_reader = read_in_thread(child.stderr.take());
    let mut output = String::new();
    report_progress(&mut child, events, &mut output);
    let status = child.wait().map_err(|source| invocation.spawn_error(source))?;
    let stderr = stderr_reader.join().unwrap_or_default();
    if status.success() {
        return Ok(());
    }
    let text = if stderr.trim().is_empty() { &output } else { &stderr };
    Err(invocation.exit_error(status, text))
}

fn report_progress(child: &mut Child, events: &dyn SetupEvents, output: &mut String) {
    let Some(stdout) = child.stdout.take() else { return };
    // apt repeats its lock message every second.
    let mut last = String::new();
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        match parse_status_line(&line) {
            Some(AptStatusLine::Progress { percent, message }) => {
                events.on(&SetupEvent::Progress { percent, message });
            }
            Some(AptStatusLine::Waiting(_)) if line == last => {}
            Some(AptStatusLine::Waiting(reason)) => events.on(&SetupEvent::Waiting { reason }),
            None => {
                output.push_str(&line);
                output.push('\n');
            }
        }
        last = line;
    }
}

fn read_in_thread(stream: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            // Output read before an error is still worth showing.
            let _ = stream.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

#[derive(Debug, PartialEq)]
enum AptStatusLine<'a> {
    Progress { percent: f32, message: &'a str },
    Waiting(&'a str),
}

/// Parses `dlstatus:` and `pmstatus:` lines (apt's README.progress-reporting) and apt's lock
/// message. Downloads make up the first half of the progress.
fn parse_status_line(line: &str) -> Option<AptStatusLine<'_>> {
    if line.starts_with("Waiting for cache lock") {
        return Some(AptStatusLine::Waiting(line));
    }
    let mut fields = line.splitn(4, ':');
    let half = match fields.next()? {
        "dlstatus" => 0.0,
        "pmstatus" => 50.0,
        _ => return None,
    };
    fields.next()?;
    let percent: f32 = fields.next()?.parse().ok()?;
    Some(AptStatusLine::Progress { percent: half + percent / 2.0, message: fields.next()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_status_lines() {
        let progress = |percent, message| Some(AptStatusLine::Progress { percent, message });
        let check = |line: &str, expected: Option<AptStatusLine<'_>>| {
            assert_eq!(parse_status_line(line), expected);
        };
        check(
            "dlstatus:1:20.4237:Retrieving file 1 of 5 (12s remaining)",
            progress(10.211_85, "Retrieving file 1 of 5 (12s remaining)"),
        );
        check(
            "pmstatus:docker.io:50.0000:Unpacking docker.io (amd64)",
            progress(75.0, "Unpacking docker.io (amd64)"),
        );
        check("Reading package lists...", None);
        check("pmstatus:broken", None);
        let lock = "Waiting for cache lock: Could not get lock /var/lib/dpkg/lock-frontend";
        check(lock, Some(AptStatusLine::Waiting(lock)));
    }
}
