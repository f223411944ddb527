//! Imported settings that were written for the host, and dotfiles that are links.

use std::fs;
use std::os::unix::fs::symlink;

use containai_tests::{Cai, Person, Repository};

fn import(person: &Person<'_>, workspace: &Repository, words: &[&str]) -> Cai {
    person.cai(["import"].iter().chain(words)).current_dir(workspace)
}

/// Start-up files are written for the host: what they name there does not break sessions here.
#[test]
fn shell_settings_of_the_host_break_no_session() {
    const ZSH: &str = "export LC_ALL=en_US.UTF-8\nexport DOCKER_HOST=unix:///Users/a/docker.sock\n\
        export SSH_AUTH_SOCK=/Users/a/agent.sock\nexport SHELL=/bin/zsh\nexport TMPDIR=/Users/a/tmp\n\
        export EDITOR='nvim -u x'\nalias ls='eza --icons'\nalias rm=trash\nalias g=git\n";
    let person = Person::new();
    let repository = person.repository("import-host-shell");
    fs::write(person.home().join(".zshrc"), ZSH).expect("a file can be written");
    fs::write(person.home().join(".bash_aliases"), "alias cat=bat\nalias bat=batcat\n")
        .expect("a file can be written");
    fs::write(person.home().join(".bashrc"), "PS1='> '\n").expect("a file can be written");
    person.run(&repository, "true").success();
    let outcome = import(&person, &repository, &[]).run();
    outcome
        .success()
        .stderr_contains(
            "`~/.zshrc` is imported without settings that only work on this machine: \
             `DOCKER_HOST`, `SSH_AUTH_SOCK`, `SHELL`, `TMPDIR`",
        )
        .stderr_contains("not imported: `~/.bashrc`");
    // What stays behind is told once.
    import(&person, &repository, &[]).run().success().stderr_lacks("not imported");
    let look = "bash -lic 'ls / >/dev/null && cat /dev/null && mktemp >/dev/null && docker ps -q && \
                test -x $SHELL && test -S $SSH_AUTH_SOCK && alias bat g; alias ls cat rm 2>/dev/null; echo ${EDITOR-none}' 2>&1 | \
                grep -v 'process group\\|job control'";
    person.exec(&repository, look).prints("alias bat='batcat'\nalias g='git'\nnone\n");
}

/// Settings that name programs and files of the host: git works without them, and uses them where
/// they are.
#[test]
fn git_settings_of_the_host_break_no_command() {
    const CONFIG: &str = "[user]\n\tname = A\n\temail = a@example.org\n[core]\n\tpager = delta\n\
        \texcludesFile = ~/.ignored\n\thooksPath = ~/hooks\n\teditor = nvim\n[interactive]\n\
        \tdiffFilter = delta --color-only\n[diff]\n\texternal = difft\n[commit]\n\
        \ttemplate = ~/.gitmessage\n\tgpgSign = true\n[gpg]\n\tprogram = /opt/gpg\n[credential]\n\
        \thelper = osxkeychain\n[include]\n\tpath = ~/.gitconfig.local\n[http]\n\
        \tsslCAInfo = /etc/corp.pem\n[filter \"lfs\"]\n\tclean = /opt/homebrew/bin/git-lfs clean -- %f\n\
        \tprocess = /opt/homebrew/bin/git-lfs filter-process\n\trequired = true\n";
    let person = Person::new();
    let repository = person.repository("import-git");
    let above = repository.path().parent().expect("a parent").display().to_string();
    let config = format!(
        "{CONFIG}[includeIf \"gitdir:{above}/\"]\n\tpath = ~/.gitconfig.work\n\
         [includeIf \"gitdir:~/play/\"]\n\tpath = ~/.gitconfig.play\n"
    );
    for (path, text) in [
        (".gitconfig", config.as_str()),
        (".gitconfig.work", "[alias]\n\twork = !echo at work\n[core]\n\tsshCommand = x\n"),
        (".gitconfig.play", "[alias]\n\twork = !echo at play\n"),
        (".gitconfig.local", "[alias]\n\tzz = status --short\n"),
        (".gitmessage", "why:\n"),
        (".config/git/attributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n"),
    ] {
        let path = person.home().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory can be made");
        fs::write(path, text).expect("a file can be written");
    }
    person.run(&repository, "true").success();
    let outcome = import(&person, &repository, &[]).run();
    outcome.success().stderr_contains(
        "`~/.gitconfig` is imported without settings that only work on this machine: \
         `core.excludesfile`, `core.hookspath`, `diff.external`, `commit.gpgsign`, `gpg.program`, \
         `credential.helper`, `http.sslcainfo`, `includeif.gitdir:~/play/.path`, `core.sshcommand`",
    );
    let script = "set -e
        echo more >> README; printf x > a.bin
        git zz
        git work
        cd / && git work 2>/dev/null || echo only here; cd ~/workspace
        git add .
        script -qec 'git -c color.ui=never diff --cached' /dev/null </dev/null | grep -c '^+more'
        echo y | script -qec 'git reset -q -p' /dev/null >/dev/null
        GIT_EDITOR= git -c core.editor=true commit -q -a -m done
        git config commit.template; cat $(git config commit.template)
        git cat-file -p HEAD:a.bin | head -1";
    person.exec(&repository, script).success().prints(
        " M README\n?? a.bin\nat work\nonly here\n1\n/mnt/agent-data/git/files/.gitmessage\nwhy:\n\
         version https://git-lfs.github.com/spec/v1\n",
    );
}

