//! Docker inside the container, as an agent uses it.

use std::fs;

use containai_tests::Person;

#[test]
fn an_image_is_built_and_run_inside() {
    let person = Person::new();
    let repository = person.repository("inner");
    let busybox = ["/bin/busybox", "/usr/bin/busybox"].into_iter().find_map(|p| fs::read(p).ok());
    let tool = repository.join("busybox");
    fs::write(&tool, busybox.expect("busybox-static is installed")).expect("it can be copied");
    fs::write(
        repository.join("Dockerfile"),
        "FROM scratch\n\
         COPY --chmod=755 busybox /bin/busybox\n\
         RUN [\"/bin/busybox\", \"sh\", \"-c\", \"echo built > /made\"]\n\
         CMD [\"/bin/busybox\", \"cat\", \"/made\"]\n"
            .replace("--chmod=755 ", ""),
    )
    .expect("a file can be written");
    std::process::Command::new("chmod").arg("755").arg(&tool).status().expect("chmod");

    let script = "set -e
        docker info --format '{{.Driver}}'
        docker build --quiet --tag inner . >/dev/null
        docker run --rm inner
        docker run --rm --memory 64m inner /bin/busybox id -u
        docker run --detach --name web --publish 127.0.0.1:8099:80 inner \
            /bin/busybox httpd -f -p 80 -h / >/dev/null
        for try in 1 2 3 4 5 6 7 8 9 10; do
            curl --silent --fail http://127.0.0.1:8099/made && break; sleep 0.3
        done
        docker rm --force web >/dev/null";
    let outcome = person.run(&repository, script);
    outcome.success().prints("overlay2\nbuilt\n0\nbuilt\n");
}

#[test]
fn compose_and_buildx_are_plugins_of_docker() {
    let person = Person::new();
    let repository = person.repository("compose");
    let file = "services:\n  web:\n    image: inner\n    command: [\"/bin/busybox\", \"echo\", \"composed\"]\n";
    fs::write(repository.join("compose.yaml"), file).expect("a file can be written");
    let busybox = ["/bin/busybox", "/usr/bin/busybox"].into_iter().find_map(|p| fs::read(p).ok());
    let busybox = busybox.expect("busybox-static is installed");
    fs::write(repository.join("busybox"), busybox).expect("it can be copied");
    let script = "set -e
        chmod 755 busybox; mkdir bin; mv busybox bin/
        tar --create bin | docker import - inner >/dev/null
        docker compose run --rm --no-TTY web 2>/dev/null
        docker compose version --short | cut -d. -f1 | tr -d v
        docker buildx version | cut -d' ' -f1";
    let outcome = person.run(&repository, script);
    outcome.success().prints("composed\n2\ngithub.com/docker/buildx\n");
}

#[test]
fn images_built_inside_outlive_the_container() {
    let person = Person::new();
    let repository = person.repository("outlives");
    person.run(&repository, "docker volume create kept").success().prints("kept\n");
    person.cai(["stop", "--remove"]).current_dir(&repository).run().success();
    person.run(&repository, "docker volume ls --quiet").success().prints("kept\n");
}
