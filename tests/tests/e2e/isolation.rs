//! Options that the engine gets for a container, and options that it does not get.

use std::fs;

use containai_tests::Person;
use serde_json::{Value, json};

#[test]
fn no_process_of_a_container_is_root_on_the_host() {
    let person = Person::new();
    let repository = person.repository("nobody");
    let docker =
        "sudo docker version >/dev/null; sudo -b sleep 300 >/dev/null 2>&1; cat /proc/self/uid_map";
    let map = person.run(&repository, docker).success().stdout();
    let base: u32 = map.split_whitespace().nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
    assert!(base >= 65_536, "root of the container is {base} on the host: {map}");

    let container = person.container(repository.path());
    let pid = container["State"]["Pid"].as_i64().expect("a process id");
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("init is running");
    let uids = status.lines().find(|line| line.starts_with("Uid:")).unwrap_or_default();
    assert_eq!(uids.split_whitespace().skip(1).collect::<Vec<_>>(), vec![base.to_string(); 4]);

    let id = container["Id"].as_str().expect("an id");
    let top = person.api().get(&format!("/containers/{id}/top?ps_args=-eo%20uid,pid,args"));
    let processes = top["Processes"].as_array().expect("processes");
    assert!(processes.len() > 3, "{top}");
    for process in processes {
        let uid: u32 = process[0].as_str().and_then(|uid| uid.parse().ok()).expect("a uid");
        assert!((base..base + 262_144).contains(&uid), "a process outside of the range: {process}");
    }
    person.exec(&repository, "sudo pkill sleep").success();
}

#[test]
fn containers_get_no_options_that_reach_the_host() {
    let person = Person::new();
    let repository = person.repository("asked");
    person.run(&repository, "true").success();
    let container = person.container(repository.path());
    let host = &container["HostConfig"];
    let nothing = |value: &Value| {
        matches!(value, Value::Null | Value::Bool(false))
            || value.as_str().is_some_and(str::is_empty)
            || value.as_array().is_some_and(Vec::is_empty)
    };
    for key in
        ["Privileged", "CapAdd", "Devices", "SecurityOpt", "UsernsMode", "PidMode", "UTSMode"]
    {
        assert!(nothing(&host[key]), "{key} is {}", host[key]);
    }
    for key in ["IpcMode", "NetworkMode", "CgroupnsMode"] {
        assert_ne!(host[key], "host", "{key}");
    }
    let ports = host["PortBindings"].as_object().expect("ports");
    assert_eq!(ports.len(), 1, "{ports:?}");
    assert_eq!(ports["22/tcp"].as_array().map(Vec::len), Some(1));
    assert_eq!(ports["22/tcp"][0]["HostIp"], "127.0.0.1");

    let sources: Vec<_> = container["Mounts"].as_array().expect("mounts").iter().collect();
    let destinations: Vec<_> = sources.iter().map(|mount| &mount["Destination"]).collect();
    for destination in ["/home/agent/workspace", "/mnt/agent-data", "/var/lib/docker"] {
        assert!(destinations.contains(&&json!(destination)), "{destinations:?}");
    }
    assert_eq!(sources.len(), 3, "{sources:#?}");
    assert!(!container["Mounts"].to_string().contains(".sock"), "{sources:#?}");
}

#[test]
fn container_options_are_as_documented() {
    let person = Person::new();
    let repository = person.repository("made");
    person.run(&repository, "true").success();
    let container = person.container(repository.path());
    let (host, config) = (&container["HostConfig"], &container["Config"]);

    let total = person.api().get("/info")["MemTotal"].as_u64().expect("memory");
    let memory = host["Memory"].as_u64().expect("a limit");
    assert!(memory.abs_diff(total / 2) <= 1 << 20, "{memory} is not half of {total}");
    assert_eq!(host["MemorySwap"], host["Memory"], "no swap");
    let cores = person.api().get("/info")["NCPU"].as_u64().expect("cores");
    assert_eq!(host["NanoCpus"], cores * 500_000_000);
    assert_eq!(host["PidsLimit"], 32_768, "a fork bomb stays inside");

    assert_eq!(config["StopSignal"], "SIGRTMIN+3");
    assert_eq!(config["StopTimeout"], 100);
    assert_eq!(config["Cmd"], json!(["/sbin/init", "--log-level=err"]));
    let workspace = repository.path().display();
    let environment = config["Env"].to_string();
    assert!(environment.contains(&format!("CAI_HOST_WORKSPACE={workspace}")), "{environment}");

    let labels = &config["Labels"];
    assert_eq!(labels["containai.managed"], "true");
    assert_eq!(labels["containai.workspace"], json!(repository.path()));
    assert_eq!(labels["containai.ssh-port"], host["PortBindings"]["22/tcp"][0]["HostPort"]);
    assert!(labels["containai.data-volume"].is_string(), "{labels}");
    assert!(labels["ai.containai.template"].is_string(), "{labels}");
    assert_eq!(host["Runtime"], "containai-runc");
}

#[test]
fn requested_limits_are_set() {
    let person = Person::new();
    let repository = person.repository("limits");
    let run = ["run", "--memory", "1g", "--cpus", "0.5", "--data-volume"];
    let volume = format!("shared-{}", std::process::id());
    let command = ["--image", "base", "--", "true"];
    person.cai(run).args([&volume]).args(command).current_dir(&repository).run().success();
    let container = person.container(repository.path());
    assert_eq!(container["HostConfig"]["Memory"], 1_u64 << 30);
    assert_eq!(container["HostConfig"]["NanoCpus"], 500_000_000);
    assert_eq!(container["Config"]["Labels"]["containai.data-volume"], json!(volume));
}

#[test]
fn inner_engine_is_not_the_outer_one() {
    let person = Person::new();
    let repository = person.repository("inside");
    let inner = person.run(&repository, "docker info --format '{{.ID}}'").line();
    let outer = person.api().get("/info")["ID"].as_str().expect("an id").to_owned();
    assert_ne!(inner, outer);
    let socket = person.api().get("/info")["DockerRootDir"].as_str().expect("a path").to_owned();
    person.exec(&repository, &format!("sudo test -e {socket}")).code(1);
}

#[test]
fn system_directories_are_refused_as_workspace() {
    let person = Person::new();
    for path in ["/var/run", "/run", "/proc", "/etc"] {
        let run = ["run", "--force", "--image", "base", path, "--", "true"];
        person.cai(run).run().fails(2, "mount");
    }
}
