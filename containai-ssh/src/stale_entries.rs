//! SSH configuration and host keys of removed containers.

use containai_core::naming::HostKeyAlias;

use crate::config_file::SshConfigFile;

/// The containers of an engine that answered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EngineContainers {
    /// The engine's address.
    pub engine: String,
    /// Each managed container, stopped ones included: its name, and the name
    /// under which its host key is pinned.
    pub containers: Vec<(String, Option<HostKeyAlias>)>,
}

/// SSH configuration and host keys of removed containers.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct StaleEntries {
    /// OpenSSH configurations of containers that are missing from their engine.
    pub config_files: Vec<SshConfigFile>,
    /// Names with a pinned key that belong to no container.
    pub host_key_aliases: Vec<HostKeyAlias>,
    /// OpenSSH configurations whose engine did not answer or is not recorded.
    /// They are kept, with the keys of their ports.
    pub unknown: Vec<SshConfigFile>,
}

impl StaleEntries {
    /// Finds the stale entries. Without an engine that answered, every entry is
    /// kept.
    #[must_use]
    pub fn find(
        files: Vec<SshConfigFile>,
        pins: &[HostKeyAlias],
        witnesses: &[EngineContainers],
    ) -> Self {
        let mut found = Self::default();
        let mut needed: Vec<_> =
            witnesses.iter().flat_map(EngineContainers::host_key_aliases).cloned().collect();
        for file in files {
            let containers_of_engine =
                witnesses.iter().find(|it| file.engine.as_deref() == Some(&it.engine));
            match containers_of_engine {
                Some(containers_of_engine) if !containers_of_engine.has_container(&file) => {
                    found.config_files.push(file);
                }
                Some(_) => needed.extend(file.host_key_alias),
                None => {
                    needed.extend(file.host_key_alias.clone());
                    found.unknown.push(file);
                }
            }
        }
        if !witnesses.is_empty() {
            found.host_key_aliases =
                pins.iter().filter(|pin| !needed.contains(pin)).cloned().collect();
        }
        found
    }

    /// Whether there are no stale entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.config_files.is_empty() && self.host_key_aliases.is_empty()
    }
}

impl EngineContainers {
    fn host_key_aliases(&self) -> impl Iterator<Item = &HostKeyAlias> {
        self.containers.iter().filter_map(|(_, pin)| pin.as_ref())
    }

    fn has_container(&self, file: &SshConfigFile) -> bool {
        self.containers.iter().any(|(name, _)| name == file.name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use containai_core::naming::{ContainerName, HostPort};

    use super::*;

    type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

    fn file(name: &str, engine: Option<&str>, port: u16) -> Result<SshConfigFile> {
        let engine = engine.map(str::to_owned);
        let port = HostPort::new(port).ok();
        let pin = port.map(HostKeyAlias::local);
        Ok(SshConfigFile { name: ContainerName::parse(name)?, engine, port, host_key_alias: pin })
    }

    fn ports(list: &[u16]) -> Result<Vec<HostKeyAlias>> {
        list.iter().map(|port| Ok(HostKeyAlias::local(HostPort::new(*port)?))).collect()
    }

    #[test]
    fn entries_of_unknown_engines_are_kept() -> Result {
        let files = vec![
            file("here", Some("unix:///a"), 1)?,
            file("gone", Some("unix:///a"), 2)?,
            file("silent", Some("tcp://b:1"), 3)?,
            file("unmarked", None, 4)?,
        ];
        let pins = ports(&[1, 2, 3, 4, 5, 6])?;
        let containers = vec![
            ("here".to_owned(), ports(&[1])?.pop()),
            ("stopped".to_owned(), ports(&[6])?.pop()),
        ];
        let containers_of_engine = EngineContainers { engine: "unix:///a".to_owned(), containers };
        let found = StaleEntries::find(files.clone(), &pins, &[containers_of_engine]);
        let names = |list: &[SshConfigFile]| {
            list.iter().map(|it| it.name.to_string()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(names(&found.config_files), "gone");
        assert_eq!(names(&found.unknown), "silent unmarked");
        assert_eq!(found.host_key_aliases, ports(&[2, 5])?);
        assert!(StaleEntries::find(files, &pins, &[]).is_empty());
        Ok(())
    }
}
