use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::container::ContainerRef;

/// The engine's request to the runtime: the parts of runc's command line that matter here.
///
/// runc's parser (urfave/cli) accepts `-name` and `--name`, with the value after `=` or as the next
/// argument.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Invocation<'a> {
    /// Value of the global option `--log`: the file in which containerd looks for the reason of a
    /// failure.
    pub(super) log: Option<&'a Path>,
    /// Value of the global option `--root`: the directory of runc's state.
    pub(super) root: &'a Path,
    pub(super) verb: Verb,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verb {
    /// `create`: edits the spec first.
    Create(CreateRequest),
    /// `start`: isolates the network first.
    Start(ContainerRef),
    /// `exec` in the container with this id: changes the owner of the streams first, see `stdio`.
    Exec(String),
    /// `kill` with its signal; SIGKILL does more than in runc.
    Kill(ContainerRef, KillSignal),
    /// `delete`: removes the control groups first.
    Delete(ContainerRef, Force),
    /// `pause`: has a time limit, see `pause`.
    Pause(ContainerRef),
    /// `run` and `restore`, which also create a container; the engine never uses them.
    Unprepared,
    /// `containai-hook cgroup`: called by runc, see `cgroup_hook`.
    CgroupHook,
    /// `containai-hook user-namespace` with its arguments: a child process of the runtime, see
    /// `idmap`.
    UserNamespaceHolder(Vec<String>),
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
pub(super) enum Force {
    /// `--force`.
    Yes,
    /// runc refuses to delete a running container.
    No,
}

/// The command with which this program calls itself.
pub(super) const HOOK_VERB: &str = "containai-hook";
/// The hook that delegates control groups to the container.
pub(super) const CGROUP_HOOK: &str = "cgroup";
/// The check by setup whether containers can have their own id range.
pub(super) const PROBE_HOOK: &str = "probe";
/// The child that holds a user namespace open.
pub(super) const USER_NAMESPACE_HOOK: &str = "user-namespace";

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

impl<'a> Invocation<'a> {
    /// Parses the arguments after the program name. Never fails: runc reports invalid arguments.
    pub(super) fn parse(arguments: &'a [OsString]) -> Self {
        let mut log = None;
        let mut root = Path::new(DEFAULT_ROOT);
        let mut words = Words { rest: arguments, with_value: GLOBAL_WITH_VALUE };
        let verb = loop {
            match words.next() {
                Some(Word::Option("log", value)) => log = value.map(Path::new),
                Some(Word::Option("root", Some(value))) => root = Path::new(value),
                Some(Word::Option(..)) => {}
                Some(Word::Plain(verb)) => break Some(verb),
                None => break None,
            }
        };
        let verb = match verb.and_then(OsStr::to_str) {
            Some("create") => create(words.rest),
            Some(verb @ ("start" | "kill" | "delete" | "pause")) => {
                with_container(verb, root, words.rest)
            }
            Some("exec") => exec(words.rest),
            Some("run" | "restore") => Verb::Unprepared,
            Some(HOOK_VERB) => match words.rest.first().and_then(|hook| hook.to_str()) {
                Some(CGROUP_HOOK) => Verb::CgroupHook,
                Some(PROBE_HOOK) => Verb::Probe,
                Some(USER_NAMESPACE_HOOK) => {
                    let words = words.rest.iter().skip(1);
                    let words = words.map(|word| word.to_string_lossy().into_owned());
                    Verb::UserNamespaceHolder(words.collect())
                }
                _ => Verb::Other,
            },
            _ => Verb::Other,
        };
        Self { log, root, verb }
    }
}

fn create(arguments: &[OsString]) -> Verb {
    let mut bundle = PathBuf::from(".");
    let mut id = None;
    let words = Words { rest: arguments, with_value: CREATE_WITH_VALUE };
    for word in words {
        match word {
            Word::Option("bundle" | "b", Some(value)) => bundle = PathBuf::from(value),
            Word::Option(..) => {}
            Word::Plain(word) => id = id.or_else(|| word.to_str().map(str::to_owned)),
        }
    }
    // Without an id (also for `create --help`) there is nothing to edit, and runc reports the
    // better error.
    id.map_or(Verb::Other, |id| Verb::Create(CreateRequest { bundle, id }))
}

/// Parses a command on an existing container. Without an id, runc reports the better error.
fn with_container(verb: &str, root: &Path, arguments: &[OsString]) -> Verb {
    let mut force = Force::No;
    let mut plain = Vec::new();
    for word in (Words { rest: arguments, with_value: &[] }) {
        match word {
            Word::Option("force" | "f", None) => force = Force::Yes,
            Word::Option(..) => {}
            Word::Plain(word) => plain.extend(word.to_str()),
        }
    }
    let Some(id) = plain.first() else { return Verb::Other };
    let container = ContainerRef { root: root.to_owned(), id: (*id).to_owned() };
    match verb {
        "start" => Verb::Start(container),
        "kill" => Verb::Kill(container, signal(plain.get(1).copied())),
        "pause" => Verb::Pause(container),
        _ => Verb::Delete(container, force),
    }
}

/// Parses a signal: a number or a name, with or without `SIG`; the default is SIGTERM.
fn signal(word: Option<&str>) -> KillSignal {
    let word = word.unwrap_or_default().to_ascii_uppercase();
    match word.strip_prefix("SIG").unwrap_or(&word) {
        "9" | "KILL" => KillSignal::Kill,
        _ => KillSignal::Other,
    }
}

/// Parses the container id, the first plain word; later words belong to the command.
fn exec(arguments: &[OsString]) -> Verb {
    let mut words = Words { rest: arguments, with_value: EXEC_WITH_VALUE };
    let id = words.find_map(|word| match word {
        Word::Plain(word) => Some(word.to_str().map(str::to_owned)),
        Word::Option(..) => None,
    });
    id.flatten().map_or(Verb::Other, Verb::Exec)
}

enum Word<'a> {
    /// An option without its dashes, with its value if it has one.
    Option(&'a str, Option<&'a OsStr>),
    Plain(&'a OsStr),
}

struct Words<'a> {
    rest: &'a [OsString],
    with_value: &'static [&'static str],
}

