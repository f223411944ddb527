//! Links in the workspace of one container, and a command for another one.

use std::fs;

use containai_tests::Person;

#[test]
fn copies_do_not_follow_links_in_workspaces() {
    let person = Person::new();
    let (one, two) = (person.repository("cp-one"), person.repository("cp-two"));
    let outside = person.beside("outside");
    fs::create_dir(&outside).expect("a directory can be made");
    let plant = format!("ln -s {} link", outside.display());
    person.run(&one, &plant).success();
    person.run(&two, "true").success();
    for to in ["link", "link/x", "link/."] {
        let to = one.join(to).display().to_string();
        let outcome = person.cai(["cp", ":README", &to]).current_dir(&two).run();
        assert_ne!(outcome.status(), 0, "{to}: {outcome}");
    }
    assert_eq!(fs::read_dir(&outside).expect("a directory").count(), 0);
    let to = one.join("copied").display().to_string();
    person.cai(["cp", ":README", &to]).current_dir(&two).run().success();
}
