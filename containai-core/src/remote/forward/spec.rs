//! Forwards.

use std::fmt;

use super::endpoint::{Endpoint, ListenAddress};
use super::fields;

/// A forward of a port or socket: ssh(1), `-L`, `-R` and `-D`.
///
/// ```
/// use containai_core::remote::{Direction, Forward};
///
/// let forward = Forward::parse(Direction::Local, "8080:localhost:80")?;
/// assert_eq!(forward.directive(), "LocalForward 8080 localhost:80");
/// # Ok::<(), containai_core::remote::ForwardError>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Forward {
    /// `-L`: the host listens, the container connects.
    Local {
        /// The listening address on the host.
        listen: ListenAddress,
        /// The target of the container.
        target: Endpoint,
    },
    /// `-R`: the container listens, the host connects.
    Remote {
        /// The listening address in the container.
        listen: ListenAddress,
        /// The target of the host.
        target: Endpoint,
    },
    /// `-D`: the host listens as a SOCKS proxy, and the container connects to the
    /// requested targets.
    Dynamic {
        /// The listening address on the host.
        listen: ListenAddress,
    },
}

/// The direction of a [`Forward`].
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Direction {
    /// `-L`.
    Local,
    /// `-R`.
    Remote,
    /// `-D`.
    Dynamic,
}

impl Forward {
    /// Parses a forward in the syntax of ssh(1): `[bind:]port:host:hostport`, where the
    /// path of a socket can replace either end and IPv6 addresses are in brackets; for
    /// [`Dynamic`](Direction::Dynamic) `[bind:]port`.
    ///
    /// # Errors
    ///
    /// [`ForwardError`] for any other text. Port 0 is not allowed, nor is a remote
    /// forward without a target, which would open the host's network to the container.
    pub fn parse(direction: Direction, text: &str) -> Result<Self, ForwardError> {
        let error = || ForwardError { direction, text: text.to_owned() };
        let fields = fields::split(text).ok_or_else(error)?;
        if direction == Direction::Dynamic {
            let listen = ListenAddress::from_fields(&fields).ok_or_else(error)?;
            return Ok(Self::Dynamic { listen });
        }
        // A path takes one field, a host and port take two; the other fields are the
        // listening address.
        let target_length = if fields.last().is_some_and(fields::Field::is_path) { 1 } else { 2 };
        let split = fields.len().checked_sub(target_length).ok_or_else(error)?;
        let (listen, target) = fields.split_at(split);
        let listen = ListenAddress::from_fields(listen).ok_or_else(error)?;
        let target = Endpoint::from_fields(target).ok_or_else(error)?;
        Ok(match direction {
            Direction::Remote => Self::Remote { listen, target },
            _ => Self::Local { listen, target },
        })
    }

    /// Returns the direction.
    #[must_use]
    pub fn direction(&self) -> Direction {
        match self {
            Self::Local { .. } => Direction::Local,
            Self::Remote { .. } => Direction::Remote,
            Self::Dynamic { .. } => Direction::Dynamic,
        }
    }

    /// Returns the listening address.
    #[must_use]
    pub fn listen(&self) -> &ListenAddress {
        match self {
            Self::Local { listen, .. } | Self::Remote { listen, .. } | Self::Dynamic { listen } => {
                listen
            }
        }
    }

    /// Returns the target; `None` for a dynamic forward.
    #[must_use]
    pub fn target(&self) -> Option<&Endpoint> {
        match self {
            Self::Local { target, .. } | Self::Remote { target, .. } => Some(target),
            Self::Dynamic { .. } => None,
        }
    }

    /// Returns the directive of ssh_config(5).
    #[must_use]
    pub fn directive(&self) -> String {
        let listen = self.listen();
        match self {
            Self::Local { target, .. } => format!("LocalForward {listen} {target}"),
            Self::Remote { target, .. } => format!("RemoteForward {listen} {target}"),
            Self::Dynamic { .. } => format!("DynamicForward {listen}"),
        }
    }
}

impl fmt::Display for Forward {
    /// Formats the forward for [`Forward::parse`], without its direction.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.target() {
            Some(target) => write!(f, "{}:{target}", self.listen()),
            None => self.listen().fmt(f),
        }
    }
}

