//! Containers that are a service of a Compose file.

use std::fs;
use std::time::Duration;

use containai_tests::{Person, Repository, wait_until};

use super::files::{write, write_devcontainer};

/// Built in the container: no registry is needed.
const WEB: &str = "FROM scratch\nCOPY busybox /bin/busybox\nCOPY page /page/index.html\n\
    ENTRYPOINT [\"/bin/busybox\"]\nCMD [\"httpd\", \"-f\", \"-p\", \"80\", \"-h\", \"/page\"]\n";

const COMPOSE: &str = "\
services:
  app:
    build: {context: ., dockerfile: Dockerfile}
    volumes: ['..:/shop:cached']
    env_file: app.env
    environment:
      PASSED: ${GREETING:-none} $$HOME
    command: sleep infinity
    depends_on:
      web: {condition: service_healthy}
      job: {condition: service_completed_successfully}
  web: &web
    build: ./web
    healthcheck: {test: [CMD, /bin/busybox, wget, -q, -O, /dev/null, 'http://127.0.0.1/'], interval: 1s, retries: 30}
  job:
    <<: *web
    healthcheck: {disable: true}
    entrypoint: [/bin/busybox, sh, -c, 'echo done > /marks/job']
    volumes: ['..:/marks']
  beside:
    <<: *web
    healthcheck: {disable: true}
    depends_on: [app]
    network_mode: service:app
    command: [httpd, -f, -p, '8099', -h, /page]
  unwanted:
    image: unreachable.test/unwanted
    profiles: [unwanted]
";

fn write_project(repository: &Repository, dockerfile: &str) {
    let busybox =
        ["/bin/busybox", "/usr/bin/busybox"].into_iter().find_map(|path| fs::read(path).ok());
    write(repository, ".devcontainer/web/Dockerfile", WEB);
    write(repository, ".devcontainer/web/page", "of web\n");
    fs::write(
        repository.path().join(".devcontainer/web/busybox"),
        busybox.expect("busybox-static is installed"),
    )
    .expect("a file can be written");
    fs::set_permissions(
        repository.path().join(".devcontainer/web/busybox"),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .expect("a mode can be set");
    write(repository, ".devcontainer/compose.yml", COMPOSE);
    write(repository, ".devcontainer/.env", "GREETING='hello there'\n");
    write(repository, ".devcontainer/app.env", "OF_FILE=${GREETING}!\n");
    // The engine and its build cache stay for the next run.
    let dockerfile = format!(
        "# {}\nARG BASE_IMAGE\nFROM ${{BASE_IMAGE}}\n{dockerfile}",
        repository.path().display()
    );
    write(repository, ".devcontainer/Dockerfile", &dockerfile);
    write_devcontainer(
        repository,
        r#"{"dockerComposeFile": "compose.yml", "service": "app", "workspaceFolder": "/shop", "shutdownAction": "stopCompose",
            "postCreateCommand": "curl -s http://web/ > ~/created"}"#,
    );
}

