//! The destination of a copy, as in `cp`.

use super::error::TransferError;
use super::file_kind::FileKind;
use super::source::{Source, show, split, trim_slashes};

/// The kind of the destination before the copy.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Standing {
    Nothing,
    Directory,
    /// A file, or a symbolic link to anything other than a directory.
    Other,
}

/// The number of sources.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Count {
    One,
    Several,
}

/// The destination of one copy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Landing {
    /// The parent directory, which has to exist.
    pub(super) directory: Vec<u8>,
    /// The name in it; `None` to copy a directory's contents into it.
    pub(super) name: Option<Vec<u8>>,
}

/// Determines the destination of a source of this kind.
pub(super) fn land(
    target: &[u8],
    standing: Standing,
    source: &Source,
    kind: FileKind,
    count: Count,
) -> Result<Landing, TransferError> {
    let bare = trim_slashes(target);
    match standing {
        Standing::Directory => {
            return Ok(Landing { directory: or_here(target), name: source.name.clone() });
        }
        Standing::Nothing if count == Count::One => {}
        Standing::Other if count == Count::One && kind != FileKind::Directory => {}
        _ => return Err(TransferError::NotADirectory { path: show(target) }),
    }
    let is_meant_as_directory = bare.len() < target.len();
    if is_meant_as_directory && kind != FileKind::Directory {
        return Err(TransferError::NotADirectory { path: show(target) });
    }
    let (parent, name) = split(bare);
    if matches!(name, b"" | b"." | b"..") {
        return Err(TransferError::NotADirectory { path: show(target) });
    }
    Ok(Landing { directory: or_here(parent), name: Some(name.to_vec()) })
}

fn or_here(path: &[u8]) -> Vec<u8> {
    if path.is_empty() { b".".to_vec() } else { path.to_vec() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Count::{One, Several};
    use super::Standing::{Directory, Nothing, Other};
    use super::*;

    fn shown(target: &str, standing: Standing, from: &str, kind: FileKind, count: Count) -> String {
        let landed = Source::parse(from.as_bytes())
            .and_then(|source| land(target.as_bytes(), standing, &source, kind, count));
        match landed {
            Ok(it) => {
                format!("{} {}", show(&it.directory), it.name.as_deref().map_or("*".into(), show))
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn landings() {
        let (file, dir) = (FileKind::File, FileKind::Directory);
        let refused = |target: &str| format!("`{target}` is not a directory");
        for (target, standing, from, kind, count, expected) in [
            ("to", Directory, "a/x", file, One, "to x".to_owned()),
            ("to/", Directory, "a/x", dir, Several, "to/ x".to_owned()),
            ("to", Directory, "a/x/.", dir, One, "to *".to_owned()),
            ("", Directory, "a", file, One, ". a".to_owned()),
            ("to", Nothing, "a/x", file, One, ". to".to_owned()),
            ("in/to", Nothing, "a/x", dir, One, "in/ to".to_owned()),
            ("in/to/", Nothing, "a/x", dir, One, "in/ to".to_owned()),
            ("in/to/", Nothing, "a/x", file, One, refused("in/to/")),
            ("to", Nothing, "a/x/.", dir, One, ". to".to_owned()),
            ("to", Nothing, "a", file, Several, refused("to")),
            ("to", Other, "a", file, One, ". to".to_owned()),
            ("to", Other, "a", dir, One, refused("to")),
            ("to/", Other, "a", file, One, refused("to/")),
            ("to", Other, "a", file, Several, refused("to")),
            ("/", Nothing, "a", dir, One, refused("/")),
        ] {
            let case = format!("{from} → {target} ({standing:?}, {kind:?}, {count:?})");
            assert_eq!(shown(target, standing, from, kind, count), expected, "{case}");
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
            let standing = [Nothing, Directory, Other][at];
            let kind = if is_dir { FileKind::Directory } else { FileKind::File };
            let landed = Source::parse(from.as_bytes())
                .and_then(|source| land(target.as_bytes(), standing, &source, kind, One));
            if let Ok(Landing { name: Some(name), .. }) = landed {
                prop_assert!(!name.contains(&b'/'));
                prop_assert!(!matches!(name.as_slice(), b"" | b"." | b".."));
            }
        }
    }
}
