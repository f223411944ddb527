//! A file in `~/.ssh/containai.d`.

use containai_core::naming::{ContainerName, HostKeyAlias, HostPort};

use crate::host_block::{ALIAS, ENGINE, PORT, WRITTEN};

/// The OpenSSH configuration of one container, as read from disk.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fragment {
    /// The container.
    pub name: ContainerName,
    /// The address of its engine; `None` if the file does not contain it.
    pub engine: Option<String>,
    /// The port of its SSH server; `None` if the file does not contain it.
    pub port: Option<HostPort>,
    /// The name under which its host key is pinned; `None` if the file does not
    /// contain it.
    pub pin: Option<HostKeyAlias>,
}

impl Fragment {
    /// Parses a file; `None` if its name or its first line is not ContainAI's.
    #[must_use]
    pub fn parse(file_name: &str, text: &str) -> Option<Self> {
        let name = file_name.strip_prefix("containai-")?.strip_suffix(".conf")?;
        let name = ContainerName::parse(name).ok()?;
        let body = text.strip_prefix(WRITTEN)?;
        let find = |prefix| body.lines().find_map(|line| line.strip_prefix(prefix));
        let port = find(PORT).and_then(|port| port.parse().ok());
        let pin = match find(ALIAS) {
            Some(alias) => HostKeyAlias::parse(alias),
            None => port.map(HostKeyAlias::here),
        };
        Some(Self { name, engine: find(ENGINE).map(str::to_owned), port, pin })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(file_name: &str, text: &str, expected: Option<(&str, Option<&str>, Option<u16>)>) {
        let fragment = Fragment::parse(file_name, text);
        let seen = fragment
            .as_ref()
            .map(|it| (it.name.as_str(), it.engine.as_deref(), it.port.map(HostPort::get)));
        assert_eq!(seen, expected, "{file_name}: {text}");
    }

    #[test]
    fn engines_are_read_as_they_were_written() -> Result<(), Box<dyn std::error::Error>> {
        let written = |engine: &str| -> Result<_, Box<dyn std::error::Error>> {
            let text = crate::HostBlock {
                alias: containai_core::naming::SshAlias::of(&ContainerName::parse("a-b")?),
                port: HostPort::new(2300)?,
                user: "agent".to_owned(),
                identity: "/id".into(),
                known_hosts: "/known_hosts".into(),
                engine: Some(engine.to_owned()),
                detour: None,
                wishes: crate::Wishes::default(),
            };
            let fragment = Fragment::parse("containai-a-b.conf", &text.render()?);
            Ok(fragment.ok_or("not written by ContainAI")?.engine)
        };
        for engine in ["unix:///x", "unix:///home/o'neil/a b.sock", "unix:///\"\\\u{2028}"] {
            assert_eq!(written(engine)?.as_deref(), Some(engine));
        }
        assert_eq!(written("unix:///x\nHost *")?, None);
        Ok(())
    }

    #[test]
    fn the_pin_of_another_machine_is_found() -> Result<(), Box<dyn std::error::Error>> {
        let far = HostKeyAlias::elsewhere("ssh://box", HostPort::new(2300)?);
        let near = HostKeyAlias::here(far.port());
        for (line, pin) in [
            (format!("{ALIAS}{far}\n"), Some(far)),
            (String::new(), Some(near)),
            (format!("{ALIAS}*\n"), None),
        ] {
            let text = format!("{WRITTEN}Host containai-a-b\n  Port 2300\n{line}");
            let fragment =
                Fragment::parse("containai-a-b.conf", &text).ok_or("not written by ContainAI")?;
            assert_eq!(fragment.pin, pin);
        }
        Ok(())
    }

    #[test]
    fn only_our_own_files_are_read() {
        let text = format!("{WRITTEN}# Engine: unix:///x\nHost containai-a-b\n  Port 2300\n");
        let file = "containai-a-b.conf";
        check(file, &text, Some(("a-b", Some("unix:///x"), Some(2300))));
        check(file, &format!("{WRITTEN}Host containai-a-b\n  Port x\n"), Some(("a-b", None, None)));
        check(file, "Host containai-a-b\n", None);
        check("mine.conf", &text, None);
        check("containai-a b.conf", &text, None);
        check("containai-a-b.conf~", &text, None);
    }
}