#[test]
fn services_run_beside_the_container() {
    let person = Person::new();
    let repository = person.repository("shop");
    write_project(&repository, "");
    let run = |script: &str| {
        let words = ["run", "--image", "base", "--devcontainer", "--", "sh", "-c", script];
        person.cai(words).current_dir(&repository).timeout(Duration::from_secs(600)).run()
    };
    // Names lead to services, those of shared networks to the container itself; what the container
    // depends on is ready before the first command.
    let script = "cat ~/created job; echo \"$PASSED/$OF_FILE\"; curl -s http://web/; curl -s http://localhost:8099/; \
                  curl -s http://beside:8099/; docker compose ls --format json | jq -r '.[].Name'; pwd -P";
    run(script).success().prints(
        "of web\ndone\nhello there $HOME/hello there!\nof web\nof web\nof web\ndevcontainer\n/shop\n",
    );
    // A service reaches the container by its name.
    let inner = "docker exec devcontainer-web-1 /bin/busybox wget -q -O - http://app:8099/";
    person.exec(&repository, inner).success().prints("of web\n");
    // A service that is created again has another address.
    let again = "docker rm -f devcontainer-web-1 >/dev/null && docker run -d --name holds --network devcontainer_default \
                 devcontainer-web sleep 99 >/dev/null && sudo /usr/lib/containai/compose up >/dev/null 2>&1 && curl -s http://web/";
    person.exec(&repository, again).success().prints("of web\n");
    let restart = "docker stop -t 0 holds devcontainer-web-1 >/dev/null && docker start devcontainer-web-1 >/dev/null && \
                   docker inspect devcontainer-web-1 | jq -r '.[0].NetworkSettings.Networks[].IPAddress'";
    let address = person.exec(&repository, restart).success().stdout();
    wait_until(Duration::from_secs(60), "the name follows the address", || {
        let found = person.exec(&repository, "getent ahostsv4 web | sed 's/ .*//;q'");
        (found.stdout() == address).then_some(())
    });
    // The next start of the container starts the services again.
    person.cai(["stop"]).current_dir(&repository).run().success();
    run("curl -s http://web/; systemctl is-active containai-compose.service")
        .success()
        .prints("of web\nactive\n")
        .stderr_contains("==> dockerComposeFile");
}

#[test]
fn compose_files_are_judged_and_approved() {
    let person = Person::new();
    let repository = person.repository("judged");
    write_project(&repository, "");
    let compose = COMPOSE.replace("command: sleep", "privileged: true\n    command: npm run dev #");
    write(&repository, ".devcontainer/compose.yml", &compose);
    let run = |words: &[&str]| {
        let run = ["run", "--image", "base", "--devcontainer", "--dry-run"];
        person.cai([&run[..], words, &["--", "true"]].concat()).current_dir(&repository).run()
    };
    let plan = run(&[]).success().stdout();
    assert!(plan.contains("`services.app.command` has no effect"), "{plan}");
    assert!(plan.contains("env        OF_FILE=hello there!, PASSED=hello there $HOME\n"), "{plan}");
    // A volume is on the engine of this machine.
    let volume = compose.replace("'..:/shop:cached'", "'..:/shop:cached', 'cache:/cache'");
    write(&repository, ".devcontainer/compose.yml", &volume);
    run(&[]).fails(2, "unapproved access to this machine: mounting");
    let shown = person.cai(["trust", "--show"]).current_dir(&repository).run().success().stdout();
    assert!(shown.contains("'cache:/cache'") && shown.contains("GREETING"), "{shown}");
    assert!(!shown.contains("hello there"), "{shown}");
    person.cai(["trust", "--yes"]).current_dir(&repository).run().success();
    run(&[]).success();
    write(&repository, ".devcontainer/.env", "GREETING=other\n");
    run(&[]).fails(2, "unapproved access to this machine: mounting");
    // What cannot be mapped is refused by name.
    for (lines, reason) in [
        (
            "services: {web: {image: a}}",
            "there is no service `app` in the Compose files, only `web`",
        ),
        (
            "services: {app: {image: a, build: {dockerfile_inline: FROM a}}}",
            "`services.app.build.dockerfile_inline` is not supported",
        ),
        (
            "services: {app: {image: a, volumes: ['/:/host']}}",
            "`/` of `mounts` in devcontainer.json is not mounted",
        ),
        ("a: &a [*a]", "`.devcontainer/compose.yml` cannot be read"),
    ] {
        write(&repository, ".devcontainer/compose.yml", lines);
        run(&[]).fails(2, reason);
    }
    assert!(person.containers(repository.path()).is_empty());
}

#[test]
fn missing_compose_is_told_with_the_next_step() {
    let person = Person::new();
    let repository = person.repository("without");
    write_project(&repository, "RUN find / -xdev -name docker-compose -type f -delete\n");
    let words = ["run", "--image", "base", "--devcontainer", "--", "echo", "session"];
    let run = person.cai(words).current_dir(&repository).timeout(Duration::from_secs(600)).run();
    run.success()
        .prints("session\n")
        .stderr_contains("docker compose is missing: install")
        .stderr_contains("dockerComposeFile failed with status 1");
}
