//! Users, groups and subordinate ids of the host.

use super::subordinate::{IdRange, SubordinateEntry, parse_subordinate};

/// The users, groups and subordinate ids of the host.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Accounts {
    /// Names and ids in passwd(5).
    pub users: Vec<(String, u32)>,
    /// The groups of group(5).
    pub groups: Vec<GroupEntry>,
    /// The entries of subuid(5).
    pub subuids: Vec<SubordinateEntry>,
    /// The entries of subgid(5).
    pub subgids: Vec<SubordinateEntry>,
}

/// A line of group(5).
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct GroupEntry {
    /// Its name.
    pub name: String,
    /// Its id.
    pub gid: u32,
    /// The users listed as members.
    pub members: Vec<String>,
}

impl Accounts {
    /// Parses the contents of the four files; a missing file is an empty string.
    pub fn parse(passwd: &str, group: &str, subuid: &str, subgid: &str) -> Self {
        Self {
            users: passwd.lines().filter_map(parse_user).collect(),
            groups: group.lines().filter_map(parse_group).collect(),
            subuids: parse_subordinate(subuid),
            subgids: parse_subordinate(subgid),
        }
    }

    /// Returns whether a user with that name exists.
    pub fn has_user(&self, name: &str) -> bool {
        self.users.iter().any(|(user, _)| user == name)
    }

    /// Returns the group with that name.
    pub fn group(&self, name: &str) -> Option<&GroupEntry> {
        self.groups.iter().find(|group| group.name == name)
    }

    /// Returns all user ids that belong to a user or may be mapped by one.
    pub fn taken_uids(&self) -> Vec<IdRange> {
        taken_ranges(&self.subuids, self.users.iter().map(|(_, uid)| *uid))
    }

    /// Returns all group ids that belong to a group or may be mapped by a user.
    pub fn taken_gids(&self) -> Vec<IdRange> {
        taken_ranges(&self.subgids, self.groups.iter().map(|group| group.gid))
    }
}

fn taken_ranges(entries: &[SubordinateEntry], ids: impl Iterator<Item = u32>) -> Vec<IdRange> {
    let singles = ids.map(|base| IdRange { base, count: 1 });
    entries.iter().map(|entry| entry.range).chain(singles).collect()
}

fn parse_user(line: &str) -> Option<(String, u32)> {
    let mut fields = line.split(':');
    let name = fields.next()?.to_owned();
    Some((name, fields.nth(1)?.parse().ok()?))
}

fn parse_group(line: &str) -> Option<GroupEntry> {
    let mut fields = line.split(':');
    let name = fields.next()?.to_owned();
    let gid = fields.nth(1)?.parse().ok()?;
    let members = fields.next().unwrap_or_default().split(',');
    let members = members.filter(|name| !name.is_empty()).map(str::to_owned).collect();
    Some(GroupEntry { name, gid, members })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_account_files() {
        let accounts = Accounts::parse(
            "root:x:0:0:root:/root:/bin/bash\nbroken\n",
            "root:x:0:\ncontainai:x:990:me,you\n",
            "me:100000:65536\n",
            "",
        );
        assert!(accounts.has_user("root") && !accounts.has_user("broken"));
        let group = accounts.group("containai").expect("the group");
        assert_eq!((group.gid, group.members.join(" ")), (990, "me you".to_owned()));
        assert_eq!(accounts.taken_uids().len(), 2);
        assert_eq!(accounts.taken_gids().len(), 2);
    }
}
