//! The user's start-up hooks.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use crate::error::ResultExt as _;
use containai_core::engine::StartupHook;
use nix::unistd::geteuid;

use crate::report::Reporter;

/// The largest hook, in bytes. Hooks are scripts.
const MAX_BYTES: u64 = 1 << 20;

/// Reads the hooks of a directory, ordered by name; a missing directory has none. Skips files that
/// other users can write, that are not executable, or that are too large.
pub(crate) fn read(directory: &Path) -> crate::Result<Vec<StartupHook>> {
    let mut hooks: Vec<_> = entries(directory)?.into_iter().filter_map(Result::ok).collect();
    hooks.sort_by(|a: &StartupHook, b| a.name().cmp(b.name()));
    Ok(hooks)
}

/// Warns about the files that [`read`] skips.
pub(crate) fn warn_skipped(directory: &Path, reporter: &Reporter) -> crate::Result<()> {
    entries(directory)?.into_iter().filter_map(Result::err).for_each(|text| reporter.warn(&text));
    Ok(())
}

/// The hooks of a directory, and a message for each other file.
fn entries(directory: &Path) -> crate::Result<Vec<Result<StartupHook, String>>> {
    let context = || format!("cannot read `{}`", directory.display());
    let entries = match fs::read_dir(directory) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        outcome => outcome.with_context(context)?,
    };
    let mut hooks = Vec::new();
    for entry in entries {
        let path = entry.with_context(context)?.path();
        hooks.push(read_hook(&path).map_err(|reason| {
            format!("start-up hook `{}` is skipped: it {reason}", path.display())
        }));
    }
    Ok(hooks)
}

fn read_hook(path: &Path) -> Result<StartupHook, String> {
    let metadata = fs::metadata(path).map_err(|error| format!("cannot be read: {error}"))?;
    let is_own = metadata.uid() == geteuid().as_raw() || metadata.uid() == 0;
    if !metadata.is_file() || metadata.mode() & 0o100 == 0 {
        return Err("is not an executable file".into());
    }
    if !is_own || metadata.mode() & 0o022 != 0 {
        return Err("is writable by other users".into());
    }
    if metadata.len() > MAX_BYTES {
        return Err(format!("is larger than {} KiB", MAX_BYTES >> 10));
    }
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let program = fs::read(path).map_err(|error| format!("cannot be read: {error}"))?;
    StartupHook::new(name, program).ok_or_else(|| "does not have a valid name for a hook".into())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn hooks_are_executable_files_writable_only_by_the_user() {
        let directory = tempfile::tempdir().expect("a directory");
        for (name, mode) in
            [("20-b", 0o755), ("10-a", 0o700), ("x", 0o644), ("y", 0o777), ("z~", 0o755)]
        {
            let path = directory.path().join(name);
            fs::write(&path, name).expect("a file");
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("a mode");
        }
        let hooks = read(directory.path()).expect("hooks");
        let names: Vec<_> = hooks.iter().map(StartupHook::name).collect();
        assert_eq!(names, ["10-a", "20-b"]);
        assert_eq!(hooks[1].program(), b"20-b");
        let skipped =
            entries(directory.path()).expect("entries").into_iter().filter(Result::is_err);
        assert_eq!(skipped.count(), 3);
        assert!(read(&directory.path().join("none")).expect("hooks").is_empty());
    }
}
