//! Two engines on one host: neither reaches the containers of the other, whichever starts first.

use std::process::{Child, Stdio};
use std::time::Duration;

use containai_tests::{Api, Engine, Network, Person, wait_until};
use serde_json::{Value, json};

use crate::foreign_engine::{ForeignEngine, import_web};

/// A host without IP forwarding, and a machine beside it.
struct Hosts {
    host: Network,
    _neighbour: Network,
    /// The web server of the machine.
    server: Child,
}

impl Hosts {
    fn new() -> Self {
        // Set-up of the shared engine installs the packages.
        Engine::shared();
        let (host, neighbour) = (Network::new(), Network::new());
        host.output_of(&["sh", "-c", "echo 0 > /proc/sys/net/ipv4/ip_forward"]);
        host.output_of(&["ip", "link", "add", "host0", "type", "veth", "peer", "name", "next0"]);
        host.output_of(&["ip", "link", "set", "next0", "netns", &neighbour.pid()]);
        host.output_of(&["ip", "address", "add", "192.0.2.1/24", "dev", "host0"]);
        host.output_of(&["ip", "link", "set", "host0", "up"]);
        neighbour.output_of(&["ip", "address", "add", "192.0.2.2/24", "dev", "next0"]);
        neighbour.output_of(&["ip", "link", "set", "next0", "up"]);
        let tree = containai_tests::TestRoot::create("neighbour");
        std::fs::write(tree.join("index.html"), "outside\n").expect("a file can be written");
        let serve = ["busybox", "httpd", "-f", "-p", "80", "-h"];
        let words: Vec<_> = serve.into_iter().chain(tree.to_str()).collect();
        let mut server = neighbour.command(&words);
        let server = server.stdin(Stdio::null()).spawn().expect("nsenter is installed");
        Self { host, _neighbour: neighbour, server }
    }

    fn policy(&self) -> String {
        let rules = self.host.output_of(&["iptables", "-S", "FORWARD"]);
        rules.lines().next().unwrap_or_default().to_owned()
    }

    /// Returns the page that a program in the network of a container gets from an address.
    fn fetch(&self, from: &Container, address: &str) -> String {
        let target = format!("--target={}", from.pid);
        let url = format!("http://{address}/index.html");
        let curl = ["curl", "--silent", "--max-time", "2", "--noproxy", "*", &url];
        let words: Vec<_> = ["nsenter", &target, "--net"].into_iter().chain(curl).collect();
        String::from_utf8_lossy(&self.host.run(&words).stdout).into_owned()
    }

