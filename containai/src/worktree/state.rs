//! What references a repository has, and whether something changed.

use std::io;
use std::path::Path;

use containai_core::worktree::{Head, ObjectId, RefName, Refs, parse_packed_refs};
use sha2::{Digest as _, Sha256};

use super::untrusted_tree::UntrustedTree;

/// No file of a reference is longer.
const MAX_REF_BYTES: u64 = 4096;
const MAX_PACKED_REFS_BYTES: u64 = 64 << 20;
/// Directories below `refs` that matter to both sides; of the last two the
/// container's values are kept on the host beside its own.
const REF_NAMESPACES: [&str; 4] = ["refs/heads", "refs/tags", "refs/stash", "refs/notes"];

/// The references of a container's own repository. What a link leads to, and
/// what is no reference, is none.
pub(crate) fn read_refs(own: &UntrustedTree) -> io::Result<Refs> {
    let packed = own.text(Path::new("packed-refs"), MAX_PACKED_REFS_BYTES)?.unwrap_or_default();
    let mut refs = parse_packed_refs(&packed);
    let is_read =
        |name: &RefName| REF_NAMESPACES.iter().any(|space| name.as_str().starts_with(space));
    refs.retain(|name, _| is_read(name));
    for space in REF_NAMESPACES.map(Path::new) {
        let mut entries = own.walk(space)?;
        entries.extend(own.stat(space)?);
        for entry in entries {
            let name = entry.path.to_str().and_then(RefName::parse);
            let (true, Some(name)) = (entry.is_file(), name) else { continue };
            let Ok(Some(text)) = own.text(&entry.path, MAX_REF_BYTES) else { continue };
            // A symbolic reference is of the container alone.
            match ObjectId::parse(text.trim_end()) {
                Some(id) => refs.insert(name, id),
                None => refs.remove(&name),
            };
        }
    }
    Ok(refs)
}

/// `HEAD` of the worktree with this entry; `None` where it makes no sense.
pub(crate) fn read_head(own: &UntrustedTree, entry: &str) -> io::Result<Option<Head>> {
    let text = own.text(&Path::new("worktrees").join(entry).join("HEAD"), MAX_REF_BYTES)?;
    Ok(text.as_deref().and_then(Head::parse))
}

/// Tells whether references or `HEAD` may have changed: equal ones have not.
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
        let it = entry.status;
        digest.update(entry.path.as_os_str().as_encoded_bytes());
        digest.update([0]);
        let moment = [it.st_mtime, it.st_ctime].map(|it| it.to_string());
        let numbers = [it.st_ino.to_string(), it.st_size.to_string()];
        let fractions = [it.st_mtime_nsec.to_string(), it.st_ctime_nsec.to_string()];
        digest.update(
            moment.into_iter().chain(numbers).chain(fractions).collect::<Vec<_>>().join(" "),
        );
        digest.update([0]);
    }
    Ok(hex::encode(digest.finalize()))
}
