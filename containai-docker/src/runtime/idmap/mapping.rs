use std::fmt;

/// A mapping of `count` ids, from `container` in the container to `host` on the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdMapping {
    /// First id in the container.
    pub container: u32,
    /// First id on the host.
    pub host: u32,
    /// Number of ids.
    pub count: u32,
}

/// The uid or gid map of the container's user namespace. `Display` formats the map for
/// `/proc/<pid>/uid_map` (user_namespaces(7)).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IdMappings(pub Vec<IdMapping>);

impl IdMappings {
    /// Returns the host id of a container id; `None` if the container does not have that id.
    pub fn host_id(&self, container: u32) -> Option<u32> {
        self.0.iter().find_map(|range| {
            let offset = container.checked_sub(range.container)?;
            (offset < range.count).then(|| range.host.checked_add(offset)).flatten()
        })
    }

    /// Returns whether a container id maps to this host id.
    pub fn contains_host(&self, host: u32) -> bool {
        self.0
            .iter()
            .any(|range| host.checked_sub(range.host).is_some_and(|offset| offset < range.count))
    }

    /// Returns the only mapping, if it starts with container id 0.
    pub(in crate::runtime) fn single(&self) -> Option<IdMapping> {
        match self.0.as_slice() {
            [range] if range.container == 0 => Some(*range),
            _ => None,
        }
    }
}

impl fmt::Display for IdMappings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|IdMapping { container, host, count }| {
            writeln!(formatter, "{container} {host} {count}")
        })
    }
}
