//! An engine that does not do as it is asked.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::chown;

use containai_tests::{Engine, Person};
use serde_json::json;

#[test]
fn an_engine_that_is_down_is_named() {
    let person = Person::new();
    let repository = person.repository("down");
    let address = format!("unix://{}", person.beside("no.sock").display());
    for verb in [&["run", "--", "true"][..], &["exec", "--", "true"], &["status"], &["stop"]] {
        let call = person.cai(["--docker-host", &address]).args(verb.iter().copied());
        call.inside(&repository)
            .run()
            .fails(111, &format!("cannot reach the engine at `{address}`"));
    }
}

#[test]
fn a_machine_that_is_not_set_up_is_not_touched_without_consent() {
    let engine = Engine::apart("bare");
    let person = Person::on(&engine);
    let repository = person.repository("unprepared");
    let outcome = person.cai(["run", "--image", "base", "--", "true"]).inside(&repository).run();
    outcome.fails(111, "not set up").tells("cai setup");
    let left: Vec<_> = fs::read_dir(engine.root()).expect("the root is there").collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_socket_without_permission_is_named() {
    let person = Person::new();
    let repository = person.repository("stranger").owned_by(12_345);
    let home = person.home();
    for path in [home.clone(), home.join(".config"), home.join(".config/containai")] {
        chown(path, Some(12_345), Some(12_345)).expect("root may");
    }
    let call = person.cai(["run", "--image", "base", "--", "true"]).inside(&repository);
    call.as_user(12_345).run().fails(111, "").tells("permission");
    let status = person.cai(["status"]).inside(&repository).as_user(12_345).run();
    status.fails(111, "no permission to use the engine");
}

#[test]
fn an_image_that_cannot_be_had_is_named_with_what_was_tried() {
    let person = Person::new();
    let repository = person.repository("imageless");
    let run = ["run", "--image", "localhost:1/no/such:thing", "--", "true"];
    let outcome = person.cai(run).inside(&repository).run();
    outcome.fails(111, "image `localhost:1/no/such:thing` is not available").tells("pull:");
    assert_eq!(person.containers(repository.path()).len(), 0);
}

#[test]
fn an_image_without_an_init_is_told_with_its_last_words() {
    let person = Person::new();
    let repository = person.repository("initless");
    person.api().import("initless", "latest", &[0; 1024]);
    let run = ["run", "--image", "initless:latest", "--", "true"];
    let outcome = person.cai(run).inside(&repository).run();
    outcome.code(111).prints("").tells("error:").tells("/sbin/init");
    // The next run with an image that works is not in its way.
    person.cai(["stop", "--remove"]).inside(&repository).run();
    person.run(&repository, "true").success();
}

#[test]
fn without_a_free_port_the_holders_are_named() {
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
    person.run(&second, "true").fails(112, "no free port").tells(&name);
}

#[test]
fn a_container_that_is_not_ours_is_left_alone() {
    let person = Person::new();
    let repository = person.repository("foreign");
    // The engine has the image by now, whatever it is called.
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
