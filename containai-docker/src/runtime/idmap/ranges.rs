use std::fmt;

/// `count` ids of the container from `container` on, which are those from `host` on outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdRange {
    /// First id inside.
    pub container: u32,
    /// First id on the host.
    pub host: u32,
    /// How many.
    pub count: u32,
}

/// The uid or gid map of the container's user namespace. `Display` gives the text that
/// `/proc/<pid>/uid_map` takes (user_namespaces(7)).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IdRanges(pub Vec<IdRange>);

impl IdRanges {
    /// The host's id of one of the container; `None` when the container has no such id.
    pub fn host_id(&self, container: u32) -> Option<u32> {
        self.0.iter().find_map(|range| {
            let offset = container.checked_sub(range.container)?;
            (offset < range.count).then(|| range.host.checked_add(offset)).flatten()
        })
    }

    /// Whether some id of the container is this one on the host.
    pub fn contains_host(&self, host: u32) -> bool {
        self.0
            .iter()
            .any(|range| host.checked_sub(range.host).is_some_and(|offset| offset < range.count))
    }

    /// The only range, when it starts with id 0 of the container.
    pub(in crate::runtime) fn single(&self) -> Option<IdRange> {
        match self.0.as_slice() {
            [range] if range.container == 0 => Some(*range),
            _ => None,
        }
    }
}

impl fmt::Display for IdRanges {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|IdRange { container, host, count }| {
            writeln!(formatter, "{container} {host} {count}")
        })
    }
}
