//! What the volumes of an engine hold.
//!
//! The client library has a model for what engines from API 1.52 on answer, and
//! for nothing that earlier ones say; so they are asked past it.

use std::collections::HashMap;
use std::io;
use std::time::Duration;

use containai_core::byte_size::ByteSize;
use http_body_util::{BodyExt as _, Limited};
use hyper::client::conn::http1::handshake;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

use crate::address::EngineAddress;
use crate::dial;

/// How long an answer may take: the engine may have to walk through all that it
/// has on disk.
const PATIENCE: Duration = Duration::from_secs(120);
/// The longest answer in bytes: some hundred for each of a hundred thousand
/// volumes.
const LONGEST: usize = 64 << 20;

/// What is asked for; engines before API 1.42 tell of all else as well. Without
/// a version the engine answers in the newest words that it knows.
const VOLUMES: &str = "/system/df?type=volume&verbose=true";

/// What is in each volume of an engine that is spoken to in the clear.
pub(crate) async fn of_volumes(address: &EngineAddress) -> io::Result<HashMap<String, ByteSize>> {
    Ok(volume_sizes(&ask(address, VOLUMES).await?))
}

/// What is in each volume, in the words of engines before API 1.52, or in those
/// of later ones. Some know it of no volume, and say -1.
pub(crate) fn volume_sizes(usage: &Value) -> HashMap<String, ByteSize> {
    let both = [&usage["Volumes"], &usage["VolumeUsage"]["Items"]];
    let items = both.into_iter().filter_map(Value::as_array).flatten();
    let size = |item: &Value| {
        let size = item["UsageData"]["Size"].as_u64()?;
        Some((item["Name"].as_str()?.to_owned(), ByteSize::from_bytes(size)))
    };
    items.filter_map(size).collect()
}

async fn ask(address: &EngineAddress, path: &str) -> io::Result<Value> {
    let asking = async {
        match address {
            EngineAddress::Unix(socket) => get(UnixStream::connect(socket).await?, path).await,
            EngineAddress::Tcp(place) => get(TcpStream::connect(place).await?, path).await,
            EngineAddress::Ssh(host) => get(dial::stream(host)?, path).await,
        }
    };
    timeout(PATIENCE, asking).await?
}

async fn get<S>(stream: S, path: &str) -> io::Result<Value>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (mut sender, connection) =
        handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    let request = Request::get(path).header("host", "engine").body(String::new());
    let request = request.map_err(io::Error::other)?;
    let asking = async {
        let answer = sender.send_request(request).await.map_err(io::Error::other)?;
        if answer.status() != StatusCode::OK {
            return Err(io::Error::other(format!("the engine answered {}", answer.status())));
        }
        let body = Limited::new(answer.into_body(), LONGEST);
        Ok(serde_json::from_slice(&body.collect().await.map_err(io::Error::other)?.to_bytes())?)
    };
    let mut asking = std::pin::pin!(asking);
    tokio::select! {
        answer = &mut asking => answer,
        // It ends when the engine closes it, which may be before all is read.
        ended = connection => match ended {
            Ok(()) => asking.await,
            Err(error) => Err(io::Error::other(error)),
        },
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    async fn check(answer: &str) -> Result<Value, String> {
        let (ours, mut theirs) = duplex(1 << 16);
        let answer = answer.to_owned();
        let server = async move {
            let mut head = [0; 1024];
            let read = theirs.read(&mut head).await.expect("a request");
            assert!(head[..read].starts_with(b"GET /system/df HTTP/1.1\r\n"));
            theirs.write_all(answer.as_bytes()).await.expect("an answer");
        };
        let (answer, ()) = tokio::join!(get(ours, "/system/df"), server);
        answer.map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn an_answer_is_read_whole_or_not_at_all() {
        let whole = "HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n{\"a\":1}";
        assert_eq!(check(whole).await, Ok(serde_json::json!({"a": 1})));
        let until_the_end = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n[2]";
        assert_eq!(check(until_the_end).await, Ok(serde_json::json!([2])));
        let busy = "HTTP/1.1 409 Conflict\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(check(busy).await, Err("the engine answered 409 Conflict".to_owned()));
        for broken in ["", "SSH-2.0-x\r\n", &whole[..whole.len() - 2], &whole.replace('}', "]")] {
            assert!(check(broken).await.is_err(), "{broken}");
        }
    }
    #[test]
    fn sizes_of_volumes_come_in_the_words_of_two_generations() {
        let items = serde_json::json!([
            {"Name": "data", "UsageData": {"RefCount": 1, "Size": 4096}},
            {"Name": "elsewhere", "UsageData": {"RefCount": 1, "Size": -1}},
            {"Name": "unmeasured", "UsageData": null},
        ]);
        let expected = HashMap::from([("data".to_owned(), ByteSize::from_bytes(4096))]);
        let early = serde_json::json!({"LayersSize": 1, "Images": null, "Volumes": items});
        assert_eq!(volume_sizes(&early), expected);
        let late = serde_json::json!({"VolumeUsage": {"TotalSize": 4096, "Items": items}});
        assert_eq!(volume_sizes(&late), expected);
        assert_eq!(volume_sizes(&serde_json::json!({"Volumes": null})), HashMap::new());
    }
}
