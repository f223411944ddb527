//! Continuous import of changes on the host.

use std::fs;
use std::os::unix::fs::symlink;
use std::time::Duration;

use containai_core::naming::{VolumeName, WorkspacePath};
use containai_tests::{Person, Repository, Running, Volume, wait_until};
use nix::sys::signal::Signal;

const TIMEOUT: Duration = Duration::from_secs(60);

fn write(person: &Person<'_>, path: &str, content: &str) {
    let path = person.home().join(path);
    fs::create_dir_all(path.parent().expect("a parent")).expect("a directory can be made");
    fs::write(path, content).expect("a file can be written");
}

fn start_watching(person: &Person<'_>, repository: &Repository) -> Running {
    let running = person.cai(["import", "--watch"]).current_dir(repository).start();
    wait_until(TIMEOUT, "the first import", || {
        running.stderr().contains("imported ").then_some(())
    });
    running
}

/// Waits until a file on the volume has this content.
#[track_caller]
fn wait_for_content(person: &Person<'_>, repository: &Repository, path: &str, content: &str) {
    wait_until(TIMEOUT, path, || {
        let outcome = person.exec(repository, &format!("cat /mnt/agent-data/{path}"));
        (outcome.stdout() == content).then_some(())
    });
}

#[test]
fn changes_are_imported_while_the_container_stops_and_starts() {
    let person = Person::new();
    let repository = person.repository("watch-hot");
    write(&person, ".claude/settings.json", "1");
    write(&person, ".gnupg/key", "outside");
    person.run(&repository, "true").success();
    let running = start_watching(&person, &repository);
    wait_for_content(&person, &repository, "claude/settings.json", "1");

    // Written in place, renamed over another file, and in new directories.
    write(&person, ".claude/settings.json", "2");
    wait_for_content(&person, &repository, "claude/settings.json", "2");
    write(&person, ".claude/new", "3");
    fs::rename(person.home().join(".claude/new"), person.home().join(".claude/settings.json"))
        .expect("a file can be moved");
    wait_for_content(&person, &repository, "claude/settings.json", "3");
    write(&person, ".claude/commands/deep/deeper/x.md", "x");
    wait_for_content(&person, &repository, "claude/commands/deep/deeper/x.md", "x");
    write(&person, ".config/containai/import-overrides/.claude/CLAUDE.md", "mine");
    wait_for_content(&person, &repository, "claude/CLAUDE.md", "mine");

    // A link out of the imported paths is reported and not followed, and its target is not watched.
    let way = person.home().join(".claude/commands/way");
    symlink(person.home().join(".gnupg"), way).expect("a link can be made");
    wait_until(TIMEOUT, "a warning", || {
        running.stderr().contains("which is not imported").then_some(())
    });
    write(&person, ".gnupg/key", "changed");
    write(&person, ".claude/not-in-any-manifest", "4");
    // Its arrival shows that an import ran after both changes.
    write(&person, ".claude/commands/last.md", "last");
    wait_for_content(&person, &repository, "claude/commands/last.md", "last");
    let look = "ls -A /mnt/agent-data/claude; cat /mnt/agent-data/claude/commands/way/key";
    let outcome = person.exec(&repository, look);
    assert!(!outcome.stdout().contains("not-in-any"), "{outcome}");
    assert!(!outcome.stdout().contains("changed"), "{outcome}");

    // Without the container while it is stopped, and through it again afterwards.
    person.cai(["stop"]).current_dir(&repository).run().success();
    let settings = Volume::of(&person, repository.path()).path().join("claude/settings.json");
    write(&person, ".claude/settings.json", "5");
    wait_until(TIMEOUT, "an import", || {
        fs::read(&settings).is_ok_and(|it| it == b"5").then_some(())
    });
    person.run(&repository, "cat ~/.claude/settings.json").success().prints("5");
    write(&person, ".claude/settings.json", "6");
    wait_for_content(&person, &repository, "claude/settings.json", "6");

    running.signal(Signal::SIGTERM);
    running.outcome().success();
}

#[test]
fn ctrl_c_ends_the_watch_and_leaves_nothing_behind() {
    let person = Person::new();
    let repository = person.repository("watch-cold");
    write(&person, ".claude/settings.json", "1");
    let mut terminal =
        person.cai(["import", "--watch"]).current_dir(&repository).on_terminal(100, 30);
    terminal.wait_for("press Ctrl-C to stop");
    terminal.wait_for("imported ");
    write(&person, ".claude/settings.json", "22");
    terminal.wait_for("imported 1 files");
    // An invalid manifest is reported, and can be fixed while the import runs.
    let manifest = ".config/containai/manifests/50-mind.toml";
    write(&person, manifest, "[[entries]]\n");
    terminal.wait_for("missing key `source`");
    write(&person, manifest, "[[entries]]\nsource = \".mind\"\ntarget = \"mind\"\nflags = \"d\"\n");
    write(&person, ".mind/x", "thought");
    let workspace = WorkspacePath::new(repository.path()).expect("a path");
    let volume = Volume::named(&person, VolumeName::data(&workspace).as_ref());
    wait_until(TIMEOUT, "an import", || {
        fs::read(volume.path().join("mind/x")).is_ok_and(|it| it == b"thought").then_some(())
    });
    terminal.type_text("\x03");
    let screen = terminal.screen_text();
    assert_eq!(terminal.code(), 0);
    assert!(!screen.contains("\u{1b}[?25l"), "the cursor is hidden: {screen:?}");
    let look = "cat /mnt/agent-data/claude/settings.json /mnt/agent-data/mind/x";
    person.run(&repository, look).success().prints("22thought");
    assert_eq!(person.containers(repository.path()).len(), 1);
}
