//! Templates: layers of users on top of our images.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::time::Duration;

use containai_tests::{Person, wait_until};

fn template(person: &Person<'_>, name: &str, dockerfile: &str) -> std::path::PathBuf {
    let directory = person.home().join(".config/containai/templates").join(name);
    fs::create_dir_all(&directory).expect("a directory can be made");
    // The engine and its build cache stay for the next run.
    let text = format!("{dockerfile}# {}\n", directory.display());
    fs::write(directory.join("Dockerfile"), text).expect("a file can be written");
    directory
}

fn build(person: &Person<'_>, name: &str) -> containai_tests::Outcome {
    person.cai(["template", "build", name, "--image", "base"]).run()
}

const OURS: &str = "ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\n";

#[test]
fn dockerfile_cannot_break_the_init_process() {
    let person = Person::new();
    let repository = person.repository("hostile");
    // A Dockerfile that breaks everything that determines the start and identity of a container.
    let directory = template(
        &person,
        "hostile",
        "ARG BASE_IMAGE\nFROM ${BASE_IMAGE} AS tools\nRUN echo built > /tool\nENTRYPOINT [\"/bin/false\"]\n\
         FROM ${BASE_IMAGE}\nCOPY --from=tools /tool /opt/tool\nCOPY --chown=agent data /opt/data\n\
         RUN ssh-keygen -A && echo 0123456789abcdef0123456789abcdef > /etc/machine-id\n\
         RUN systemctl enable docker.service && rm /etc/systemd/system/default.target\n\
         ENV LD_PRELOAD=/none.so PATH=/nowhere\nSHELL [\"/bin/nope\", \"-x\"]\nONBUILD USER nobody\n\
         USER 4711:4711\nWORKDIR /nowhere\nSTOPSIGNAL SIGKILL\nHEALTHCHECK CMD false\n\
         ENTRYPOINT [\"/bin/false\"]\nCMD [\"x\"]\n",
    );
    fs::create_dir(directory.join("data")).expect("a directory can be made");
    fs::write(directory.join("data/file"), "data").expect("a file can be written");
    symlink("/etc/hostname", directory.join("data/link")).expect("a link can be made");
    person.cai(["template", "check", "hostile"]).run().success().prints_line(&format!(
        "{}:12: warning: `ONBUILD` only takes effect in images built on this one",
        directory.join("Dockerfile").display()
    ));
    let image = build(&person, "hostile").line();
    build(&person, "hostile")
        .success()
        .prints(&format!("{image}\n"))
        .stderr_contains("is up to date");
    let script = "PATH=/usr/bin:/bin; unset LD_PRELOAD; cat /opt/tool /opt/data/file; readlink /opt/data/link; id -un; pwd; \
                  systemctl is-system-running --wait; cat /proc/1/comm; \
                  grep -c 0123456789abcdef /etc/machine-id";
    let run = person
        .cai(["run", "--image", &image, "--", "/bin/sh", "-c", script])
        .current_dir(&repository);
    run.run()
        .code(1)
        .prints("built\ndata/etc/hostname\nagent\n/home/agent/workspace\nrunning\nsystemd\n0\n");
    let container = person.container(repository.path());
    let labels = &container["Config"]["Labels"];
    assert_eq!(labels["ai.containai.template-hash"], image.rsplit('-').next().expect("a hash"));
    assert_eq!(container["Config"]["StopSignal"], "SIGRTMIN+3", "{container}");
    // Files that were put first stay first, and the requirements of every session come after them.
    let path = person.exec(repository.path(), "unset LD_PRELOAD; echo $PATH").line();
    assert!(path.starts_with("/usr/lib/containai/wrappers:/nowhere:"), "{path}");
    // Host keys that a package created during the build are removed.
    let keys = |name: &str| {
        person.exec(repository.path(), &format!("/bin/cat /etc/ssh/ssh_host_{name}_key.pub"))
    };
    keys("ed25519").success();
    keys("rsa").code(1);
}

