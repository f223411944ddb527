//! Settings that follow what changes on the host.

use std::fs;
use std::os::unix::fs::symlink;
use std::time::Duration;

use containai_core::naming::{VolumeName, WorkspacePath};
use containai_tests::{Person, Repository, Running, Volume, until};
use nix::sys::signal::Signal;

const PATIENCE: Duration = Duration::from_secs(60);

fn write(person: &Person<'_>, path: &str, content: &str) {
    let path = person.home().join(path);
    fs::create_dir_all(path.parent().expect("a parent")).expect("a directory can be made");
    fs::write(path, content).expect("a file can be written");
}

fn watching(person: &Person<'_>, repository: &Repository) -> Running {
    let running = person.cai(["import", "--watch"]).inside(repository).start();
    until(PATIENCE, "the first import", || running.told().contains("imported ").then_some(()));
    running
}

/// Waits until a path of the volume has this content.
#[track_caller]
fn arrives(person: &Person<'_>, repository: &Repository, path: &str, content: &str) {
    until(PATIENCE, path, || {
        let outcome = person.exec(repository, &format!("cat /mnt/agent-data/{path}"));
        (outcome.stdout() == content).then_some(())
    });
}

#[test]
fn changes_arrive_while_the_container_comes_and_goes() {
    let person = Person::new();
    let repository = person.repository("watch-hot");
    write(&person, ".claude/settings.json", "1");
    write(&person, ".secret/key", "outside");
    person.run(&repository, "true").success();
    let running = watching(&person, &repository);
    arrives(&person, &repository, "claude/settings.json", "1");

    // Written in place, put in place of another, and in directories that are new.
    write(&person, ".claude/settings.json", "2");
    arrives(&person, &repository, "claude/settings.json", "2");
    write(&person, ".claude/new", "3");
    fs::rename(person.home().join(".claude/new"), person.home().join(".claude/settings.json"))
        .expect("a file can be moved");
    arrives(&person, &repository, "claude/settings.json", "3");
    write(&person, ".claude/commands/deep/deeper/x.md", "x");
    arrives(&person, &repository, "claude/commands/deep/deeper/x.md", "x");
    write(&person, ".config/containai/import-overrides/.claude/CLAUDE.md", "mine");
    arrives(&person, &repository, "claude/CLAUDE.md", "mine");

    // A link out is told and not followed, and what it leads to is not watched.
    let way = person.home().join(".claude/commands/way");
    symlink(person.home().join(".secret"), way).expect("a link can be made");
    until(PATIENCE, "a warning", || running.told().contains("which is not imported").then_some(()));
    write(&person, ".secret/key", "changed");
    write(&person, ".claude/not-in-any-manifest", "4");
    std::thread::sleep(Duration::from_secs(1));
    let look = "ls -A /mnt/agent-data/claude; cat /mnt/agent-data/claude/commands/way/key";
    let outcome = person.exec(&repository, look);
    assert!(!outcome.stdout().contains("not-in-any"), "{outcome}");
    assert!(!outcome.stdout().contains("changed"), "{outcome}");

    // Past the container while it is stopped, and through it again after.
    person.cai(["stop"]).inside(&repository).run().success();
    let settings = Volume::of(&person, repository.path()).path().join("claude/settings.json");
    write(&person, ".claude/settings.json", "5");
    until(PATIENCE, "an import", || fs::read(&settings).is_ok_and(|it| it == b"5").then_some(()));
    person.run(&repository, "cat ~/.claude/settings.json").success().prints("5");
    write(&person, ".claude/settings.json", "6");
    arrives(&person, &repository, "claude/settings.json", "6");

    running.signal(Signal::SIGTERM);
    running.outcome().success();
}

#[test]
fn ctrl_c_ends_it_and_leaves_nothing_behind() {
    let person = Person::new();
    let repository = person.repository("watch-cold");
    write(&person, ".claude/settings.json", "1");
    let mut terminal = person.cai(["import", "--watch"]).inside(&repository).on_terminal(100, 30);
    terminal.shows("Ctrl-C ends it");
    terminal.shows("imported ");
    write(&person, ".claude/settings.json", "22");
    terminal.shows("imported 1 files");
    // A manifest with a mistake is told, and mended while it goes on.
    let manifest = ".config/containai/manifests/50-mind.toml";
    write(&person, manifest, "[[entries]]\n");
    terminal.shows("missing key `source`");
    write(&person, manifest, "[[entries]]\nsource = \".mind\"\ntarget = \"mind\"\nflags = \"d\"\n");
    write(&person, ".mind/x", "thought");
    let workspace = WorkspacePath::new(repository.path()).expect("a path");
    let volume = Volume::named(&person, VolumeName::data(&workspace).as_ref());
    until(PATIENCE, "an import", || {
        fs::read(volume.path().join("mind/x")).is_ok_and(|it| it == b"thought").then_some(())
    });
    terminal.keys("\x03");
    let screen = terminal.screen_text();
    assert_eq!(terminal.code(), 0);
    assert!(!screen.contains("\u{1b}[?25l"), "the cursor is hidden: {screen:?}");
    let look = "cat /mnt/agent-data/claude/settings.json /mnt/agent-data/mind/x";
    person.run(&repository, look).success().prints("22thought");
    assert_eq!(person.containers(repository.path()).len(), 1);
}
