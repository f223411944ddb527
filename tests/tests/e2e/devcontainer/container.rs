//! Containers created from a `devcontainer.json`.

use containai_tests::Person;

use super::files::{write, write_devcontainer};

const INSTALL: &str = "#!/bin/bash\nset -e\ntest -e /opt/built\n\
    printf '%s %s %s %s' \"$VERSION\" \"$WITH_X\" \"$_REMOTE_USER\" \"$_REMOTE_USER_HOME\" > /opt/$NAME\n";

#[test]
fn dockerfile_features_variables_and_commands_are_used() {
    let person = Person::new();
    let repository = person.repository("described");
    let here = repository.path().display().to_string();
    write_devcontainer(
        &repository,
        r#"{ // what we work with
            "build": {"dockerfile": "Dockerfile", "context": "..", "args": {"WHAT": "a b"}, "target": "dev"},
            "features": {"./second": {"version": "it's 2", "with-x": true}, "./first": {}},
            "containerEnv": {"PLAIN": "${containerWorkspaceFolder}/x"},
            "remoteEnv": {"SESSION": "s $HOME \"q\""},
            "forwardPorts": [3000],
            "onCreateCommand": "echo on-create >> ~/order; id -un >> ~/order; pwd >> ~/order",
            "updateContentCommand": ["sh", "-c", "echo \"$0\" >> ~/order", "update content"],
            "postCreateCommand": {"a": "sleep 1; echo a >> ~/order", "b": ["touch", "/home/agent/b c"]},
            "postStartCommand": "echo start >> ~/order",
            "postAttachCommand": "echo attach >> ~/order; echo noise",
        }"#,
    );
    // The engine and its build cache stay for the next run.
    let dockerfile = format!(
        "# {here}\nARG BASE_IMAGE\nFROM ${{BASE_IMAGE}} AS dev\nARG WHAT\nRUN printf '%s' \"$WHAT\" > /opt/built\nCOPY content /opt/content\nFROM dev\nRUN rm /opt/built\n"
    );
    write(&repository, ".devcontainer/Dockerfile", &dockerfile);
    write(&repository, "content", "content");
    for name in ["first", "second"] {
        let at = |file: &str| format!(".devcontainer/{name}/{file}");
        write(&repository, &at("install.sh"), &INSTALL.replace("$NAME", name));
        let manifest = format!(
            "{{\"id\": \"{name}\", \"options\": {{\"version\": {{\"default\": \"latest\"}}, \"withX\": {{}}}},\n\
             \"containerEnv\": {{\"OF_{name}\": \"${{PLACE:-x}}:{name}\"}}, \"postCreateCommand\": \"echo of {name} >> ~/order\"}}"
        );
        write(&repository, &at("devcontainer-feature.json"), &manifest);
    }
    let run = |script: &str, more: &[&str]| {
        let words = ["run", "--image", "base", "--devcontainer"];
        let command = ["--", "sh", "-c", script];
        person.cai([&words, more, &command].concat()).current_dir(&repository).run()
    };
    // Without the user's consent, the file is not used.
    person.run(&repository, "test ! -e /opt/built").success().stderr_contains("`--devcontainer`");
    let reported = run("test ! -e /opt/built", &[]);
    reported.success().stderr_contains("its image is").stderr_contains("`containai/devcontainer:");
    let script = "cat /opt/built /opt/content; echo; cat /opt/first; echo; cat /opt/second; echo; echo \"$SESSION\"; ls ~/b*";
    let first = run(script, &["--fresh"]);
    first.success().prints(
        "a bcontent\nlatest  agent /home/agent\nit's 2 true agent /home/agent\ns $HOME \"q\"\n/home/agent/b c\n",
    );
    first
        .stderr_contains("==> postCreateCommand")
        .stderr_contains("noise")
        .stderr_contains("`forwardPorts` has no effect: ports are forwarded once");
    let made = "on-create\nagent\n/home/agent/workspace\nupdate content\nof first\nof second\na\nstart\nattach\n";
    // Commands of creation and start are over; those of attaching run.
    run("cat ~/order", &[]).success().prints(&format!("{made}attach\n")).stderr_lacks("warning");
    person.exec(&repository, "cat ~/order").success().prints(&format!("{made}attach\n"));
    person.cai(["stop"]).current_dir(&repository).run().success();
    run("cat ~/order", &[]).success().prints(&format!("{made}attach\nstart\nattach\n"));
    let environment = "tr '\\0' '\\n' < /proc/1/environ | grep -E '^(PLAIN|OF_)' | sort";
    let script = format!("sudo sh -c \"{environment}\"");
    run(&script, &[])
        .success()
        .prints("OF_first=x:first\nOF_second=x:second\nPLAIN=/home/agent/workspace/x\n");

    // Parts of the file that the image does not depend on may change.
    write(&repository, "elsewhere", "other");
    run("true", &[]).success().stderr_lacks("warning");
    write(&repository, "content", "other");
    run("cat /opt/content", &[])
        .success()
        .prints("content")
        .stderr_contains("the inputs of its image have changed")
        .stderr_contains("--fresh");
    let labels = &person.container(repository.path())["Config"]["Labels"];
    assert_eq!(labels["ai.containai.devcontainer"], ".devcontainer/devcontainer.json", "{labels}");
}

