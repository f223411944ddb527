//! Scripts of helper containers. They need GNU coreutils, GNU tar and a POSIX shell, which every
//! ContainAI image has.

use containai_core::layout::{CONTAINER_DATA, VOLUME_STAGING};

use super::fifo::PIPE_PATH;

/// The directory of a restore's unpacked tree, below [`VOLUME_STAGING`].
pub(super) const TREE: &str = "new";
/// The last file of a complete stream.
pub(super) const COMPLETE: &str = "complete";
/// The line that starts the operation.
pub(super) const START: &[u8] = b"go\n";
/// The line that starts the operation with the pipe as input.
pub(super) const START_FROM_PIPE: &[u8] = b"pipe\n";

/// Options with which GNU tar preserves attributes.
const ATTRIBUTES: &str = "--numeric-owner --acls --xattrs --xattrs-include='user.*'";

/// Waits for the start line, then writes the volume as an archive. The script's arguments are
/// options of tar.
pub(super) fn pack() -> String {
    format!(
        "read -r go || exit 3; \
         exec tar --create --file=- --directory={CONTAINER_DATA} --format=posix \
         --pax-option=delete=atime,delete=ctime --blocking-factor=128 --sort=name \
         --sparse {ATTRIBUTES} \"$@\" ."
    )
}

/// The line after all files are copied.
pub(super) const COPIED: &str = "copied";
/// The line after the copies are synced to the disk.
pub(super) const SYNCED: &str = "synced";
/// The directories of the source and the target volumes in the helper container.
pub(super) const SOURCES: &str = "/mnt/containai/from";
pub(super) const TARGETS: &str = "/mnt/containai/to";

/// Prints the size of the sources and the free space, waits for the start line, and copies each
/// source to the target of the same number. Then it waits for the end of its input: it runs as long
/// as its client is connected.
///
/// `cp` preserves owners, modes, times, hard links, holes, ACLs, extended attributes and the
/// whiteouts of overlay file systems, which are devices that unprivileged users may create.
pub(super) fn copy() -> String {
    copy_in(SOURCES, TARGETS)
}

fn copy_in(originals: &str, copies: &str) -> String {
    format!(
        r#"set -u
used=$(du --summarize --total --block-size=1 '{originals}'/* | tail -n 1 | cut -f 1)
free=$(stat -f -c '%a %S' '{copies}'/0) || exit 2
echo "${{used:-0}} $free"
read -r go || exit 3
pids=
for from in '{originals}'/*; do
  cp --archive --reflink=auto "$from/." '{copies}'/"${{from##*/}}/" &
  pids="$pids $!"
done
failed=0
for pid in $pids; do wait "$pid" || failed=4; done
[ $failed -eq 0 ] || exit $failed
echo {COPIED}
for to in '{copies}'/*; do sync -f "$to" || exit 5; done
echo {SYNCED}
read -r end
exit 0
"#
    )
}

/// Prints the free space, waits for the start line, unpacks the archive beside the current content,
/// and replaces the content.
///
/// A pipe is opened before the first line is printed: a client that then finds no reader is on
/// another machine. The helper holds both ends until it reads; otherwise it would wait for a client
/// that has ended.
///
/// If it is restarted before it has read a start line, it exits, because no client would send one.
/// Between `retire` and the end it only moves files, and each move can be repeated: restarted at
/// any point at which it was killed, the same container either finishes or rolls back. A stream
/// without its last file is rolled back. The attributes of the top directory are set last, because
/// every move changes its time.
///
/// New files are synced to the disk before old ones are removed. If the volume was empty, nothing
/// can be lost, and the sync is skipped.
pub(super) fn unpack() -> String {
    unpack_in(CONTAINER_DATA, "", PIPE_PATH)
}

/// As [`unpack`], for another volume and pipe; state that has to survive a crash is stored below
/// `memory`.
fn unpack_in(volume: &str, memory: &str, pipe: &str) -> String {
    format!(
        r#"set -eu
umask 077
cd '{volume}'
m='{memory}'
s={VOLUME_STAGING}
settle='sync -f .'
move() {{
  for path in "$1"/* "$1"/.[!.]* "$1"/..?*; do
    name=${{path##*/}}
    if [ "$name" = "$s" ]; then continue; fi
    if [ -e "$path" ] || [ -L "$path" ]; then
      if [ -e "$2/$name" ] || [ -L "$2/$name" ]; then rm -rf -- "$2/$name"; fi
      mv -T -- "$path" "$2/$name"
    fi
  done
}}
finish() {{
  if [ -e $s/retire ]; then
    tar --create --file="$m/top.tar" --format=posix --no-recursion {ATTRIBUTES} --directory=$s/{TREE} .
    mkdir -p $s/old
    move . $s/old
    mv -T $s/retire $s/place
  fi
  if [ -e $s/place ]; then
    move $s/{TREE} .
    $settle
    mv -T $s/place $s/placed
  fi
  rm -rf $s
  if [ -e "$m/top.tar" ]; then
    tar --extract --file="$m/top.tar" --same-owner --same-permissions {ATTRIBUTES} --directory=.
  fi
}}
if [ -e "$m/began" ]; then finish; exit 0; fi
if [ -e "$m/waited" ]; then exit 0; fi
: > "$m/waited"
if [ -p '{pipe}' ] && ( : <>'{pipe}' ) 2>/dev/null; then exec 3<>'{pipe}'; fi
stat -f -c '%a %S %d' .
read -r go || exit 3
if [ "$go" = pipe ]; then exec <'{pipe}'; fi
exec 3<&-
touch -r . "$m/before"
: > "$m/began"
rm -rf $s
if [ -z "$(ls -A .)" ]; then settle=:; fi
mkdir -m 700 $s
if tar --extract --file=- --directory=$s --blocking-factor=128 --same-owner --same-permissions \
     --absolute-names --keep-old-files --delay-directory-restore --warning=no-timestamp \
     {ATTRIBUTES} && [ -e $s/{COMPLETE} ] && $settle ; then
  : > $s/retire
  finish
else
  rm -rf $s
  touch -r "$m/before" .
  exit 4
fi
"#
    )
}

#[cfg(test)]
#[path = "script_tests.rs"]
mod tests;
