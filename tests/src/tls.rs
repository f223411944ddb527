//! An engine behind TLS.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::hop::free_port;
use crate::{Cai, Engine, Person, until};

/// PORT SOCKET: lets whoever has a certificate through to a socket. Each side's
/// end is passed on, because a hijacked connection is closed half by half.
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

/// A TLS server on loopback in front of an engine's socket, which lets in who
/// has a certificate; to `cai` its machine is another one.
#[derive(Debug)]
pub struct Tls {
    directory: PathBuf,
    port: u16,
    process: Child,
}

impl Tls {
    /// Starts one, with certificates for itself and for the person.
    ///
    /// # Panics
    ///
    /// When openssl or python3 is not installed.
    #[track_caller]
    pub fn of(person: &Person<'_>, engine: &Engine) -> Self {
        let directory = person.beside("tls");
        fs::create_dir_all(&directory).expect("a directory can be made");
        make_certificates(&directory);
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
        until(Duration::from_secs(60), "the proxy listens", || {
            std::net::TcpStream::connect(("127.0.0.1", port)).ok().map(drop)
        });
        Self { directory, port, process }
    }

    /// The engine's address by way of this server, as `--docker-host` has it.
    pub fn address(&self) -> String {
        format!("tcp://127.0.0.1:{}", self.port)
    }

    /// The person's certificates, as `DOCKER_CERT_PATH` has them.
    pub fn certificates(&self) -> &Path {
        &self.directory
    }

    /// Certificates of an authority that the server does not know.
    #[track_caller]
    pub fn foreign_certificates(&self) -> PathBuf {
        let directory = self.directory.join("foreign");
        fs::create_dir_all(&directory).expect("a directory can be made");
        make_certificates(&directory);
        directory
    }

    /// A call of `cai` that goes this way.
    #[must_use]
    pub fn through(&self, cai: Cai) -> Cai {
        cai.env("CONTAINAI_DOCKER_HOST", self.address()).env("DOCKER_CERT_PATH", &self.directory)
    }
}

impl Drop for Tls {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// `ca.pem`, and `cert.pem` and `key.pem` for a client as Docker has them;
/// `server.pem` and `server.key` for 127.0.0.1.
fn make_certificates(directory: &Path) {
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
        sign server.key server.pem 127.0.0.1 'subjectAltName=IP:127.0.0.1'
        sign key.pem cert.pem person 'extendedKeyUsage=clientAuth'";
    let output = Command::new("sh")
        .args(["-c", script])
        .current_dir(directory)
        .output()
        .expect("there is a shell");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "no certificates: {stderr}");
}
