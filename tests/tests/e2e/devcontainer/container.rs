//! Containers that are made as the workspace says.

use containai_tests::Person;

use super::described::{describe, write};

const INSTALL: &str = "#!/bin/bash\nset -e\ntest -e /opt/built\n\
    printf '%s %s %s %s' \"$VERSION\" \"$WITH_X\" \"$_REMOTE_USER\" \"$_REMOTE_USER_HOME\" > /opt/$NAME\n";

#[test]
fn a_build_with_features_variables_and_commands() {
    let person = Person::new();
    let repository = person.repository("described");
    let here = repository.path().display().to_string();
    describe(
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
    // The engine stays for the next run, and what it has is not built again.
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
        person.cai([&words, more, &command].concat()).inside(&repository).run()
    };
    // Without a word of the user, nothing of it counts.
    person.run(&repository, "test ! -e /opt/built").success().tells("`--devcontainer`");
    let told = run("test ! -e /opt/built", &[]);
    told.success().tells("its image is").tells("`containai/devcontainer:");
    let script = "cat /opt/built /opt/content; echo; cat /opt/first; echo; cat /opt/second; echo; echo \"$SESSION\"; ls ~/b*";
    let first = run(script, &["--fresh"]);
    first.success().prints(
        "a bcontent\nlatest  agent /home/agent\nit's 2 true agent /home/agent\ns $HOME \"q\"\n/home/agent/b c\n",
    );
    first.tells("==> postCreateCommand").tells("noise").tells("`forwardPorts`");
    let made = "on-create\nagent\n/home/agent/workspace\nupdate content\nof second\nof first\na\nstart\nattach\n";
    // What belongs to the making and the start is over; entering is not.
    run("cat ~/order", &[])
        .success()
        .prints(&format!("{made}attach\n"))
        .keeps_quiet_about("warning");
    person.exec(&repository, "cat ~/order").success().prints(&format!("{made}attach\n"));
    person.cai(["stop"]).inside(&repository).run().success();
    run("cat ~/order", &[]).success().prints(&format!("{made}attach\nstart\nattach\n"));
    let environment = "tr '\\0' '\\n' < /proc/1/environ | grep -E '^(PLAIN|OF_)' | sort";
    let script = format!("sudo sh -c \"{environment}\"");
    run(&script, &[])
        .success()
        .prints("OF_first=x:first\nOF_second=x:second\nPLAIN=/home/agent/workspace/x\n");

    // What the image is not made of may change.
    write(&repository, "elsewhere", "other");
    run("true", &[]).success().keeps_quiet_about("warning");
    write(&repository, "content", "other");
    run("cat /opt/content", &[])
        .success()
        .prints("content")
        .tells("the inputs of its image have changed")
        .tells("--fresh");
    let labels = &person.container(repository.path())["Config"]["Labels"];
    assert_eq!(labels["ai.containai.devcontainer"], ".devcontainer/devcontainer.json", "{labels}");
}

#[test]
fn an_image_of_a_distribution_gets_the_system_of_ours() {
    let person = Person::new();
    let repository = person.repository("foreign");
    let images = person.api().get("/images/json");
    let tags = images.as_array().into_iter().flatten().filter_map(|it| it["RepoTags"].as_array());
    let mut tags = tags.flatten().filter_map(|tag| tag.as_str());
    // The distribution that the base was built on: one that has no systemd.
    let foreign = tags.find(|tag| tag.starts_with("containai/bootstrap:")).expect("one").to_owned();
    describe(
        &repository,
        &format!(
            "{{\"image\": \"{foreign}\", \"remoteUser\": \"root\", \"postCreateCommand\": \"id -un > /made-by; false\"}}"
        ),
    );
    let run = ["run", "--devcontainer", "--", "sh", "-c", "cat /made-by; cat /proc/1/comm"];
    let run =
        || person.cai(run).inside(&repository).within(std::time::Duration::from_secs(600)).run();
    // A command that fails keeps nobody out, and is run again.
    for _ in 0..2 {
        run()
            .success()
            .prints("root\nsystemd\n")
            .tells("failed with status 1")
            .tells("runs it again");
    }
}

#[test]
fn what_cannot_be_followed_says_why() {
    let person = Person::new();
    let repository = person.repository("refused");
    let check = |text: &str, reason: &str| {
        describe(&repository, text);
        person
            .cai(["run", "--devcontainer", "--", "true"])
            .inside(&repository)
            .run()
            .fails(2, reason);
    };
    check("{\n  \"image\": ,\n}", "line 2, column 12");
    check("{\"dockerComposeFile\": \"x.yml\"}", "`dockerComposeFile` is not supported");
    check(
        "{\"features\": {\"ghcr.io/devcontainers/features/go:1\": {}}}",
        "only features in the workspace",
    );
    check("{\"build\": {\"dockerfile\": \"../../x\"}}", "points outside the workspace");
    check("{\"build\": {\"dockerfile\": \"Dockerfile\"}}", "it is not there");
    std::os::unix::fs::symlink("/etc/passwd", repository.path().join(".devcontainer/Dockerfile"))
        .expect("a link");
    check("{\"build\": {\"dockerfile\": \"Dockerfile\"}}", "a link on the way leads elsewhere");
    std::os::unix::fs::symlink("/etc", repository.path().join("out")).expect("a link");
    write(&repository, "x/Dockerfile", "FROM debian\n");
    check(
        "{\"build\": {\"dockerfile\": \"../x/Dockerfile\", \"context\": \"../out\"}}",
        "cannot read",
    );
    write(&repository, "x/Dockerfile", "FROM debian\nRUN <<EOF\nx\nEOF\n");
    check("{\"build\": {\"dockerfile\": \"../x/Dockerfile\"}}", "needs BuildKit");
    let at = |path: &str| person.cai(["run", path, "--", "true"]).inside(&repository).run();
    at("--devcontainer=none.json").fails(2, "there is no `none.json`");
    at("--devcontainer=../x").code(2);
    assert!(person.containers(repository.path()).is_empty());
}