/// Dotfiles of stow, chezmoi and home-manager are links to the user's own files.
#[test]
fn dotfiles_that_are_links_are_imported() {
    let person = Person::new();
    let repository = person.repository("import-links");
    let home = person.home();
    for (path, text) in [
        ("dotfiles/gitconfig", "[alias]\n\tzz = status\n"),
        ("dotfiles/zshrc", "alias gs='git status'\n"),
        ("dotfiles/claude/settings.json", "{\"a\":1}"),
        ("dotfiles/claude/commands/x.md", "run x"),
        ("src/skill/SKILL.md", "skill"),
        (".ssh/config", "Host secret"),
    ] {
        let path = home.join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory can be made");
        fs::write(path, text).expect("a file can be written");
    }
    fs::create_dir_all(home.join("dotfiles/claude/skills")).expect("a directory can be made");
    for (link, to) in [
        (".gitconfig", "dotfiles/gitconfig".to_owned()),
        (".zshrc", home.join("dotfiles/zshrc").display().to_string()),
        // A folded directory.
        (".claude", "dotfiles/claude".to_owned()),
        (".vim", "src".to_owned()),
        (".tmux.conf", ".ssh/config".to_owned()),
        // A container may be able to write in the repository of dotfiles.
        ("dotfiles/claude/skills/leak", "../../../.ssh".to_owned()),
        ("dotfiles/claude/commands/again.md", "x.md".to_owned()),
        ("dotfiles/claude/commands/loop", "..".to_owned()),
    ] {
        symlink(to, home.join(link)).expect("a link can be made");
    }
    person.run(&repository, "true").success();
    let outcome = import(&person, &repository, &[]).run();
    outcome
        .success()
        .stderr_contains("`.tmux.conf`: it points to `.ssh/config`, which is not imported: it leads to a place of secrets")
        .stderr_contains("`.claude/skills/leak`: it points to `../../../.ssh`, which is not imported");
    let look = "cd; git config alias.zz; cat /mnt/agent-data/shell/zshrc .claude/settings.json \
                .claude/commands/x.md .claude/commands/again.md .vim/skill/SKILL.md; \
                grep -r 'Host secret' /mnt/agent-data";
    person
        .exec(&repository, look)
        .prints("status\nalias gs='git status'\n{\"a\":1}run xrun xskill");
    import(&person, &repository, &[]).run().success().stderr_contains("nothing changed");
    fs::write(home.join("dotfiles/zshrc"), "alias gs='git log'\n").expect("a file can be written");
    import(&person, &repository, &[]).run().success().stderr_contains("imported 1 files");
}
