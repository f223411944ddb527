//! The POSIX shell around a command line.

use containai_core::exit;

use crate::env_vars::ENV_PAYLOAD_VAR;
use crate::quote;

/// The effect of a lost connection on a command without a terminal.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum OnDisconnect {
    /// It continues, and may fail when it uses its standard streams.
    #[default]
    Continue,
    /// Its process group gets `SIGHUP`, as with a terminal. perl(1) and
    /// setpriv(1) do it in the container; without them, it continues. A signal
    /// that ends the command is reported as its exit status, 128 + the number.
    HangUp,
}

/// Whether the command line needs the payload of [`ENV_PAYLOAD_VAR`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Payload {
    /// There is none.
    None,
    /// A server that dropped it runs the command without.
    Optional,
    /// A server that dropped it is detected before anything runs.
    Required,
}

/// Runs the line, `$1`, in the user's shell, `$0`.
const RUN: &str = "exec \"$0\" -c \"$1\"";

/// Waits for the command, whose standard streams are its own. The kernel sends
/// `SIGHUP` when the process of the connection ends; from another sender, it
/// has reached the command as well.
const WAIT_PROGRAM: &str = "my $server = shift; my $command = fork; \
    if (!$command) { exec { $ARGV[0] } @ARGV; exit 127 } \
    $0 = \"containai-wait\"; close $_ for *STDIN, *STDOUT, *STDERR; \
    $SIG{$_} = sub {} for qw(INT QUIT TERM PIPE ALRM ABRT USR1 USR2); \
    $SIG{HUP} = sub { return if getppid == $server; $SIG{HUP} = \"IGNORE\"; kill -1, getpgrp }; \
    $SIG{HUP}->(); \
    1 while waitpid($command, 0) < 0 && $! == 4; \
    exit($? & 127 ? 128 + ($? & 127) : $? >> 8)";

/// Returns a command line that runs another one, with the variables of the
/// payload.
pub(crate) fn wrap(line: &[u8], payload: Payload, on_disconnect: OnDisconnect) -> Vec<u8> {
    let run = match on_disconnect {
        OnDisconnect::Continue => RUN.to_owned(),
        OnDisconnect::HangUp => format!(
            "command -v setpriv >/dev/null && command -v perl >/dev/null && \
             exec setpriv --pdeathsig HUP perl -e '{WAIT_PROGRAM}' \"$PPID\" \"$0\" -c \"$1\"; {RUN}"
        ),
    };
    let script = load_script(payload) + &run;
    let mut whole = b"exec /bin/sh -c ".to_vec();
    whole.extend(quote::word(script.as_bytes()));
    whole.extend(b" \"$SHELL\" ");
    whole.extend(quote::word(line));
    whole
}

fn load_script(payload: Payload) -> String {
    let name = ENV_PAYLOAD_VAR;
    let code = exit::SSH_SETUP_FAILED;
    match payload {
        Payload::None => String::new(),
        Payload::Optional => format!("eval \"${{{name}-:}}\"; unset {name}; "),
        Payload::Required => format!(
            "[ \"${{{name}+x}}\" ] || {{ printf '%s\\n' 'error: the SSH server \
             does not accept environment variables: an older version created the container, or its \
             configuration was changed' \
             'hint: run `cai stop --remove`, and the next session creates a new container; its volumes are kept' \
             >&2; exit {code}; }}; \
             eval \"${name}\"; unset {name}; "
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Read as _};
    use std::process::{Command as Program, Stdio};
    use std::thread;
    use std::time::{Duration, Instant};

    use super::*;

    type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

    fn shell(line: &str, on_disconnect: OnDisconnect) -> Result<Program> {
        let line = String::from_utf8(wrap(line.as_bytes(), Payload::None, on_disconnect))?;
        let mut shell = Program::new("/bin/bash");
        shell.args(["-c", &line]).env("SHELL", "/bin/bash");
        Ok(shell)
    }

    #[test]
    fn the_exit_status_is_passed_on() -> Result {
        for on_disconnect in [OnDisconnect::Continue, OnDisconnect::HangUp] {
            for (line, code) in [("exit 7", 7), ("exec nosuch 2>/dev/null", 127), ("true", 0)] {
                let status = shell(line, on_disconnect)?.status()?;
                assert_eq!(status.code(), Some(code), "{line}");
            }
        }
        let killed = shell("kill -9 $$", OnDisconnect::HangUp)?.status()?;
        assert_eq!(killed.code(), Some(137));
        Ok(())
    }

    /// A process in the place of sshd starts the command in a session, and is
    /// killed.
    #[test]
    fn a_lost_connection_hangs_up_the_process_group() -> Result {
        let line = "sleep 1000 & echo $!; wait";
        let wrapped =
            String::from_utf8(wrap(line.as_bytes(), Payload::None, OnDisconnect::HangUp))?;
        let server = "import os, sys\n\
            if os.fork() == 0:\n    os.setsid(); os.execv('/bin/bash', ['bash', '-c', sys.argv[1]])\n\
            sys.stdout.close(); os.wait()";
        let mut server = Program::new("python3")
            .args(["-c", server, &wrapped])
            .env("SHELL", "/bin/bash")
            .stdout(Stdio::piped())
            .spawn()?;
        let mut output = BufReader::new(server.stdout.take().ok_or("no output")?);
        let mut pid = String::new();
        output.read_line(&mut pid)?;
        // A killed process exists until its new parent has noticed.
        let status = || std::fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
        let is_running = || status().is_ok_and(|status| !status.contains(") Z "));
        assert!(is_running(), "{pid}");
        server.kill()?;
        server.wait()?;
        // A process that ends closes its files first, so it may exist a moment longer.
        output.read_to_string(&mut String::new())?;
        let deadline = Instant::now() + Duration::from_secs(30);
        while is_running() {
            assert!(Instant::now() < deadline, "{pid} survives");
            thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}
