//! Interactive use of a terminal.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use containai_tests::Person;

#[test]
fn shell_has_a_terminal_that_follows_the_window_size() {
    let person = Person::new();
    let repository = person.repository("shell");
    person.run(&repository, "true").success();
    let mut terminal = person.cai(["shell"]).current_dir(&repository).on_terminal(93, 31);
    terminal.type_text("stty size; tty; pwd\r");
    terminal.wait_for("31 93");
    terminal.wait_for("/dev/pts/");
    terminal.wait_for("/home/agent/workspace");
    terminal.resize(117, 41);
    terminal.type_text("until stty size | grep 11[7]; do sleep 0.1; done\r");
    terminal.wait_for("41 117");
    terminal.type_text("echo up-$((40 + 1)); sleep 1000\r");
    terminal.wait_for("up-41");
    terminal.type_text("\x03");
    terminal.type_text("echo after-$((40 + 2))\r");
    terminal.wait_for("after-42");
    terminal.type_text("exit 7\r");
    assert_eq!(terminal.code(), 7);
}

#[test]
fn command_gets_a_terminal_and_ours_is_restored() {
    let person = Person::new();
    let repository = person.repository("tty");
    person.run(&repository, "true").success();
    let exec =
        ["exec", "--", "sh", "-c", "test -t 0 && test -t 1 && echo it-$((1 + 1)) is one; exit 3"];
    let terminal = person.cai(exec).current_dir(&repository).on_terminal(80, 24);
    terminal.wait_for("it-2 is one");
    assert_eq!(terminal.code(), 3);
}

#[test]
fn repository_suggestions_are_shown_and_approved_by_a_key() {
    let person = Person::new();
    let repository = person.repository("asking");
    let directory = repository.join(".containai");
    fs::create_dir_all(&directory).expect("a directory can be made");
    fs::write(directory.join("config.toml"), "image = \"other\"\n# \u{202e}\n")
        .expect("a file can be written");
    let on_terminal = |words: &[&str]| {
        person.cai(words.iter().copied()).current_dir(&repository).on_terminal(100, 30)
    };
    let image = || person.cai(["config", "get", "image"]).current_dir(&repository).run().line();
    let usual = image();

    // A run prints a notice and does not prompt.
    let run = on_terminal(&["run", "--dry-run", "--image", "base", "--", "true"]);
    run.wait_for("asks for `image`");
    assert_eq!(run.code(), 0);

    let mut declined = on_terminal(&["trust"]);
    declined.wait_for("image = \"other\"");
    declined.wait_for("asks for `image`");
    declined.wait_for("Approve this?");
    assert!(!declined.screen_text().contains('\u{202e}'), "the file drives the terminal");
    declined.type_text("n");
    assert_eq!(declined.code(), 1);
    assert_eq!(image(), usual);

    let mut interrupted = on_terminal(&["trust"]);
    interrupted.wait_for("Approve this?");
    interrupted.type_text("\x03");
    assert_ne!(interrupted.code(), 0);
    assert_eq!(image(), usual);

    let mut approved = on_terminal(&["trust"]);
    approved.wait_for("Approve this?");
    approved.type_text("y");
    approved.wait_for("approved");
    assert_eq!(approved.code(), 0);
    assert_eq!(image(), "other");
    assert_eq!(on_terminal(&["trust"]).code(), 0);
}

#[test]
fn configuration_is_edited_until_it_is_valid() {
    let person = Person::new();
    let path = person.home().join(".config/containai/config.toml");
    let before = fs::read_to_string(&path).expect("a person has a configuration");
    // Writes invalid text the first time, and removes it the second time.
    let editor = person.beside("editor");
    let script = "#!/bin/sh\n\
                  if grep -q nonsense \"$1\"; then\n\
                  sed -i 's/^nonsense.*/agent.default = \"pi\"/' \"$1\"\n\
                  else sed -i '1i nonsense = 1' \"$1\"; fi\n";
    fs::write(&editor, script).expect("a file can be written");
    fs::set_permissions(&editor, fs::Permissions::from_mode(0o755)).expect("root may do that");
    let edit =
        || person.cai(["config", "edit"]).env("EDITOR", editor.as_os_str()).on_terminal(100, 30);

    let mut given_up = edit();
    given_up.wait_for("nonsense");
    given_up.wait_for("Edit it again?");
    given_up.type_text("n");
    given_up.wait_for("your text is in");
    assert_eq!(given_up.code(), 2);
    assert_eq!(fs::read_to_string(&path).expect("it exists"), before);

    let mut mended = edit();
    mended.wait_for("Edit it again?");
    mended.type_text("y");
    assert_eq!(mended.code(), 0);
    assert_eq!(person.cai(["config", "get", "agent.default"]).run().line(), "pi");
}
