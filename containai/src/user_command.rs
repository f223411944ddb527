//! A command of the user: its directory, and the terminal that it writes to.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use containai_core::engine::Container;
use containai_core::layout::CONTAINER_WORKSPACE;
use containai_core::naming::EnvName;
use containai_ssh::{Command, TERMINAL_VARIABLES, Terminal, TerminalType};

use crate::process_env::ProcessEnv;

/// The limit for a file of the terminal database, in bytes.
const MAX_ENTRY_BYTES: u64 = 32 * 1024;
/// The directories of the terminal database, terminfo(5).
const TERMINFO_DIRS: [&str; 4] =
    ["/etc/terminfo", "/lib/terminfo", "/usr/share/terminfo", "/usr/lib/terminfo"];

/// Returns the command in the directory of the workspace that corresponds to the current one, with
/// the user's terminal.
pub(crate) fn prepare(
    command: &Command,
    terminal: &Terminal,
    container: &Container,
    env: &ProcessEnv,
) -> Command {
    let command = in_current_dir(command.clone(), container, env);
    match terminal {
        Terminal::Request { term, .. } => on_terminal(command, term, env),
        _ => command,
    }
}

fn in_current_dir(command: Command, container: &Container, env: &ProcessEnv) -> Command {
    let labels = &container.labels;
    let workspace = labels.workspace().map(Path::new);
    let below = workspace.and_then(|workspace| env.directory.strip_prefix(workspace).ok());
    let directory = match below.filter(|below| !below.as_os_str().is_empty()) {
        Some(below) => Path::new(labels.workspace_place()).join(below),
        None => PathBuf::from(labels.workspace_folder()),
    };
    match directory == Path::new(CONTAINER_WORKSPACE) {
        true => command,
        false => command.in_workspace_dir(directory),
    }
}

/// Sends the variables that describe the terminal, and its entry in the terminal database.
fn on_terminal(mut command: Command, term: &str, env: &ProcessEnv) -> Command {
    for name in TERMINAL_VARIABLES {
        if let (Some(value), Ok(name)) = (env.variables.text(name), EnvName::parse(name)) {
            command = command.env(name, value);
        }
    }
    match TerminalType::parse(term) {
        Some(kind) => command.with_terminal_type(with_entry(kind, env)),
        None => command,
    }
}

fn with_entry(kind: TerminalType, env: &ProcessEnv) -> TerminalType {
    let paths = kind.entry_paths();
    let mut files = database_dirs(env)
        .into_iter()
        .flat_map(|directory| paths.clone().map(move |path| directory.join(path)));
    match files.find_map(|path| read_entry(&path)) {
        Some(entry) => kind.with_entry(entry),
        None => kind,
    }
}

/// Returns the directories in which ncurses looks for an entry, in its order.
fn database_dirs(env: &ProcessEnv) -> Vec<PathBuf> {
    let own = env.variables.path("TERMINFO").into_iter();
    let mut directories: Vec<_> = own.chain([env.layout.home().join(".terminfo")]).collect();
    let listed = env.variables.text("TERMINFO_DIRS").unwrap_or_default();
    directories.extend(listed.split(':').map(PathBuf::from));
    directories.extend(TERMINFO_DIRS.map(PathBuf::from));
    directories.retain(|directory| directory.is_absolute());
    directories
}

fn read_entry(path: &Path) -> Option<Vec<u8>> {
    // A pipe in its place must not block.
    if !path.metadata().is_ok_and(|status| status.is_file()) {
        return None;
    }
    let mut entry = Vec::new();
    File::open(path).ok()?.take(MAX_ENTRY_BYTES).read_to_end(&mut entry).ok()?;
    Some(entry)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use containai_core::engine::{ContainerId, RunState};
    use containai_core::label;

    use super::*;

    fn line(directory: &str, workspace: &str) -> String {
        line_with(directory, &[(label::WORKSPACE, workspace)])
    }

    fn line_with(directory: &str, labels: &[(&str, &str)]) -> String {
        let mut env = ProcessEnv::new("/home/me");
        env.directory = directory.into();
        let container = Container::new(ContainerId::new("1"), "api-main", RunState::Running)
            .with_image("base")
            .with_labels(labels.iter().copied().collect());
        let command = Command::new(["pwd"]).expect("a command");
        let command = prepare(&command, &Terminal::None, &container, &env);
        String::from_utf8(command.line()).expect("UTF-8")
    }

    #[test]
    fn command_starts_in_the_corresponding_directory() {
        let workspace = "cd '/home/agent/workspace' && 'pwd'";
        assert_eq!(line("/src/api", "/src/api"), workspace);
        assert_eq!(line("/src", "/src/api"), workspace);
        assert_eq!(line("/src/apiary", "/src/api"), workspace);
        assert_eq!(
            line("/src/api/a/b c", "/src/api"),
            "cd '/home/agent/workspace/a/b c' 2>/dev/null || cd '/home/agent/workspace' && 'pwd'"
        );
    }

    #[test]
    fn command_starts_in_the_folder_of_devcontainer_json() {
        let labels = [
            (label::WORKSPACE, "/src/api"),
            (label::WORKSPACE_FOLDER, "/w/api/web"),
            (label::WORKSPACE_PLACE, "/w/api"),
        ];
        let otherwise = "2>/dev/null || cd '/home/agent/workspace' && 'pwd'";
        assert_eq!(line_with("/src/api", &labels), format!("cd '/w/api/web' {otherwise}"));
        assert_eq!(line_with("/src/api/x", &labels), format!("cd '/w/api/x' {otherwise}"));
    }

    #[test]
    fn entry_of_the_terminal_is_found() -> anyhow::Result<()> {
        let home = tempfile::tempdir()?;
        let own = home.path().join("kitty");
        let variables = [
            ("HOME", home.path().as_os_str()),
            ("TERMINFO", own.as_os_str()),
            ("COLORTERM", "truecolor".as_ref()),
        ];
        let pairs = variables.map(|(name, value)| (name.into(), value.to_owned()));
        let env = ProcessEnv::from_vars(pairs)?;
        let kind = || TerminalType::parse("xterm-kitty").expect("a name");
        assert_eq!(
            with_entry(TerminalType::parse("x-none").expect("a name"), &env).name(),
            "x-none"
        );
        let entry = b"\x1a\x01entry".to_vec();
        for file in [".terminfo/x/xterm-kitty", "kitty/78/xterm-kitty"] {
            let path = home.path().join(file);
            fs::create_dir_all(path.parent().expect("a directory"))?;
            fs::write(&path, &entry)?;
            assert_eq!(with_entry(kind(), &env), kind().with_entry(entry.clone()), "{file}");
            fs::remove_file(&path)?;
        }
        Ok(())
    }
}
