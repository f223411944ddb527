//! Files that replaced links to the data volume.

use containai_tests::Person;

#[test]
fn replaced_links_are_moved_to_the_volume() {
    let person = Person::new();
    let repository = person.repository("sync");
    // Before the container is recreated, the program inside is this one.
    person.run(&repository, "cai version").success();
    let script = "cd; cai links adopt >/dev/null; cai links adopt; \
                  mkdir -p new && echo '{\"a\":1}' > new/f && mv new/f .claude.json && \
                  rm .codex && mkdir -p .codex/skills && echo mine > .codex/skills/x.md && \
                  cai links adopt --dry-run; readlink .claude.json; cai links adopt; \
                  readlink .claude.json .codex; \
                  cat /mnt/agent-data/claude/claude.json /mnt/agent-data/codex/skills/x.md";
    let taken = "~/.claude.json: moved to /mnt/agent-data/claude/claude.json\n\
                 ~/.codex: moved to /mnt/agent-data/codex\n";
    person.exec(&repository, script).success().prints(&format!(
        "{taken}{taken}/mnt/agent-data/claude/claude.json\n/mnt/agent-data/codex\n\
         {{\"a\":1}}\nmine\n"
    ));
    person.cai(["links", "check"]).current_dir(&repository).run().success().prints("");

    // It is on the volume, so it outlives the container.
    person.cai(["stop", "--remove"]).current_dir(&repository).run().success();
    let again = "cat /mnt/agent-data/claude/claude.json";
    person.run(&repository, again).success().prints("{\"a\":1}\n");

    let trap = "cd; mkdir evil; rm -rf /mnt/agent-data/claude; ln -s ~/evil /mnt/agent-data/claude; \
                rm -f .claude; mkdir .claude; echo x > .claude/settings.json; cai links adopt; \
                echo $?; ls -A evil; cat .claude/settings.json";
    let outcome = person.exec(&repository, trap);
    let reported = "~/.claude: in the way: the volume has a symbolic link";
    assert!(outcome.stdout().contains(reported), "{outcome}");
    assert!(outcome.stdout().ends_with("1\nx\n"), "{outcome}");
}

#[test]
fn program_inside_runs_commands_that_need_no_host() {
    let person = Person::new();
    let repository = person.repository("lent");
    person
        .run(&repository, "cai version")
        .success()
        .prints(&format!("{}\n", person.cai(["version"]).run().stdout().trim_end()));
    let outcome = person.exec(&repository, "cai run");
    outcome.fails(2, "this command runs on the host");
    // Not even the container's root can write to it.
    let write = "sudo sh -c 'mount -o remount,rw /usr/local/bin/cai; echo x >> /usr/local/bin/cai'";
    let outcome = person.exec(&repository, write);
    assert_ne!(outcome.status(), 0, "{outcome}");
    person.exec(&repository, "sudo rm -f /usr/local/bin/cai; cai version").success();
    let outcome = person.cai(["links", "adopt"]).current_dir(&repository).run();
    outcome.fails(2, "runs inside a container");
}
