//! Room for the keyrings of containers.
//!
//! Every container, every one inside it and every service of theirs has a
//! session keyring (session-keyring(7)). The root of all our containers is one
//! user of the host, whose share of the kernel's keys (keyrings(7), 200 by
//! default) is used up by some twenty system containers; the next one could
//! not start. The share is only ever raised.

use std::fs;
use std::path::Path;

use super::error::SetupError;
use super::file;

/// The files and what they have to hold at least.
const QUOTAS: [(&str, u64); 2] =
    [("/proc/sys/kernel/keys/maxkeys", 20_000), ("/proc/sys/kernel/keys/maxbytes", 2_000_000)];

/// Raises what a user of the host may have of the kernel's keys.
///
/// # Errors
///
/// [`SetupError::File`] when the kernel does not take a value.
pub(super) fn make_room() -> Result<(), SetupError> {
    for (path, least) in QUOTAS {
        let path = Path::new(path);
        // A kernel without keyrings has no file, and needs none.
        let Ok(text) = fs::read_to_string(path) else { continue };
        if text.trim().parse::<u64>().is_ok_and(|value| value < least) {
            fs::write(path, format!("{least}\n")).map_err(file::failed(path))?;
        }
    }
    Ok(())
}

/// What a dry run shows.
pub(super) fn commands() -> impl Iterator<Item = String> {
    QUOTAS.into_iter().map(|(path, least)| format!("echo {least} > {path}   # unless it is more"))
}
