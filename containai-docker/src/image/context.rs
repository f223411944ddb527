//! The archive of a build context.

use std::io;

use containai_core::engine::ShippedImage;

use super::embedded;

/// The directory of the host's settings in the context. Only the stages that download mount it, and
/// none of its files become part of an image.
const HOST_DIRECTORY: &str = "host/";

/// Packs the image's files and the host's settings as the build context. Owner, group and time are
/// constant, so that the builder's cache recognises unchanged files.
pub(crate) fn archive(image: ShippedImage, host: &[(&str, Vec<u8>)]) -> io::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    for file in embedded::files(image) {
        archive.append_data(&mut header(file.mode, file.bytes), file.path, file.bytes)?;
    }
    for (name, bytes) in host {
        archive.append_data(
            &mut header(0o644, bytes),
            format!("{HOST_DIRECTORY}{name}"),
            bytes.as_slice(),
        )?;
    }
    archive.into_inner()
}

fn header(mode: u32, bytes: &[u8]) -> tar::Header {
    let mut header = tar::Header::new_ustar();
    header.set_entry_type(tar::EntryType::Regular);
    header.set_size(bytes.len() as u64);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header
}
