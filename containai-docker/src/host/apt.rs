//! Debian's package manager.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use containai_core::lifecycle::{Event, Events};

use super::command::{CommandError, Invocation};
use super::event::{SetupEvent, SetupEvents};
use super::packages::{self, OF_INTEREST, PackageFacts};

/// Time that apt waits for another package manager, in seconds.
const LOCK_TIMEOUT: &str = "DPkg::Lock::Timeout=300";
/// Number of attempts to update the package lists, one per second.
const LOCK_PATIENCE: u32 = 300;

/// Returns the command that updates the package lists.
pub(crate) fn update() -> Invocation {
    Invocation::new("apt-get", &["-q", "-o", LOCK_TIMEOUT, "-o", "APT::Status-Fd=1", "update"])
}

/// Returns the command that installs packages without their recommendations.
pub(crate) fn install<S: AsRef<str>>(names: &[S]) -> Invocation {
    let options = ["-q", "-y", "--no-install-recommends"];
    Invocation::new("apt-get", &options)
        // The command's standard output is a pipe, so dpkg gets no terminal, and apt's status lines
        // (README.progress-reporting) appear between its output.
        .args(["-o", LOCK_TIMEOUT, "-o", "Dpkg::Use-Pty=0", "-o", "APT::Status-Fd=1"])
        .args(["install"])
        .args(names.iter().map(AsRef::as_ref))
}

/// Queries dpkg and apt for the packages that setup may install.
pub(crate) fn facts() -> PackageFacts {
    let format = "${Package} ${db:Status-Status}\n";
    let installed = Invocation::new("dpkg-query", &["-W", "-f", format]).run();
    let policy = Invocation::new("apt-cache", &["policy"]).args(OF_INTEREST).run();
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
pub fn install_packages(names: &[&str], events: &dyn Events) -> Result<(), CommandError> {
    install_missing(names, &Forward(events))
}

/// Forwards apt's progress to a listener of lifecycle events.
struct Forward<'a>(&'a dyn Events);

impl SetupEvents for Forward<'_> {
    fn on(&self, event: &SetupEvent<'_>) {
        match event {
            SetupEvent::Progress { percent, message } => {
                // Hundredths of a percent: a progress bar with only 100 positions looks stuck.
                let done = (percent.clamp(0.0, 100.0) * 100.0) as u64;
                self.0.event(Event::Progress { done, total: Some(10_000) });
                self.0.event(Event::Output(message));
            }
            SetupEvent::Waiting { reason } => self.0.event(Event::Notice(reason)),
            _ => {}
        }
    }
}

pub(crate) fn install_missing(
    names: &[&str],
    events: &dyn SetupEvents,
) -> Result<(), CommandError> {
    let installed = facts().installed;
    let missing: Vec<_> = names.iter().filter(|name| !installed.contains(**name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let install = install(&missing);
    watch(&install, events).or_else(|_| {
        refresh(events)?;
        watch(&install, events)
    })
}

/// Updates the package lists, waiting for their lock. apt itself waits for the package lock, but
/// fails immediately on the list lock, which a freshly booted Ubuntu holds.
pub(crate) fn refresh(events: &dyn SetupEvents) -> Result<(), CommandError> {
    let update = update();
    for _ in 0..LOCK_PATIENCE {
        match watch(&update, events) {
            Err(CommandError::Failed { tail, .. }) if tail.iter().any(|line| is_locked(line)) => {
                let reason = "another program is updating the package lists";
                events.on(&SetupEvent::Waiting { reason });
                thread::sleep(Duration::from_secs(1));
            }
            done => return done,
        }
    }
    watch(&update, events)
}

fn is_locked(line: &str) -> bool {
    line.contains("Could not get lock") && line.contains("/lists/lock")
}

/// Runs apt and reports its status lines.
pub(crate) fn watch(invocation: &Invocation, events: &dyn SetupEvents) -> Result<(), CommandError> {
    let mut child = invocation
        .command()
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|source| invocation.spawn_error(source))?;
    let complaints = read_aside(child.stderr.take());
    let mut talk = String::new();
    report(&mut child, events, &mut talk);
    let status = child.wait().map_err(|source| invocation.spawn_error(source))?;
    let complaints = complaints.join().unwrap_or_default();
    if status.success() {
        return Ok(());
    }
    let said = if complaints.trim().is_empty() { &talk } else { &complaints };
    Err(invocation.failed(status, said))
}

fn report(child: &mut Child, events: &dyn SetupEvents, talk: &mut String) {
    let Some(stdout) = child.stdout.take() else { return };
    // apt repeats its lock message every second.
    let mut last = String::new();
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        match parse_line(&line) {
            Some(Line::Progress { percent, message }) => {
                events.on(&SetupEvent::Progress { percent, message });
            }
            Some(Line::Waiting(_)) if line == last => {}
            Some(Line::Waiting(reason)) => events.on(&SetupEvent::Waiting { reason }),
            None => {
                talk.push_str(&line);
                talk.push('\n');
            }
        }
        last = line;
    }
}

fn read_aside(stream: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
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
enum Line<'a> {
    Progress { percent: f32, message: &'a str },
    Waiting(&'a str),
}

/// Parses `dlstatus:` and `pmstatus:` lines (apt's README.progress-reporting) and apt's lock
/// message. Downloads make up the first half of the progress.
fn parse_line(line: &str) -> Option<Line<'_>> {
    if line.starts_with("Waiting for cache lock") {
        return Some(Line::Waiting(line));
    }
    let mut fields = line.splitn(4, ':');
    let half = match fields.next()? {
        "dlstatus" => 0.0,
        "pmstatus" => 50.0,
        _ => return None,
    };
    fields.next()?;
    let percent: f32 = fields.next()?.parse().ok()?;
    Some(Line::Progress { percent: half + percent / 2.0, message: fields.next()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_status_lines() {
        let progress = |percent, message| Some(Line::Progress { percent, message });
        let check = |line: &str, expected: Option<Line<'_>>| assert_eq!(parse_line(line), expected);
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
        check(lock, Some(Line::Waiting(lock)));
    }
}
