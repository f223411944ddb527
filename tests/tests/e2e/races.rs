//! Concurrent `cai` commands.

use std::collections::BTreeSet;

use containai_tests::Person;

#[test]
fn concurrent_runs_of_one_workspace_share_one_container() {
    let person = Person::new();
    let repository = person.repository("crowd");
    let run = ["run", "--image", "base", "--", "hostname"];
    let crowd: Vec<_> = (0..10).map(|_| person.cai(run).current_dir(&repository).start()).collect();
    for running in crowd {
        running.outcome().success().prints("crowd-main\n");
    }
    assert_eq!(person.containers(repository.path()).len(), 1);
}

#[test]
fn concurrent_runs_of_workspaces_of_one_name_get_separate_containers() {
    let person = Person::new();
    let repositories: Vec<_> =
        (0..4).map(|n| person.repository(&format!("place-{n}/twin"))).collect();
    let run = ["run", "--image", "base", "--", "hostname"];
    let runs: Vec<_> = repositories
        .iter()
        .map(|repository| person.cai(run).current_dir(repository).start())
        .collect();
    let names: BTreeSet<_> = runs.into_iter().map(|running| running.outcome().line()).collect();
    assert_eq!(names.len(), 4, "{names:?}");
    assert!(names.iter().all(|name| name.starts_with("twin-main")), "{names:?}");
    let ports: BTreeSet<_> = repositories
        .iter()
        .map(|it| person.container(it.path())["Config"]["Labels"]["containai.ssh-port"].to_string())
        .collect();
    assert_eq!(ports.len(), 4, "{ports:?}");
}

#[test]
fn concurrent_users_get_distinct_ports() {
    let (one, other) = (Person::new(), Person::new());
    for person in [&one, &other] {
        person.configure("[ssh]\nport_range_start = 21900\nport_range_end = 21910\n");
    }
    let repositories = [one.repository("first"), other.repository("second")];
    let run = ["run", "--image", "base", "--", "echo", "reached"];
    let runs = [
        one.cai(run).current_dir(&repositories[0]).start(),
        other.cai(run).current_dir(&repositories[1]).start(),
    ];
    for running in runs {
        running.outcome().success().prints("reached\n");
    }
}
