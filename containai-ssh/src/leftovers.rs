//! SSH configuration and host keys of removed containers.

use containai_core::naming::HostKeyAlias;

use crate::fragment::Fragment;

/// The containers of an engine that answered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Witness {
    /// The engine's address.
    pub engine: String,
    /// Each managed container, stopped ones included: its name, and the name
    /// under which its host key is pinned.
    pub containers: Vec<(String, Option<HostKeyAlias>)>,
}

/// SSH configuration and host keys of removed containers.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Leftovers {
    /// OpenSSH configurations of containers that are missing from their engine.
    pub fragments: Vec<Fragment>,
    /// Names with a pinned key that belong to no container.
    pub pins: Vec<HostKeyAlias>,
    /// OpenSSH configurations whose engine did not answer or is not recorded.
    /// They are kept, with the keys of their ports.
    pub unjudged: Vec<Fragment>,
}

impl Leftovers {
    /// Finds the stale entries. Without an engine that answered, every entry is
    /// kept.
    #[must_use]
    pub fn find(fragments: Vec<Fragment>, pins: &[HostKeyAlias], witnesses: &[Witness]) -> Self {
        let mut found = Self::default();
        let mut needed: Vec<_> = witnesses.iter().flat_map(Witness::pins).cloned().collect();
        for fragment in fragments {
            let witness =
                witnesses.iter().find(|it| fragment.engine.as_deref() == Some(&it.engine));
            match witness {
                Some(witness) if !witness.knows(&fragment) => found.fragments.push(fragment),
                Some(_) => needed.extend(fragment.pin),
                None => {
                    needed.extend(fragment.pin.clone());
                    found.unjudged.push(fragment);
                }
            }
        }
        if !witnesses.is_empty() {
            found.pins = pins.iter().filter(|pin| !needed.contains(pin)).cloned().collect();
        }
        found
    }

    /// Whether there are no stale entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fragments.is_empty() && self.pins.is_empty()
    }
}

impl Witness {
    fn pins(&self) -> impl Iterator<Item = &HostKeyAlias> {
        self.containers.iter().filter_map(|(_, pin)| pin.as_ref())
    }

    fn knows(&self, fragment: &Fragment) -> bool {
        self.containers.iter().any(|(name, _)| name == fragment.name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use containai_core::naming::{ContainerName, HostPort};

    use super::*;

    type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

    fn fragment(name: &str, engine: Option<&str>, port: u16) -> Result<Fragment> {
        let engine = engine.map(str::to_owned);
        let port = HostPort::new(port).ok();
        let pin = port.map(HostKeyAlias::here);
        Ok(Fragment { name: ContainerName::parse(name)?, engine, port, pin })
    }

    fn ports(list: &[u16]) -> Result<Vec<HostKeyAlias>> {
        list.iter().map(|port| Ok(HostKeyAlias::here(HostPort::new(*port)?))).collect()
    }

    #[test]
    fn what_nobody_can_judge_is_kept() -> Result {
        let fragments = vec![
            fragment("here", Some("unix:///a"), 1)?,
            fragment("gone", Some("unix:///a"), 2)?,
            fragment("silent", Some("tcp://b:1"), 3)?,
            fragment("unmarked", None, 4)?,
        ];
        let pins = ports(&[1, 2, 3, 4, 5, 6])?;
        let containers = vec![
            ("here".to_owned(), ports(&[1])?.pop()),
            ("stopped".to_owned(), ports(&[6])?.pop()),
        ];
        let witness = Witness { engine: "unix:///a".to_owned(), containers };
        let found = Leftovers::find(fragments.clone(), &pins, &[witness]);
        let names = |list: &[Fragment]| {
            list.iter().map(|it| it.name.to_string()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(names(&found.fragments), "gone");
        assert_eq!(names(&found.unjudged), "silent unmarked");
        assert_eq!(found.pins, ports(&[2, 5])?);
        assert!(Leftovers::find(fragments, &pins, &[]).is_empty());
        Ok(())
    }
}
