use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::container::ContainerRef;

/// The file name of this runtime in the engine's configuration, `containai-runc`.
///
/// A program with several names acts as this runtime if `argv[0]` ends in it.
pub const PROGRAM: &str = "containai-runc";

/// The engine's request to the runtime: the parts of runc's command line that matter here.
///
/// runc's parser (urfave/cli) accepts `-name` and `--name`, with the value after `=` or as the next
/// argument.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RuncInvocation<'a> {
    /// Value of the global option `--log`: the file in which containerd looks for the reason of a
    /// failure.
    pub(super) log: Option<&'a Path>,
    /// Value of the global option `--root`: the directory of runc's state.
    pub(super) root: &'a Path,
    pub(super) command: RuncCommand,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum RuncCommand {
    /// `create`: edits the spec first.
    Create(CreateRequest),
    /// `start`: isolates the network first.
    Start(ContainerRef),
    /// `exec` in the container with this id: changes the owner of the streams first, see `stdio`.
    Exec(String),
    /// `kill` with its signal; SIGKILL does more than in runc.
    Kill(ContainerRef, KillSignal),
    /// `delete`: removes the control groups first.
    Delete(ContainerRef, ForceDelete),
    /// `pause`: has a time limit, see `pause`.
    Pause(ContainerRef),
    /// `run` and `restore`, which also create a container; the engine never uses them.
    RunOrRestore,
    /// `containai-hook cgroup`: called by runc, see `cgroup_hook`.
    CgroupHook,
    /// `containai-hook user-namespace` with its arguments: a child process of the runtime, see
    /// `idmap`.
    UserNamespaceHolder(Vec<String>),
    /// `containai-hook tmpfs` with the options of each mount: a child process of the runtime, see
    /// `tmpfs`.
    TmpfsMounter(Vec<String>),
    /// `containai-hook probe`: called by setup, see `probe`.
    Probe,
    /// All other commands, which runc handles alone.
    Other,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct CreateRequest {
    /// Directory of `config.json`; default: the working directory.
    pub(super) bundle: PathBuf,
    /// The container's id in the engine.
    pub(super) id: String,
}

/// The signal that `kill` sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KillSignal {
    /// SIGKILL.
    Kill,
    /// Any other signal, which the container may handle or ignore.
    Other,
}

/// Whether `delete` stops a running container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ForceDelete {
    /// `--force`.
    Yes,
    /// runc refuses to delete a running container.
    No,
}

/// The command with which this program calls itself.
pub(super) const HOOK_COMMAND: &str = "containai-hook";
/// The hook that delegates control groups to the container.
pub(super) const CGROUP_HOOK: &str = "cgroup";
/// The check by setup whether containers can have their own id range.
pub(super) const PROBE_HOOK: &str = "probe";
/// The child that holds a user namespace open.
pub(super) const USER_NAMESPACE_HOOK: &str = "user-namespace";

/// The child that mounts in a user namespace.
pub(super) const TMPFS_HOOK: &str = "tmpfs";

/// The default directory of runc's state.
const DEFAULT_ROOT: &str = "/run/runc";
/// Options before the command that take a value (runc(8)).
const GLOBAL_WITH_VALUE: &[&str] = &["log", "log-format", "root", "criu", "rootless"];
/// Options of `create` that take a value (runc-create(8)).
const CREATE_WITH_VALUE: &[&str] =
    &["bundle", "b", "console-socket", "pidfd-socket", "pid-file", "preserve-fds"];
/// Options of `exec` that take a value (runc-exec(8)).
const EXEC_WITH_VALUE: &[&str] = &[
    "console-socket",
    "pidfd-socket",
    "cwd",
    "env",
    "e",
    "user",
    "u",
    "additional-gids",
    "g",
    "process",
    "p",
    "pid-file",
    "process-label",
    "apparmor",
    "cap",
    "c",
    "preserve-fds",
    "cgroup",
];

