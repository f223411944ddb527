//! The client against servers on loopback that a test scripts.

use std::error::Error as _;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use containai_core::naming::{ArtifactReference, Sha256Digest};
use tempfile::TempDir;

use super::{RegistryClient, RegistryError};
use crate::build_env::BuildEnv;

/// `user:hush` in base64.
const LOGIN: &str = "dXNlcjpodXNo";

/// A server without encryption, as Docker allows it on loopback.
struct ScriptedServer {
    port: u16,
    /// The head of each request.
    requests: Arc<Mutex<Vec<String>>>,
}

impl ScriptedServer {
    /// Starts a server that answers each request, by its head, with these bytes.
    fn start(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let server = Self { port: listener.local_addr()?.port(), requests: Arc::default() };
        let (requests, answer) = (Arc::clone(&server.requests), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (requests, answer) = (Arc::clone(&requests), Arc::clone(&answer));
                thread::spawn(move || serve(&stream, &requests, answer.as_ref()));
            }
        });
        Ok(server)
    }

    fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    fn reference(&self, rest: &str) -> ArtifactReference {
        ArtifactReference::parse(&format!("{}/{rest}", self.host())).expect("a reference")
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("no panic").clone()
    }
}

fn serve(mut stream: &TcpStream, requests: &Mutex<Vec<String>>, answer: &dyn Fn(&str) -> Vec<u8>) {
    let mut first = [0];
    if !matches!(stream.peek(&mut first), Ok(1)) {
        return;
    }
    if first[0] == 0x16 {
        // TLS: answered as Go's servers do.
        let _ = stream.write_all(b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent TLS\n");
        return;
    }
    let mut head = String::new();
    let mut lines = BufReader::new(stream);
    while !head.ends_with("\r\n\r\n") && lines.read_line(&mut head).is_ok_and(|length| length > 0) {
    }
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.and_then(|length| length.parse().ok()).unwrap_or(0)];
    let _ = lines.read_exact(&mut body);
    head.push_str(&String::from_utf8_lossy(&body));
    requests.lock().expect("no panic").push(head.clone());
    let _ = stream.write_all(&answer(&head));
}

fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}

/// A client of a user who is logged in to these registries.
fn client(logins: &[&str]) -> anyhow::Result<(RegistryClient, TempDir)> {
    let directory = tempfile::tempdir()?;
    let logins = logins.iter().map(|host| format!("\"{host}\": {{\"auth\": \"{LOGIN}\"}}"));
    let config = format!("{{\"auths\": {{{}}}}}", logins.collect::<Vec<_>>().join(","));
    fs::write(directory.path().join("config.json"), config)?;
    // A loopback server is never reached through a proxy.
    let env = BuildEnv {
        proxies: [("https_proxy".to_owned(), "http://127.0.0.1:1".to_owned())].into(),
        ..BuildEnv::default()
    };
    Ok((RegistryClient::new(&env, directory.path()), directory))
}

fn reason(error: &RegistryError) -> String {
    error.source().map(ToString::to_string).unwrap_or_default()
}

#[tokio::test]
async fn content_is_checked_against_its_digest() -> anyhow::Result<()> {
    let server = ScriptedServer::start(|_| answer("200 OK", "", b"content"))?;
    let (client, _directory) = client(&[])?;
    let (right, wrong) = (Sha256Digest::of(b"content"), Sha256Digest::of(b"other"));
    let reference = server.reference("a/b:1");
    let manifest = client.manifest(&reference).await?;
    assert_eq!((manifest.content.as_slice(), manifest.digest), (&b"content"[..], right));
    assert_eq!(client.blob(&reference, right, 7).await?, b"content");
    for refused in [
        client.manifest(&reference.at_digest(wrong)).await.map(|it| it.content),
        client.blob(&reference, wrong, 7).await,
    ] {
        let reason = reason(&refused.expect_err("another digest"));
        let expected = format!("its content has the digest {right} instead of {wrong}");
        assert_eq!(reason, expected);
    }
    let paths: Vec<_> =
        server.requests().iter().map(|it| it.lines().next().map(str::to_owned)).collect();
    assert_eq!(paths[0].as_deref(), Some("GET /v2/a/b/manifests/1 HTTP/1.1"));
    Ok(())
}

