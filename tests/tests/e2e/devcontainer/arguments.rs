//! Arguments of `docker run`, mounts and variables of real files.

use containai_tests::{Person, output_of};

use super::files::{write, write_devcontainer};

#[test]
fn arguments_variables_and_the_folder_reach_the_container() {
    let person = Person::new();
    let repository = person.repository("arguments");
    write(&repository, ".env", "# comment\nFROM_FILE=of file\nA=of file\n");
    write_devcontainer(
        &repository,
        r#"{
            "runArgs": ["--cap-add=SYS_PTRACE", "--security-opt", "seccomp=unconfined", "--init", "--name=x",
                "-e", "A=1", "--env-file", ".env", "--add-host=db.example:10.9.8.7", "--network=host"],
            "privileged": true,
            "containerEnv": {"OPTS": "{\"a\": \"b\\\\c\"} $HOME", "W": "${containerWorkspaceFolder}"},
            "remoteEnv": {"PATH": "${containerEnv:PATH}:/extra", "TWO": "a\nb", "FROM_OPTS": "<${containerEnv:OPTS}>"},
            "workspaceFolder": "/workspaces/${localWorkspaceFolderBasename}",
            "mounts": ["source=dind,target=/var/lib/docker,type=volume", "source=/var/run/docker.sock,target=/var/run/docker.sock,type=bind"],
            "customizations": {"vscode": {"settings": {"editor.tabSize": 3}}},
            "postCreateCommand": "cd ${containerWorkspaceFolder}/ && pwd > ~/made && test -d .devcontainer && printf '%s\\n' '${containerEnv:OPTS}' >> ~/made"
        }"#,
    );
    let run = |script: &str| {
        let words = ["run", "--image", "base", "--devcontainer", "--", "sh", "-c", script];
        person.cai(words).current_dir(&repository).run()
    };
    let plan = person
        .cai(["run", "--image", "base", "--devcontainer", "--dry-run", "--", "true"])
        .current_dir(&repository)
        .run()
        .success()
        .stdout();
    for line in [
        "base       base",
        "user       agent",
        "folder     /workspaces/arguments",
        "hosts      db.example:10.9.8.7",
        "note       devcontainer.json: `privileged` is satisfied",
        "note       devcontainer.json: `runArgs --network host` has no effect",
        "note       devcontainer.json: `mounts /var/lib/docker` is satisfied",
        "PATH=${containerEnv:PATH}:/extra",
    ] {
        assert!(plan.contains(line), "no `{line}` in {plan}");
    }
    let script = "echo \"$A $FROM_FILE\"; printf '%s\\n' \"$OPTS\" \"$FROM_OPTS\" \"$TWO\"; \
        case $PATH in *:/extra*) echo extra;; esac; cat \"$W/.env\" | wc -l; touch \"$W/new\"; \
        getent hosts db.example | cut -d' ' -f1; cat ~/made; cat ~/.vscode-server/data/Machine/settings.json";
    let first = run(script);
    let opts = "{\"a\": \"b\\\\c\"} $HOME";
    first
        .success()
        .prints(&format!(
            "1 of file\n{opts}\n<{opts}>\na\nb\nextra\n3\n10.9.8.7\n/workspaces/arguments\n{opts}\n{{\"editor.tabSize\":3}}\n",
        ))
        .stderr_contains("`runArgs --name x` has no effect")
        .stderr_lacks("`privileged`");
    assert!(repository.join("new").exists());
    // Sessions start in the folder, also those in a directory of the workspace.
    std::fs::create_dir(repository.join("sub")).expect("a directory can be made");
    person.exec(&repository, "pwd").success().prints("/workspaces/arguments\n");
    person.exec(repository.join("sub"), "pwd").success().prints("/workspaces/arguments/sub\n");
    let mut ssh = person.openssh("ssh");
    ssh.args(["-tt", &person.alias(repository.path()), "pwd"]);
    assert_eq!(output_of(&mut ssh).trim(), "/workspaces/arguments");
    // Sessions of other programs have the variables as well, and without the flag.
    let exec = person.exec(&repository, "printf '%s|%s' \"$OPTS\" \"$FROM_FILE\"");
    exec.success().prints(&format!("{opts}|of file"));
    let login = person.exec(&repository, "bash -lc 'printf %s \"$OPTS\"'");
    login.success().prints(opts);
    let labels = &person.container(repository.path())["Config"]["Labels"];
    assert!(labels["devcontainer.metadata"].as_str().is_some_and(|it| it.contains("tabSize")));
    // They belong to this container: one without the file does not have them.
    person.cai(["stop", "--remove"]).current_dir(&repository).run().success();
    person.run(&repository, "echo \"[$FROM_FILE$A]\"").success().prints("[]\n");
}
