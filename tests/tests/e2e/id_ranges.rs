//! Id ranges: the processes of each container have ids of their own on the host; the files on disk
//! keep the same ids, and the engine can read them.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use containai_tests::{Engine, Person, output_of, wait_until};
use serde_json::Value;

/// The directory where `containai-runc` records the range of each container.
const RECORDS: &str = "/run/containai/ids";

/// Runs Docker's own program on the shared engine.
fn docker(words: &[&str]) -> Output {
    let mut command = Command::new("docker");
    command.args(["-H", &Engine::shared().address()]).args(words);
    command.output().expect("docker can be run")
}

#[track_caller]
fn docker_output(words: &[&str]) -> String {
    let mut command = Command::new("docker");
    output_of(command.args(["-H", &Engine::shared().address()]).args(words)).trim().to_owned()
}

fn id_of(person: &Person<'_>, workspace: &Path) -> String {
    person.container(workspace)["Id"].as_str().expect("an id").to_owned()
}

/// Returns the first id of a running container's processes.
fn base_of(person: &Person<'_>, workspace: &Path) -> u32 {
    let pid = person.container(workspace)["State"]["Pid"].as_u64().expect("a process");
    let map = fs::read_to_string(format!("/proc/{pid}/uid_map")).expect("init is running");
    map.split_whitespace().nth(1).expect("a base").parse().expect("a number")
}

fn engines_base() -> u32 {
    let root = Engine::shared().api().get("/info")["DockerRootDir"].clone();
    let name = Path::new(root.as_str().expect("a path")).file_name().expect("a name").to_owned();
    let name = name.to_string_lossy().into_owned();
    name.split('.').next().expect("a uid").parse().expect("a number")
}

fn volume(container: &Value, destination: &str) -> PathBuf {
    let mounts = container["Mounts"].as_array().expect("mounts");
    let mount = mounts.iter().find(|mount| mount["Destination"] == destination).expect("a mount");
    mount["Source"].as_str().expect("a path").into()
}

#[test]
fn processes_have_their_own_ids_and_files_the_engines() {
    let person = Person::new();
    let (one, two) = (person.repository("one"), person.repository("two").owned_by(1234));
    let make = "touch ~/workspace/agents /mnt/agent-data/agents
        sudo touch ~/workspace/roots /mnt/agent-data/roots /etc/roots; sudo touch /etc/agents
        sudo chown agent /etc/agents";
    let (first, second) = (engines_base(), 1000);
    for repository in [&one, &two] {
        person.run(repository, make).success();
        let container = person.container(repository.path());
        let data = volume(&container, "/mnt/agent-data");
        let upper = container["GraphDriver"]["Data"]["UpperDir"].as_str().expect("a layer");
        for folder in [data.as_path(), &Path::new(upper).join("etc")] {
            let owner = |name| fs::metadata(folder.join(name)).expect("it exists").uid();
            assert_eq!((owner("roots"), owner("agents")), (first, first + second), "{folder:?}");
        }
        let status = person.cai(["status", "--json"]).current_dir(repository).run();
        let status: Value = serde_json::from_str(&status.success().stdout()).expect("JSON");
        assert_eq!(status["id_range"], "own", "{status}");
    }
    let owner = |path: PathBuf| fs::metadata(path).expect("it exists").uid();
    assert_eq!(owner(two.join("agents")), 1234);
    assert_eq!(owner(two.join("roots")), first);
    let bases = [base_of(&person, one.path()), base_of(&person, two.path())];
    assert_ne!(bases[0], bases[1]);
    let pid = person.container(one.path())["State"]["Pid"].as_u64().expect("a process");
    let gids = fs::read_to_string(format!("/proc/{pid}/gid_map")).expect("init is running");
    assert!(gids.contains(&bases[0].to_string()), "{gids}");
    for base in bases {
        assert!(base.abs_diff(first) >= 262_144, "{base} is the engine's");
        let subuid = fs::read_to_string("/etc/subuid").expect("a file");
        let reserved = subuid.lines().any(|line| {
            let fields: Vec<_> = line.split(':').collect();
            let number = |at: usize| fields[at].parse::<u32>().expect("a number");
            fields[0] == "containai-ids" && (number(1)..number(1) + number(2)).contains(&base)
        });
        assert!(reserved, "{base} is reserved: {subuid}");
    }
}

#[test]
fn engine_reads_a_running_container_and_cannot_change_it() {
    let person = Person::new();
    let repository = person.repository("seen");
    person.run(&repository, "sudo useradd -m fresh; echo new | sudo tee /srv/new").success();
    person.exec(&repository, "sudo rm /etc/debian_version").success();
    let id = id_of(&person, repository.path());
    let copy = person.beside("copy");
    let copy = copy.to_str().expect("a path");
    docker_output(&["cp", &format!("{id}:/srv/new"), copy]);
    assert_eq!(fs::read_to_string(copy).expect("copied"), "new\n");
    assert!(!docker(&["cp", &format!("{id}:/etc/debian_version"), copy]).status.success());
    assert_eq!(docker_output(&["exec", "-u", "fresh", &id, "id", "-un"]), "fresh");
    for place in ["/srv/in", "/mnt/agent-data/in"] {
        let refused = docker(&["cp", copy, &format!("{id}:{place}")]);
        assert!(!refused.status.success(), "{place}");
        let text = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(text.contains("read-only"), "{text}");
    }
    person.exec(&repository, "sudo mkdir /srv/more && ls /srv").success().prints("more\nnew\n");

    let before = base_of(&person, repository.path());
    docker_output(&["stop", &id]);
    docker_output(&["cp", copy, &format!("{id}:/srv/in")]);
    person.run(&repository, "cat /srv/in; stat -c %u /srv/in").success().prints("new\n0\n");
    assert_ne!(base_of(&person, repository.path()), before, "chosen at each start");
    docker_output(&["restart", &id]);
    person.run(&repository, "ls /srv").success().prints("in\nmore\nnew\n");

    docker_output(&["commit", &id, "seen/committed"]);
    let run = ["run", "--rm", "--runtime", "containai-runc", "--entrypoint", "cat"];
    assert_eq!(docker_output(&[&run[..], &["seen/committed", "/srv/in"]].concat()), "new");
    docker_output(&["rmi", "seen/committed"]);
}