#[test]
fn distribution_images_get_the_containai_system() {
    let person = Person::new();
    let repository = person.repository("foreign");
    let images = person.api().get("/images/json");
    let tags = images.as_array().into_iter().flatten().filter_map(|it| it["RepoTags"].as_array());
    let mut tags = tags.flatten().filter_map(|tag| tag.as_str());
    // An image that the base was built on, which has no systemd.
    let foreign = tags.find(|tag| tag.starts_with("containai/bootstrap:")).expect("one").to_owned();
    // As many images for development: another shell, and a user of their own who owns programs.
    let dockerfile = format!(
        "FROM {foreign}\nSHELL [\"/bin/bash\", \"-c\"]\n\
         RUN groupadd -g 1000 developers && useradd -m -u 1000 -g 100 -G developers -s /bin/bash vscode && \
         install -d -o vscode -g 100 /home/vscode/.local/bin\n\
         USER vscode\nENV PATH=/home/vscode/.local/bin:$PATH\n\
         RUN printf '#!/bin/sh\\necho tool ran\\n' > ~/.local/bin/mytool && chmod +x ~/.local/bin/mytool\n"
    );
    write(&repository, ".devcontainer/Dockerfile", &dockerfile);
    write_devcontainer(
        &repository,
        r#"{"build": {"dockerfile": "Dockerfile"}, "remoteUser": "vscode",
            "postCreateCommand": "id -un > ~/made-by; id -u vscode >> ~/made-by; false"}"#,
    );
    let script = "cat ~/made-by /proc/1/comm; mytool; ls -d /home/vscode/.local/bin; id -Gn; sudo -u vscode id -u";
    let run = ["run", "--devcontainer", "--", "sh", "-c", script];
    let run = || {
        person.cai(run).current_dir(&repository).timeout(std::time::Duration::from_secs(900)).run()
    };
    // A failed command does not prevent a session, and is run again.
    for _ in 0..2 {
        run()
            .success()
            .prints(
                "agent\n1000\nsystemd\ntool ran\n/home/vscode/.local/bin\nagent sudo users docker systemd-journal\n1000\n",
            )
            .stderr_contains("failed with status 1")
            .stderr_contains("runs it again");
    }
}

#[test]
fn unsupported_files_are_refused_with_a_reason() {
    let person = Person::new();
    let repository = person.repository("refused");
    let check = |text: &str, reason: &str| {
        write_devcontainer(&repository, text);
        person
            .cai(["run", "--devcontainer", "--", "true"])
            .current_dir(&repository)
            .run()
            .fails(2, reason);
    };
    check("{\n  \"image\": ,\n}", "line 2, column 12");
    check("{\"dockerComposeFile\": \"x.yml\"}", "`service` must be the name of a service");
    check(
        "{\"features\": {\"ghcr.io/devcontainers/features/go:1\": {}}}",
        "downloading software (`features`: ghcr.io/devcontainers/features/go:1)",
    );
    let arguments = "{\"runArgs\": [\"--pid=host\", \"-v\", \"/srv:/etc\"], \"mounts\": [\"source=x,target=/x\"]}";
    check(arguments, "`runArgs --pid host` is not supported");
    check(arguments, "`runArgs --volume /etc` is not supported");
    check("{\"build\": {\"dockerfile\": \"../../x\"}}", "points outside the workspace");
    check("{\"build\": {\"dockerfile\": \"Dockerfile\"}}", "it does not exist");
    std::os::unix::fs::symlink("/etc/passwd", repository.path().join(".devcontainer/Dockerfile"))
        .expect("a link");
    check(
        "{\"build\": {\"dockerfile\": \"Dockerfile\"}}",
        "the path contains a symbolic link that is not followed",
    );
    std::os::unix::fs::symlink("/etc", repository.path().join("out")).expect("a link");
    write(&repository, "x/Dockerfile", "FROM debian\n");
    check(
        "{\"build\": {\"dockerfile\": \"../x/Dockerfile\", \"context\": \"../out\"}}",
        "cannot read",
    );
    write(&repository, "x/Dockerfile", "FROM debian\nRUN --mount=type=ssh x\n");
    check(
        "{\"build\": {\"dockerfile\": \"../x/Dockerfile\"}}",
        "builds get neither secrets nor keys",
    );
    write(&repository, "x/Dockerfile", "FROM debian\nCOPY gone /\n");
    check("{\"build\": {\"dockerfile\": \"../x/Dockerfile\"}}", "line 2: `gone` is missing");
    let at = |path: &str| person.cai(["run", path, "--", "true"]).current_dir(&repository).run();
    at("--devcontainer=none.json").fails(2, "there is no `none.json`");
    at("--devcontainer=../x").code(2);
    assert!(person.containers(repository.path()).is_empty());
}
