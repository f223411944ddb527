//! Settings imported from the host to the data volume, and the links to them.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;
use std::time::Duration;

use containai_tests::{Cai, Person, Repository, Volume, wait_until};
use nix::sys::signal::Signal;

/// Creates a home directory with the settings of several agents.
fn write_home_files(person: &Person<'_>) {
    for (path, content) in [
        (".claude.json", "{\"theme\":\"dark\"}"),
        (".claude/.credentials.json", "{\"token\":\"sk-claude\"}"),
        (".claude/settings.json", "{\"a\":1}"),
        (".claude/commands/deep/x.md", "run x"),
        (".claude/commands/noise.log", "noise"),
        (".claude/projects/p.json", "history"),
        (".codex/config.toml", "model = 1"),
        (".codex/auth.json", "{\"token\":\"sk-codex\"}"),
        (".codex/skills/.system/s.md", "system"),
        (".codex/skills/mine.md", "mine"),
        (".bashrc.d/a.sh", "a"),
        (".bashrc.d/b.priv.sh", "private"),
        (
            ".gitconfig",
            "[user]\n\tname = A\n\tsigningkey = K\n[url \"https://me:ghp_1@github.com/\"]\n\tinsteadOf = https://github.com/\n",
        ),
    ] {
        let path = person.home().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory can be made");
        fs::write(path, content).expect("a file can be written");
    }
    let commands = person.home().join(".claude/commands");
    symlink(commands.join("deep/x.md"), commands.join("inside")).expect("a link can be made");
    symlink("/etc/shadow", commands.join("outside")).expect("a link can be made");
}

fn import(person: &Person<'_>, workspace: &Repository, words: &[&str]) -> Cai {
    person.cai(["import"].iter().chain(words)).current_dir(workspace)
}

/// Lines with the same meaning in bash and zsh apply in bash; nothing is executed to find them.
#[test]
fn shell_settings_apply_in_interactive_shells() {
    const ZSH: &str = "export EDITOR=vi\nexport PATH=/bad:$PATH\npath+=(/a $HOME/b)\n\
        alias gs='git status'\nexport BAD=\"$(touch /tmp/bad)\"\nexport WORSE=a; touch /tmp/bad\n";
    let person = Person::new();
    let repository = person.repository("import-shells");
    let files =
        [(".zshrc", ZSH), (".bash_aliases", "alias ll='ls -l'\n"), (".bashrc.d/a.sh", "A=1\n")];
    for (path, content) in files {
        let path = person.home().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory can be made");
        fs::write(path, content).expect("a file can be written");
    }
    person.run(&repository, "true").success();
    import(&person, &repository, &[]).run().success();
    let look = r#"bash -ic 'alias gs ll; echo "$EDITOR $A ${BAD-}${WORSE-}${PATH##*/bin}"; ls /tmp/bad' 2>/dev/null
                  echo "${EDITOR-unset}"; case $PATH in /bad*) echo bad;; esac"#;
    person
        .exec(&repository, look)
        .success()
        .prints("alias gs='git status'\nalias ll='ls -l'\nvi 1 :/a:/home/agent/b\nunset\n");
}

