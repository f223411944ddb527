//! A file in `~/.ssh/containai.d`.

use containai_core::naming::{ContainerName, HostKeyAlias, HostPort};

use crate::host_block::{ENGINE_PREFIX, HEADER, HOST_KEY_ALIAS_PREFIX, PORT_PREFIX};

/// The OpenSSH configuration of one container, as read from disk.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct SshConfigFile {
    /// The container.
    pub name: ContainerName,
    /// The address of its engine; `None` if the file does not contain it.
    pub engine: Option<String>,
    /// The port of its SSH server; `None` if the file does not contain it.
    pub port: Option<HostPort>,
    /// The name under which its host key is pinned; `None` if the file does not
    /// contain it.
    pub host_key_alias: Option<HostKeyAlias>,
}

impl SshConfigFile {
    /// Parses a file; `None` if its name or its first line is not ContainAI's.
    #[must_use]
    pub fn parse(file_name: &str, text: &str) -> Option<Self> {
        let name = file_name.strip_prefix("containai-")?.strip_suffix(".conf")?;
        let name = ContainerName::parse(name).ok()?;
        let body = text.strip_prefix(HEADER)?;
        let find = |prefix| body.lines().find_map(|line| line.strip_prefix(prefix));
        let port = find(PORT_PREFIX).and_then(|port| port.parse().ok());
        let pin = match find(HOST_KEY_ALIAS_PREFIX) {
            Some(alias) => HostKeyAlias::parse(alias),
            None => port.map(HostKeyAlias::local),
        };
        Some(Self {
            name,
            engine: find(ENGINE_PREFIX).map(str::to_owned),
            port,
            host_key_alias: pin,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(file_name: &str, text: &str, expected: Option<(&str, Option<&str>, Option<u16>)>) {
        let config_file = SshConfigFile::parse(file_name, text);
        let seen = config_file
            .as_ref()
            .map(|it| (it.name.as_str(), it.engine.as_deref(), it.port.map(HostPort::get)));
        assert_eq!(seen, expected, "{file_name}: {text}");
    }

    #[test]
    fn engine_addresses_round_trip() -> Result<(), Box<dyn std::error::Error>> {
        let written = |engine: &str| -> Result<_, Box<dyn std::error::Error>> {
            let alias = containai_core::naming::SshAlias::of(&ContainerName::parse("a-b")?);
            let port = HostPort::new(2300)?;
            let mut text = crate::HostBlock::new(alias, port, "/id", "/known_hosts");
            text.engine = Some(engine.to_owned());
            let config_file = SshConfigFile::parse("containai-a-b.conf", &text.render()?);
            Ok(config_file.ok_or("not written by ContainAI")?.engine)
        };
        for engine in ["unix:///x", "unix:///home/o'neil/a b.sock", "unix:///\"\\\u{2028}"] {
            assert_eq!(written(engine)?.as_deref(), Some(engine));
        }
        assert_eq!(written("unix:///x\nHost *")?, None);
        Ok(())
    }

    #[test]
    fn reads_the_host_key_alias_of_a_remote_engine() -> Result<(), Box<dyn std::error::Error>> {
        let far = HostKeyAlias::remote("ssh://box", HostPort::new(2300)?);
        let near = HostKeyAlias::local(far.port());
        for (line, pin) in [
            (format!("{HOST_KEY_ALIAS_PREFIX}{far}\n"), Some(far)),
            (String::new(), Some(near)),
            (format!("{HOST_KEY_ALIAS_PREFIX}*\n"), None),
        ] {
            let text = format!("{HEADER}Host containai-a-b\n  Port 2300\n{line}");
            let config_file = SshConfigFile::parse("containai-a-b.conf", &text)
                .ok_or("not written by ContainAI")?;
            assert_eq!(config_file.host_key_alias, pin);
        }
        Ok(())
    }

    #[test]
    fn ignores_other_files() {
        let text = format!("{HEADER}# Engine: unix:///x\nHost containai-a-b\n  Port 2300\n");
        let file = "containai-a-b.conf";
        check(file, &text, Some(("a-b", Some("unix:///x"), Some(2300))));
        check(file, &format!("{HEADER}Host containai-a-b\n  Port x\n"), Some(("a-b", None, None)));
        check(file, "Host containai-a-b\n", None);
        check("mine.conf", &text, None);
        check("containai-a b.conf", &text, None);
        check("containai-a-b.conf~", &text, None);
    }
}