#[test]
fn commands_write_to_their_streams() {
    let person = Person::new();
    let repository = person.repository("streams");
    person.run(&repository, "true").success();
    let id = id_of(&person, repository.path());
    for user in ["0", "1000"] {
        let exec = ["exec", "-i", "-u", user, &id, "sh", "-c", "echo it > /dev/stdout"];
        assert_eq!(docker_output(&exec), "it");
        let exec = ["exec", "-t", "-u", user, &id, "sh", "-c", "echo it > /dev/stdout"];
        assert_eq!(docker_output(&exec), "it");
    }
    let run = ["run", "--rm", "--runtime", "containai-runc", "--tmpfs", "/t:uid=1000"];
    let image = person.container(repository.path())["Config"]["Image"].clone();
    let image = image.as_str().expect("an image");
    let script = ["sh", "-c", "stat -c %u /t > /dev/stdout"];
    assert_eq!(docker_output(&[&run[..], &[image], &script].concat()), "1000");
}

#[test]
fn unmappable_directory_makes_its_container_share_the_engines_range() {
    let person = Person::new();
    let (place, layers) = (person.beside("overlaid"), person.beside("layers"));
    for folder in ["lower", "upper", "work"] {
        fs::create_dir_all(layers.join(folder)).expect("made");
    }
    fs::create_dir_all(&place).expect("made");
    let layers = layers.display();
    let options = format!("lowerdir={layers}/lower,upperdir={layers}/upper,workdir={layers}/work");
    let place = place.to_str().expect("a path");
    output_of(Command::new("mount").args(["-t", "overlay", "-o", &options, "overlay", place]));
    let keys =
        "perl -e 'my ($t, $n, $v) = qw(user n v); syscall(248, $t, $n, $v, 1, -4); print $!+0'";
    let outcome = person.run(place, keys);
    let status = person.cai(["status", "--json"]).current_dir(place).run();
    let base = (!outcome.stdout().is_empty()).then(|| base_of(&person, Path::new(place)));
    let docker = person.exec(place, "sudo docker info --format '{{.Driver}}'; systemctl --failed");
    person.remove_containers(Path::new(place));
    output_of(Command::new("umount").arg(place));

    outcome.success().prints("38");
    assert_eq!(base, Some(engines_base()));
    assert!(status.success().stdout().contains("\"id_range\": \"shared\""), "{status}");
    assert!(docker.stdout().contains("overlay2"), "{docker}");
}

#[test]
fn killed_runtime_leaves_nothing_behind() {
    let person = Person::new();
    let repository = person.repository("killed");
    person.run(&repository, "true").success();
    let id = id_of(&person, repository.path());
    let runtime = Engine::shared().layout().runtime();
    for delay in (0..40).step_by(4) {
        docker_output(&["stop", "-t", "5", &id]);
        let address = Engine::shared().address();
        let start = Command::new("docker").args(["-H", &address, "start", &id]).spawn();
        let mut start = start.expect("docker can be run");
        // The delay selects the moment of the kill.
        std::thread::sleep(std::time::Duration::from_millis(delay));
        kill_all(&runtime, &id);
        let _ = start.wait();
    }
    let started = || docker(&["start", &id]).status.success().then_some(());
    wait_until(std::time::Duration::from_secs(60), "it starts again", started);
    person.run(&repository, "cat /etc/hostname > /dev/null && sudo touch /srv/x").success();
    let mounts = fs::read_to_string("/proc/self/mountinfo").expect("mounts");
    assert!(!mounts.contains("/run/containai/stage"), "{mounts}");
    let merged = person.container(repository.path())["GraphDriver"]["Data"]["MergedDir"].clone();
    let merged = merged.as_str().expect("a path").to_owned();
    assert_eq!(mounts.matches(&merged).count(), 1, "{mounts}");

    docker_output(&["rm", "-f", &id]);
    assert!(!Path::new(&merged).parent().expect("a folder").exists(), "the layer is gone");
    // The next container removes the records of the last one.
    let next = person.repository("next");
    person.run(&next, "true").success();
    assert!(!Path::new(RECORDS).join(&id).exists());
}

/// Kills the runtime's running processes for this container.
fn kill_all(runtime: &Path, id: &str) {
    for process in fs::read_dir("/proc").expect("processes").flatten() {
        let path = process.path();
        let command = fs::read_to_string(path.join("cmdline")).unwrap_or_default();
        let is_it = command.contains(id) && command.contains("create");
        let program = fs::read_link(path.join("exe")).unwrap_or_default();
        let number = process.file_name().to_string_lossy().parse::<i32>();
        if let (true, Ok(number)) = (is_it && program == runtime, number) {
            let process = nix::unistd::Pid::from_raw(number);
            let _ = nix::sys::signal::kill(process, nix::sys::signal::Signal::SIGKILL);
        }
    }
}
