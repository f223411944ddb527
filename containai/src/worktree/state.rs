//! Reading the references of a repository, and detecting changes.

use std::io;
use std::path::Path;

use containai_core::worktree::{Head, ObjectId, RefName, Refs, parse_packed_refs};
use sha2::{Digest as _, Sha256};

use super::untrusted_tree::UntrustedTree;

/// The limit for the file of a reference, in bytes.
const MAX_REF_BYTES: u64 = 4096;
const MAX_PACKED_REFS_BYTES: u64 = 64 << 20;
/// The namespaces that are synced. Stashes and notes of the container are kept beside the host's.
const REF_NAMESPACES: [&str; 4] = ["refs/heads", "refs/tags", "refs/stash", "refs/notes"];

/// Reads the references of a container's repository. Symbolic links and malformed references are
/// ignored.
pub(crate) fn read_refs(repository: &UntrustedTree) -> io::Result<Refs> {
    let packed =
        repository.text(Path::new("packed-refs"), MAX_PACKED_REFS_BYTES)?.unwrap_or_default();
    let mut refs = parse_packed_refs(&packed);
    let is_read =
        |name: &RefName| REF_NAMESPACES.iter().any(|space| name.as_str().starts_with(space));
    refs.retain(|name, _| is_read(name));
    for space in REF_NAMESPACES.map(Path::new) {
        let mut entries = repository.walk(space)?;
        entries.extend(repository.stat(space)?);
        for entry in entries {
            let name = entry.path.to_str().and_then(RefName::parse);
            let (true, Some(name)) = (entry.is_file(), name) else { continue };
            let Ok(Some(text)) = repository.text(&entry.path, MAX_REF_BYTES) else { continue };
            // Symbolic references are not synced.
            match ObjectId::parse(text.trim_end()) {
                Some(id) => refs.insert(name, id),
                None => refs.remove(&name),
            };
        }
    }
    Ok(refs)
}

/// Reads `HEAD` of the worktree with this entry; `None` if it is malformed.
pub(crate) fn read_head(repository: &UntrustedTree, entry: &str) -> io::Result<Option<Head>> {
    let text = repository.text(&Path::new("worktrees").join(entry).join("HEAD"), MAX_REF_BYTES)?;
    Ok(text.as_deref().and_then(Head::parse))
}

/// Returns a fingerprint of references and `HEAD`: if it is equal, they did not change.
pub(crate) fn fingerprint(repository: &UntrustedTree, entry: &str) -> io::Result<String> {
    let worktree = Path::new("worktrees").join(entry);
    let mut entries = repository.walk(Path::new("refs"))?;
    entries.extend(repository.walk(Path::new("reftable"))?);
    for path in [Path::new("packed-refs"), Path::new("HEAD"), &worktree.join("HEAD")] {
        entries.extend(repository.stat(path)?);
    }
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    let mut digest = Sha256::new();
    for entry in entries {
        let status = entry.status;
        digest.update(entry.path.as_os_str().as_encoded_bytes());
        digest.update([0]);
        let times = [status.st_mtime, status.st_ctime].map(|it| it.to_string());
        let numbers = [status.st_ino.to_string(), status.st_size.to_string()];
        let fractions = [status.st_mtime_nsec.to_string(), status.st_ctime_nsec.to_string()];
        digest.update(
            times.into_iter().chain(numbers).chain(fractions).collect::<Vec<_>>().join(" "),
        );
        digest.update([0]);
    }
    Ok(hex::encode(digest.finalize()))
}
