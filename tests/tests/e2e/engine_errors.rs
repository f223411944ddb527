//! Errors of the engine.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::chown;

use containai_tests::{Engine, Person};
use serde_json::json;

#[test]
fn unreachable_engine_is_named() {
    let person = Person::new();
    let repository = person.repository("down");
    let address = format!("unix://{}", person.beside("no.sock").display());
    for verb in [&["run", "--", "true"][..], &["exec", "--", "true"], &["status"], &["stop"]] {
        let call = person.cai(["--docker-host", &address]).args(verb.iter().copied());
        call.current_dir(&repository)
            .run()
            .fails(111, &format!("cannot reach the engine at `{address}`"));
    }
}

#[test]
fn set_up_requires_consent() {
    let engine = Engine::isolated("bare");
    let person = Person::on(&engine);
    let repository = person.repository("unprepared");
    let outcome =
        person.cai(["run", "--image", "base", "--", "true"]).current_dir(&repository).run();
    outcome.fails(111, "not set up").stderr_contains("cai setup");
    let left: Vec<_> = fs::read_dir(engine.root()).expect("the root is there").collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn socket_without_permission_is_named() {
    let person = Person::new();
    let repository = person.repository("stranger").owned_by(12_345);
    let home = person.home();
    for path in [home.clone(), home.join(".config"), home.join(".config/containai")] {
        chown(path, Some(12_345), Some(12_345)).expect("root may do that");
    }
    let call = person.cai(["run", "--image", "base", "--", "true"]).current_dir(&repository);
    call.as_user(12_345).run().fails(111, "").stderr_contains("permission");
    let status = person.cai(["status"]).current_dir(&repository).as_user(12_345).run();
    status.fails(111, "no permission to use the engine");
}

#[test]
fn unavailable_image_is_named_with_the_attempts() {
    let person = Person::new();
    let repository = person.repository("imageless");
    let run = ["run", "--image", "localhost:1/no/such:thing", "--", "true"];
    let outcome = person.cai(run).current_dir(&repository).run();
    outcome
        .fails(111, "image `localhost:1/no/such:thing` is not available")
        .stderr_contains("pull:");
    assert_eq!(person.containers(repository.path()).len(), 0);
}

#[test]
fn image_without_the_base_system_is_refused_and_nothing_is_left() {
    let person = Person::new();
    let repository = person.repository("initless");
    person.api().import("initless", "latest", &[0; 1024]);
    let run = ["run", "--image", "initless:latest", "--", "true"];
    let outcome = person.cai(run).current_dir(&repository).run();
    outcome
        .prints("")
        .fails(111, "`initless:latest` is not based on a ContainAI image: it has no `/sbin/init`")
        .stderr_contains("cai template new");
    let containers = person.api().get("/containers/json?all=1").to_string();
    assert!(!containers.contains("initless"), "{containers}");
    let volumes = person.api().get("/volumes").to_string();
    assert!(!volumes.contains(&repository.path().display().to_string()), "{volumes}");
    // The next run with a working image succeeds.
    person.run(&repository, "true").success();
}

#[test]
fn without_a_free_port_the_owners_are_named() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let person = Person::new();
    person.configure(&format!("[ssh]\nport_range_start = {port}\nport_range_end = {port}\n"));
    let repository = person.repository("portless");
    person.run(&repository, "true").fails(112, &format!("no free port from {port} to {port}"));
    drop(listener);
    person.run(&repository, "true").success();
    let second = person.repository("second");
    let name = person.container_name(repository.path());
    person.run(&second, "true").fails(112, "no free port").stderr_contains(&name);
}

#[test]
fn unmanaged_containers_are_not_touched() {
    let person = Person::new();
    let repository = person.repository("foreign");
    // The engine has the image by now, under whatever name.
    let other = person.repository("other");
    person.run(&other, "true").success();
    let image = person.container(other.path())["Image"].clone();
    let body = json!({ "Image": image, "Cmd": ["sleep", "1"] });
    let made = person.api().post("/containers/create?name=foreign-main", &body);
    let id = made["Id"].as_str().expect("an id").to_owned();
    let outcome = person.run(&repository, "true");
    let still_there = person.api().container(&id).is_some();
    let stopped = person.cai(["stop", "--container", "foreign-main", "--remove"]).run();
    let untouched = person.api().container(&id).is_some();
    person.api().delete(&format!("/containers/{id}?force=1"));
    outcome.fails(115, "`foreign-main` is not managed by ContainAI");
    stopped.fails(115, "`foreign-main` is not managed by ContainAI");
    assert!(still_there && untouched);
    person.run(&repository, "true").success();
}
