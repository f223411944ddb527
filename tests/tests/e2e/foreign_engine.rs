//! An engine that was installed before ours.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use containai_tests::{Api, Engine, Network, Person, TestRoot, wait_until};
use serde_json::{Value, json};

/// A foreign engine with its firewall rules, in a network of its own.
pub(crate) struct ForeignEngine<'n> {
    network: &'n Network,
    directory: PathBuf,
    child: Child,
}

impl<'n> ForeignEngine<'n> {
    pub(crate) fn start(network: &'n Network) -> Self {
        Self::start_in(network, TestRoot::create("foreign"))
    }

    /// Restarts the engine; its containers end, as without `live-restore`.
    pub(crate) fn restart(mut self) -> Self {
        self.end();
        let directory = std::mem::take(&mut self.directory);
        Self::start_in(self.network, directory)
    }

    fn start_in(network: &'n Network, directory: PathBuf) -> Self {
        let at = |name: &str| directory.join(name).display().to_string();
        let config = directory.join("daemon.json");
        fs::write(&config, json!({ "containerd-namespace": "foreign" }).to_string())
            .expect("a file can be written");
        let log = File::create(directory.join("log")).expect("a log can be made");
        let args = [
            "dockerd".to_owned(),
            format!("--config-file={}", config.display()),
            format!("--host=unix://{}", at("sock")),
            format!("--data-root={}", at("data")),
            format!("--exec-root={}", at("exec")),
            format!("--pidfile={}", at("pid")),
            // Without it a published port consists of firewall rules only.
            "--userland-proxy=false".to_owned(),
        ];
        let words: Vec<_> = args.iter().map(String::as_str).collect();
        let mut command = network.command(&words);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let child = command.spawn().expect("nsenter is installed");
        let foreign = Self { network, directory, child };
        wait_until(Duration::from_secs(60), "the other engine answers", || {
            foreign.api().answers().then_some(())
        });
        foreign
    }

    pub(crate) fn api(&self) -> Api {
        Api::at(self.directory.join("sock"))
    }

    /// Starts a web server that is published on port 8080.
    pub(crate) fn publish(&self) {
        import_web(&self.api(), &self.directory.join("image"));
        let body = json!({
            "Image": "web:latest",
            "Cmd": ["/bin/busybox", "httpd", "-f", "-p", "80", "-h", "/"],
            "ExposedPorts": { "80/tcp": {} },
            "HostConfig": { "PortBindings": { "80/tcp": [{ "HostPort": "8080" }] } },
        });
        self.api().post("/containers/create?name=web", &body);
        self.api().post("/containers/web/start", &Value::Null);
    }

    fn end(&mut self) {
        let pid = fs::read_to_string(self.directory.join("pid")).unwrap_or_default();
        let _ = Command::new("kill").arg(pid.trim()).status();
        let _ = self.child.wait();
    }

    /// Returns the firewall rules without counters and without our chains.
    fn firewall(&self) -> Vec<String> {
        let tables = ["filter", "nat"].map(|table| ["iptables-save", "-t", table]);
        let rules = tables.map(|words| self.network.output_of(&words)).concat();
        let is_theirs = |line: &&str| !line.starts_with('#') && !line.contains("CONTAINAI");
        let uncounted = |line: &str| line.split(" [").next().unwrap_or_default().to_owned();
        rules.lines().filter(is_theirs).map(uncounted).collect()
    }
}

/// Imports the image `web`, with a program that serves one page.
pub(crate) fn import_web(api: &Api, tree: &Path) {
    fs::create_dir_all(tree.join("bin")).expect("a directory can be made");
    let busybox =
        ["/bin/busybox", "/usr/bin/busybox"].into_iter().find(|p| fs::metadata(p).is_ok());
    fs::copy(busybox.expect("busybox-static is installed"), tree.join("bin/busybox"))
        .expect("it can be copied");
    fs::write(tree.join("index.html"), "still here\n").expect("a file can be written");
    let tar = Command::new("tar").arg("-C").arg(tree).args(["-c", "."]).output().expect("tar");
    api.import("web", "latest", &tar.stdout);
}

impl Drop for ForeignEngine<'_> {
    fn drop(&mut self) {
        if self.directory.as_os_str().is_empty() {
            return;
        }
        if self.api().answers() {
            self.api().delete("/containers/web?force=1");
        }
        self.end();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

#[test]
fn existing_engine_and_its_published_ports_keep_working() {
    // Set-up of the shared engine installs the packages.
    Engine::shared();
    let (host, neighbour) = (Network::new(), Network::new());
    host.output_of(&["ip", "link", "add", "host0", "type", "veth", "peer", "name", "next0"]);
    host.output_of(&["ip", "link", "set", "next0", "netns", &neighbour.pid()]);
    host.output_of(&["ip", "address", "add", "192.0.2.1/24", "dev", "host0"]);
    host.output_of(&["ip", "link", "set", "host0", "up"]);
    neighbour.output_of(&["ip", "address", "add", "192.0.2.2/24", "dev", "next0"]);
    neighbour.output_of(&["ip", "link", "set", "next0", "up"]);

    let foreign = ForeignEngine::start(&host);
    foreign.publish();
    let ask = || {
        let url = "http://192.0.2.1:8080/index.html";
        let output = neighbour.run(&["curl", "--silent", "--max-time", "2", url]);
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    wait_until(Duration::from_secs(60), "the port answers before", || {
        (ask() == "still here\n").then_some(())
    });
    let firewall = foreign.firewall();
    assert!(firewall.iter().any(|rule| rule.contains("--dport 8080")), "{firewall:#?}");

    let ours = Engine::isolated("beside");
    let person = Person::on(&ours);
    let mut setup = person.cai(["setup", "--yes"]).prefixed_with(host.prefix()).start();
    while !setup.has_ended() {
        assert_eq!(ask(), "still here\n", "during set-up");
    }
    setup.outcome().success();
    assert!(ours.api().answers());
    assert_eq!(ask(), "still here\n", "after set-up");
    assert_eq!(foreign.firewall(), firewall, "the foreign firewall rules");

    for verb in ["restart", "stop"] {
        let supervisor = ours.layout().supervisor().display().to_string();
        host.output_of(&[&supervisor, verb, &ours.root().display().to_string()]);
        assert_eq!(ask(), "still here\n", "after our engine's {verb}");
        assert_eq!(foreign.firewall(), firewall, "the foreign firewall rules after {verb}");
    }
    assert!(!host.output_of(&["iptables-save"]).contains("CONTAINAI"), "our chains are removed");
}