impl<'a> RuncInvocation<'a> {
    /// Parses the arguments after the program name. Never fails: runc reports invalid arguments.
    pub(super) fn parse(arguments: &'a [OsString]) -> Self {
        let mut log = None;
        let mut root = Path::new(DEFAULT_ROOT);
        let mut words = CommandLineWords { rest: arguments, with_value: GLOBAL_WITH_VALUE };
        let verb = loop {
            match words.next() {
                Some(CommandLineWord::Option("log", value)) => log = value.map(Path::new),
                Some(CommandLineWord::Option("root", Some(value))) => root = Path::new(value),
                Some(CommandLineWord::Option(..)) => {}
                Some(CommandLineWord::Plain(verb)) => break Some(verb),
                None => break None,
            }
        };
        let command = match verb.and_then(OsStr::to_str) {
            Some("create") => parse_create(words.rest),
            Some(verb @ ("start" | "kill" | "delete" | "pause")) => {
                parse_container_command(verb, root, words.rest)
            }
            Some("exec") => parse_exec(words.rest),
            Some("run" | "restore") => RuncCommand::RunOrRestore,
            Some(HOOK_COMMAND) => match words.rest.first().and_then(|hook| hook.to_str()) {
                Some(CGROUP_HOOK) => RuncCommand::CgroupHook,
                Some(PROBE_HOOK) => RuncCommand::Probe,
                Some(USER_NAMESPACE_HOOK) => {
                    RuncCommand::UserNamespaceHolder(hook_words(words.rest))
                }
                Some(TMPFS_HOOK) => RuncCommand::TmpfsMounter(hook_words(words.rest)),
                _ => RuncCommand::Other,
            },
            _ => RuncCommand::Other,
        };
        Self { log, root, command }
    }
}

/// Returns the arguments after the name of a hook.
fn hook_words(arguments: &[OsString]) -> Vec<String> {
    arguments.iter().skip(1).map(|word| word.to_string_lossy().into_owned()).collect()
}

fn parse_create(arguments: &[OsString]) -> RuncCommand {
    let mut bundle = PathBuf::from(".");
    let mut id = None;
    let words = CommandLineWords { rest: arguments, with_value: CREATE_WITH_VALUE };
    for word in words {
        match word {
            CommandLineWord::Option("bundle" | "b", Some(value)) => bundle = PathBuf::from(value),
            CommandLineWord::Option(..) => {}
            CommandLineWord::Plain(word) => id = id.or_else(|| word.to_str().map(str::to_owned)),
        }
    }
    // Without an id (also for `create --help`) there is nothing to edit, and runc reports the
    // better error.
    id.map_or(RuncCommand::Other, |id| RuncCommand::Create(CreateRequest { bundle, id }))
}

/// Parses a command on an existing container. Without an id, runc reports the better error.
fn parse_container_command(verb: &str, root: &Path, arguments: &[OsString]) -> RuncCommand {
    let mut force = ForceDelete::No;
    let mut plain = Vec::new();
    for word in (CommandLineWords { rest: arguments, with_value: &[] }) {
        match word {
            CommandLineWord::Option("force" | "f", None) => force = ForceDelete::Yes,
            CommandLineWord::Option(..) => {}
            CommandLineWord::Plain(word) => plain.extend(word.to_str()),
        }
    }
    let Some(id) = plain.first() else { return RuncCommand::Other };
    let container = ContainerRef { root: root.to_owned(), id: (*id).to_owned() };
    match verb {
        "start" => RuncCommand::Start(container),
        "kill" => RuncCommand::Kill(container, parse_signal(plain.get(1).copied())),
        "pause" => RuncCommand::Pause(container),
        _ => RuncCommand::Delete(container, force),
    }
}

/// Parses a signal: a number or a name, with or without `SIG`; the default is SIGTERM.
fn parse_signal(word: Option<&str>) -> KillSignal {
    let word = word.unwrap_or_default().to_ascii_uppercase();
    match word.strip_prefix("SIG").unwrap_or(&word) {
        "9" | "KILL" => KillSignal::Kill,
        _ => KillSignal::Other,
    }
}

/// Parses the container id, the first plain word; later words belong to the command.
fn parse_exec(arguments: &[OsString]) -> RuncCommand {
    let mut words = CommandLineWords { rest: arguments, with_value: EXEC_WITH_VALUE };
    let id = words.find_map(|word| match word {
        CommandLineWord::Plain(word) => Some(word.to_str().map(str::to_owned)),
        CommandLineWord::Option(..) => None,
    });
    id.flatten().map_or(RuncCommand::Other, RuncCommand::Exec)
}

enum CommandLineWord<'a> {
    /// An option without its dashes, with its value if it has one.
    Option(&'a str, Option<&'a OsStr>),
    Plain(&'a OsStr),
}

struct CommandLineWords<'a> {
    rest: &'a [OsString],
    with_value: &'static [&'static str],
}

impl<'a> Iterator for CommandLineWords<'a> {
    type Item = CommandLineWord<'a>;

