//! Inside a container: settings and a text that an agent finds at its first start.

use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use containai_core::manifest::{Agent, with_agent_context};
use tempfile::NamedTempFile;

/// The size limit of a file that is completed, in bytes.
const MAX_FILE_BYTES: u64 = 64 << 20;
/// The mode of a new file: an agent's settings may become secret.
const NEW_FILE_MODE: u32 = 0o600;

/// Sets what the agent would ask although the container answers it, unless the user has set it, and
/// adds the text about the container to the user's own. Files that are not as expected are kept.
///
/// This runs inside, as the user of the agent, who may change all of these files anyway. Links to
/// the data volume are kept.
///
/// # Errors
///
/// A file cannot be read or written.
pub fn prepare_first_start(home: &Path, agent: &Agent) -> io::Result<()> {
    for file in agent.first_start.files() {
        change(&home.join(file), |text| agent.first_start.complete(file, text))?;
    }
    match &agent.first_start.context {
        Some(file) => change(&home.join(file), with_agent_context),
        None => Ok(()),
    }
}

fn change(path: &Path, change: impl FnOnce(&str) -> Option<String>) -> io::Result<()> {
    let path = behind_links(path)?;
    let (text, mode) = match fs::metadata(&path) {
        Ok(data) if !data.is_file() || data.len() > MAX_FILE_BYTES => return Ok(()),
        Ok(data) => match fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::InvalidData => return Ok(()),
            text => (text?, data.permissions().mode() & 0o777),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => (String::new(), NEW_FILE_MODE),
        Err(error) => return Err(error),
    };
    let Some(new) = change(&text) else { return Ok(()) };
    let parent = path.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(parent)?;
    let mut file = NamedTempFile::new_in(parent)?;
    file.write_all(new.as_bytes())?;
    file.as_file().set_permissions(fs::Permissions::from_mode(mode))?;
    file.persist(&path)?;
    Ok(())
}

/// Follows links of the path; the last of them may have no target yet.
fn behind_links(path: &Path) -> io::Result<PathBuf> {
    match fs::canonicalize(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        real => return real,
    }
    match fs::read_link(path) {
        Ok(target) => Ok(path.parent().unwrap_or(path).join(target)),
        Err(_) => Ok(path.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use containai_core::manifest::{AGENT_CONTEXT, shipped_agents};

    use super::*;

    fn prepare(home: &Path, name: &str) {
        let agent = shipped_agents().into_iter().find(|agent| agent.name == name);
        prepare_first_start(home, &agent.expect("an agent")).expect("files can be changed");
    }

    #[test]
    fn settings_are_written_through_links_and_once() {
        let home = tempfile::tempdir().expect("a directory");
        let (volume, link) = (home.path().join("volume.json"), home.path().join(".claude.json"));
        fs::write(&volume, "{\"mine\": 1}").expect("written");
        fs::set_permissions(&volume, fs::Permissions::from_mode(0o640)).expect("set");
        symlink("volume.json", &link).expect("linked");
        prepare(home.path(), "claude");
        assert!(link.symlink_metadata().is_ok_and(|it| it.is_symlink()));
        let text = fs::read_to_string(&volume).expect("read");
        assert!(text.contains("\"mine\": 1") && text.contains("hasTrustDialogAccepted"), "{text}");
        let mode = |path: &Path| fs::metadata(path).expect("a file").permissions().mode() & 0o777;
        assert_eq!(mode(&volume), 0o640);
        assert_eq!(mode(&home.path().join(".claude/settings.json")), NEW_FILE_MODE);
        let before = fs::metadata(&volume).expect("a file").modified().expect("a time");
        prepare(home.path(), "claude");
        assert_eq!(fs::metadata(&volume).expect("a file").modified().expect("a time"), before);
    }

    #[test]
    fn the_text_about_the_container_follows_the_user_s() {
        let home = tempfile::tempdir().expect("a directory");
        fs::create_dir(home.path().join(".gemini")).expect("created");
        let file = home.path().join(".gemini/GEMINI.md");
        symlink("../volume.md", &file).expect("linked");
        prepare(home.path(), "gemini");
        let text = fs::read_to_string(home.path().join("volume.md")).expect("read");
        assert!(text.contains(AGENT_CONTEXT), "{text}");
    }
}
