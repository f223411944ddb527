//! The OpenSSH configuration that `cai` writes and removes.

use std::fs;

use containai_tests::Person;

#[test]
fn printed_configuration_equals_the_written_one() {
    let person = Person::new();
    let repository = person.repository("printed");
    person.run(&repository, "true").success();
    let name = person.container_name(repository.path());
    let written = person.home().join(format!(".ssh/containai.d/containai-{name}.conf"));
    let text = fs::read_to_string(&written).expect("it is written");
    person.cai(["ssh", "config", &name]).run().success().prints(&text);
    let all = person.cai(["ssh", "config"]).run().success().stdout();
    assert!(all.contains(text.trim_end()), "{all}");
    person.cai(["ssh", "config", "no-such"]).run().fails(1, "no container `no-such`");

    // The user's settings for the workspace are in it, and in later ones.
    let config = person.home().join(".config/containai/config.toml");
    let before = fs::read_to_string(&config).expect("a person has a configuration");
    let section = format!(
        "{before}[workspace.'{}'.ssh]\nlocal_forward = ['22999:localhost:80']\noptions = ['Compression yes']\n",
        repository.path().display()
    );
    fs::write(&config, section).expect("a file can be written");
    let text = person.cai(["ssh", "config", &name]).run().success().stdout();
    assert!(text.contains("  LocalForward 22999 localhost:80\n  Compression yes\n"), "{text}");
    person.exec(&repository, "true").success();
    assert_eq!(fs::read_to_string(&written).expect("it is written"), text);

    // The repository's settings are not.
    fs::write(&config, before).expect("a file can be written");
    fs::create_dir_all(repository.join(".containai")).expect("a directory can be made");
    let own = "[ssh]\nforward_agent = true\nremote_forward = ['9:localhost:22']\n";
    fs::write(repository.join(".containai/config.toml"), own).expect("a file can be written");
    person.exec(&repository, "true").success().stderr_contains("until `cai trust` approves it");
    let text = fs::read_to_string(&written).expect("it is written");
    assert!(!text.contains("RemoteForward") && text.contains("ForwardAgent no"), "{text}");
}

#[test]
fn configuration_follows_renames_and_removals_by_docker() {
    let person = Person::new();
    let repository = person.repository("healed");
    person.run(&repository, "true").success();
    let name = person.container_name(repository.path());
    let fragment =
        |name: &str| person.home().join(format!(".ssh/containai.d/containai-{name}.conf"));
    let id = person.container(repository.path())["Id"].as_str().expect("an id").to_owned();
    person
        .api()
        .post(&format!("/containers/{id}/rename?name=renamed-by-hand"), &serde_json::Value::Null);
    person.exec(&repository, "true").success();
    assert!(fragment("renamed-by-hand").exists() && !fragment(&name).exists());

    person.api().delete(&format!("/containers/{id}?force=1&v=1"));
    let known_hosts = person.home().join(".config/containai/known_hosts");
    let pins = || fs::read_to_string(&known_hosts).expect("keys are pinned").lines().count();
    let before = pins();
    let reported = person.cai(["ssh", "cleanup", "--dry-run"]).run().success().stdout();
    assert!(
        reported.contains("configuration containai-renamed-by-hand\nhost key [127"),
        "{reported}"
    );
    assert!(fragment("renamed-by-hand").exists() && pins() == before);

    // An unresponsive engine may still have the container.
    let nobody = "unix:///nowhere/docker.sock";
    let kept = person.cai(["ssh", "cleanup"]).env("CONTAINAI_ENGINE_ROOT", "/nowhere");
    kept.run().success().prints("").stderr_contains("are kept");
    let asked = person.cai(["--docker-host", nobody, "ssh", "cleanup"]).run();
    assert_eq!(asked.success().stdout(), reported);
    assert!(!fragment("renamed-by-hand").exists() && pins() == before - 1);
    person.cai(["ssh", "cleanup"]).run().success().prints("");
}
