//! A client of the engine's HTTP API, independent of the client under test.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

/// The list of managed containers, stopped ones included.
const MANAGED: &str =
    "/containers/json?all=1&filters=%7B%22label%22%3A%5B%22containai.managed%3Dtrue%22%5D%7D";

/// A client of the Docker Engine API, <https://docs.docker.com/reference/api/engine/>.
#[derive(Clone, Debug)]
pub struct Api {
    socket: PathBuf,
}

impl Api {
    /// Returns a client for the API at a socket.
    pub fn at(socket: impl Into<PathBuf>) -> Self {
        Self { socket: socket.into() }
    }

    /// Sends a GET request and panics unless the answer is a success.
    #[track_caller]
    pub fn get(&self, path: &str) -> Value {
        self.expect("GET", path, &[], "application/json")
    }

    /// Posts JSON; `null` is sent as an empty body.
    #[track_caller]
    pub fn post(&self, path: &str, body: &Value) -> Value {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        self.expect("POST", path, text.as_bytes(), "application/json")
    }

    /// Creates an image with one layer from a tar archive.
    #[track_caller]
    pub fn import(&self, repository: &str, tag: &str, tar: &[u8]) {
        let path = format!("/images/create?fromSrc=-&repo={repository}&tag={tag}");
        self.expect("POST", &path, tar, "application/x-tar");
    }

    /// Deletes a resource; a missing one is ignored.
    pub fn delete(&self, path: &str) {
        // Clean-up continues with the other resources, whatever the engine answers.
        let _ = self.call("DELETE", path, &[], "application/json");
    }

    /// Returns whether the engine answers.
    pub fn answers(&self) -> bool {
        self.call("GET", "/_ping", &[], "text/plain").is_ok_and(|(status, _)| status == 200)
    }

    /// Returns the inspection of a container, or `None` if there is none.
    pub fn container(&self, name: &str) -> Option<Value> {
        let path = format!("/containers/{name}/json");
        match self.call("GET", &path, &[], "application/json") {
            Ok((200, body)) => serde_json::from_str(&body).ok(),
            _ => None,
        }
    }

    /// Returns the managed containers in the engine's short form.
    #[track_caller]
    pub fn managed(&self) -> Vec<Value> {
        match self.get(MANAGED) {
            Value::Array(list) => list,
            other => panic!("no list: {other}"),
        }
    }

    /// Returns the same list as the engine wrote it.
    #[track_caller]
    pub fn managed_text(&self) -> String {
        match self.call("GET", MANAGED, &[], "application/json") {
            Ok((200, text)) => text,
            other => panic!("no list: {other:?}"),
        }
    }

    #[track_caller]
    fn expect(&self, method: &str, path: &str, body: &[u8], kind: &str) -> Value {
        let (status, text) = self
            .call(method, path, body, kind)
            .unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        assert!((200..300).contains(&status), "{method} {path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::String(text))
    }

    /// HTTP/1.0: the answer comes in one piece and ends with the connection.
    fn call(
        &self,
        method: &str,
        path: &str,
        body: &[u8],
        kind: &str,
    ) -> std::io::Result<(u16, String)> {
        let mut stream = UnixStream::connect(&self.socket)?;
        stream.set_read_timeout(Some(Duration::from_secs(150)))?;
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.0\r\nHost: engine\r\nContent-Type: {kind}\r\n\
             Content-Length: {length}\r\n\r\n"
        )?;
        stream.write_all(body)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let answer = String::from_utf8_lossy(&answer);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
        Ok((status, body.to_owned()))
    }
}