#[test]
fn settings_are_imported_to_the_agents_paths() {
    let person = Person::new();
    let repository = person.repository("import-hot");
    write_home_files(&person);
    person.run(&repository, "true").success();
    import(&person, &repository, &["--dry-run"])
        .run()
        .success()
        .prints_line("+ claude/settings.json")
        .prints_line("+ claude/commands/deep/x.md");
    let unchanged = "cd /mnt/agent-data/claude; cat settings.json; ls commands";
    person.exec(&repository, unchanged).success().prints("{}");

    let outcome = import(&person, &repository, &["--exclude", "*.log"]).run();
    outcome.success().stderr_contains("`.claude/commands/outside`: it points to `/etc/shadow`");
    let look = "cd; cat .claude/settings.json .claude.json .claude/commands/deep/x.md \
                .claude/commands/inside .codex/skills/mine.md; \
                readlink .claude/commands/inside .claude; \
                stat -L -c '%a %U' .claude.json .codex; \
                stat -c %a /mnt/agent-data/claude; cat .gitconfig";
    person.exec(&repository, look).success().prints(
        "{\"a\":1}{\"theme\":\"dark\"}run xrun xminedeep/x.md\n/mnt/agent-data/claude\n\
         600 agent\n700 agent\n700\n[user]\n\tname = A\n[safe]\n\tdirectory = /home/agent/workspace\n",
    );
    let absent = "cd /mnt/agent-data; cat claude/.credentials.json codex/auth.json; \
                  ls -d claude/commands/noise.log claude/projects codex/skills/.system shell/bashrc.d/b.priv.sh 2>/dev/null; \
                  ls shell/bashrc.d";
    person.exec(&repository, absent).success().prints("a.sh\n");
    person.cai(["links", "check"]).current_dir(&repository).run().success().prints("");

    // Files that did not change on the host are not sent, so changes by an agent stay.
    person.exec(&repository, "echo agent > ~/.claude/settings.json").success();
    let again = ["--exclude", "*.log"];
    import(&person, &repository, &again).run().success().stderr_contains("nothing changed");
    person.exec(&repository, "cat ~/.claude/settings.json").success().prints("agent\n");
    // A file rewritten with the same content is not a change either.
    fs::write(person.home().join(".codex/config.toml"), "model = 1")
        .expect("a file can be written");
    import(&person, &repository, &again).run().success().stderr_contains("nothing changed");
    fs::write(person.home().join(".claude/settings.json"), "{\"a\":2}")
        .expect("a file can be written");
    let dry = ["--dry-run", "--exclude", "*.log"];
    import(&person, &repository, &dry).run().success().prints("~ claude/settings.json\n");
    import(&person, &repository, &again).run().success().stderr_contains("imported 1 files");
    person.exec(&repository, "cat ~/.claude/settings.json").success().prints("{\"a\":2}");

    // An emptied volume is a new one.
    person.exec(&repository, "rm -rf /mnt/agent-data/* /mnt/agent-data/.containai").success();
    import(&person, &repository, &["--credentials", "codex", "--only", "codex"]).run().success();
    person
        .exec(&repository, "cd; cat .codex/auth.json; ls -A .codex/")
        .prints("{\"token\":\"sk-codex\"}auth.json\nconfig.toml\nskills\n");
}

#[test]
fn volume_is_filled_before_its_container_exists() {
    let person = Person::new();
    let repository = person.repository("import-cold");
    write_home_files(&person);
    let words = ["--no-secrets"];
    import(&person, &repository, &words).run().success();
    import(&person, &repository, &words).run().success().stderr_contains("nothing changed");
    assert_eq!(person.containers(repository.path()).len(), 0);
    let look = "cd /mnt/agent-data; cat claude/settings.json codex/config.toml; \
                stat -c '%a %U:%G' . claude claude/settings.json; cat claude/claude.json";
    person
        .run(&repository, look)
        .success()
        .prints("{\"a\":1}model = 1700 agent:agent\n700 agent:agent\n644 agent:agent\n{}");
    person.cai(["links", "fix"]).current_dir(&repository).run().success();
    person.cai(["links", "check"]).current_dir(&repository).run().success().prints("");
    person.exec(&repository, "rm ~/.claude.json; ln -sfn /etc ~/.codex").success();
    person
        .cai(["links", "check"])
        .current_dir(&repository)
        .run()
        .code(1)
        .prints("~/.claude.json: missing\n~/.codex: wrong\n");
    person.cai(["links", "fix"]).current_dir(&repository).run().success();
    person.exec(&repository, "cat ~/.claude/settings.json").success().prints("{\"a\":1}");
}

