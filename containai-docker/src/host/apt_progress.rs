//! Running apt with reports of its progress.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use super::command::{HostCommand, HostCommandError};
use super::event::{SetupEvent, SetupEvents};

/// apt writes its status lines (README.progress-reporting) to this descriptor and closes it in the
/// programs that it starts. It must not be one of the standard streams, to which maintainer scripts
/// write.
const STATUS_OPTION: &str = "APT::Status-Fd=3";

/// A shell script that becomes its arguments, with standard output as descriptor 3, and standard
/// error as standard output.
const WITH_STATUS_DESCRIPTOR: &str = "exec \"$@\" 3>&1 >&2";

/// Keeps packages from asking questions, and needrestart(1) from restarting services of the host.
const VARIABLES: [(&str, &str); 4] = [
    ("DEBIAN_FRONTEND", "noninteractive"),
    ("APT_LISTCHANGES_FRONTEND", "none"),
    ("APT_LISTBUGS_FRONTEND", "none"),
    ("NEEDRESTART_MODE", "l"),
];

/// Time to wait for more output after apt has exited: a daemon that a package has started may hold
/// the stream open for as long as it runs.
const OUTPUT_GRACE: Duration = Duration::from_millis(500);

/// Runs apt and reports its progress.
///
/// # Errors
///
/// [`HostCommandError`] with the end of apt's output.
pub(super) fn run(apt: &HostCommand, events: &dyn SetupEvents) -> Result<(), HostCommandError> {
    let mut child = HostCommand::new("sh", &["-c", WITH_STATUS_DESCRIPTOR, "sh"])
        .args(apt.clone().option_first(["-o", STATUS_OPTION]).words())
        .to_command()
        .envs(VARIABLES)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|source| apt.spawn_error(source))?;
    let (sender, lines) = channel();
    send_lines(child.stdout.take(), &sender, AptLine::Status);
    send_lines(child.stderr.take(), &sender, AptLine::Output);
    drop(sender);
    let mut output = AptOutput::default();
    // Only apt itself has the status descriptor: its lines end when apt exits.
    for line in &lines {
        if matches!(line, AptLine::Status(None)) {
            break;
        }
        output.add(line, events);
    }
    let status = child.wait().map_err(|source| apt.spawn_error(source))?;
    while let Ok(line) = lines.recv_timeout(OUTPUT_GRACE) {
        output.add(line, events);
    }
    if status.success() { Ok(()) } else { Err(apt.exit_error(status, &output.0.join("\n"))) }
}

/// A line that apt wrote; `None` at the end of the stream.
enum AptLine {
    Status(Option<String>),
    Output(Option<String>),
}

/// Reads to the end of the stream even after the receiver is gone: a daemon would be killed by
/// SIGPIPE when it writes to a closed one.
fn send_lines(
    stream: Option<impl Read + Send + 'static>,
    sender: &Sender<AptLine>,
    kind: fn(Option<String>) -> AptLine,
) {
    let sender = sender.clone();
    thread::spawn(move || {
        for bytes in stream.into_iter().flat_map(|stream| BufReader::new(stream).split(b'\n')) {
            let Ok(bytes) = bytes else { break };
            let _ = sender.send(kind(Some(String::from_utf8_lossy(&bytes).into_owned())));
        }
        let _ = sender.send(kind(None));
    });
}

/// The output of apt without its status lines.
#[derive(Debug, Default)]
struct AptOutput(Vec<String>);

impl AptOutput {
    /// Reports a line, and keeps it unless it is a status line.
    fn add(&mut self, line: AptLine, events: &dyn SetupEvents) {
        match line {
            AptLine::Status(Some(line)) => {
                if let Some((percent, message)) = parse_status_line(&line) {
                    events.on(&SetupEvent::Progress { percent, message });
                }
            }
            AptLine::Status(None) | AptLine::Output(None) => {}
            AptLine::Output(Some(line)) => {
                // apt repeats its lock message every second.
                if is_lock_message(&line) && self.0.last() != Some(&line) {
                    events.on(&SetupEvent::Waiting { reason: &line });
                }
                self.0.push(line);
            }
        }
    }
}

fn is_lock_message(line: &str) -> bool {
    line.starts_with("Waiting for cache lock")
}

