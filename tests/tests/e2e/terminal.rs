//! Somebody in front of a terminal.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use containai_tests::Person;

#[test]
fn a_shell_is_a_terminal_that_follows_its_window() {
    let person = Person::new();
    let repository = person.repository("shell");
    person.run(&repository, "true").success();
    let mut terminal = person.cai(["shell"]).inside(&repository).on_terminal(93, 31);
    terminal.keys("stty size; tty; pwd\r");
    terminal.shows("31 93");
    terminal.shows("/dev/pts/");
    terminal.shows("/home/agent/workspace");
    terminal.resize(117, 41);
    terminal.keys("until stty size | grep 11[7]; do sleep 0.1; done\r");
    terminal.shows("41 117");
    terminal.keys("echo up-$((40 + 1)); sleep 1000\r");
    terminal.shows("up-41");
    terminal.keys("\x03");
    terminal.keys("echo after-$((40 + 2))\r");
    terminal.shows("after-42");
    terminal.keys("exit 7\r");
    assert_eq!(terminal.code(), 7);
}

#[test]
fn a_command_on_a_terminal_gets_one_and_leaves_ours_as_it_was() {
    let person = Person::new();
    let repository = person.repository("tty");
    person.run(&repository, "true").success();
    let exec =
        ["exec", "--", "sh", "-c", "test -t 0 && test -t 1 && echo it-$((1 + 1)) is one; exit 3"];
    let terminal = person.cai(exec).inside(&repository).on_terminal(80, 24);
    terminal.shows("it-2 is one");
    assert_eq!(terminal.code(), 3);
}

#[test]
fn what_a_repository_asks_for_is_shown_and_approved_by_a_key() {
    let person = Person::new();
    let repository = person.repository("asking");
    let directory = repository.join(".containai");
    fs::create_dir_all(&directory).expect("a directory can be made");
    fs::write(directory.join("config.toml"), "image = \"other\"\n# \u{202e}\n")
        .expect("a file can be written");
    let on_terminal =
        |words: &[&str]| person.cai(words.iter().copied()).inside(&repository).on_terminal(100, 30);
    let image = || person.cai(["config", "get", "image"]).inside(&repository).run().line();
    let usual = image();

    // Who runs something is told, and not stopped by a question.
    let run = on_terminal(&["run", "--dry-run", "--image", "base", "--", "true"]);
    run.shows("asks for `image`");
    assert_eq!(run.code(), 0);

    let mut declined = on_terminal(&["trust"]);
    declined.shows("image = \"other\"");
    declined.shows("asks for `image`");
    declined.shows("Approve this?");
    assert!(!declined.screen_text().contains('\u{202e}'), "the file drives the terminal");
    declined.keys("n");
    assert_eq!(declined.code(), 1);
    assert_eq!(image(), usual);

    let mut interrupted = on_terminal(&["trust"]);
    interrupted.shows("Approve this?");
    interrupted.keys("\x03");
    assert_ne!(interrupted.code(), 0);
    assert_eq!(image(), usual);

    let mut approved = on_terminal(&["trust"]);
    approved.shows("Approve this?");
    approved.keys("y");
    approved.shows("approved");
    assert_eq!(approved.code(), 0);
    assert_eq!(image(), "other");
    assert_eq!(on_terminal(&["trust"]).code(), 0);
}

#[test]
fn a_configuration_is_edited_until_it_makes_sense() {
    let person = Person::new();
    let path = person.home().join(".config/containai/config.toml");
    let before = fs::read_to_string(&path).expect("a person has a configuration");
    // Types nonsense the first time, and takes it back the second.
    let editor = person.beside("editor");
    let script = "#!/bin/sh\n\
                  if grep -q nonsense \"$1\"; then\n\
                  sed -i 's/^nonsense.*/agent.default = \"pi\"/' \"$1\"\n\
                  else sed -i '1i nonsense = 1' \"$1\"; fi\n";
    fs::write(&editor, script).expect("a file can be written");
    fs::set_permissions(&editor, fs::Permissions::from_mode(0o755)).expect("it is ours");
    let edit =
        || person.cai(["config", "edit"]).env("EDITOR", editor.as_os_str()).on_terminal(100, 30);

    let mut given_up = edit();
    given_up.shows("nonsense");
    given_up.shows("Edit it again?");
    given_up.keys("n");
    given_up.shows("what you typed is in");
    assert_eq!(given_up.code(), 2);
    assert_eq!(fs::read_to_string(&path).expect("it is there"), before);

    let mut mended = edit();
    mended.shows("Edit it again?");
    mended.keys("y");
    assert_eq!(mended.code(), 0);
    assert_eq!(person.cai(["config", "get", "agent.default"]).run().line(), "pi");
}
