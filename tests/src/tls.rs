//! An engine behind TLS.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::hop::free_port;
use crate::{Cai, Engine, Person, until};

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
    /// When openssl or socat is not installed.
    #[track_caller]
    pub fn of(person: &Person<'_>, engine: &Engine) -> Self {
        let directory = person.beside("tls");
        fs::create_dir_all(&directory).expect("a directory can be made");
        make_certificates(&directory);
        let (port, at) = (free_port(), directory.display());
        let listen = format!(
            "OPENSSL-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork,verify=1,\
             cert={at}/server.pem,key={at}/server.key,cafile={at}/ca.pem"
        );
        let to = format!("UNIX-CONNECT:{}", engine.layout().socket().display());
        // What is half closed stays open long enough for a whole test.
        let process = Command::new("socat")
            .args(["-t", "600", &listen, &to])
            .stdin(Stdio::null())
            .stderr(fs::File::create(directory.join("log")).expect("a file can be made"))
            .spawn()
            .expect("socat is installed");
        until(Duration::from_secs(5), "socat listens", || {
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
        cai.env("DOCKER_HOST", self.address()).env("DOCKER_CERT_PATH", &self.directory)
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
