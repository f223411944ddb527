//! A SOCKS server: version 5 (RFC 1928) without authentication, version 4 and
//! its extension 4a, `CONNECT` only, as in OpenSSH.

use std::io::{self, Error, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// A request of a client.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct SocksRequest {
    version: u8,
    pub(crate) host: String,
    pub(crate) port: u16,
}

/// The maximum length of a NUL-terminated field of version 4.
const MAX_FIELD_LEN: usize = 255;
const CONNECT: u8 = 1;

impl SocksRequest {
    /// Negotiates with the client until its request is complete.
    pub(crate) async fn read(
        stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    ) -> io::Result<Self> {
        match stream.read_u8().await? {
            4 => Self::read_4(stream).await,
            5 => Self::read_5(stream).await,
            _ => Err(malformed()),
        }
    }

    async fn read_4(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> io::Result<Self> {
        let command = stream.read_u8().await?;
        let port = stream.read_u16().await?;
        let address = stream.read_u32().await?;
        read_until_nul(stream).await?;
        // 4a: an address of 0.0.0.x means that a host name follows.
        let host = match address {
            1..=255 => read_until_nul(stream).await?,
            _ => Ipv4Addr::from(address).to_string(),
        };
        let request = Self { version: 4, host, port };
        match command {
            CONNECT => Ok(request),
            _ => request.reject_command(stream).await,
        }
    }

    async fn read_5(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> io::Result<Self> {
        let mut methods = vec![0; stream.read_u8().await?.into()];
        stream.read_exact(&mut methods).await?;
        if !methods.contains(&0) {
            stream.write_all(&[5, 0xff]).await?;
            return Err(malformed());
        }
        stream.write_all(&[5, 0]).await?;
        let mut head = [0; 4];
        stream.read_exact(&mut head).await?;
        let [version, command, _, kind] = head;
        let host = match kind {
            1 => Ipv4Addr::from(stream.read_u32().await?).to_string(),
            3 => {
                let mut name = vec![0; stream.read_u8().await?.into()];
                stream.read_exact(&mut name).await?;
                parse_utf8(name)?
            }
            4 => Ipv6Addr::from(stream.read_u128().await?).to_string(),
            _ => return Err(malformed()),
        };
        let request = Self { version: 5, host, port: stream.read_u16().await? };
        match (version, command) {
            (5, CONNECT) => Ok(request),
            _ => request.reject_command(stream).await,
        }
    }

    /// Replies that the client is connected.
    pub(crate) async fn reply_connected(
        &self,
        stream: &mut (impl AsyncWrite + Unpin),
    ) -> io::Result<()> {
        self.reply(stream, 0x5a, 0).await
    }

    /// Replies that the target refused the connection.
    pub(crate) async fn reply_refused(
        &self,
        stream: &mut (impl AsyncWrite + Unpin),
    ) -> io::Result<()> {
        self.reply(stream, 0x5b, 5).await
    }

    async fn reject_command(self, stream: &mut (impl AsyncWrite + Unpin)) -> io::Result<Self> {
        self.reply(stream, 0x5b, 7).await?;
        Err(malformed())
    }

    async fn reply(
        &self,
        stream: &mut (impl AsyncWrite + Unpin),
        code_4: u8,
        code_5: u8,
    ) -> io::Result<()> {
        match self.version {
            4 => stream.write_all(&[0, code_4, 0, 0, 0, 0, 0, 0]).await,
            _ => stream.write_all(&[5, code_5, 0, 1, 0, 0, 0, 0, 0, 0]).await,
        }
    }
}

async fn read_until_nul(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<String> {
    let mut bytes = Vec::new();
    loop {
        match stream.read_u8().await? {
            0 => return parse_utf8(bytes),
            _ if bytes.len() == MAX_FIELD_LEN => return Err(malformed()),
            byte => bytes.push(byte),
        }
    }
}

fn parse_utf8(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(|_| malformed())
}

fn malformed() -> Error {
    Error::new(ErrorKind::InvalidData, "unsupported SOCKS request")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Checks the parsed request, and the reply to the client.
    fn check(sent: &[u8], expected: Option<(&str, u16)>, reply: &[u8]) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let (mut client, mut server) = tokio::io::duplex(4096);
            client.write_all(sent).await.expect("room");
            client.shutdown().await.expect("open");
            let request = SocksRequest::read(&mut server).await.ok();
            if let Some(request) = &request {
                request.reply_connected(&mut server).await.expect("room");
            }
            let seen = request.as_ref().map(|it| (it.host.as_str(), it.port));
            assert_eq!(seen, expected, "{sent:?}");
            drop(server);
            let mut answer = Vec::new();
            client.read_to_end(&mut answer).await.expect("open");
            assert_eq!(answer, reply, "{sent:?}");
        });
    }

    #[test]
    fn accepts_socks4_and_socks5() {
        let ok_4 = [0, 0x5a, 0, 0, 0, 0, 0, 0];
        let ok_5 = [5, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        check(b"\x04\x01\x00\x50\x7f\x00\x00\x01me\0", Some(("127.0.0.1", 80)), &ok_4);
        check(b"\x04\x01\x00\x50\x00\x00\x00\x01\0name\0", Some(("name", 80)), &ok_4);
        check(b"\x05\x01\x00\x05\x01\x00\x03\x04name\x01\xbb", Some(("name", 443)), &ok_5);
        check(b"\x05\x02\x02\x00\x05\x01\x00\x01\x0a\0\0\x01\0\x16", Some(("10.0.0.1", 22)), &ok_5);
        let v6 = [&b"\x05\x01\x00\x05\x01\x00\x04"[..], &[0; 15], &[1, 0, 80]].concat();
        check(&v6, Some(("::1", 80)), &ok_5);
    }

    #[test]
    fn rejects_other_requests() {
        check(b"", None, b"");
        check(b"GET / HTTP/1.1\r\n\r\n", None, b"");
        check(b"\x05\x01\x02", None, &[5, 0xff]);
        // `BIND`.
        check(b"\x04\x02\x00\x50\x7f\x00\x00\x01\0", None, &[0, 0x5b, 0, 0, 0, 0, 0, 0]);
        let refused = [5, 0, 5, 7, 0, 1, 0, 0, 0, 0, 0, 0];
        check(b"\x05\x01\x00\x05\x02\x00\x01\x0a\0\0\x01\0\x16", None, &refused);
        check(&[&b"\x04\x01\x00\x50\x00\x00\x00\x01"[..], &[b'a'; 300]].concat(), None, b"");
    }

    proptest! {
        #[test]
        fn never_panics(sent in prop::collection::vec(any::<u8>(), 0..64), version in 4_u8..=5) {
            let runtime = tokio::runtime::Builder::new_current_thread().build()?;
            runtime.block_on(async {
                let (mut client, mut server) = tokio::io::duplex(4096);
                let _ = client.write_all(&[&[version], &sent[..]].concat()).await;
                let _ = client.shutdown().await;
                let _ = SocksRequest::read(&mut server).await;
            });
        }
    }
}
