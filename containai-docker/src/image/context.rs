//! The archive that a build starts from.

use std::io;

use containai_core::engine::ShippedImage;

use super::tree;

/// Packs the image's files as the build context. Owner, group and time are
/// always the same, so that the builder's cache recognises unchanged files.
pub(crate) fn archive(image: ShippedImage) -> io::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    for file in tree::files(image) {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(tar::EntryType::Regular);
        header.set_size(file.bytes.len() as u64);
        header.set_mode(file.mode);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        archive.append_data(&mut header, file.path, file.bytes)?;
    }
    archive.into_inner()
}
