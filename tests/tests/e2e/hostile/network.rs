//! Neighbours of a container: other containers of its engine, and users of the host.

use std::process::Command;
use std::time::Duration;

use containai_tests::{Outcome, Person, Repository, wait_until};

/// A container with its addresses.
struct ContainerAddresses<'p> {
    person: &'p Person<'static>,
    repository: Repository,
    address: String,
    hardware: String,
}

impl<'p> ContainerAddresses<'p> {
    fn run(person: &'p Person<'static>, name: &str) -> Self {
        let repository = person.repository(name);
        person.run(&repository, "true").success();
        let container = person.container(repository.path());
        let network = &container["NetworkSettings"]["Networks"]["bridge"];
        let text = |key: &str| network[key].as_str().expect("an address").to_owned();
        let (address, hardware) = (text("IPAddress"), text("MacAddress"));
        Self { person, repository, address, hardware }
    }

    /// Runs the script [`FRAMES`] as root.
    fn frames(&self, words: &[&str]) -> Outcome {
        let script = self.repository.path().join("frames");
        std::fs::write(script, FRAMES).expect("a file can be written");
        let command = ["exec", "--", "sudo", "perl", "/home/agent/workspace/frames"];
        self.person.cai(command).args(words).current_dir(&self.repository).run()
    }
}

