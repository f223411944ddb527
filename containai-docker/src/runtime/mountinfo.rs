use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// A line of `/proc/self/mountinfo`, proc_pid_mountinfo(5).
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct MountInfo {
    /// The mounted directory, within its file system.
    pub(crate) root: PathBuf,
    /// The mount point.
    pub(crate) target: PathBuf,
    /// The file system type, for example `cgroup2`.
    pub(crate) fs_type: String,
    /// The options of the file system, for example `rw,memory`.
    pub(crate) options: String,
}

/// Parses the contents of a mountinfo file; malformed lines are skipped.
pub(crate) fn parse(text: &str) -> Vec<MountInfo> {
    text.lines().filter_map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<MountInfo> {
    let (place, system) = line.split_once(" - ")?;
    let mut place = place.split(' ').skip(3);
    let (root, target) = (place.next()?, place.next()?);
    let mut system = system.split(' ');
    let (kind, _source, options) = (system.next()?, system.next()?, system.next()?);
    Some(MountInfo {
        root: unescape(root),
        target: unescape(target),
        fs_type: kind.to_owned(),
        options: options.to_owned(),
    })
}

/// Decodes octal escapes: the kernel writes blank, tab, newline and backslash as three octal
/// digits.
fn unescape(field: &str) -> PathBuf {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let octal = (byte == b'\\')
            .then(|| tail.get(..3))
            .flatten()
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 8).ok());
        bytes.push(octal.unwrap_or(byte));
        rest = if octal.is_some() { &tail[3..] } else { tail };
    }
    PathBuf::from(OsString::from_vec(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_mountinfo() {
        let text = "36 35 98:0 /mnt1 /mnt\\0402 rw,noatime master:1 - ext3 /dev/root rw,errors=continue\nnonsense\n";
        assert_eq!(
            parse(text),
            [MountInfo {
                root: "/mnt1".into(),
                target: "/mnt 2".into(),
                fs_type: "ext3".into(),
                options: "rw,errors=continue".into(),
            }]
        );
    }
}
