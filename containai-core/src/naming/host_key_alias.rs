//! Names of pinned host keys.

use std::fmt;

use sha2::{Digest as _, Sha256};

use super::HostPort;

/// The number of bytes of the digest of the engine's address.
const DIGEST_BYTES: usize = 8;
/// The prefix for containers of remote engines.
const REMOTE_PREFIX: &str = "containai-";

/// The name under which OpenSSH looks up the host key of a container.
///
/// For a local engine it is the port on the loopback address. For a remote engine, where
/// the same port is another server, it also contains a digest of the engine's address and
/// is passed to OpenSSH as `HostKeyAlias`.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct HostKeyAlias {
    engine: Option<String>,
    port: HostPort,
}

impl HostKeyAlias {
    /// Creates the name for a port of a local engine.
    #[must_use]
    pub fn local(port: HostPort) -> Self {
        Self { engine: None, port }
    }

    /// Creates the name for a port of the remote engine with this address.
    #[must_use]
    pub fn remote(engine: &str, port: HostPort) -> Self {
        let digest = Sha256::digest(engine);
        let engine = hex::encode(&digest[..DIGEST_BYTES]);
        Self { engine: Some(engine), port }
    }

    /// Returns the port.
    #[must_use]
    pub fn port(&self) -> HostPort {
        self.port
    }

    /// Parses a name in its exact form; `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let name = match text.strip_prefix(REMOTE_PREFIX) {
            Some(rest) => {
                let (engine, port) = rest.split_once('-')?;
                let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
                (engine.len() == 2 * DIGEST_BYTES && engine.bytes().all(is_digit)).then_some(())?;
                Self { engine: Some(engine.to_owned()), port: port.parse().ok()? }
            }
            None if text == "127.0.0.1" => Self::local(HostPort::new(22).ok()?),
            None => Self::local(text.strip_prefix("[127.0.0.1]:")?.parse().ok()?),
        };
        (name.to_string() == text).then_some(name)
    }
}

impl fmt::Display for HostKeyAlias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.engine, self.port.get()) {
            (Some(engine), port) => write!(f, "{REMOTE_PREFIX}{engine}-{port}"),
            (None, 22) => f.write_str("127.0.0.1"),
            (None, port) => write!(f, "[127.0.0.1]:{port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engines_do_not_share_names() -> Result<(), Box<dyn std::error::Error>> {
        let port = HostPort::new(2300)?;
        let names = [
            HostKeyAlias::local(port),
            HostKeyAlias::local(HostPort::new(22)?),
            HostKeyAlias::remote("ssh://me@box", port),
            HostKeyAlias::remote("ssh://me@box:2222", port),
        ];
        let texts: Vec<_> = names.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(texts.join("\n"), @r#"
        [127.0.0.1]:2300
        127.0.0.1
        containai-a27e749186bdb6b2-2300
        containai-63f31860dc18b7d7-2300
        "#);
        for (name, text) in names.iter().zip(&texts) {
            assert_eq!(HostKeyAlias::parse(text).as_ref(), Some(name));
        }
        Ok(())
    }

    #[test]
    fn only_exact_names_are_read() {
        for text in [
            "",
            "*",
            "127.0.0.2",
            "[127.0.0.1]:02300",
            "[127.0.0.1]:22",
            "[127.0.0.1]:2300,[localhost]:2300",
            "containai-2300",
            "containai-0123456789ABCDEF-2300",
            "containai-0123456789abcdef-02300",
            "containai-0123456789abcdef-*",
        ] {
            assert_eq!(HostKeyAlias::parse(text), None, "{text}");
        }
    }
}
