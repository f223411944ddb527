//! Tar headers, as GNU tar reads them.

use containai_core::archive::pax;
use tar::{EntryType, Header};

use super::file_kind::FileAttributes;

/// The kind of a tar entry.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum TarEntryKind<'a> {
    File(u64),
    Directory,
    Link(&'a [u8]),
}

/// Returns all header blocks of an entry.
///
/// Long names use GNU's extension headers, which carry any bytes; POSIX's are
/// UTF-8. The POSIX header carries only the fraction of a second.
pub(super) fn header_blocks(
    path: &[u8],
    kind: TarEntryKind<'_>,
    attributes: FileAttributes,
) -> Vec<u8> {
    header_blocks_owned_by(path, kind, attributes, 0)
}

/// As [`header_blocks`], with this owner and group id.
pub(super) fn header_blocks_owned_by(
    path: &[u8],
    kind: TarEntryKind<'_>,
    attributes: FileAttributes,
    owner: u64,
) -> Vec<u8> {
    let mut blocks = Vec::with_capacity(2048);
    let moment = attributes.modified;
    if moment.nanoseconds > 0 || moment.seconds < 0 {
        let record = pax::record(b"mtime", moment.to_pax().as_bytes());
        push_extension(&mut blocks, EntryType::XHeader, &record);
    }
    let mut header = Header::new_gnu();
    let link = if let TarEntryKind::Link(to) = kind { to } else { b"" };
    if let Some(gnu) = header.as_gnu_mut() {
        for (what, long, field) in [
            (path, EntryType::GNULongName, &mut gnu.name),
            (link, EntryType::GNULongLink, &mut gnu.linkname),
        ] {
            match field.get_mut(..what.len()) {
                Some(field) => field.copy_from_slice(what),
                None => {
                    let length = field.len();
                    field.copy_from_slice(&what[..length]);
                    push_extension(&mut blocks, long, &[what, b"\0"].concat());
                }
            }
        }
    }
    let (entry_type, size) = match kind {
        TarEntryKind::File(size) => (EntryType::Regular, size),
        TarEntryKind::Directory => (EntryType::Directory, 0),
        TarEntryKind::Link(_) => (EntryType::Symlink, 0),
    };
    header.set_entry_type(entry_type);
    header.set_size(size);
    header.set_mode(attributes.mode);
    header.set_uid(owner);
    header.set_gid(owner);
    header.set_mtime(u64::try_from(moment.seconds).unwrap_or(0));
    header.set_cksum();
    blocks.extend(header.as_bytes());
    blocks
}

/// Returns the size of the padding after this many bytes.
pub(super) fn padding(size: u64) -> u64 {
    size.wrapping_neg() % 512
}

fn push_extension(blocks: &mut Vec<u8>, entry_type: EntryType, content: &[u8]) {
    let mut header = Header::new_gnu();
    if let Some(gnu) = header.as_gnu_mut() {
        let name = b"././@LongLink";
        gnu.name[..name.len()].copy_from_slice(name);
    }
    header.set_entry_type(entry_type);
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_cksum();
    blocks.extend(header.as_bytes());
    blocks.extend(content);
    blocks.resize(blocks.len().next_multiple_of(512), 0);
}
