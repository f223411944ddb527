//! POSIX access control lists in the kernel's format.
//!
//! The value of `system.posix_acl_access` and `system.posix_acl_default` is a
//! version, 2, and entries of tag, permissions and id, little endian, sorted
//! by tag and id (Linux `include/uapi/linux/posix_acl_xattr.h`).

const VERSION: u32 = 2;
const USER_OBJ: u16 = 0x01;
const USER: u16 = 0x02;
const GROUP_OBJ: u16 = 0x04;
const GROUP: u16 = 0x08;
const MASK: u16 = 0x10;
const OTHER: u16 = 0x20;
const NO_ID: u32 = u32::MAX;

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct AclEntry {
    tag: u16,
    id: u32,
    permissions: u16,
}

/// One access control list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Acl(Vec<AclEntry>);

impl Acl {
    /// Returns the minimal ACL of the mode bits.
    pub(super) fn from_mode(mode: u32) -> Self {
        let bits = |shift: u32| u16::try_from(mode >> shift & 7).unwrap_or_default();
        let entry = |tag, permissions| AclEntry { tag, id: NO_ID, permissions };
        Self(vec![entry(USER_OBJ, bits(6)), entry(GROUP_OBJ, bits(3)), entry(OTHER, bits(0))])
    }

    /// Parses the kernel's format; `None` if it is invalid.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (version, entries) = bytes.split_first_chunk()?;
        if u32::from_le_bytes(*version) != VERSION || entries.len() % 8 != 0 {
            return None;
        }
        let read = |entry: &[u8]| {
            Some(AclEntry {
                tag: u16::from_le_bytes(entry.get(0..2)?.try_into().ok()?),
                permissions: u16::from_le_bytes(entry.get(2..4)?.try_into().ok()?),
                id: u32::from_le_bytes(entry.get(4..8)?.try_into().ok()?),
            })
        };
        entries.chunks(8).map(read).collect::<Option<_>>().map(Self)
    }

    /// Gives the user the owner's permissions and at least read and write. The mask is extended so
    /// that the entry applies.
    pub(super) fn allow(&mut self, uid: u32) {
        let owner = self.0.iter().find(|entry| entry.tag == USER_OBJ);
        let permissions = owner.map_or(0, |entry| entry.permissions) | 0o6;
        self.0.retain(|entry| entry.tag != MASK && !(entry.tag == USER && entry.id == uid));
        self.0.push(AclEntry { tag: USER, id: uid, permissions });
        let masked = |entry: &&AclEntry| matches!(entry.tag, USER | GROUP_OBJ | GROUP);
        let mask = self.0.iter().filter(masked).fold(0, |mask, entry| mask | entry.permissions);
        self.0.push(AclEntry { tag: MASK, id: NO_ID, permissions: mask });
        self.0.sort_unstable();
    }

    /// Returns whether the list has an entry of the user.
    pub(super) fn has_user(&self, uid: u32) -> bool {
        self.0.iter().any(|entry| entry.tag == USER && entry.id == uid)
    }

    /// Returns a list with the same effective permissions and without a mask.
    pub(super) fn unmasked(mut self) -> Self {
        let mask = self.0.iter().find(|entry| entry.tag == MASK).map_or(7, |it| it.permissions);
        for entry in &mut self.0 {
            if matches!(entry.tag, USER | GROUP_OBJ | GROUP) {
                entry.permissions &= mask;
            }
        }
        self
    }

    /// Removes the entries of the selected ids and returns whether there were any. A list without
    /// named entries becomes a minimal ACL, without a mask.
    pub(super) fn remove(&mut self, is_meant: impl Fn(u32) -> bool) -> bool {
        let before = self.0.len();
        self.0.retain(|entry| !(matches!(entry.tag, USER | GROUP) && is_meant(entry.id)));
        if self.0.len() == before {
            return false;
        }
        self.0.retain(|entry| entry.tag != MASK);
        if !self.is_minimal() {
            let masked = |entry: &&AclEntry| matches!(entry.tag, USER | GROUP_OBJ | GROUP);
            let mask = self.0.iter().filter(masked).fold(0, |mask, entry| mask | entry.permissions);
            self.0.push(AclEntry { tag: MASK, id: NO_ID, permissions: mask });
            self.0.sort_unstable();
        }
        true
    }

    /// Returns whether the list is a minimal ACL, acl(5), which mode bits can express.
    pub(super) fn is_minimal(&self) -> bool {
        self.0.iter().all(|entry| matches!(entry.tag, USER_OBJ | GROUP_OBJ | OTHER))
    }

    /// Returns the equivalent mode bits; the group bits are the group's own and not the mask.
    #[cfg(test)]
    pub(super) fn mode(&self) -> u32 {
        let bits = |tag| {
            let entry = self.0.iter().find(|entry| entry.tag == tag);
            entry.map_or(0, |entry| u32::from(entry.permissions))
        };
        bits(USER_OBJ) << 6 | bits(GROUP_OBJ) << 3 | bits(OTHER)
    }

    /// Returns the kernel's format.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = VERSION.to_le_bytes().to_vec();
        for entry in &self.0 {
            bytes.extend(entry.tag.to_le_bytes());
            bytes.extend(entry.permissions.to_le_bytes());
            bytes.extend(entry.id.to_le_bytes());
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_gets_the_owner_permissions() {
        let mut acl = Acl::from_mode(0o100_755);
        acl.allow(101_000);
        let entry = |tag, id, permissions| AclEntry { tag, id, permissions };
        let expected = [
            entry(USER_OBJ, NO_ID, 7),
            entry(USER, 101_000, 7),
            entry(GROUP_OBJ, NO_ID, 5),
            entry(MASK, NO_ID, 7),
            entry(OTHER, NO_ID, 5),
        ];
        assert_eq!(acl.0, expected);
    }

    #[test]
    fn allowing_twice_changes_nothing() {
        let mut once = Acl::from_mode(0o644);
        once.allow(7);
        let mut twice = once.clone();
        twice.allow(7);
        assert_eq!(once, twice);
    }

    #[test]
    fn allowed_users_can_be_removed() {
        let before = Acl::from_mode(0o640);
        let mut acl = before.clone();
        acl.allow(7);
        acl.allow(8);
        assert!(acl.remove(|id| id == 7 || id == 8));
        assert_eq!(acl, before);
        assert_eq!((acl.is_minimal(), acl.mode()), (true, 0o640));
        assert!(!acl.remove(|_| true));
    }

    #[test]
    fn new_mask_grants_nothing_to_other_entries() {
        let entry = |tag, id, permissions| AclEntry { tag, id, permissions };
        let acl = Acl(vec![
            entry(USER_OBJ, NO_ID, 7),
            entry(USER, 5, 7),
            entry(GROUP_OBJ, NO_ID, 7),
            entry(MASK, NO_ID, 5),
            entry(OTHER, NO_ID, 0),
        ]);
        let mut acl = acl.unmasked();
        acl.allow(9);
        let rights = |id| acl.0.iter().find(|it| it.tag == USER && it.id == id);
        assert_eq!(rights(5).map(|it| it.permissions), Some(5));
        assert_eq!(rights(9).map(|it| it.permissions), Some(7));
        assert!(acl.remove(|id| id == 9) && !acl.is_minimal());
    }

    #[test]
    fn kernel_form_round_trips() {
        let mut acl = Acl::from_mode(0o640);
        acl.allow(5);
        assert_eq!(Acl::decode(&acl.encode()), Some(acl));
        for bad in [&[][..], &[1, 0, 0, 0], &[2, 0, 0, 0, 1]] {
            assert_eq!(Acl::decode(bad), None);
        }
    }
}