    fn next(&mut self) -> Option<CommandLineWord<'a>> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        let bytes = first.as_bytes();
        let Some(option) = bytes.strip_prefix(b"--").or_else(|| bytes.strip_prefix(b"-")) else {
            return Some(CommandLineWord::Plain(first));
        };
        if let Some(equals) = option.iter().position(|byte| *byte == b'=') {
            let name = std::str::from_utf8(&option[..equals]).unwrap_or("");
            return Some(CommandLineWord::Option(
                name,
                Some(OsStr::from_bytes(&option[equals + 1..])),
            ));
        }
        let name = std::str::from_utf8(option).unwrap_or("");
        if !self.with_value.contains(&name) {
            return Some(CommandLineWord::Option(name, None));
        }
        let value = self.rest.first().map(OsString::as_os_str);
        self.rest = self.rest.get(1..).unwrap_or_default();
        Some(CommandLineWord::Option(name, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, log: Option<&str>, verb: &RuncCommand) {
        let arguments: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        let invocation = RuncInvocation::parse(&arguments);
        assert_eq!(invocation.log, log.map(Path::new), "log of `{line}`");
        assert_eq!(&invocation.command, verb, "verb of `{line}`");
    }

    fn create_command(bundle: &str, id: &str) -> RuncCommand {
        RuncCommand::Create(CreateRequest { bundle: bundle.into(), id: id.into() })
    }

    #[test]
    fn parses_containerd_command_lines() {
        check(
            "--root /r --log /b/log.json --log-format json create --bundle /b --pid-file /b/init.pid --console-socket /s abc",
            Some("/b/log.json"),
            &create_command("/b", "abc"),
        );
        check(
            "--root=/r --log=/l --systemd-cgroup create -b /b abc",
            Some("/l"),
            &create_command("/b", "abc"),
        );
        check(
            "-log /l create --no-pivot --bundle=/b abc",
            Some("/l"),
            &create_command("/b", "abc"),
        );
        check("create abc", None, &create_command(".", "abc"));
        let at = |root: &str, id: &str| ContainerRef { root: root.into(), id: id.into() };
        check(
            "--root create --log /l start abc",
            Some("/l"),
            &RuncCommand::Start(at("create", "abc")),
        );
        let forced = RuncCommand::Delete(at("/run/runc", "create"), ForceDelete::Yes);
        check("--log /l delete --force create", Some("/l"), &forced);
        check("delete abc", None, &RuncCommand::Delete(at("/run/runc", "abc"), ForceDelete::No));
        for line in ["kill abc 9", "kill --all abc KILL", "kill -a abc sigkill"] {
            check(line, None, &RuncCommand::Kill(at("/run/runc", "abc"), KillSignal::Kill));
        }
        for line in ["kill abc", "kill abc 37", "kill abc SIGRTMIN+3"] {
            check(line, None, &RuncCommand::Kill(at("/run/runc", "abc"), KillSignal::Other));
        }
        check("--root=/r state abc", None, &RuncCommand::Other);
        check("kill", None, &RuncCommand::Other);
        check("create --help", None, &RuncCommand::Other);
        check("--version", None, &RuncCommand::Other);
        check("", None, &RuncCommand::Other);
        check("--log", None, &RuncCommand::Other);
    }

    #[test]
    fn parses_pause_run_and_restore() {
        let paused = |root: Option<&str>| {
            let root = root.unwrap_or(DEFAULT_ROOT).into();
            RuncCommand::Pause(ContainerRef { root, id: "abc".to_owned() })
        };
        check("--root /r --log /l pause abc", Some("/l"), &paused(Some("/r")));
        check("pause abc", None, &paused(None));
        check("pause --help", None, &RuncCommand::Other);
        check("run --bundle /b abc", None, &RuncCommand::RunOrRestore);
        check("restore --image-path /i abc", None, &RuncCommand::RunOrRestore);
    }

    #[test]
    fn parses_exec() {
        let exec = |id: &str| RuncCommand::Exec(id.to_owned());
        check(
            "--root /r --log /l exec --process /p --console-socket /s --detach --pid-file /f abc",
            Some("/l"),
            &exec("abc"),
        );
        check("exec -u 0:0 -e A=b abc create x", None, &exec("abc"));
        check("exec", None, &RuncCommand::Other);
        let arguments = ["--root=/r", "exec", "abc"].map(OsString::from);
        assert_eq!(RuncInvocation::parse(&arguments).root, Path::new("/r"));
        assert_eq!(RuncInvocation::parse(&arguments[1..]).root, Path::new("/run/runc"));
    }

    #[test]
    fn parses_own_hooks() {
        check("containai-hook cgroup", None, &RuncCommand::CgroupHook);
        check("containai-hook user-namespace", None, &RuncCommand::UserNamespaceHolder(Vec::new()));
        let words = RuncCommand::UserNamespaceHolder(vec!["1".to_owned(), "2".to_owned()]);
        check("containai-hook user-namespace 1 2", None, &words);
        let options = RuncCommand::TmpfsMounter(vec!["size=1".to_owned(), "mode=755".to_owned()]);
        check("containai-hook tmpfs size=1 mode=755", None, &options);
        check("containai-hook probe", None, &RuncCommand::Probe);
        check("containai-hook other", None, &RuncCommand::Other);
    }
}