/// Sends self-made ARP frames and prints the answers. `ask TARGET` asks for the hardware address of
/// a network address; `take TARGET HARDWARE GATEWAY` claims both addresses for this container, for
/// two seconds.
const FRAMES: &str = r#"
use strict; use Socket;
my ($mode, $target, $hardware, $gateway) = @ARGV;
sub slurp { open my $f, "<", $_[0] or die $!; my $t = <$f>; chomp $t; $t }
my $index = slurp("/sys/class/net/eth0/ifindex");
my $mac = sub { pack "H12", $_[0] =~ s/://gr };
my $own = $mac->(slurp("/sys/class/net/eth0/address"));
my ($own_ip) = `ip -4 -o address show eth0` =~ /inet ([\d.]+)/;
socket(my $s, 17, 3, unpack("S", pack("n", 3))) or die $!;
my $any = "\xff" x 6;
sub frame {
    my ($to, $from, $op, $sender, $sender_ip, $asked, $asked_ip) = @_;
    my $arp = pack("nnCCn", 1, 0x0800, 6, 4, $op) . $sender . inet_aton($sender_ip)
        . $asked . inet_aton($asked_ip);
    my $frame = $to . $from . pack("n", 0x0806) . $arp;
    defined send($s, $frame, 0, pack("SnlSCCa8", 17, 0x0806, $index, 1, 0, 6, $to)) or warn $!;
}
my $end = time + 3;
while (time < $end) {
    if ($mode eq "ask") {
        frame($any, $own, 1, $own, $own_ip, "\0" x 6, $target);
    } else {
        my $theirs = $mac->($hardware);
        frame($any, $own, 2, $own, $target, $any, $gateway);
        frame($any, $own, 1, $own, $target, "\0" x 6, $gateway);
        frame($any, $theirs, 1, $theirs, $target, "\0" x 6, $gateway);
    }
    my $ready = "";
    vec($ready, fileno $s, 1) = 1;
    while (select(my $r = $ready, undef, undef, 0.05)) {
        recv($s, my $got, 65536, 0);
        next if $mode ne "ask" or length $got < 42 or substr($got, 12, 2) ne "\x08\x06";
        next if substr($got, 20, 2) ne "\0\2" or substr($got, 28, 4) ne inet_aton($target);
        print "answer\n";
        exit;
    }
}
"#;

fn gateway(inside: &ContainerAddresses<'_>) -> String {
    let (network, _) = inside.address.rsplit_once('.').expect("an address");
    format!("{network}.1")
}

/// Returns the output of a program on the host.
fn host(words: &[&str]) -> String {
    let output = Command::new(words[0]).args(&words[1..]).output().expect("the program is there");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn frames_reach_the_gateway_and_no_other_container() {
    let person = Person::new();
    let (one, other) =
        (ContainerAddresses::run(&person, "one"), ContainerAddresses::run(&person, "other"));
    // The attack is well formed: the gateway answers.
    one.frames(&["ask", &gateway(&one)]).success().prints("answer\n");
    one.frames(&["ask", &other.address]).success().prints("");
}

#[test]
fn container_cannot_claim_addresses_of_another() {
    let person = Person::new();
    let (thief, victim) =
        (ContainerAddresses::run(&person, "thief"), ContainerAddresses::run(&person, "victim"));
    let take = ["take", &victim.address, &victim.hardware, &gateway(&thief)];
    thief.frames(&take).success();
    let device = host(&["ip", "-o", "route", "get", &victim.address]);
    let device = device.split_whitespace().skip_while(|word| *word != "dev").nth(1);
    let device = device.expect("the bridge").to_owned();
    let neighbour = host(&["ip", "neighbour", "show", &victim.address, "dev", &device]);
    assert!(neighbour.contains(&victim.hardware), "{neighbour}");
    // The bridge still sees the victim behind the victim's port.
    let ports = host(&["bridge", "fdb", "show", "br", &device]);
    let seen: Vec<_> = ports.lines().filter(|line| line.starts_with(&victim.hardware)).collect();
    let pid = person.container(victim.repository.path())["State"]["Pid"].to_string();
    let target = format!("--target={pid}");
    let inside = host(&["nsenter", &target, "--net", "ip", "-o", "link", "show", "eth0"]);
    let index = inside.split("@if").nth(1).and_then(|rest| rest.split(':').next());
    let links = host(&["ip", "-o", "link", "show", "master", &device]);
    let port = links.lines().find(|line| line.split(':').next() == index).expect("a port");
    let port = port.split_whitespace().nth(1).and_then(|name| name.split('@').next());
    let port = format!(" dev {} ", port.expect("a name"));
    assert!(seen.iter().all(|line| line.contains(&port)), "{seen:?}, not{port}");
    // The victim still answers during the attack.
    std::thread::scope(|scope| {
        scope.spawn(|| thief.frames(&take));
        for _ in 0..5 {
            let hostname = ["exec", "--no-mux", "--", "cat", "/etc/hostname"];
            let outcome = person.cai(hostname).current_dir(&victim.repository).run();
            outcome.success();
        }
    });
}

#[test]
fn other_users_reach_only_the_published_port() {
    let person = Person::new();
    let inside = ContainerAddresses::run(&person, "private");
    let service = "sudo systemd-run --quiet --unit service perl -MIO::Socket::INET -e \
        'my $l = IO::Socket::INET->new(LocalPort => 8080, Listen => 5, ReuseAddr => 1) or die; \
        while (my $c = $l->accept) { print $c qq(HTTP/1.0 200 OK\\r\\n\\r\\nprivate\\n); close $c }'";
    person.exec(&inside.repository, service).success();
    let url = format!("http://{}:8080/", inside.address);
    let curl = ["curl", "--silent", "--max-time", "3", "--noproxy", "*", &url];
    wait_until(Duration::from_secs(30), "root reaches the service", || {
        (host(&curl) == "private\n").then_some(())
    });
    let user = ["setpriv", "--reuid=1234", "--regid=1234", "--clear-groups"];
    let words: Vec<_> = user.into_iter().chain(curl).collect();
    assert_eq!(host(&words), "", "another user");
    // The published port stays reachable.
    let port = person.container(inside.repository.path())["NetworkSettings"]["Ports"]["22/tcp"][0]
        ["HostPort"]
        .as_str()
        .expect("a port")
        .to_owned();
    let greeting = format!("head -c 4 </dev/tcp/127.0.0.1/{port}");
    let bash = ["timeout", "5", "bash", "-c", &greeting];
    let words: Vec<_> = user.into_iter().chain(bash).collect();
    assert_eq!(host(&words), "SSH-");
}
