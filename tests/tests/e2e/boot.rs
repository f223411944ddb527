//! The state of a container after its start.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use containai_tests::{Person, wait_until};

/// The units of ContainAI.
const UNITS: &str = "containai-init.service containai-hooks.service containai-agent.socket \
                     containai-agent@.service containai-docker.timer ssh.service ssh-keygen.service \
                     containai-worktrees.path containai-worktrees.service";

#[test]
fn units_are_valid_and_running() {
    let person = Person::new();
    let repository = person.repository("units");
    let script = format!("cd /etc/systemd/system && systemd-analyze verify --man=no {UNITS} 2>&1");
    person.run(&repository, &script).success().prints("");
    let state =
        person.exec(&repository, "systemctl is-system-running --wait; systemctl --failed --quiet");
    state.success().prints("running\n");
}

#[test]
fn every_kind_of_session_has_the_same_environment() {
    let person = Person::new();
    let repository = person.repository("environment");
    let run = ["run", "--image", "base", "--", "true"];
    person.cai(run).env("TZ", "Asia/Kathmandu").current_dir(&repository).run().success();
    let show = "echo $TZ $CAI_HOST_WORKSPACE $LANG $SSH_AUTH_SOCK; echo $PATH; date +%z";
    let path = "/usr/lib/containai/wrappers:/home/agent/.local/bin:/usr/local/bin:/usr/bin:/bin:\
                /usr/local/sbin:/usr/sbin:/sbin:/opt/containai/bin";
    let expected = format!(
        "Asia/Kathmandu {} C.UTF-8 /run/containai/agent.sock\n{path}\n+0545\n",
        repository.path().display()
    );
    person.exec(&repository, show).success().prints(&expected);
    person.exec(&repository, &format!("bash -lc '{show}'")).success().prints(&expected);
    let nested = format!("sudo -iu agent bash -lc '{}'", show.replace('$', "\\$"));
    person.exec(&repository, &nested).success().prints(&expected);
    let host = person.alias(repository.path());
    let editor = person.openssh("ssh").args([&host, show]).output().expect("ssh is installed");
    assert_eq!(String::from_utf8_lossy(&editor.stdout), expected);
}

#[test]
fn host_paths_resolve_to_the_workspace() {
    let person = Person::new();
    let repository = person.repository("paths");
    let path = repository.path().display().to_string();
    person
        .run(&repository, &format!("cat {path}/README; readlink {path}"))
        .success()
        .prints("hello\n/home/agent/workspace\n");
}

#[test]
fn commits_use_the_host_identity_by_default() {
    let person = Person::new();
    fs::write(person.home().join(".gitconfig"), "[user]\nname = Ada L.\nemail = ada@example.org\n")
        .expect("a file can be written");
    let repository = person.repository("identity");
    let show = "git config user.name; git config user.email; git status --porcelain";
    person.run(&repository, show).success().prints("Ada L.\nada@example.org\n");
    let own =
        format!("git config --global user.name Own; {show}; cat /mnt/agent-data/git/gitconfig");
    person.exec(&repository, &own).success().prints("Own\nada@example.org\n[user]\n\tname = Own\n");
}

#[test]
fn links_point_to_the_volume_and_replaced_links_stay_replaced() {
    let person = Person::new();
    let repository = person.repository("links");
    let script = "stat -c '%a %U' /mnt/agent-data/claude /mnt/agent-data/claude/claude.json; \
                  cat ~/.claude.json; echo; readlink ~/.claude; \
                  find -L ~ -maxdepth 4 -type l | xargs -n 1 readlink | xargs -n 1 dirname | xargs stat -c %F | sort -u; \
                  rm ~/.vim && mkdir ~/.vim && touch ~/.vim/mine; rm -r /mnt/agent-data/claude; \
                  sudo mkdir -p /root/x && sudo rm -rf ~/.codex && sudo ln -s /root/x ~/.codex; \
                  echo deep > /mnt/agent-data/shell/bashrc.d/x; sudo chown root /mnt/agent-data/shell/bashrc.d/x";
    person
        .run(&repository, script)
        .success()
        .prints("700 agent\n600 agent\n{}\n/mnt/agent-data/claude\ndirectory\n");
    person.cai(["stop"]).current_dir(&repository).run().success();
    let again = person.exec(
        &repository,
        "ls ~/.vim; stat -c '%a %U' /mnt/agent-data/claude/claude.json; readlink ~/.codex; sudo ls /root/x; \
         stat -c %U /mnt/agent-data/shell/bashrc.d/x; systemctl is-system-running --wait",
    );
    again.success().prints("mine\n600 agent\n/root/x\nroot\nrunning\n");
}

#[test]
fn failed_hook_is_reported_and_sessions_still_open() {
    let person = Person::new();
    let repository = person.repository("hooks");
    let hooks = person.home().join(".config/containai/hooks/startup.d");
    fs::create_dir_all(&hooks).expect("a directory can be made");
    let put = |name: &str, text: &str| {
        let path = hooks.join(name);
        fs::write(&path, text).expect("a file can be written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a mode can be set");
    };
    put("10-fails", "#!/bin/sh\nexit 7\n");
    put(
        "20-works",
        "#!/bin/sh\nid -un > ~/hooked; pwd >> ~/hooked; echo $CAI_HOST_WORKSPACE >> ~/hooked\n",
    );
    // Hooks in a repository are never run.
    let own = repository.path().join(".containai/hooks/startup.d");
    fs::create_dir_all(&own).expect("a directory can be made");
    fs::copy(hooks.join("20-works"), own.join("30-evil")).expect("a file can be copied");

    let expected = format!("agent\n/home/agent/workspace\n{}\n", repository.path().display());
    person.run(&repository, "true").success();
    wait_until(std::time::Duration::from_secs(60), "the hooks have run", || {
        let state = person.exec(&repository, "systemctl is-failed containai-hooks");
        (state.stdout() == "failed\n").then_some(())
    });
    person.exec(&repository, "cat ~/hooked").success().prints(&expected);
    let reported = person.exec(&repository, "journalctl -q -o cat -u containai-hooks --no-pager");
    assert!(reported.success().stdout().contains("failed hooks: 10-fails (7)"), "{reported}");

    // The next start runs the hooks that exist then.
    fs::remove_file(hooks.join("10-fails")).expect("a file can be removed");
    person.cai(["stop"]).current_dir(&repository).run().success();
    person.exec(&repository, "systemctl is-system-running --wait").success().prints("running\n");
}