impl<'a> Iterator for Words<'a> {
    type Item = Word<'a>;

    fn next(&mut self) -> Option<Word<'a>> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        let bytes = first.as_bytes();
        let Some(option) = bytes.strip_prefix(b"--").or_else(|| bytes.strip_prefix(b"-")) else {
            return Some(Word::Plain(first));
        };
        if let Some(equals) = option.iter().position(|byte| *byte == b'=') {
            let name = std::str::from_utf8(&option[..equals]).unwrap_or("");
            return Some(Word::Option(name, Some(OsStr::from_bytes(&option[equals + 1..]))));
        }
        let name = std::str::from_utf8(option).unwrap_or("");
        if !self.with_value.contains(&name) {
            return Some(Word::Option(name, None));
        }
        let value = self.rest.first().map(OsString::as_os_str);
        self.rest = self.rest.get(1..).unwrap_or_default();
        Some(Word::Option(name, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, log: Option<&str>, verb: &Verb) {
        let arguments: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        let invocation = Invocation::parse(&arguments);
        assert_eq!(invocation.log, log.map(Path::new), "log of `{line}`");
        assert_eq!(&invocation.verb, verb, "verb of `{line}`");
    }

    fn created(bundle: &str, id: &str) -> Verb {
        Verb::Create(CreateRequest { bundle: bundle.into(), id: id.into() })
    }

    #[test]
    fn containerd_command_lines() {
        check(
            "--root /r --log /b/log.json --log-format json create --bundle /b --pid-file /b/init.pid --console-socket /s abc",
            Some("/b/log.json"),
            &created("/b", "abc"),
        );
        check(
            "--root=/r --log=/l --systemd-cgroup create -b /b abc",
            Some("/l"),
            &created("/b", "abc"),
        );
        check("-log /l create --no-pivot --bundle=/b abc", Some("/l"), &created("/b", "abc"));
        check("create abc", None, &created(".", "abc"));
        let at = |root: &str, id: &str| ContainerRef { root: root.into(), id: id.into() };
        check("--root create --log /l start abc", Some("/l"), &Verb::Start(at("create", "abc")));
        let forced = Verb::Delete(at("/run/runc", "create"), Force::Yes);
        check("--log /l delete --force create", Some("/l"), &forced);
        check("delete abc", None, &Verb::Delete(at("/run/runc", "abc"), Force::No));
        for line in ["kill abc 9", "kill --all abc KILL", "kill -a abc sigkill"] {
            check(line, None, &Verb::Kill(at("/run/runc", "abc"), KillSignal::Kill));
        }
        for line in ["kill abc", "kill abc 37", "kill abc SIGRTMIN+3"] {
            check(line, None, &Verb::Kill(at("/run/runc", "abc"), KillSignal::Other));
        }
        check("--root=/r state abc", None, &Verb::Other);
        check("kill", None, &Verb::Other);
        check("create --help", None, &Verb::Other);
        check("--version", None, &Verb::Other);
        check("", None, &Verb::Other);
        check("--log", None, &Verb::Other);
    }

    #[test]
    fn verbs_with_a_limit_and_without_a_preparation() {
        let paused = |root: Option<&str>| {
            let root = root.unwrap_or(DEFAULT_ROOT).into();
            Verb::Pause(ContainerRef { root, id: "abc".to_owned() })
        };
        check("--root /r --log /l pause abc", Some("/l"), &paused(Some("/r")));
        check("pause abc", None, &paused(None));
        check("pause --help", None, &Verb::Other);
        check("run --bundle /b abc", None, &Verb::Unprepared);
        check("restore --image-path /i abc", None, &Verb::Unprepared);
    }

    #[test]
    fn commands_in_a_container() {
        let exec = |id: &str| Verb::Exec(id.to_owned());
        check(
            "--root /r --log /l exec --process /p --console-socket /s --detach --pid-file /f abc",
            Some("/l"),
            &exec("abc"),
        );
        check("exec -u 0:0 -e A=b abc create x", None, &exec("abc"));
        check("exec", None, &Verb::Other);
        let arguments = ["--root=/r", "exec", "abc"].map(OsString::from);
        assert_eq!(Invocation::parse(&arguments).root, Path::new("/r"));
        assert_eq!(Invocation::parse(&arguments[1..]).root, Path::new("/run/runc"));
    }

    #[test]
    fn own_hooks() {
        check("containai-hook cgroup", None, &Verb::CgroupHook);
        check("containai-hook user-namespace", None, &Verb::UserNamespaceHolder(Vec::new()));
        let words = Verb::UserNamespaceHolder(vec!["1".to_owned(), "2".to_owned()]);
        check("containai-hook user-namespace 1 2", None, &words);
        check("containai-hook probe", None, &Verb::Probe);
        check("containai-hook other", None, &Verb::Other);
    }
}