    /// Checks that containers of either engine cannot reach the other's, that both reach the world,
    /// and that the host routes for no other machine.
    fn check_separation(&self, when: &str, ours: &Container, theirs: &Container) {
        // Each answers in its own network: the page exists.
        let own = |container: &Container| self.fetch(container, &container.address);
        wait_until(Duration::from_secs(30), "both serve", || {
            (own(ours) == "still here\n" && own(theirs) == "still here\n").then_some(())
        });
        assert_eq!(self.fetch(theirs, &ours.address), "", "{when}: theirs reaches ours");
        assert_eq!(self.fetch(ours, &theirs.address), "", "{when}: ours reaches theirs");
        assert_eq!(self.fetch(ours, "192.0.2.2"), "outside\n", "{when}: ours reaches the world");
        assert_eq!(
            self.fetch(theirs, "192.0.2.2"),
            "outside\n",
            "{when}: theirs reaches the world"
        );
        // Ports that the other engine publishes are open to all.
        assert_eq!(self.fetch(ours, "192.0.2.1:8080"), "still here\n", "{when}: published");
        assert_eq!(self.policy(), "-P FORWARD DROP", "{when}");
        // The user's own rules precede the rules that accept our traffic.
        let rule = ["-i", "cai+", "-d", "192.0.2.2", "-j", "DROP"];
        let iptables = |verb: &str| {
            let words: Vec<_> = ["iptables", verb, "DOCKER-USER"].into_iter().chain(rule).collect();
            self.host.output_of(&words);
        };
        iptables("-I");
        assert_eq!(self.fetch(ours, "192.0.2.2"), "", "{when}: DOCKER-USER applies");
        iptables("-D");
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// A container that serves a page.
struct Container {
    pid: i64,
    address: String,
}

impl Container {
    fn of(api: &Api) -> Self {
        let web = api.container("web").expect("the container exists");
        let address = web["NetworkSettings"]["IPAddress"].as_str().expect("an address").to_owned();
        Self { pid: web["State"]["Pid"].as_i64().expect("a process id"), address }
    }

    /// Starts one of our containers.
    fn start(ours: &Engine) -> Self {
        import_web(&ours.api(), &ours.root().join("image"));
        let body = json!({
            "Image": "web:latest",
            "Cmd": ["/bin/busybox", "httpd", "-f", "-p", "80", "-h", "/"],
            "HostConfig": { "Runtime": "containai-runc" },
        });
        ours.api().post("/containers/create?name=web", &body);
        ours.api().post("/containers/web/start", &Value::Null);
        Self::of(&ours.api())
    }
}

fn set_up(ours: &Engine, hosts: &Hosts) {
    let person = Person::on(ours);
    person.cai(["setup", "--yes"]).prefixed_with(hosts.host.prefix()).run().success();
    assert!(ours.api().answers());
}

fn restart(ours: &Engine, hosts: &Hosts) {
    let supervisor = ours.layout().supervisor().display().to_string();
    hosts.host.output_of(&[&supervisor, "restart", &ours.root().display().to_string()]);
    wait_until(Duration::from_secs(60), "our engine answers", || {
        ours.api().answers().then_some(())
    });
}

#[test]
fn engines_are_separate_when_the_other_one_starts_first() {
    let hosts = Hosts::new();
    let theirs = ForeignEngine::start(&hosts.host);
    theirs.publish();
    let ours = Engine::isolated("second");
    set_up(&ours, &hosts);
    let web = Container::start(&ours);
    hosts.check_separation("set up", &web, &Container::of(&theirs.api()));
    let theirs = theirs.restart();
    theirs.api().post("/containers/web/start", &Value::Null);
    hosts.check_separation("their restart", &web, &Container::of(&theirs.api()));
    restart(&ours, &hosts);
    hosts.check_separation("our restart", &web, &Container::of(&theirs.api()));
    // A tool that reloads the foreign rules does not reload our chains.
    let save = hosts.host.output_of(&["iptables-save"]);
    let foreign: String = save
        .lines()
        .filter(|line| !line.contains("CONTAINAI"))
        .fold(String::new(), |text, line| text + line + "\n");
    let path = ours.root().join("firewall");
    std::fs::write(&path, foreign).expect("a file can be written");
    hosts.host.output_of(&["iptables-restore", path.to_str().expect("a path")]);
    wait_until(Duration::from_secs(90), "the chains are back", || {
        let rules = hosts.host.output_of(&["iptables", "-S", "FORWARD"]);
        rules.lines().last()?.contains("CONTAINAI-FORWARD").then_some(())
    });
    hosts.check_separation("a new firewall", &web, &Container::of(&theirs.api()));
    ours.api().delete("/containers/web?force=1");
}

#[test]
fn engines_are_separate_when_the_other_one_starts_later() {
    let hosts = Hosts::new();
    let ours = Engine::isolated("first");
    set_up(&ours, &hosts);
    let web = Container::start(&ours);
    // Without another engine, too, the host routes for no other machine.
    assert_eq!(hosts.policy(), "-P FORWARD DROP");
    assert_eq!(hosts.fetch(&web, "192.0.2.2"), "outside\n");
    let theirs = ForeignEngine::start(&hosts.host);
    theirs.publish();
    hosts.check_separation("their start", &web, &Container::of(&theirs.api()));
    ours.api().delete("/containers/web?force=1");
}
