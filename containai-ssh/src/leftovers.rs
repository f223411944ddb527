//! What is left of containers that are gone.

use containai_core::naming::HostPort;

use crate::fragment::Fragment;

/// What an engine that answered says about its containers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Witness {
    /// Its address.
    pub engine: String,
    /// Name and port of each of our containers, stopped ones included.
    pub containers: Vec<(String, Option<HostPort>)>,
}

/// What is left of containers that are gone.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Leftovers {
    /// OpenSSH configurations of containers that their engine does not have.
    pub fragments: Vec<Fragment>,
    /// Ports for which a key is pinned, and to which no container belongs.
    pub pins: Vec<HostPort>,
    /// OpenSSH configurations whose engine did not answer, or that do not name
    /// theirs: these are kept, and the keys for their ports too.
    pub unjudged: Vec<Fragment>,
}

impl Leftovers {
    /// Tells what is left from what is needed, or may be. Without a witness
    /// everything may be.
    #[must_use]
    pub fn find(fragments: Vec<Fragment>, pins: &[HostPort], witnesses: &[Witness]) -> Self {
        let mut found = Self::default();
        let mut needed: Vec<HostPort> = witnesses.iter().flat_map(Witness::ports).collect();
        for fragment in fragments {
            let witness =
                witnesses.iter().find(|it| fragment.engine.as_deref() == Some(&it.engine));
            match witness {
                Some(witness) if !witness.knows(&fragment) => found.fragments.push(fragment),
                Some(_) => needed.extend(fragment.port),
                None => {
                    needed.extend(fragment.port);
                    found.unjudged.push(fragment);
                }
            }
        }
        if !witnesses.is_empty() {
            found.pins = pins.iter().copied().filter(|port| !needed.contains(port)).collect();
        }
        found
    }

    /// Whether nothing is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fragments.is_empty() && self.pins.is_empty()
    }
}

impl Witness {
    fn ports(&self) -> impl Iterator<Item = HostPort> {
        self.containers.iter().filter_map(|(_, port)| *port)
    }

    fn knows(&self, fragment: &Fragment) -> bool {
        self.containers.iter().any(|(name, _)| name == fragment.name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use containai_core::naming::ContainerName;

    use super::*;

    type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

    fn fragment(name: &str, engine: Option<&str>, port: u16) -> Result<Fragment> {
        let engine = engine.map(str::to_owned);
        Ok(Fragment { name: ContainerName::parse(name)?, engine, port: HostPort::new(port).ok() })
    }

    fn ports(list: &[u16]) -> Result<Vec<HostPort>> {
        Ok(list.iter().map(|port| HostPort::new(*port)).collect::<std::result::Result<_, _>>()?)
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
            ("here".to_owned(), HostPort::new(1).ok()),
            ("stopped".to_owned(), HostPort::new(6).ok()),
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
