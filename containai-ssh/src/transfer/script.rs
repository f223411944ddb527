//! Scripts that run in the container. Paths are arguments, never part of a
//! script.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

use super::error::TransferError;
use super::source::escape_path;
use crate::command::Command;

/// Expands `~` in a path that a user typed.
const EXPAND_HOME: &str = "p=$1; case $p in '~') p=$HOME ;; '~/'*) p=$HOME/${p#??} ;; esac\n";

/// PATH FOLLOW: properties of the path, and the target of a symbolic link.
pub(super) const STAT: &str = "\
case $2 in follow) stat -L --printf='%f %s %.9Y\\n' -- \"$p\" ;;
*) stat --printf='%f %s %.9Y\\n' -- \"$p\" && { [ ! -L \"$p\" ] || readlink -n -- \"$p\"; } ;; esac";

/// DIRECTORY PART: size of a partial file, and its hash.
pub(super) const FIND_PARTIAL: &str = "\
cd -- \"$p\" || exit
[ -f \"$2\" ] && [ ! -L \"$2\" ] && exec 9<\"$2\" || { echo '0 -'; exit 0; }
flock -w 10 9 || exit 75
stat -L --printf='%s ' /proc/self/fd/9 && sha256sum <&9";

/// PATH LENGTH: hash of the beginning of a file.
pub(super) const HASH: &str = "head -c \"$2\" -- \"$p\" | sha256sum";

/// PATH OFFSET: content of a file from an offset.
pub(super) const GET_FILE: &str =
    "exec dd if=\"$p\" bs=256K iflag=skip_bytes skip=\"$2\" status=none";

/// DIRECTORY NAME PART OFFSET TOTAL MODE TIME: writes the rest of a file, which
/// is renamed when it is complete. Private until then.
pub(super) const PUT_FILE: &str = "\
cd -- \"$p\" || exit
umask 077
[ -f \"$3\" ] && [ ! -L \"$3\" ] || rm -f -- \"$3\"
exec 9>>\"$3\" || exit
flock -w 10 9 || exit 75
truncate -s \"$4\" -- \"$3\" || exit
dd of=\"$3\" bs=256K iflag=fullblock oflag=seek_bytes seek=\"$4\" conv=notrunc,sparse status=none || exit
[ \"$(stat -c %s -- \"$3\")\" = \"$5\" ] || exit 76
chmod -- \"$6\" \"$3\" && touch -d \"@$7\" -- \"$3\" && mv -fT -- \"$3\" \"$2\"";

/// DIRECTORY NAME TARGET TIME: creates a symbolic link.
pub(super) const PUT_LINK: &str = "\
cd -- \"$p\" && ln -sfnT -- \"$3\" \"$2\" && touch -h -d \"@$4\" -- \"$2\"";

/// DIRECTORY NAME MODE TIME: unpacks a tree. An existing directory keeps its
/// mode and time.
pub(super) const PUT_TREE: &str = "\
cd -- \"$p\" || exit
new=
if mkdir -m 700 -- \"$2\" 2>/dev/null; then new=1; fi
(cd -- \"$2\" && exec tar --extract --file=- --preserve-permissions --no-same-owner \
--no-overwrite-dir --delay-directory-restore)
status=$?
[ -z \"$new\" ] || { chmod -- \"$3\" \"$2\" && touch -d \"@$4\" -- \"$2\"; } || exit
exit $status";

/// PATH: packs a tree. Hard links are sent as files, so that none has to be
/// created.
pub(super) const GET_TREE: &str = "\
cd -- \"$p\" && exec tar --create --file=- --format=posix \
--pax-option=delete=atime,delete=ctime --hard-dereference --numeric-owner .";

/// FILE ID: whether the file contains the id.
pub(super) const HAS_IMPORT_ID: &str = "[ ! -L .containai ] && [ -f \"$p\" ] && [ ! -L \"$p\" ] && [ \"$(head -c 100 -- \"$p\")\" = \"$2\" ]";

/// FILE LENGTH ID: reads two archives. From the first one, of this length,
/// missing files are created; the second one replaces existing files. The
/// second one is unpacked first, because its directories replace symbolic
/// links. At the end the id is written to the file.
pub(super) const IMPORT: &str = "\
umask 077
[ -d .containai ] && [ ! -L .containai ] || { rm -f .containai && mkdir .containai; } || exit
rm -f -- \"$p\" || exit
spare=$(mktemp) || exit
trap 'rm -f -- \"$spare\"' EXIT
head -c \"$2\" >\"$spare\" || exit
tar --extract --file=- --preserve-permissions --no-same-owner --delay-directory-restore || exit
tar --extract --file=\"$spare\" --preserve-permissions --no-same-owner --skip-old-files || exit
printf %s \"$3\" >\"$p\"";

/// HOME check|fix: reads lines of FORCE, LINK and TARGET, separated by tabs,
/// and prints each link that is wrong, with its state. Every parent directory
/// has to be a directory: `fix` creates missing ones, and reports a symbolic
/// link in place of one without changing it.
pub(super) const HOME_LINKS: &str = "\
tab=$(printf '\\t')
while IFS=$tab read -r force link target; do
cd -P -- \"$p\" || exit
rest=$link
state=
while [ \"${rest#*/}\" != \"$rest\" ]; do
part=${rest%%/*}
rest=${rest#*/}
if [ ! -L \"$part\" ] && [ ! -e \"$part\" ] && [ \"$2\" = fix ]; then mkdir -- \"$part\" || exit; fi
if [ -L \"$part\" ]; then state='in the way: a parent directory is a link'; break; fi
if [ ! -d \"$part\" ]; then
[ -e \"$part\" ] && state='in the way: a parent directory is a file' || state=missing
break
fi
cd -P -- \"./$part\" || exit
done
if [ -z \"$state\" ]; then
rest=./$rest
if [ -L \"$rest\" ]; then
[ \"$(readlink -- \"$rest\")\" = \"$target\" ] || state=wrong
elif [ ! -e \"$rest\" ]; then state=missing
elif [ \"$force\" = R ]; then state='not a link'
elif [ -d \"$rest\" ] && [ -z \"$(ls -A -- \"$rest\")\" ]; then state='not a link'
else state='in the way: not a link, and not empty'
fi
fi
[ -n \"$state\" ] || continue
if [ \"$2\" = fix ]; then
case $state in
missing|wrong) ln -sfnT -- \"$target\" \"$rest\" || exit ;;
'not a link') rm -rf -- \"$rest\" && ln -sT -- \"$target\" \"$rest\" || exit ;;
esac
fi
printf '%s\\t%s\\n' \"$link\" \"$state\"
done";

/// PATH: files of a tree that git tracks or would add, NUL-terminated; a status
/// of its own without git.
pub(super) const GIT_LS_FILES: &str = "\
cd -- \"$p\" || exit
[ -e .git ] && command -v git >/dev/null || exit 77
exec git -c core.fsmonitor=false ls-files -z --cached --others --exclude-standard";

/// PATH: kind, mode and path, then the target, of everything in a tree except
/// git directories, each pair NUL-terminated.
pub(super) const FIND: &str = "\
cd -- \"$p\" && exec find . -mindepth 1 -name .git -prune -o -printf '%y %m %P\\0%l\\0'";

/// PATH: hashes of the files named on standard input, with NUL-terminated
/// names.
pub(super) const SHA256SUM: &str = "\
cd -- \"$p\" && exec xargs -0 -r sha256sum -z --";

/// PATH: packs the files and links named on standard input, NUL-terminated.
pub(super) const GET_FILES: &str = "\
cd -- \"$p\" && exec tar --create --file=- --format=posix \
--pax-option=delete=atime,delete=ctime --hard-dereference --numeric-owner \
--no-recursion --null --files-from=-";

/// PATH: whether the directory has any entry.
pub(super) const FIRST_NAME: &str = "cd -- \"$p\" && ls -A | head -c 1";

/// Exit status: git is missing.
pub(super) const NO_GIT_STATUS: u8 = 77;
/// Exit status: the lock was not acquired in time.
pub(super) const BUSY_STATUS: u8 = 75;
/// Exit status: the received file is incomplete.
pub(super) const INCOMPLETE_STATUS: u8 = 76;

/// Returns the command that runs a script with a path and further arguments.
pub(super) fn command(
    directory: &OsString,
    script: &str,
    path: &[u8],
    more: &[&[u8]],
) -> Result<Command, TransferError> {
    let script = format!("{EXPAND_HOME}{script}");
    let mut words: Vec<OsString> =
        ["LC_ALL=C", "TAR_OPTIONS=", "sh", "-c", &script, "sh"].map(OsString::from).into();
    words.push(OsString::from_vec(unambiguous_path(path)));
    words.extend(more.iter().map(|word| OsString::from_vec(word.to_vec())));
    let command = Command::new(words).map_err(|error| TransferError::Missing {
        path: escape_path(path),
        reason: error.to_string(),
    })?;
    Ok(command.in_dir(directory))
}

/// Prefixes a path so that no program takes it for an option, and `~` only ever
/// means the home directory.
fn unambiguous_path(path: &[u8]) -> Vec<u8> {
    match path {
        b"" => b".".to_vec(),
        b"~" | [b'/', ..] | [b'~', b'/', ..] => path.to_vec(),
        _ => [b"./", path].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_not_options() {
        for (path, expected) in [
            ("", "."),
            ("-rf", "./-rf"),
            ("~", "~"),
            ("~/x", "~/x"),
            ("~root", "./~root"),
            ("/etc", "/etc"),
            ("a/b", "./a/b"),
        ] {
            assert_eq!(unambiguous_path(path.as_bytes()), expected.as_bytes(), "{path}");
        }
    }
}