#[test]
fn image_that_would_not_boot_is_not_built() {
    let person = Person::new();
    for (name, lines, reason) in [
        ("init", "RUN rm /sbin/init && ln -s /bin/true /sbin/init", "not systemd"),
        (
            "unit",
            "RUN systemctl mask containai-init.service || ln -sf /dev/null /etc/systemd/system/containai-init.service",
            "containai-init.service is missing or masked",
        ),
        (
            "disabled",
            "RUN rm /etc/systemd/system/multi-user.target.wants/ssh.service",
            "ssh.service is not enabled",
        ),
        ("sshd", "RUN rm -f /usr/sbin/sshd", "sshd rejects its configuration"),
        (
            "port",
            "RUN sed -i '1i Port 2222' /etc/ssh/sshd_config",
            "sshd is not configured with 'port 22'",
        ),
        ("nobody", "RUN usermod --uid 4711 agent", "user agent with ids 1000:1000 does not exist"),
    ] {
        template(&person, name, &format!("{OURS}{lines}\n"));
        build(&person, name).fails(111, reason);
    }
    let new = "RUN cd /usr/lib/systemd && printf '#!/bin/sh\\necho \"systemd 258 (258.1)\"\\n' > new && \
               chmod 755 new && mv new systemd\n";
    template(&person, "cgroups", &format!("{OURS}{new}"));
    let outcome = build(&person, "cgroups");
    match Path::new("/sys/fs/cgroup/cgroup.controllers").exists() {
        true => outcome.success(),
        false => outcome
            .fails(111, "systemd 258 needs cgroup v2, and this machine has cgroup v1")
            .stderr_contains("systemd.unified_cgroup_hierarchy=1"),
    };
    template(&person, "claims", &format!("{OURS}LABEL \"containai.managed\"=true\n"));
    build(&person, "claims").fails(2, "reserved for ContainAI");
    template(&person, "step", &format!("{OURS}RUN echo it is over && exit 3\n"));
    build(&person, "step").fails(111, "it is over").stderr_contains("RUN echo it is over");
    template(&person, "missing", &format!("{OURS}COPY none /\n"));
    build(&person, "missing")
        .fails(2, "line 3: `none` is missing in the build context")
        .stderr_contains("cai template check missing");
    person.cai(["template", "build", "Bad"]).run().code(2);
    person
        .cai(["template", "build", "absent"])
        .run()
        .fails(2, "template `absent` does not exist")
        .stderr_contains("`step`");
    let list = person.cai(["template", "list", "--json"]).run().success().stdout();
    assert!(!list.contains("\"built\""), "{list}");
    let broken = person.cai(["template", "check"]).run();
    broken.code(1);
    assert_eq!(broken.stdout().lines().count(), 2, "{broken}");
}

/// Instructions of BuildKit, which the classic builder refuses or reads differently.
#[test]
fn dockerfiles_are_built_with_buildkit() {
    let person = Person::new();
    let directory = template(
        &person,
        "kit",
        "# syntax=docker/dockerfile:1\nARG BASE_IMAGE\nFROM unreachable.test/unused AS unused\nRUN false\n\
         FROM --platform=$BUILDPLATFORM ${BASE_IMAGE} AS tools\nARG TARGETARCH\n\
         RUN --mount=type=cache,target=/cache test -n \"$TARGETARCH\" && printf %s \"$TARGETARCH\" > /tool\n\
         FROM ${BASE_IMAGE}\nRUN --mount=from=tools,source=/tool,target=/mnt/tool cp /mnt/tool /opt/tool\n\
         RUN --mount=source=data,target=/mnt/data cp /mnt/data /opt/data\nCOPY --chmod=640 data /opt/copied\n",
    );
    fs::write(directory.join("data"), "of the context").expect("a file can be written");
    let repository = person.repository("kit");
    build(&person, "kit").success();
    let script = "test \"$(cat /opt/tool)\" = \"$(dpkg --print-architecture)\" && cat /opt/data && stat -c %a /opt/copied";
    let words = ["run", "--image", "base", "--template", "kit", "--", "sh", "-c", script];
    let run = person.cai(words).current_dir(&repository).run();
    run.success().prints("of the context640\n").stderr_lacks("building");
    // A file that is bound is part of the fingerprint, and one that is missing is found before.
    fs::remove_file(directory.join("data")).expect("it exists");
    person.cai(["template", "check", "kit"]).run().code(1).prints_line(&format!(
        "{}:10: error: `data` is missing in the build context, or excluded by `.dockerignore`",
        directory.join("Dockerfile").display()
    ));
    for (name, line, reason) in [
        ("secret", "RUN --mount=type=secret,id=x true", "builds get neither secrets nor keys"),
        ("host", "RUN --network=host true", "`--network=host` is not allowed"),
    ] {
        template(&person, name, &format!("{OURS}{line}\n"));
        build(&person, name).fails(2, reason);
    }
    template(&person, "frontend", &format!("# syntax=evil.test/frontend\n{OURS}"));
    build(&person, "frontend").fails(2, "is not `docker/dockerfile`");
}

