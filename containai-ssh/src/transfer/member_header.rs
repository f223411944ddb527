//! Tar headers, as GNU tar reads them.

use containai_core::archive::pax;
use tar::{EntryType, Header};

use super::file_kind::Attributes;

/// The kind of a tar entry.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum SentKind<'a> {
    File(u64),
    Directory,
    Link(&'a [u8]),
}

/// Returns all header blocks of an entry.
///
/// Long names use GNU's extension headers, which carry any bytes; POSIX's are
/// UTF-8. The POSIX header carries only the fraction of a second.
pub(super) fn blocks(path: &[u8], kind: SentKind<'_>, attributes: Attributes) -> Vec<u8> {
    blocks_of(path, kind, attributes, 0)
}

/// As [`header_blocks`], with this owner and group id.
pub(super) fn blocks_of(
    path: &[u8],
    kind: SentKind<'_>,
    attributes: Attributes,
    owner: u64,
) -> Vec<u8> {
    let mut blocks = Vec::with_capacity(2048);
    let moment = attributes.modified;
    if moment.nanoseconds > 0 || moment.seconds < 0 {
        let record = pax::record(b"mtime", moment.text().as_bytes());
        extra(&mut blocks, EntryType::XHeader, &record);
    }
    let mut header = Header::new_gnu();
    let link = if let SentKind::Link(to) = kind { to } else { b"" };
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
                    extra(&mut blocks, long, &[what, b"\0"].concat());
                }
            }
        }
    }
    let (entry_type, size) = match kind {
        SentKind::File(size) => (EntryType::Regular, size),
        SentKind::Directory => (EntryType::Directory, 0),
        SentKind::Link(_) => (EntryType::Symlink, 0),
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

fn extra(blocks: &mut Vec<u8>, entry_type: EntryType, content: &[u8]) {
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