#[test]
fn import_does_not_follow_links_of_the_agent() {
    let person = Person::new();
    let repository = person.repository("import-hostile");
    write_home_files(&person);
    let trap = "cd /mnt/agent-data && mkdir -p ~/evil && echo mine > ~/evil/gitconfig && \
                rm -rf claude git codex .containai && ln -s ~/evil claude && mkdir git && \
                ln -s ~/evil/gitconfig git/gitconfig && ln -s ~/evil codex && ln -s ~/evil .containai";
    let check = "ls -A ~/evil; cat ~/evil/gitconfig; cd /mnt/agent-data; \
                 stat -c %F claude git/gitconfig codex .containai";
    let expected = "gitconfig\nmine\ndirectory\nregular file\ndirectory\ndirectory\n";
    person.run(&repository, trap).success();
    import(&person, &repository, &[]).run().success();
    person.exec(&repository, check).success().prints(expected);

    // The same volume, while the container is stopped.
    person.exec(&repository, trap).success();
    person.cai(["stop"]).current_dir(&repository).run().success();
    import(&person, &repository, &[]).run().success();
    person.run(&repository, check).success().prints(expected);

    // Links in a parent directory are not followed either.
    let way = "mv ~/.config ~/config && ln -s ~/evil ~/.config";
    person.exec(&repository, way).success();
    let outcome = person.cai(["links", "fix"]).current_dir(&repository).run();
    assert_eq!(outcome.status(), 1, "{outcome}");
    assert!(
        outcome.stdout().contains("~/.config/nvim: in the way: a parent directory is a link"),
        "{outcome}"
    );
    person.exec(&repository, "ls -A ~/evil").success().prints("gitconfig\n");
}

#[test]
fn new_agent_needs_only_a_manifest() {
    let person = Person::new();
    let repository = person.repository("import-manifest");
    let manifests = person.home().join(".config/containai/manifests");
    fs::create_dir_all(&manifests).expect("a directory can be made");
    let write = |target: &str| {
        let text = format!(
            "[agent]\nname = \"mind\"\n\n[[entries]]\nsource = \".mind\"\ntarget = \"{target}\"\ncontainer_link = \".mind\"\nflags = \"dR\"\n"
        );
        fs::write(manifests.join("50-mind.toml"), text).expect("a file can be written");
    };
    write("../mind");
    let outcome = import(&person, &repository, &[]).run();
    outcome.fails(2, "50-mind.toml`, line 6: `target` is `../mind`");
    import(&person, &repository, &["--only", "nobody"]).run().code(2);
    write("mind");
    fs::create_dir_all(person.home().join(".mind")).expect("a directory can be made");
    fs::write(person.home().join(".mind/x"), "own").expect("a file can be written");
    let overrides = person.home().join(".config/containai/import-overrides/.mind");
    fs::create_dir_all(&overrides).expect("a directory can be made");
    fs::write(overrides.join("y"), "override").expect("a file can be written");
    person.run(&repository, "true").success();
    import(&person, &repository, &["--only", "mind"]).run().success();
    person.exec(&repository, "cat ~/.mind/x ~/.mind/y").success().prints("ownoverride");
}

#[test]
fn settings_select_imported_files() {
    let person = Person::new();
    let repository = person.repository("import-settings");
    write_home_files(&person);
    for path in [".tool/conf/x", ".tool/conf/y.priv.z", ".tool/conf/noise.log", ".single"] {
        let path = person.home().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory can be made");
        fs::write(path, "own").expect("a file can be written");
    }
    fs::create_dir_all(repository.join(".containai")).expect("a directory can be made");
    let asked = "[import]\nadditional_paths = [\"~/.single\"]\ncredentials = [\"claude\"]\n";
    fs::write(repository.join(".containai/config.toml"), asked).expect("a file can be written");
    person.configure(&format!(
        "[import]\nadditional_paths = [\"~/.tool/conf\", \"/etc/x\"]\nexcludes = [\"*.log\"]\n\
         credentials = [\"codex\"]\n[workspace.'{}'.import]\nadditional_paths = [\"~/.tool/conf\"]\n",
        repository.path().display()
    ));
    person.run(&repository, "true").success();
    let outcome = import(&person, &repository, &[]).run();
    // The repository only suggests paths, and cannot suggest credentials.
    outcome.success().stderr_contains("asks for `import.additional_paths`");
    outcome.stderr_contains("only your own configuration may set it");
    let look = "cd; ls -A .tool/conf; readlink .tool/conf; cat .codex/auth.json; \
                test -e .claude/.credentials.json || echo none; test -e .single";
    person
        .exec(&repository, look)
        .code(1)
        .prints("x\n/mnt/agent-data/additional/.tool/conf\n{\"token\":\"sk-codex\"}none\n");
    // Its links are checked as all others, without the host, too.
    let links = |verb: &str| person.cai(["links", verb]).current_dir(&repository).run();
    links("check").success().prints("");
    person.exec(&repository, "rm ~/.tool/conf").success();
    links("check").code(1).prints("~/.tool/conf: missing\n").stderr_contains("`cai links fix`");
    links("fix").success().prints("~/.tool/conf: missing, fixed\n");
    let replace = "cd; rm .tool/conf && mkdir .tool/conf && echo new > .tool/conf/new && cai links adopt; \
                   readlink .tool/conf; cat .tool/conf/new; stat -c %a /mnt/agent-data/.containai/additional";
    person.exec(&repository, replace).success().prints(
        "~/.tool/conf: moved to /mnt/agent-data/additional/.tool/conf\n\
         /mnt/agent-data/additional/.tool/conf\nnew\n600\n",
    );
    let elsewhere = person.repository("import-outside");
    let outcome = import(&person, &elsewhere, &["--dry-run"]).run();
    outcome.fails(2, "path `/etc/x` in `import.additional_paths` is outside");
    person.cai(["trust", "--yes"]).current_dir(&repository).run().success();
    person.configure("[import]\nexclude_priv = false\n");
    import(&person, &repository, &["--only", "additional"]).run().success();
    person.exec(&repository, "cat ~/.single").success().prints("own");
}