#[test]
fn one_bad_template_does_not_stop_the_others() {
    let person = Person::new();
    let fixed = "FROM debian:12\n";
    for (name, text) in [("a", fixed), ("b", "FROM debian:12\n{% x %}\n"), ("d", fixed)] {
        template(&person, name, text);
    }
    fs::create_dir(person.home().join(".config/containai/templates/c")).expect("a directory");
    let upgraded = person.cai(["template", "upgrade"]).run();
    upgraded
        .code(2)
        .stderr_contains("upgraded a")
        .stderr_contains("unknown instruction `{%`")
        .stderr_contains("template `c` does not exist")
        .stderr_contains("upgraded d");
    let check = person.cai(["template", "check"]).run();
    check.code(1).stderr_contains("no problems in a").stderr_contains("no problems in d");
    let listed = person.cai(["template", "list"]).run().code(2).stdout();
    assert_eq!(listed.lines().count(), 4, "{listed}");
    template(&person, "a", OURS);
    build(&person, "a").success();
    // The configured base is another one.
    let listed = person.cai(["template", "list"]).run().code(2).stdout();
    assert!(
        listed.lines().any(|line| line.starts_with("a ") && line.contains("built on base")),
        "{listed}"
    );
    let named = person.cai(["run", "--image", "bse", "--", "true"]).run();
    named.code(2).stderr_contains("use `base`, or `bse:latest`");
}

#[test]
fn template_is_created_built_and_changed() {
    let person = Person::new();
    let path = person.cai(["template", "new", "mine"]).run().line();
    // The engine and its build cache stay for the next run.
    let mut text = fs::read_to_string(&path).expect("it was made");
    text.push_str(&format!("# {path}\n"));
    fs::write(&path, &text).expect("a file can be written");
    person.cai(["template", "new", "mine"]).run().fails(2, "already");
    person
        .cai(["template", "check"])
        .run()
        .success()
        .prints("")
        .stderr_contains("no problems in mine");
    let first = build(&person, "mine").line();
    assert!(first.starts_with("containai/template:mine-"), "{first}");

    fs::write(&path, format!("# {path}\nFROM debian:12\nRUN true\n"))
        .expect("a file can be written");
    person.cai(["template", "check", "mine"]).run().success();
    let upgraded = format!("# {path}\nARG BASE_IMAGE=debian:12\nFROM ${{BASE_IMAGE}}\nRUN true\n");
    let dry = person.cai(["template", "upgrade", "--dry-run"]).run().success().stdout();
    assert!(dry.contains("\n-FROM debian:12\n+ARG BASE_IMAGE=debian:12\n"), "{dry}");
    person.cai(["template", "upgrade"]).run().success().prints("");
    assert_eq!(fs::read_to_string(&path).expect("it exists"), upgraded);
    person.cai(["template", "upgrade", "mine"]).run().success().stderr_contains("is up to date");
    assert_eq!(fs::read_to_string(&path).expect("it exists"), upgraded);

    let second = build(&person, "mine").line();
    assert_ne!(first, second);
    // Any file of the context is part of the fingerprint, except ignored ones.
    let beside = Path::new(&path).with_file_name("beside");
    fs::write(&beside, "1").expect("a file can be written");
    let dry = ["template", "build", "mine", "--image", "base", "--dry-run"];
    person.cai(dry).run().success().line();
    fs::write(beside.with_file_name(".dockerignore"), "beside\n.dockerignore\n")
        .expect("a file can be written");
    person.cai(dry).run().success().prints(&format!("{second}\n"));
}

#[test]
fn template_change_is_reported_for_an_existing_container() {
    let person = Person::new();
    let repository = person.repository("chosen");
    let directory = template(&person, "chosen", &format!("{OURS}COPY content /opt/content\n"));
    let content =
        |text: &str| fs::write(directory.join("content"), text).expect("a file can be written");
    content("one");
    let run = |words: &[&str]| {
        person
            .cai([&["run", "--image", "base"], words, &["--", "cat", "/opt/content"]].concat())
            .current_dir(&repository)
            .run()
    };
    let named = ["--template", "chosen"];
    let plan = person
        .cai(["run", "--template", "chosen", "--image", "base", "--dry-run"])
        .current_dir(&repository);
    plan.run().success().prints_line("template   chosen");
    run(&["--template", "absent"]).fails(2, "template `absent` does not exist");
    assert!(person.containers(repository.path()).is_empty());
    run(&named).success().prints("one").stderr_contains("building containai/template:chosen-");
    let container = || person.container(repository.path())["Id"].clone();
    assert_eq!(
        person.container(repository.path())["Config"]["Labels"]["ai.containai.template"],
        "chosen"
    );
    let first = container();

    run(&named).success().prints("one").stderr_lacks("warning");
    content("two");
    // The change is reported, and nothing is built.
    run(&named)
        .success()
        .prints("one")
        .stderr_contains("its template `chosen` has changed")
        .stderr_contains("--fresh")
        .stderr_lacks("building");
    run(&["--template", "absent"]).fails(2, "template `absent` does not exist");
    assert_eq!(container(), first);
    // A template that is broken by now does not prevent entering the container.
    fs::write(directory.join("Dockerfile"), "FROM").expect("a file can be written");
    person
        .cai(["config", "set", "template.default", "chosen"])
        .current_dir(&repository)
        .run()
        .success();
    run(&[]).success().prints("one").stderr_contains("a new container could not be created");
    person
        .exec(repository.path(), "cat /opt/content")
        .success()
        .prints("one")
        .stderr_lacks("warning");
    run(&["--fresh"]).fails(2, "cannot be built");
    assert_eq!(container(), first);
    fs::write(directory.join("Dockerfile"), format!("{OURS}COPY content /opt/content\n"))
        .expect("a file can be written");
    run(&["--fresh"]).success().prints("two");
    assert_ne!(container(), first);
    run(&[]).success().prints("two").stderr_lacks("warning");
    person.cai(["config", "unset", "template.default"]).current_dir(&repository).run().success();
    template(&person, "other", OURS);
    run(&["--template", "other"])
        .success()
        .stderr_contains("its template is `chosen`, requested is `other`");
}

