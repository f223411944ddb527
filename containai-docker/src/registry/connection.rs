//! Connections to servers, directly or through a proxy.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::error::DownloadFailure;
use super::proxy::{HttpProxy, ProxyChoice};
use super::url::{WebScheme, WebUrl};
use crate::build_env::BuildEnv;

/// The time limit of a connection, including the proxy's answer and TLS.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
/// The maximum size of a proxy's answer.
const MAX_PROXY_ANSWER: usize = 16 << 10;
/// The usual places of the system's certificates: Debian, Fedora, SUSE, Alpine.
const SYSTEM_BUNDLES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// A connection to a server.
pub(super) trait WebStream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> WebStream for S {}

/// Opens connections with this machine's certificates and proxies.
pub(super) struct WebConnector {
    /// The reason if TLS cannot be used at all.
    tls: Result<TlsConnector, rustls::Error>,
    proxies: BTreeMap<String, String>,
}

/// The reason why a connection failed.
pub(super) enum ConnectFailure {
    /// The server answered, but not in TLS.
    NotTls(DownloadFailure),
    Other(DownloadFailure),
}

impl From<ConnectFailure> for DownloadFailure {
    fn from(failure: ConnectFailure) -> Self {
        match failure {
            ConnectFailure::NotTls(failure) | ConnectFailure::Other(failure) => failure,
        }
    }
}

impl WebConnector {
    /// Reads the certificates. Without any, every encrypted connection fails.
    pub(super) fn new(env: &BuildEnv) -> Self {
        let system = SYSTEM_BUNDLES.iter().map(Path::new).find(|path| path.exists());
        let files = system.into_iter().chain(env.certificates.as_deref());
        let mut roots = RootCertStore::empty();
        for file in files {
            let read = rustls_native_certs::load_certs_from_paths(Some(file), None);
            roots.add_parsable_certificates(read.certs);
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let versions = [&rustls::version::TLS13, &rustls::version::TLS12];
        let config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&versions)
            .map(|builder| builder.with_root_certificates(roots).with_no_client_auth());
        let tls = config.map(|config| TlsConnector::from(Arc::new(config)));
        Self { tls, proxies: env.proxies.clone() }
    }

    /// Connects to the server of a URL.
    pub(super) async fn connect(&self, url: &WebUrl) -> Result<Box<dyn WebStream>, ConnectFailure> {
        let server = url.authority();
        let timed_out = || {
            let seconds = CONNECT_TIMEOUT.as_secs();
            ConnectFailure::Other(DownloadFailure::TimedOut { server: server.clone(), seconds })
        };
        timeout(CONNECT_TIMEOUT, self.connect_now(url)).await.map_err(|_| timed_out())?
    }

    async fn connect_now(&self, url: &WebUrl) -> Result<Box<dyn WebStream>, ConnectFailure> {
        let stream = match ProxyChoice::of(&self.proxies, url) {
            ProxyChoice::Direct => dial(url.host(), url.port()).await,
            ProxyChoice::Through(proxy) => tunnel(&proxy, url).await,
            ProxyChoice::Unsupported(variable) => {
                Err(DownloadFailure::UnsupportedProxy { variable })
            }
        };
        let stream = stream.map_err(ConnectFailure::Other)?;
        match url.scheme() {
            WebScheme::Http => Ok(Box::new(stream)),
            WebScheme::Https => self.encrypt(stream, url).await,
        }
    }

    async fn encrypt(
        &self,
        stream: TcpStream,
        url: &WebUrl,
    ) -> Result<Box<dyn WebStream>, ConnectFailure> {
        let server = url.authority();
        let insecure =
            |reason: String| DownloadFailure::Insecure { server: server.clone(), reason };
        let name = ServerName::try_from(url.host().to_owned())
            .map_err(|error| ConnectFailure::Other(insecure(error.to_string())))?;
        let tls = self
            .tls
            .as_ref()
            .map_err(|error| ConnectFailure::Other(insecure(error.to_string())))?;
        match tls.connect(name, stream).await {
            Ok(stream) => Ok(Box::new(stream)),
            Err(error) => {
                let inner = error.get_ref().and_then(|it| it.downcast_ref::<rustls::Error>());
                Err(match inner {
                    Some(inner @ rustls::Error::InvalidMessage(_)) => {
                        ConnectFailure::NotTls(insecure(inner.to_string()))
                    }
                    Some(inner) => ConnectFailure::Other(insecure(inner.to_string())),
                    None => ConnectFailure::Other(unreachable(&server, &error)),
                })
            }
        }
    }
}

async fn dial(host: &str, port: u16) -> Result<TcpStream, DownloadFailure> {
    let server =
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
    TcpStream::connect((host, port)).await.map_err(|error| unreachable(&server, &error))
}

/// Connects through a proxy (RFC 9110 §9.3.6).
async fn tunnel(proxy: &HttpProxy, url: &WebUrl) -> Result<TcpStream, DownloadFailure> {
    let server = format!("{}:{}", proxy.host, proxy.port);
    let mut stream = dial(&proxy.host, proxy.port).await?;
    let target = match url.host().contains(':') {
        true => format!("[{}]:{}", url.host(), url.port()),
        false => format!("{}:{}", url.host(), url.port()),
    };
    let mut request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n");
    if let Some(authorization) = &proxy.authorization {
        request.push_str(&format!("Proxy-Authorization: {authorization}\r\n"));
    }
    request.push_str("\r\n");
    let io = |error: io::Error| unreachable(&server, &error);
    stream.write_all(request.as_bytes()).await.map_err(io)?;
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        // Byte by byte: what follows the head belongs to the server.
        let byte = stream.read_u8().await.map_err(io)?;
        answer.push(byte);
        if answer.len() > MAX_PROXY_ANSWER {
            break;
        }
    }
    let status = answer.get(9..12).and_then(|status| std::str::from_utf8(status).ok());
    match status.and_then(|status| status.parse::<u16>().ok()) {
        Some(200..=299) if answer.starts_with(b"HTTP/1.") => Ok(stream),
        Some(status) => {
            let reason = format!("the proxy answered with status {status}");
            Err(DownloadFailure::Unreachable { server: url.authority(), reason })
        }
        None => {
            let reason = "it is not an HTTP proxy".to_owned();
            Err(DownloadFailure::Unreachable { server, reason })
        }
    }
}

fn unreachable(server: &str, error: &io::Error) -> DownloadFailure {
    DownloadFailure::Unreachable { server: server.to_owned(), reason: error.to_string() }
}
