use std::fs::File;
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::process::{ExitStatus, Stdio};
use std::thread;

use nix::pty::{Winsize, openpty};
use rustix::termios::tcgetattr;

use super::*;

const HIDDEN: &str = "\x1b[?25l";
const SHOWN: &str = "\x1b[?25h";
const ALTERNATE_SCREEN: &str = "\x1b[?1049h";
const MAIN_SCREEN: &str = "\x1b[?1049l";

fn settings(terminal: &OwnedFd) -> io::Result<String> {
    Ok(format!("{:?}", tcgetattr(terminal)?))
}

/// Runs one of the programs below on a terminal, whose settings are the same
/// afterwards, and returns what came there.
fn run_on_terminal(name: &str) -> anyhow::Result<(ExitStatus, String)> {
    let size = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
    let pair = openpty(Some(&size), None)?;
    let before = settings(&pair.slave)?;
    let stream = || pair.slave.try_clone().map(Stdio::from);
    let mut program = Command::new("/proc/self/exe");
    let name = format!("commands::top::screen::tests::{name}");
    program.args(["--exact", &name, "--ignored", "--nocapture"]).env_remove("RUST_BACKTRACE");
    let mut child = program.stdin(stream()?).stdout(stream()?).stderr(stream()?).spawn()?;
    drop(program);
    let mut screen = File::from(pair.master);
    let reader = thread::spawn(move || {
        let mut shown = Vec::new();
        // The end of a terminal is an error.
        let _ = screen.read_to_end(&mut shown);
        String::from_utf8_lossy(&shown).into_owned()
    });
    let status = child.wait()?;
    assert_eq!(settings(&pair.slave)?, before);
    drop(pair.slave);
    Ok((status, reader.join().expect("it reads to the end")))
}

/// The last of two sequences in a text.
fn is_last(text: &str, wanted: &str, other: &str) -> bool {
    text.rfind(wanted).is_some_and(|at| text.rfind(other).is_none_or(|it| it < at))
}

#[test]
fn panic_restores_the_terminal_before_its_message() -> anyhow::Result<()> {
    let (status, shown) = run_on_terminal("panicking_program")?;
    assert!(!status.success(), "it panics");
    let (before, message) = shown.split_once("panicked at").expect("the panic is printed");
    assert!(before.contains(ALTERNATE_SCREEN) && before.contains(HIDDEN), "{before:?}");
    assert!(is_last(before, MAIN_SCREEN, ALTERNATE_SCREEN), "{before:?}");
    assert!(is_last(&shown, SHOWN, HIDDEN), "{shown:?}");
    assert!(message.contains("something is wrong\r\n"), "{message:?}");
    Ok(())
}

#[test]
fn programs_run_from_the_screen_have_a_cursor() -> anyhow::Result<()> {
    let (status, shown) = run_on_terminal("program_with_child")?;
    assert!(status.success(), "{shown:?}");
    let (before, after) = shown.split_once("another program").expect("it ran");
    assert!(is_last(before, MAIN_SCREEN, ALTERNATE_SCREEN), "{before:?}");
    assert!(is_last(before, SHOWN, HIDDEN), "{before:?}");
    assert!(
        is_last(after, MAIN_SCREEN, ALTERNATE_SCREEN) && is_last(after, SHOWN, HIDDEN),
        "{after:?}"
    );
    Ok(())
}

#[test]
#[ignore = "a test starts it on a terminal of its own"]
fn panicking_program() {
    let mut screen = TerminalScreen::enter().expect("a terminal");
    screen.draw(&TopState::default()).expect("a terminal");
    panic!("something is wrong");
}

#[test]
#[ignore = "a test starts it on a terminal of its own"]
fn program_with_child() {
    let mut screen = TerminalScreen::enter().expect("a terminal");
    screen.draw(&TopState::default()).expect("a terminal");
    let keys = KeyReader::listen().expect("a thread");
    screen.run_program(&keys, Command::new("echo").arg("another program")).expect("it runs");
    screen.draw(&TopState::default()).expect("a terminal");
}
