//! A network with an authority and a proxy of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::{Network, TestRoot, wait_until};

/// The address of the machine with the servers. Containers reach it through the host.
pub const CORPORATE_HOST: &str = "198.51.100.2";
/// An address that only the proxy reaches.
pub const BEHIND_PROXY: &str = "203.0.113.7";

/// Serves the current directory over TLS and in plain text: `ADDRESS`.
const SERVER: &str = "
import http.server, ssl, sys, threading
handler = http.server.SimpleHTTPRequestHandler
plain = http.server.ThreadingHTTPServer((sys.argv[2], 80), handler)
threading.Thread(target=plain.serve_forever, daemon=True).start()
server = http.server.ThreadingHTTPServer((sys.argv[1], 443), handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain('../server.pem', '../server.key')
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
";

/// A machine beside the host with servers whose certificates an authority of its own has signed, and
/// with a proxy that asks for a password.
#[derive(Debug)]
pub struct CorporateNetwork {
    directory: PathBuf,
    network: Network,
    servers: Vec<Child>,
}

impl CorporateNetwork {
    /// Starts the machine: a web server with a git repository, a registry, and a proxy.
    ///
    /// # Panics
    ///
    /// When python3, openssl, tinyproxy or docker-registry is not installed.
    #[track_caller]
    pub fn start() -> Self {
        let directory = TestRoot::create("corp");
        let network = Network::new();
        connect(&network);
        create_authority(&directory);
        let mut corporate = Self { directory, network, servers: Vec::new() };
        corporate.serve_web();
        corporate.serve_registry();
        corporate.serve_proxy();
        corporate
    }

    /// Returns the certificate of the authority.
    pub fn authority(&self) -> PathBuf {
        self.directory.join("ca.pem")
    }

    /// Returns the address of the proxy with a user and a password.
    pub fn proxy(&self) -> String {
        format!("http://worker:hunter2@{CORPORATE_HOST}:3128")
    }

    fn serve_web(&mut self) {
        let root = self.directory.join("www");
        fs::create_dir(&root).expect("a directory can be made");
        fs::write(root.join("index.html"), "inside the company\n").expect("a file can be written");
        let git = "git init -q --bare code.git && git -C code.git update-server-info";
        let made = Command::new("sh").args(["-c", git]).current_dir(&root).status();
        assert!(made.expect("there is a shell").success());
        self.spawn(&["python3", "-c", SERVER, CORPORATE_HOST, BEHIND_PROXY], &root);
        self.wait_for(CORPORATE_HOST, 443);
        self.wait_for(BEHIND_PROXY, 80);
    }

    fn serve_registry(&mut self) {
        let shown = self.directory.display();
        let config = format!(
            "version: 0.1\nstorage: {{filesystem: {{rootdirectory: {shown}/registry}}}}\nhttp:\n  \
             addr: {CORPORATE_HOST}:5000\n  tls: {{certificate: {shown}/server.pem, key: {shown}/server.key}}\n"
        );
        let path = self.directory.join("registry.yml");
        fs::write(&path, config).expect("a file can be written");
        let path = path.display().to_string();
        self.spawn(&["docker-registry", "serve", &path], &self.directory.clone());
        self.wait_for(CORPORATE_HOST, 5000);
    }

    fn serve_proxy(&mut self) {
        let config = format!(
            "Port 3128\nListen {CORPORATE_HOST}\nBasicAuth worker hunter2\nConnectPort 443\nConnectPort 5000\n"
        );
        let path = self.directory.join("proxy.conf");
        fs::write(&path, config).expect("a file can be written");
        let path = path.display().to_string();
        self.spawn(&["tinyproxy", "-d", "-c", &path], &self.directory.clone());
        self.wait_for(CORPORATE_HOST, 3128);
    }

    fn spawn(&mut self, words: &[&str], directory: &Path) {
        let log = fs::File::options().create(true).append(true).open(self.directory.join("log"));
        let log = log.expect("a file can be made");
        // nsenter(1) starts in the root directory of the namespace.
        let directory = directory.to_str().expect("a path that is text");
        let there = ["sh", "-c", "cd \"$0\" && exec \"$@\"", directory];
        let mut command = self.network.command(&[&there, words].concat());
        command.stdin(Stdio::null());
        command.stdout(log.try_clone().expect("a file")).stderr(log);
        self.servers.push(command.spawn().expect("nsenter is installed"));
    }

    #[track_caller]
    fn wait_for(&self, address: &str, port: u16) {
        let probe = format!("exec 3<>/dev/tcp/{address}/{port}");
        let log = || fs::read_to_string(self.directory.join("log")).unwrap_or_default();
        wait_until(
            Duration::from_secs(60),
            &format!("{address}:{port} answers: {}", log()),
            || self.network.run(&["bash", "-c", &probe]).status.success().then_some(()),
        );
    }
}

impl Drop for CorporateNetwork {
    fn drop(&mut self) {
        for server in &mut self.servers {
            let _ = server.kill();
            let _ = server.wait();
        }
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Connects a network with the host. The pair of interfaces is gone with the network.
fn connect(network: &Network) {
    let host = |words: &[&str]| {
        let output = Command::new("ip").args(words).output().expect("iproute2 is installed");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "ip {words:?} failed: {stderr}");
    };
    host(&["link", "add", "corp0", "type", "veth", "peer", "name", "corp1"]);
    host(&["link", "set", "corp1", "netns", &network.pid()]);
    host(&["address", "add", "198.51.100.1/24", "dev", "corp0"]);
    host(&["link", "set", "corp0", "up"]);
    let address = format!("{CORPORATE_HOST}/24");
    network.output_of(&["ip", "address", "add", &address, "dev", "corp1"]);
    network.output_of(&["ip", "link", "set", "corp1", "up"]);
    network.output_of(&["ip", "route", "add", "default", "via", "198.51.100.1"]);
    let address = format!("{BEHIND_PROXY}/32");
    network.output_of(&["ip", "address", "add", &address, "dev", "lo"]);
}

/// Creates `ca.pem`, and `server.pem` and `server.key` for the servers.
fn create_authority(directory: &Path) {
    let script = format!(
        "set -e
        key() {{ openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out \"$1\"; }}
        key ca.key
        openssl req -x509 -new -key ca.key -subj '/CN=Corporate Authority' -days 2 -out ca.pem \
            -addext keyUsage=critical,keyCertSign
        key server.key
        openssl req -new -key server.key -subj /CN=server -out request
        echo subjectAltName=IP:{CORPORATE_HOST} > extensions
        openssl x509 -req -in request -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
            -extfile extensions -out server.pem"
    );
    let output = Command::new("sh").args(["-c", &script]).current_dir(directory).output();
    let output = output.expect("there is a shell");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "no certificates: {stderr}");
}