#[test]
fn large_imports_work_like_small_ones() {
    let person = Person::new();
    let repository = person.repository("import-much");
    let plugins = person.home().join(".claude/plugins");
    fs::create_dir_all(plugins.join("cache")).expect("a directory can be made");
    fs::write(plugins.join("cache/big"), vec![b'x'; 40 << 20]).expect("a file can be written");
    fs::write(person.home().join(".claude.json"), "{}").expect("a file can be written");
    // Existing files are replaced, whatever they link to.
    let trap = "mkdir ~/evil; rm -rf /mnt/agent-data/claude/plugins; \
                ln -s ~/evil /mnt/agent-data/claude/plugins";
    person.run(&repository, trap).success();
    import(&person, &repository, &[]).run().success();
    let look = "cd ~/.claude/plugins/cache; stat -c '%s %U %G' big; stat -L -c %a ~/.claude.json; \
                ls -A ~/evil; readlink ~/.claude";
    let expected = "41943040 agent agent\n600\n/mnt/agent-data/claude\n";
    person.exec(&repository, look).success().prints(expected);
    import(&person, &repository, &[]).run().success().stderr_contains("nothing changed");
}

#[test]
fn killed_import_leaves_nothing_behind() {
    let person = Person::new();
    let repository = person.repository("import-killed");
    let name = person.run(&repository, "hostname").success().line();
    person.cai(["stop"]).current_dir(&repository).run().success();
    let volume = Volume::of(&person, repository.path());
    let plugins = person.home().join(".claude/plugins");
    fs::create_dir_all(&plugins).expect("a directory can be made");
    fs::write(plugins.join("big"), vec![b'x'; 300 << 20]).expect("a file can be written");
    let filter = format!("%7B%22label%22%3A%5B%22containai.fills%3D{}%22%5D%7D", volume.name());
    let doors = || {
        let listed = person.api().get(&format!("/containers/json?all=true&filters={filter}"));
        listed.as_array().map(Vec::len)
    };
    let running = import(&person, &repository, &[]).start();
    wait_until(Duration::from_secs(60), "a door", || (doors() == Some(1)).then_some(()));
    running.signal(Signal::SIGKILL);
    assert_eq!(running.outcome().status(), 128 + Signal::SIGKILL as i32);
    assert_eq!(doors(), Some(1));
    // The helper is not listed as a container.
    let listed = person.cai(["list", "--quiet"]).run().success().stdout();
    let of_it = listed.lines().filter(|it| it.starts_with("import-killed")).collect::<Vec<_>>();
    assert_eq!(of_it, [name]);
    import(&person, &repository, &[]).run().success();
    assert_eq!(doors(), Some(0));
    person.run(&repository, "stat -Lc %s ~/.claude/plugins/big").success().prints("314572800\n");
}

