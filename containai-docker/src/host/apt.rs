//! Debian's package manager.

use std::fs;
use std::thread;
use std::time::Duration;

use super::apt_command;
use super::apt_progress;
use super::command::{HostCommand, HostCommandError};
use super::event::{SetupEvent, SetupEvents};
use super::packages::{self, PackageFacts, QUERIED_PACKAGES};

/// Number of attempts to update the package lists, one per second.
const LOCK_ATTEMPTS: u32 = 300;

/// The directory of the package lists.
const LIST_DIR: &str = "/var/lib/apt/lists";

/// Parts of apt's messages about packages that newer lists no longer contain, or that are not in
/// the lists yet.
const OUTDATED_LIST_MESSAGES: [&str; 5] = [
    "Unable to locate package",
    "has no installation candidate",
    "Unable to fetch",
    "Failed to fetch",
    "Hash Sum mismatch",
];

/// Queries dpkg and apt for the packages that setup may install.
pub(crate) fn package_facts() -> PackageFacts {
    let format = "${Package} ${db:Status-Status}\n";
    let installed = HostCommand::new("dpkg-query", &["-W", "-f", format]).run();
    let policy = HostCommand::new("apt-cache", &["policy"]).args(QUERIED_PACKAGES).run();
    PackageFacts {
        installed: packages::parse_installed(&installed.unwrap_or_default()),
        candidates: packages::parse_policy(&policy.unwrap_or_default()),
        has_lists: has_lists(),
    }
}

/// Returns whether package lists were downloaded. Images of machines often come without.
fn has_lists() -> bool {
    let mut entries = fs::read_dir(LIST_DIR).into_iter().flatten().flatten();
    entries.any(|entry| entry.file_name().to_string_lossy().contains("_Packages"))
}

/// Installs packages and reports apt's progress to `events`. Installed packages stay unchanged. If
/// the package lists are outdated, updates them and retries once.
///
/// # Errors
///
/// [`HostCommandError`] with the end of apt's output. Usual causes: no network, a full disk, or a
/// broken package from another source.
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
    match apt_progress::run(&install, events) {
        Err(error) if has_outdated_lists(&error) => {
            update_lists(events)?;
            apt_progress::run(&install, events)
        }
        done => done,
    }
}

fn has_outdated_lists(error: &HostCommandError) -> bool {
    error.reports(|line| OUTDATED_LIST_MESSAGES.iter().any(|part| line.contains(part)))
}

/// Updates the package lists. One broken source makes apt fail after it has updated all others,
/// so a failure is only reported if lists of the distribution are there: then the installation
/// works, or its error is the one to show.
///
/// # Errors
///
/// [`HostCommandError`] if there are no lists.
pub(crate) fn update_lists(events: &dyn SetupEvents) -> Result<(), HostCommandError> {
    match update_unlocked(events) {
        Err(HostCommandError::Failed { tail, .. }) if packages::has_engine(&package_facts()) => {
            let reason =
                tail.iter().find(|line| line.starts_with("E:") || line.starts_with("Err:"));
            let reason = reason.map_or("", String::as_str);
            let reason = format!("some package lists could not be updated: {reason}");
            events.on(&SetupEvent::Waiting { reason: &reason });
            Ok(())
        }
        done => done,
    }
}

/// Waits for the lock of the lists. apt itself waits for the package lock, but fails immediately on
/// the list lock, which a freshly booted Ubuntu holds.
fn update_unlocked(events: &dyn SetupEvents) -> Result<(), HostCommandError> {
    let update = apt_command::update();
    for _ in 0..LOCK_ATTEMPTS {
        match apt_progress::run(&update, events) {
            Err(error) if error.reports(is_locked) => {
                let reason = "another program is updating the package lists";
                events.on(&SetupEvent::Waiting { reason });
                thread::sleep(Duration::from_secs(1));
            }
            done => return done,
        }
    }
    apt_progress::run(&update, events)
}

fn is_locked(line: &str) -> bool {
    line.contains("Could not get lock") && line.contains("/lists/lock")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_outdated_lists_are_worth_a_retry() {
        let check = |line: &str, expected: bool| {
            let script = format!("echo '{line}' >&2; exit 100");
            let error = HostCommand::new("sh", &["-c", &script]).run().expect_err("status 100");
            assert_eq!(has_outdated_lists(&error), expected, "{line}");
        };
        check("E: Unable to locate package docker.io", true);
        check("E: Failed to fetch http://deb.debian.org/x.deb  404  Not Found", true);
        check("E: Sub-process /usr/bin/dpkg returned an error code (1)", false);
        check("E: Packages need to be removed but remove is disabled.", false);
    }
}