#[test]
fn template_hooks_run_and_ignored_files_are_reported() {
    let person = Person::new();
    let repository = person.repository("hooked");
    let directory = template(&person, "hooked", OURS);
    let put = |place: &Path, name: &str, text: &str| {
        fs::create_dir_all(place).expect("a directory can be made");
        fs::write(place.join(name), text).expect("a file can be written");
        fs::set_permissions(place.join(name), fs::Permissions::from_mode(0o755)).expect("ours");
    };
    let (own, all) = (
        directory.join("hooks/startup.d"),
        person.home().join(".config/containai/hooks/startup.d"),
    );
    put(&all, "10-who", "#!/bin/sh\necho all >> ~/who\n");
    put(&all, "20-all", "#!/bin/sh\necho 20 >> ~/who\n");
    put(&own, "10-who", "#!/bin/sh\necho template >> ~/who\n");
    put(&directory, "network.conf", "[egress]\ndefault_deny = true\n");
    put(&repository.join(".containai/hooks/startup.d"), "30-evil", "#!/bin/sh\necho 30 >> ~/who\n");
    let check = person.cai(["template", "check", "hooked"]).run();
    check.success().stderr_contains("hooked/network.conf` has no effect");
    let run = ["run", "--image", "base", "--template", "hooked", "--", "true"];
    let made = person.cai(run).current_dir(&repository).run();
    made.success().stderr_contains("network.conf` has no effect").stderr_contains("are not run");
    let who = |expected: &str| {
        wait_until(Duration::from_secs(60), "the hooks have run", || {
            let who = person.exec(&repository, "systemctl is-system-running --wait; cat ~/who");
            (who.stdout() == format!("running\n{expected}")).then_some(())
        });
    };
    who("template\n20\n");
    // The hooks of the container's own template run, whichever is configured.
    person.cai(["stop"]).current_dir(&repository).run().success();
    person.exec(&repository, "true").success().stderr_lacks("not followed");
    who("template\n20\ntemplate\n20\n");
}

#[test]
fn template_is_rebuilt_on_request() {
    let person = Person::new();
    template(&person, "again", &format!("{OURS}RUN date +%N > /opt/drawn\n"));
    let image = build(&person, "again").success().stdout();
    let id = || person.api().get(&format!("/images/{}/json", image.trim()))["Id"].clone();
    let first = id();
    build(&person, "again").success().stderr_contains("again is up to date");
    assert_eq!(id(), first);
    let words = ["template", "build", "again", "--image", "base", "--no-cache"];
    person
        .cai([&words[..], &["--dry-run"]].concat())
        .run()
        .success()
        .prints(&format!("build {image}"));
    person.cai(words).run().success().prints(&image);
    assert_ne!(id(), first);
}

#[test]
fn repository_chooses_a_template_only_when_trusted() {
    let person = Person::new();
    let repository = person.repository("choosing");
    template(&person, "mine", OURS);
    fs::create_dir_all(repository.path().join(".containai")).expect("a directory can be made");
    fs::write(repository.path().join(".containai/config.toml"), "template.default = \"mine\"\n")
        .expect("a file can be written");
    let get = || {
        person
            .cai(["config", "get", "template.default"])
            .current_dir(&repository)
            .run()
            .success()
            .stdout()
    };
    assert_eq!(get().trim(), "");
    person.cai(["trust", "--yes"]).current_dir(&repository).run().success();
    assert_eq!(get().trim(), "mine");
}
