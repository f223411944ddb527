//! What runs beside a volume. GNU coreutils, GNU tar and a POSIX shell are
//! needed, which every image of ours has.

use containai_core::layout::{CONTAINER_DATA, VOLUME_STAGING};

use super::shortcut::PIPE;

/// Where a restore has its tree unpacked, below [`VOLUME_STAGING`].
pub(super) const TREE: &str = "new";
/// The last file of a stream that is whole.
pub(super) const COMPLETE: &str = "complete";
/// The line that has a helper begin.
pub(super) const GO: &[u8] = b"go\n";
/// The line that has it read from the pipe.
pub(super) const GO_PIPE: &[u8] = b"pipe\n";

/// How GNU tar keeps what a tree has beside contents.
const ATTRIBUTES: &str = "--numeric-owner --acls --xattrs --xattrs-include='user.*'";

/// Waits for its line, then writes the volume as an archive. Its arguments are
/// tar's.
pub(super) fn pack() -> String {
    format!(
        "read -r go || exit 3; \
         exec tar --create --file=- --directory={CONTAINER_DATA} --format=posix \
         --pax-option=delete=atime,delete=ctime --blocking-factor=128 --sort=name \
         --sparse {ATTRIBUTES} \"$@\" ."
    )
}

/// The line that says that all is copied.
pub(super) const COPIED: &str = "copied";
/// The line that says that the copies would outlive a power cut.
pub(super) const SYNCED: &str = "synced";
/// Where a helper has the volumes that it reads, and those that it makes.
pub(super) const ORIGINALS: &str = "/mnt/containai/from";
pub(super) const COPIES: &str = "/mnt/containai/to";

/// Tells what the originals take and what is free, waits for its line, and
/// copies each to the one of the same number. Then it waits for the end of its
/// input: it runs as long as somebody needs it.
///
/// `cp` keeps owners, modes, times, hard links, holes, ACLs, extended attributes
/// and the whiteouts of overlay file systems, which are devices that everybody
/// may make.
pub(super) fn copy() -> String {
    copy_in(ORIGINALS, COPIES)
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

/// Tells how much room there is, waits for its line, unpacks beside what is
/// there, and puts it in its place.
///
/// Where there is a pipe, it is open before the first line is told: whoever
/// then finds nobody at its other end is on another machine. The helper holds
/// both ends until it reads, or it would wait for somebody who has gone.
///
/// Started once more before it was told anything it ends: nobody would tell it.
/// Between `retire` and the end it is only moved about, and each move can be
/// done again: started once more, at whatever point it was killed, the same
/// container goes on or takes everything back. A stream that ends without its
/// last file is taken back. The attributes of the top come last, since every
/// move changes its time.
///
/// What takes the place of something is on the disk before that goes. Where
/// nothing was before nothing can be lost, and nobody waits for the disk.
pub(super) fn unpack() -> String {
    unpack_in(CONTAINER_DATA, "", PIPE)
}

/// As [`unpack`], for a volume and a pipe elsewhere; what has to outlive a
/// crash beside the volume is kept below `memory`.
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
