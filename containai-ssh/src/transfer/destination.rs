//! The destination of a copy, as in `cp`.

use super::error::TransferError;
use super::file_kind::FileKind;
use super::source::{CopySource, escape_path, split_parent, trim_slashes};

/// The kind of the destination before the copy.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum TargetKind {
    Missing,
    Directory,
    /// A file, or a symbolic link to anything other than a directory.
    Other,
}

/// The number of sources.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum SourceCount {
    One,
    Several,
}

/// The destination of one copy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct CopyDestination {
    /// The parent directory, which has to exist.
    pub(super) directory: Vec<u8>,
    /// The name in it; `None` to copy a directory's contents into it.
    pub(super) name: Option<Vec<u8>>,
}

/// Determines the destination of a source of this kind.
pub(super) fn resolve_destination(
    target: &[u8],
    target_kind: TargetKind,
    source: &CopySource,
    kind: FileKind,
    count: SourceCount,
) -> Result<CopyDestination, TransferError> {
    let bare = trim_slashes(target);
    match target_kind {
        TargetKind::Directory => {
            return Ok(CopyDestination {
                directory: or_current_dir(target),
                name: source.name.clone(),
            });
        }
        TargetKind::Missing if count == SourceCount::One => {}
        TargetKind::Other if count == SourceCount::One && kind != FileKind::Directory => {}
        _ => return Err(TransferError::NotADirectory { path: escape_path(target) }),
    }
    let is_meant_as_directory = bare.len() < target.len();
    if is_meant_as_directory && kind != FileKind::Directory {
        return Err(TransferError::NotADirectory { path: escape_path(target) });
    }
    let (parent, name) = split_parent(bare);
    if matches!(name, b"" | b"." | b"..") {
        return Err(TransferError::NotADirectory { path: escape_path(target) });
    }
    Ok(CopyDestination { directory: or_current_dir(parent), name: Some(name.to_vec()) })
}

fn or_current_dir(path: &[u8]) -> Vec<u8> {
    if path.is_empty() { b".".to_vec() } else { path.to_vec() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::SourceCount::{One, Several};
    use super::TargetKind::{Directory, Missing, Other};
    use super::*;

    fn shown(
        target: &str,
        target_kind: TargetKind,
        from: &str,
        kind: FileKind,
        count: SourceCount,
    ) -> String {
        let landed = CopySource::parse(from.as_bytes()).and_then(|source| {
            resolve_destination(target.as_bytes(), target_kind, &source, kind, count)
        });
        match landed {
            Ok(it) => {
                format!(
                    "{} {}",
                    escape_path(&it.directory),
                    it.name.as_deref().map_or("*".into(), escape_path)
                )
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn destinations() {
        let (file, dir) = (FileKind::File, FileKind::Directory);
        let refused = |target: &str| format!("`{target}` is not a directory");
        for (target, target_kind, from, kind, count, expected) in [
            ("to", Directory, "a/x", file, One, "to x".to_owned()),
            ("to/", Directory, "a/x", dir, Several, "to/ x".to_owned()),
            ("to", Directory, "a/x/.", dir, One, "to *".to_owned()),
            ("", Directory, "a", file, One, ". a".to_owned()),
            ("to", Missing, "a/x", file, One, ". to".to_owned()),
            ("in/to", Missing, "a/x", dir, One, "in/ to".to_owned()),
            ("in/to/", Missing, "a/x", dir, One, "in/ to".to_owned()),
            ("in/to/", Missing, "a/x", file, One, refused("in/to/")),
            ("to", Missing, "a/x/.", dir, One, ". to".to_owned()),
            ("to", Missing, "a", file, Several, refused("to")),
            ("to", Other, "a", file, One, ". to".to_owned()),
            ("to", Other, "a", dir, One, refused("to")),
            ("to/", Other, "a", file, One, refused("to/")),
            ("to", Other, "a", file, Several, refused("to")),
            ("/", Missing, "a", dir, One, refused("/")),
        ] {
            let case = format!("{from} → {target} ({target_kind:?}, {kind:?}, {count:?})");
            assert_eq!(shown(target, target_kind, from, kind, count), expected, "{case}");
        }
    }

    proptest! {
        #[test]
        fn a_name_is_one_component(
            target in "[a./]{0,8}",
            from in "[a./]{1,8}",
            at in 0_usize..3,
            is_dir: bool,
        ) {
            let target_kind = [Missing, Directory, Other][at];
            let kind = if is_dir { FileKind::Directory } else { FileKind::File };
            let landed = CopySource::parse(from.as_bytes())
                .and_then(|source| resolve_destination(target.as_bytes(), target_kind, &source, kind, One));
            if let Ok(CopyDestination { name: Some(name), .. }) = landed {
                prop_assert!(!name.contains(&b'/'));
                prop_assert!(!matches!(name.as_slice(), b"" | b"." | b".."));
            }
        }
    }
}