#[test]
fn archives_of_settings_are_imported_like_directories() {
    let person = Person::new();
    write_home_files(&person);
    let pack = |name: &str, options: &[&str], words: &[&str]| {
        let file = person.beside(name);
        let mut tar = Command::new("tar");
        tar.args(options).arg("-cf").arg(&file).arg("-C").arg(person.home()).args(words);
        assert!(tar.status().expect("tar is installed").success());
        file.to_str().expect("a name of our own").to_owned()
    };
    let repository = person.repository("import-archive");
    let all = [".claude", ".claude.json", ".codex"];
    let packed = pack("home.tgz", &["-z"], &all);
    let from = |file: &str, words: &[&str]| {
        import(&person, &repository, &[&["--from", file], words].concat()).run()
    };
    from(&packed, &["--dry-run"]).success().prints_line("+ claude/settings.json");
    from(&packed, &["--watch"]).fails(2, "`--watch` applies to a directory");
    from(&packed, &["--force"]).fails(2, "`--force` applies to archives of `cai export`");
    from(&packed, &["--only", "codex"]).success();
    // Its manifest is available to all other commands.
    from(&pack("home.tar", &[], &all), &[]).success().stderr_contains("imported");
    from(&pack("home.tar.zst", &["--zstd"], &all), &[])
        .success()
        .stderr_contains("nothing changed");
    let look = "cd /mnt/agent-data; cat claude/.credentials.json codex/auth.json; \
                readlink claude/commands/outside";
    person
        .run(&repository, look)
        .success()
        .prints("{\"token\":\"sk-claude\"}{\"token\":\"sk-codex\"}/etc/shadow\n");
    // Into a running container, and with an archive of a stranger.
    fs::write(person.home().join(".claude/settings.json"), "{\"a\":2}")
        .expect("a file can be written");
    from(&pack("home.tgz", &["-z"], &all), &[]).success().stderr_contains("imported 1 files");
    let settings = "cat ~/.claude/settings.json";
    person.exec(&repository, settings).success().prints("{\"a\":2}");
    fs::write(person.home().join(".claude/settings.json"), "{\"a\":3}")
        .expect("a file can be written");
    let outside = pack("outside.tgz", &["-z", "-P"], &[".claude", "/etc/hostname"]);
    from(&outside, &[]).fails(1, "`/etc/hostname` is absolute");
    fs::write(person.home().join("junk.tgz"), "junk").expect("a file can be written");
    from(&person.home().join("junk.tgz").display().to_string(), &[]).fails(1, "cannot read");
    person.exec(&repository, settings).success().prints("{\"a\":2}");
    let unpacked = person.home().join(".config/containai/imports/unpacked");
    assert!(!unpacked.exists(), "secrets were left behind");
}

#[test]
fn host_specific_settings_are_adapted_to_the_container() {
    let person = Person::new();
    let repository = person.repository("import-rewritten");
    let home = person.home().display().to_string();
    let plugins = format!("{{\"path\": \"{home}/.claude/plugins/x\"}}");
    for (path, content) in [
        (".config/git/config", "[user]\n\tname = X\n\temail = x@y\n[commit]\n\tgpgsign = true\n"),
        (".gitconfig", "[user]\n\tname = A"),
        (".claude/plugins/installed_plugins.json", &plugins),
        (".claude/plugins/cache/p/.orphaned_at", "1"),
        (".claude/plugins/cache/p/kept", &plugins),
        (".copilot/config.json", "{\"theme\":\"dark\",\"trusted_folders\":[\"/x\"]}"),
    ] {
        let path = person.home().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory can be made");
        fs::write(path, content).expect("a file can be written");
    }
    person.run(&repository, "true").success();
    import(&person, &repository, &[]).run().success();
    let look = "cd; git config user.name; git config user.email; git config commit.gpgsign; \
                cat .claude/plugins/installed_plugins.json; echo; ls -A .claude/plugins/cache/p; \
                cat .claude/plugins/cache/p/kept; echo; jq -c . .copilot/config.json";
    person.exec(&repository, look).success().prints(&format!(
        "A\nx@y\n{{\"path\": \"/home/agent/.claude/plugins/x\"}}\nkept\n{plugins}\n\
         {{\"theme\":\"dark\",\"trusted_folders\":[\"/x\",\"/home/agent/workspace\"]}}\n"
    ));
    import(&person, &repository, &[]).run().success().stderr_contains("nothing changed");
    fs::remove_file(person.home().join(".gitconfig")).expect("a file can be removed");
    import(&person, &repository, &[]).run().success().stderr_contains("imported 1 files");
    person.exec(&repository, "git config user.name").success().prints("X\n");
}
