//! An engine behind TLS.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::ssh_server::free_port;
use crate::{Cai, Engine, Person, wait_until};

/// `PORT SOCKET`: connects clients with a certificate to a socket. Each direction is closed on its
/// own, because a hijacked connection is closed in halves.
const PROXY: &str = "
import socket, ssl, sys, threading
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain('server.pem', 'server.key')
context.load_verify_locations('ca.pem')
context.verify_mode = ssl.CERT_REQUIRED
listener = socket.create_server(('127.0.0.1', int(sys.argv[1])))

def pump(source, target, end):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    end()

def serve(raw):
    try:
        near = context.wrap_socket(raw, server_side=True)
    except OSError:
        return
    far = socket.socket(socket.AF_UNIX)
    far.connect(sys.argv[2])
    def shut():
        try:
            far.shutdown(socket.SHUT_WR)
        except OSError:
            pass
    up = threading.Thread(target=pump, args=(near, far, shut), daemon=True)
    up.start()
    def close():
        try:
            near.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
    pump(far, near, close)
    up.join()
    near.close()
    far.close()

while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
";

/// A TLS server on loopback in front of an engine's socket that accepts clients with a certificate.
/// To `cai` it is another machine.
#[derive(Debug)]
pub struct TlsServer {
    directory: PathBuf,
    port: u16,
    process: Child,
}

impl TlsServer {
    /// Starts a server, with certificates for itself and for the person.
    ///
    /// # Panics
    ///
    /// When openssl or python3 is not installed.
    #[track_caller]
    pub fn of(person: &Person<'_>, engine: &Engine) -> Self {
        let directory = person.beside("tls");
        fs::create_dir_all(&directory).expect("a directory can be made");
        create_certificates(&directory);
        let port = free_port();
        let process = Command::new("python3")
            .args(["-c", PROXY])
            .arg(port.to_string())
            .arg(engine.layout().socket())
            .current_dir(&directory)
            .stdin(Stdio::null())
            .stderr(fs::File::create(directory.join("log")).expect("a file can be made"))
            .spawn()
            .expect("python3 is installed");
        wait_until(Duration::from_secs(60), "the proxy listens", || {
            std::net::TcpStream::connect(("127.0.0.1", port)).ok().map(drop)
        });
        Self { directory, port, process }
    }

    /// Returns the engine's address through this server, as `--docker-host` takes it.
    pub fn address(&self) -> String {
        format!("tcp://127.0.0.1:{}", self.port)
    }

    /// Returns the directory of the person's certificates, the value of `DOCKER_CERT_PATH`.
    pub fn certificates(&self) -> &Path {
        &self.directory
    }

    /// Returns certificates of an authority that the server does not trust.
    #[track_caller]
    pub fn untrusted_certificates(&self) -> PathBuf {
        let directory = self.directory.join("foreign");
        fs::create_dir_all(&directory).expect("a directory can be made");
        create_certificates(&directory);
        directory
    }

    /// Returns a call of `cai` through this server.
    #[must_use]
    pub fn through(&self, cai: Cai) -> Cai {
        cai.env("CONTAINAI_DOCKER_HOST", self.address()).env("DOCKER_CERT_PATH", &self.directory)
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Creates `ca.pem`, `cert.pem` and `key.pem` for a client in Docker's layout, and `server.pem` and
/// `server.key` for 127.0.0.1, localhost and ghcr.io.
pub(crate) fn create_certificates(directory: &Path) {
    let script = "
        set -e
        key() { openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out \"$1\" ||
            openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out \"$1\"; }
        key ca.key
        openssl req -x509 -new -key ca.key -subj /CN=authority -days 2 -out ca.pem
        sign() {
            key \"$1\"
            openssl req -new -key \"$1\" -subj \"/CN=$3\" -out request
            printf '%s\\n' \"$4\" > extensions
            openssl x509 -req -in request -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
                -extfile extensions -out \"$2\"
        }
        sign server.key server.pem 127.0.0.1 'subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:ghcr.io'
        sign key.pem cert.pem person 'extendedKeyUsage=clientAuth'";
    let output = Command::new("sh")
        .args(["-c", script])
        .current_dir(directory)
        .output()
        .expect("there is a shell");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "no certificates: {stderr}");
}