#[tokio::test]
async fn size_is_limited_even_if_the_server_announces_less() -> anyhow::Result<()> {
    let server = ScriptedServer::start(|head| match head.contains("chunked") {
        true => b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n"
            .iter()
            .copied()
            .chain([b'x'; 4096])
            .collect(),
        false => answer("200 OK", "", &[b'x'; 4096]),
    })?;
    let (client, _directory) = client(&[])?;
    for name in ["plain", "chunked"] {
        let reference = server.reference(name);
        let digest = Sha256Digest::of(&[b'x'; 4096]);
        let error = client.blob(&reference, digest, 1024).await.expect_err("too large");
        assert_eq!(reason(&error), "it is larger than 1 KiB", "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn tokens_are_for_one_repository_and_reused() -> anyhow::Result<()> {
    let realm = Arc::new(Mutex::new(String::new()));
    let said = Arc::clone(&realm);
    let server = ScriptedServer::start(move |head| {
        if head.starts_with("GET /token?") {
            return answer("200 OK", "", br#"{"access_token": "t1"}"#);
        }
        match head.contains("authorization: Bearer t1") {
            true => answer("200 OK", "", b"content"),
            false => {
                let realm = said.lock().expect("no panic").clone();
                let header = format!(
                    "WWW-Authenticate: Bearer realm=\"{realm}\",service=\"s\",scope=\"repository:secret:push\"\r\n"
                );
                answer("401 Unauthorized", &header, b"{}")
            }
        }
    })?;
    let here = format!("http://{}/token", server.host());
    realm.lock().expect("no panic").clone_from(&here);
    for (logins, expected) in [(vec![], false), (vec![server.host()], true)] {
        let logins: Vec<_> = logins.iter().map(String::as_str).collect();
        let (client, _directory) = client(&logins)?;
        let reference = server.reference("a/b:1");
        client.manifest(&reference).await?;
        client.blob(&reference, Sha256Digest::of(b"content"), 7).await?;
        let requests = server.requests();
        let tokens: Vec<_> = requests.iter().filter(|it| it.starts_with("GET /token")).collect();
        let last = tokens.last().expect("a token was requested");
        assert!(last.starts_with("GET /token?service=s&scope=repository:a/b:pull HTTP"), "{last}");
        assert_eq!(last.contains(&format!("authorization: Basic {LOGIN}")), expected, "{last}");
        assert_eq!(tokens.len(), 1 + usize::from(expected));
        // The login itself goes to the token server only.
        assert!(requests.iter().all(|it| it.starts_with("GET /token") || !it.contains(LOGIN)));
    }
    for elsewhere in ["http://169.254.169.254/token", "ftp://x/", "file:///etc/passwd", ""] {
        realm.lock().expect("no panic").clone_from(&elsewhere.to_owned());
        let (client, _directory) = client(&[])?;
        let error = client.manifest(&server.reference("a/b")).await.expect_err("another realm");
        assert!(reason(&error).contains("unsupported way"), "{elsewhere}: {}", reason(&error));
    }
    Ok(())
}

#[tokio::test]
async fn logins_are_sent_where_they_belong() -> anyhow::Result<()> {
    let challenge = "WWW-Authenticate: Basic realm=\"x\"\r\n";
    let server = ScriptedServer::start(move |head| match head.contains(LOGIN) {
        true => answer("200 OK", "", b"content"),
        false => answer("401 Unauthorized", challenge, b""),
    })?;
    let reference = server.reference("a");
    let (known, _directory) = client(&[&server.host()])?;
    assert_eq!(known.manifest(&reference).await?.content, b"content");
    let (unknown, _directory) = client(&["other.example"])?;
    let error = unknown.manifest(&reference).await.expect_err("no login");
    assert!(reason(&error).ends_with("does not give access to it"), "{}", reason(&error));

    // Another server, which answers what the registry redirects to.
    let target = format!("Location: http://{}/elsewhere\r\n", server.host());
    let redirecting =
        ScriptedServer::start(move |_| answer("307 Temporary Redirect", &target, b""))?;
    let (client, _directory) = client(&[&redirecting.host(), &server.host()])?;
    let before = server.requests().len();
    client.manifest(&redirecting.reference("a")).await.expect_err("the other one refuses");
    let after = server.requests();
    assert!(after.len() > before && after[before..].iter().all(|it| !it.contains("authorization")));
    Ok(())
}

#[tokio::test]
async fn redirects_lose_the_authorization_and_end() -> anyhow::Result<()> {
    let store = ScriptedServer::start(|_| answer("200 OK", "", b"content"))?;
    let place = format!("Location: http://{}/blob?signature=x\r\n", store.host());
    let server = ScriptedServer::start(move |head| {
        if head.contains("/loop/") {
            return answer("302 Found", "Location: manifest2\r\n", b"");
        }
        if head.contains("/away/") {
            return answer("302 Found", "Location: http://192.0.2.1/x\r\n", b"");
        }
        if head.contains("/nowhere/") {
            return answer("302 Found", "", b"");
        }
        match head.contains(LOGIN) {
            true => answer("307 Temporary Redirect", &place, b""),
            false => answer("401 Unauthorized", "WWW-Authenticate: Basic realm=x\r\n", b""),
        }
    })?;
    let (client, _directory) = client(&[&server.host()])?;
    let content = client.blob(&server.reference("a"), Sha256Digest::of(b"content"), 7).await?;
    assert_eq!(content, b"content");
    let stored = store.requests();
    assert!(stored[0].starts_with("GET /blob?signature=x HTTP"), "{stored:?}");
    assert!(stored.iter().all(|it| !it.contains("authorization")), "{stored:?}");
    for name in ["loop/x", "away/x", "nowhere/x"] {
        let error = client.manifest(&server.reference(name)).await.expect_err("a redirect");
        assert!(reason(&error).contains("redirects too often"), "{name}: {}", reason(&error));
    }
    Ok(())
}

#[tokio::test]
async fn failures_name_the_server() -> anyhow::Result<()> {
    let server = ScriptedServer::start(|head| match head {
        head if head.contains("/none/") => answer("404 Not Found", "", b"x"),
        head if head.contains("/denied/") => answer("403 Forbidden", "", b""),
        head if head.contains("/broken/") => answer("500 Oh", "", b""),
        head if head.contains("/short/") => {
            b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort".to_vec()
        }
        _ => b"SSH-2.0-x\r\n".to_vec(),
    })?;
    let (client, _directory) = client(&[])?;
    let host = server.host();
    for (name, expected) in [
        ("none/x", format!("`{host}` does not have it")),
        ("denied/x", format!("`{host}` does not give access to it")),
        ("broken/x", format!("`{host}` answered with status 500")),
        ("short/x", format!("cannot reach `{host}`: ")),
        ("other/x", format!("cannot reach `{host}`: ")),
    ] {
        let error = client.manifest(&server.reference(name)).await.expect_err(name);
        assert!(reason(&error).starts_with(&expected), "{name}: {}", reason(&error));
        assert_eq!(error.to_string(), format!("cannot download `{host}/{name}:latest`"));
    }
    let closed = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let reference = ArtifactReference::parse(&format!("127.0.0.1:{closed}/x"))?;
    let error = client.manifest(&reference).await.expect_err("no server listens");
    assert!(reason(&error).starts_with(&format!("cannot reach `127.0.0.1:{closed}`")));
    // Another machine is asked through the proxy, where no server listens either.
    let reference = ArtifactReference::parse("registry.example/x")?;
    let error = client.manifest(&reference).await.expect_err("no proxy");
    assert!(reason(&error).starts_with("cannot reach `127.0.0.1:1`"), "{}", reason(&error));
    Ok(())
}