/// Parses `dlstatus:` and `pmstatus:` lines. Downloads make up the first half of the progress.
fn parse_status_line(line: &str) -> Option<(f32, &str)> {
    let mut fields = line.splitn(4, ':');
    let half = match fields.next()? {
        "dlstatus" => 0.0,
        "pmstatus" => 50.0,
        _ => return None,
    };
    fields.next()?;
    let percent: f32 = fields.next()?.parse().ok()?;
    Some((half + percent / 2.0, fields.next()?))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;
    use std::sync::Mutex;

    use super::*;

    /// Records events as text.
    #[derive(Default)]
    struct Recorded(Mutex<Vec<String>>);

    impl SetupEvents for Recorded {
        fn on(&self, event: &SetupEvent<'_>) {
            let text = match event {
                SetupEvent::Progress { percent, message } => format!("{percent} {message}"),
                SetupEvent::Waiting { reason } => (*reason).to_owned(),
                other => format!("{other:?}"),
            };
            self.0.lock().expect("not poisoned").push(text);
        }
    }

    /// Runs a stand-in for apt, and returns its result with the recorded events.
    fn run_stand_in(script: &str) -> (Result<(), HostCommandError>, Vec<String>) {
        let dir = tempfile::tempdir().expect("a directory");
        let program = dir.path().join("apt-get");
        // Like apt, it keeps the status descriptor from maintainer scripts.
        let status = r#"for word; do case $word in *Status-Fd=*) fd=${word#*=};; esac; done"#;
        fs::write(&program, format!("#!/bin/sh\n{status}\n{script}\n")).expect("written");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("allowed");
        let name = Path::new(&program).to_string_lossy().into_owned();
        let events = Recorded::default();
        let outcome = run(&HostCommand::new(&name, &["install", "x"]), &events);
        (outcome, events.0.into_inner().expect("not poisoned"))
    }

    /// `addgroup` in the script of docker.io fails without standard output.
    #[test]
    fn maintainer_scripts_have_standard_output() {
        let script = r#"eval "echo pmstatus:x:50:Unpacking x >&$fd"
            eval "sh -c 'echo Adding group docker || exit 1' $fd>&-" || exit 100"#;
        let (outcome, events) = run_stand_in(script);
        outcome.expect("the maintainer script succeeds");
        assert_eq!(events, ["75 Unpacking x"]);
    }

    #[test]
    fn failure_shows_end_of_both_streams() {
        let (outcome, _) = run_stand_in("echo Setting up x; echo E: broken >&2; exit 100");
        let text = outcome.expect_err("status 100").to_string();
        assert!(text.contains("install x` ended with exit status: 100"), "{text}");
        assert!(text.ends_with("\n  Setting up x\n  E: broken"), "{text}");
        assert!(!text.contains("Status-Fd"), "{text}");
    }

    #[test]
    fn daemon_of_a_package_does_not_block() {
        let script = r#"eval "sleep 300 $fd>&- &"; echo $!; exit 1"#;
        let (outcome, _) = run_stand_in(script);
        let text = outcome.expect_err("status 1").to_string();
        let pid = text.lines().last().and_then(|line| line.trim().parse().ok()).expect("an id");
        let pid = nix::unistd::Pid::from_raw(pid);
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL).expect("it still runs");
    }

    #[test]
    fn repeated_lock_message_is_reported_once() {
        let lock = "Waiting for cache lock: Could not get lock /var/lib/dpkg/lock-frontend";
        let (outcome, events) = run_stand_in(&format!("echo '{lock}'; echo '{lock}'"));
        outcome.expect("it succeeds");
        assert_eq!(events, [lock]);
    }

    #[test]
    fn output_after_the_end_of_status_lines_is_reported() {
        let script = "eval \"exec $fd>&-\"; echo Waiting for cache lock: held by 12";
        let (outcome, events) = run_stand_in(script);
        outcome.expect("it succeeds");
        assert_eq!(events, ["Waiting for cache lock: held by 12"]);
    }

    #[test]
    fn reads_status_lines() {
        let check = |line: &str, expected: Option<(f32, &str)>| {
            assert_eq!(parse_status_line(line), expected);
        };
        check(
            "dlstatus:1:20.4237:Retrieving file 1 of 5 (12s remaining)",
            Some((10.211_85, "Retrieving file 1 of 5 (12s remaining)")),
        );
        check(
            "pmstatus:docker.io:50.0000:Unpacking docker.io (amd64)",
            Some((75.0, "Unpacking docker.io (amd64)")),
        );
        check("Reading package lists...", None);
        check("pmstatus:broken", None);
    }
}
