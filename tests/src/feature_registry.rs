//! A registry of features.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::ssh_server::free_port;
use crate::tls_server::create_certificates;
use crate::{Cai, Person, TestRoot, output_of, wait_until};

/// `PORT TARGET`: an HTTP proxy that leads every connection to one port of this machine, and prints
/// the names of the servers.
const PROXY: &str = "
import socket, sys, threading
listener = socket.create_server(('127.0.0.1', int(sys.argv[1])))

def pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass

def serve(near):
    head = b''
    while not head.endswith(b'\\r\\n\\r\\n'):
        byte = near.recv(1)
        if not byte:
            return
        head += byte
    print(head.split()[1].decode(), flush=True)
    far = socket.create_connection(('127.0.0.1', int(sys.argv[2])))
    near.sendall(b'HTTP/1.1 200 OK\\r\\n\\r\\n')
    threading.Thread(target=pump, args=(near, far), daemon=True).start()
    pump(far, near)

while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
";

/// The login of a registry that requires one, for its password file and for Docker's configuration.
const PASSWORD_FILE: &str = "me:$2y$05$GVt37UbGZTkAGxVhPGMkseY0vNElABgVY/PpAAVanvzTxre27WyX.\n";
const DOCKER_LOGIN: &str = "bWU6aHVzaC00NzEx";

/// Whether a registry requires a login.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RegistryAccess {
    /// Everyone may read.
    Public,
    /// A user name and a password are required.
    Private,
}

/// A registry, docker-registry(1), that answers as any host: through its proxy and with the
/// certificate of an authority of its own.
#[derive(Debug)]
pub struct FeatureRegistry {
    directory: PathBuf,
    /// The port for publishing, without encryption.
    plain: u16,
    tls: u16,
    proxy: u16,
    processes: Vec<Child>,
}

impl FeatureRegistry {
    /// Starts a registry beside the person's home directory.
    ///
    /// # Panics
    ///
    /// When docker-registry, openssl or python3 is not installed.
    #[track_caller]
    pub fn start(person: &Person<'_>, access: RegistryAccess) -> Self {
        let directory = person.beside("registry");
        fs::create_dir_all(directory.join("content")).expect("a directory can be made");
        create_certificates(&directory);
        let mut registry = Self {
            directory,
            plain: free_port(),
            tls: free_port(),
            proxy: free_port(),
            processes: Vec::new(),
        };
        registry.serve("plain", registry.plain, "");
        let mut tls = "  tls: {certificate: server.pem, key: server.key}\n".to_owned();
        if access == RegistryAccess::Private {
            fs::write(registry.directory.join("passwords"), PASSWORD_FILE).expect("a file");
            tls.push_str("auth: {htpasswd: {realm: registry, path: passwords}}\n");
        }
        registry.serve("tls", registry.tls, &tls);
        let mut proxy = Command::new("python3");
        proxy.args(["-c", PROXY, &registry.proxy.to_string(), &registry.tls.to_string()]);
        registry.spawn(proxy, "proxy", registry.proxy);
        registry
    }

    fn serve(&mut self, name: &str, port: u16, more: &str) {
        let content = self.directory.join("content");
        let config = format!(
            "version: 0.1\nlog: {{accesslog: {{disabled: true}}}}\n\
             storage: {{filesystem: {{rootdirectory: {}}}}}\nhttp:\n  addr: 127.0.0.1:{port}\n{more}",
            content.display()
        );
        let file = format!("{name}.yml");
        fs::write(self.directory.join(&file), config).expect("a file can be written");
        let mut command = Command::new("docker-registry");
        command.args(["serve", &file]);
        self.spawn(command, name, port);
    }

    fn spawn(&mut self, mut command: Command, name: &str, port: u16) {
        let log = |kind: &str| {
            fs::File::create(self.directory.join(format!("{name}.{kind}"))).expect("a file")
        };
        let process = command
            .current_dir(&self.directory)
            .stdin(Stdio::null())
            .stdout(log("out"))
            .stderr(log("err"))
            .spawn()
            .expect("docker-registry and python3 are installed");
        self.processes.push(process);
        wait_until(Duration::from_secs(60), "it listens", || {
            std::net::TcpStream::connect(("127.0.0.1", port)).ok().map(drop)
        });
    }

    /// Publishes a collection of features, `src/ID/…`, as `devcontainers/features` with
    /// `@devcontainers/cli`.
    ///
    /// # Panics
    ///
    /// When the program is not installed or fails.
    #[track_caller]
    pub fn publish(&self, collection: &Path) {
        let registry = format!("localhost:{}", self.plain);
        let mut command = devcontainer_cli();
        command.args(["features", "publish", "--registry", &registry]);
        command.args(["--namespace", "devcontainers/features"]).arg(collection.join("src"));
        let published = output_of(&mut command);
        assert!(published.contains("publishedTags"), "{published}");
    }

    /// Returns a call of `cai` that reaches the registry under every name.
    #[must_use]
    pub fn through(&self, cai: Cai) -> Cai {
        let (proxy, authority) = self.way();
        cai.env("https_proxy", proxy).env("SSL_CERT_FILE", authority)
    }

    /// Returns the proxy's address and the certificate of the registry's authority.
    pub fn way(&self) -> (String, PathBuf) {
        (format!("http://127.0.0.1:{}", self.proxy), self.directory.join("ca.pem"))
    }

    /// Returns the servers that were asked for, one a line.
    pub fn requests(&self) -> String {
        fs::read_to_string(self.directory.join("proxy.out")).unwrap_or_default()
    }

    /// Returns the host of the registry without encryption.
    pub fn plain_host(&self) -> String {
        format!("localhost:{}", self.plain)
    }

    /// Logs in as `docker login` does.
    #[track_caller]
    pub fn log_in(&self, person: &Person<'_>, host: &str) {
        let docker = person.home().join(".docker");
        fs::create_dir_all(&docker).expect("a directory can be made");
        let config = format!("{{\"auths\": {{\"{host}\": {{\"auth\": \"{DOCKER_LOGIN}\"}}}}}}");
        fs::write(docker.join("config.json"), config).expect("a file can be written");
    }

    /// Stops everything, as if this machine had no network.
    pub fn stop(&mut self) {
        for mut process in self.processes.drain(..) {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

impl Drop for FeatureRegistry {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Returns a call of the reference implementation, `@devcontainers/cli`.
///
/// # Panics
///
/// When it is not installed.
#[track_caller]
pub fn devcontainer_cli() -> Command {
    let program: PathBuf =
        TestRoot::root().join("clients/node/node_modules/@devcontainers/cli/devcontainer.js");
    assert!(
        program.exists(),
        "`{}` is missing: `cargo xtask test` and `cargo xtask compatibility` install it",
        program.display()
    );
    let mut command = Command::new("node");
    command.arg(program);
    command
}
