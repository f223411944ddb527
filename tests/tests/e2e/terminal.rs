//! Somebody in front of a terminal.

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
    terminal.keys("sleep 0.3; stty size\r");
    terminal.shows("41 117");
    terminal.keys("sleep 1000\r");
    std::thread::sleep(std::time::Duration::from_millis(300));
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