impl Direction {
    /// Returns the option of ssh(1), such as `-L`.
    #[must_use]
    pub fn option(self) -> &'static str {
        match self {
            Self::Local => "-L",
            Self::Remote => "-R",
            Self::Dynamic => "-D",
        }
    }

    fn syntax(self) -> &'static str {
        match self {
            Self::Local | Self::Remote => {
                "`[bind:]port:host:hostport`, with the absolute path of a socket in place of either \
                 end and IPv6 addresses in brackets"
            }
            Self::Dynamic => "`[bind:]port`",
        }
    }
}

/// The text is not a valid forward.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{}` is not a valid forward for `{}`: expected {}", text.escape_debug(), direction.option(), direction.syntax())]
#[non_exhaustive]
pub struct ForwardError {
    /// The requested direction.
    pub direction: Direction,
    /// The given text.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, directive: &str) {
        let parsed = Forward::parse(Direction::Local, text).map(|it| it.directive());
        assert_eq!(parsed.as_deref(), Ok(directive), "{text}");
    }

    #[test]
    fn parses_what_ssh_parses() {
        check("8080:localhost:80", "LocalForward 8080 localhost:80");
        check("127.0.0.2:8080:db.local:80", "LocalForward 127.0.0.2:8080 db.local:80");
        check("[::1]:8080:[fe80::1%eth0]:80", "LocalForward [::1]:8080 [fe80::1%eth0]:80");
        check("*:8080:a:80", "LocalForward *:8080 a:80");
        check(":8080:a:80", "LocalForward *:8080 a:80");
        check("8080:/run/docker.sock", "LocalForward 8080 /run/docker.sock");
        check("a:8080:/run/docker.sock", "LocalForward a:8080 /run/docker.sock");
        check("/tmp/a.sock:localhost:80", "LocalForward /tmp/a.sock localhost:80");
        check("/tmp/a.sock:/run/b.sock", "LocalForward /tmp/a.sock /run/b.sock");
        let remote = Forward::parse(Direction::Remote, "9000:localhost:9000");
        assert_eq!(
            remote.map(|it| it.directive()).as_deref(),
            Ok("RemoteForward 9000 localhost:9000")
        );
        for (text, directive) in
            [("1080", "1080"), ("*:1080", "*:1080"), ("[::1]:1080", "[::1]:1080")]
        {
            let dynamic = Forward::parse(Direction::Dynamic, text).map(|it| it.directive());
            assert_eq!(dynamic, Ok(format!("DynamicForward {directive}")));
        }
    }

    #[test]
    fn refuses_anything_else() {
        for text in [
            "",
            "80",
            "80:80",
            "0:a:80",
            "80:a:0",
            "80:a:b",
            "80::80",
            "80:a b:80",
            "80:a\n:80",
            "::1:80:a:80",
            "[::1:80:a:80",
            "[::1]x:80:a:80",
            "80:-oProxy:80",
            "1:2:3:4:5",
            "80:/a\"b",
            "80:/a b",
            "80:/a\\b",
            "80:/${HOME}",
            "80:relative.sock",
            "/:a:80",
            "[a%b]:80:a:80",
            "80:[::1%]:80",
            "80:[fe80::1%a%b]:80",
        ] {
            assert!(Forward::parse(Direction::Local, text).is_err(), "{text:?}");
            assert!(Forward::parse(Direction::Remote, text).is_err(), "{text:?}");
        }
        for text in ["", "0", "a", "1:2:3", "1080:a:80"] {
            assert!(Forward::parse(Direction::Dynamic, text).is_err(), "{text:?}");
        }
        let error = Forward::parse(Direction::Local, "80\n").map_err(|error| error.to_string());
        insta::assert_snapshot!(error.unwrap_err(), @"`80\\n` is not a valid forward for `-L`: expected `[bind:]port:host:hostport`, with the absolute path of a socket in place of either end and IPv6 addresses in brackets");
    }

    proptest! {
        #[test]
        fn printed_forwards_parse_back(text in "[0-9a-z/:*.%\\[\\]]{0,24}") {
            for direction in [Direction::Local, Direction::Remote, Direction::Dynamic] {
                if let Ok(forward) = Forward::parse(direction, &text) {
                    prop_assert_eq!(Forward::parse(direction, &forward.to_string()), Ok(forward.clone()));
                    prop_assert_eq!(forward.directive().lines().count(), 1);
                }
            }
        }

        #[test]
        fn never_panics(text in any::<String>()) {
            let _ = Forward::parse(Direction::Local, &text);
            let _ = Forward::parse(Direction::Dynamic, &text);
        }
    }
}
