//! The processes of a container, from this machine's `/proc`.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use containai_core::engine::ContainerProcess;
use rustix::io::Errno;

use super::membership::Cgroup;

/// Maximum number of groups below the container's that are walked; the container's root can create
/// any number.
const MAX_CGROUPS: usize = 4096;
/// Maximum number of processes that are listed.
const MAX_PROCESSES: usize = 32_768;

impl Cgroup {
    /// Lists the processes of the container, without those that end meanwhile.
    ///
    /// # Errors
    ///
    /// - The error of reading a group, for example one that the container's root has hidden.
    /// - [`ErrorKind::QuotaExceeded`]: there are too many groups or processes.
    pub(crate) fn processes(&self) -> io::Result<Vec<ContainerProcess>> {
        let mut processes = Vec::new();
        let mut groups = vec![self.members.path.clone()];
        let mut seen = 0;
        while let Some(group) = groups.pop() {
            seen += 1;
            if seen > MAX_CGROUPS || processes.len() > MAX_PROCESSES {
                return Err(ErrorKind::QuotaExceeded.into());
            }
            processes.extend(members(&group)?.into_iter().filter_map(process));
            groups.extend(children(&group)?);
        }
        Ok(processes)
    }
}

/// Returns the process ids in one group.
fn members(group: &Path) -> io::Result<Vec<u32>> {
    let text = match fs::read_to_string(group.join("cgroup.procs")) {
        // The group was removed, or it is threaded and its parent lists its processes (cgroups(7)).
        Err(error) if is_missing(&error) || is_threaded(&error) => return Ok(Vec::new()),
        text => text?,
    };
    Ok(text.lines().filter_map(|line| line.parse().ok()).filter(|pid| *pid != 0).collect())
}

fn children(group: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(group) {
        Err(error) if is_missing(&error) => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut children = Vec::new();
    for entry in entries.take(MAX_CGROUPS * 2) {
        let entry = entry?;
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            children.push(entry.path());
        }
    }
    Ok(children)
}

fn is_missing(error: &io::Error) -> bool {
    error.kind() == ErrorKind::NotFound || has_code(error, Errno::NODEV)
}

fn is_threaded(error: &io::Error) -> bool {
    has_code(error, Errno::OPNOTSUPP)
}

fn has_code(error: &io::Error, code: Errno) -> bool {
    error.raw_os_error() == Some(code.raw_os_error())
}

/// Reads one process; `None` if it has ended.
fn process(pid: u32) -> Option<ContainerProcess> {
    let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
    let title = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    parse_stat(pid, &String::from_utf8_lossy(&stat), &title)
}

/// Parses `stat` of proc_pid_stat(5). The second field is a name chosen by the process, which may
/// contain anything but NUL.
fn parse_stat(pid: u32, stat: &str, title: &[u8]) -> Option<ContainerProcess> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace().skip(1);
    let mut next = || fields.next()?.parse::<i64>().ok();
    let (parent, _group, session, _terminal, foreground) =
        (next()?, next()?, next()?, next()?, next()?);
    let title = String::from_utf8_lossy(title).replace('\0', " ");
    Some(ContainerProcess {
        id: pid.into(),
        parent,
        session,
        foreground_group: foreground,
        command: title.trim_end().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::membership::{CgroupDirectory, HierarchyVersion};
    use super::*;

    #[test]
    fn process_name_cannot_forge_other_fields() {
        let stat = "2139 (x) S 1 1 1 1 1) S 2137 2137 2136 34817 -1 4194560 1\n";
        let process = parse_stat(2139, stat, b"sshd: agent\0\0\0").expect("a process");
        assert_eq!((process.parent, process.session, process.foreground_group), (2137, 2136, -1));
        assert_eq!(process.command, "sshd: agent");
        let words = parse_stat(1, stat, b"/bin/bash\0-l\0").map(|it| it.command);
        assert_eq!(words.as_deref(), Some("/bin/bash -l"));
        for broken in ["", "1 (x", "1 (x) S", "1 (x) S 1 2 3 4"] {
            assert_eq!(parse_stat(1, broken, b""), None, "{broken}");
        }
    }

    #[test]
    fn child_cgroups_are_included_and_limited() {
        let directory = tempfile::tempdir().expect("a directory");
        let top = directory.path();
        let below = top.join("a/b");
        fs::create_dir_all(&below).expect("a directory");
        fs::write(top.join("cgroup.procs"), "0\n").expect("a file");
        fs::write(below.join("cgroup.procs"), format!("{}\n", std::process::id())).expect("a file");
        let group = || CgroupDirectory { version: HierarchyVersion::V2, path: top.to_owned() };
        let cgroup = Cgroup { cpu: group(), memory: group(), pids: None, members: group() };
        let processes = cgroup.processes().expect("a list");
        let ids: Vec<_> = processes.iter().map(|it| it.id).collect();
        assert_eq!(ids, [i64::from(std::process::id())]);
        for number in 0..MAX_CGROUPS {
            fs::create_dir(top.join(number.to_string())).expect("a directory");
        }
        assert_eq!(cgroup.processes().unwrap_err().kind(), ErrorKind::QuotaExceeded);
    }
}
