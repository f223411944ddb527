//! The program that listens on a port of this machine.

use std::fs;

use containai_core::naming::HostPort;

/// Returns the program that listens on a port, such as `` `nginx` (process 17)
/// ``; `None` if it is unknown, because it belongs to another user or the
/// system is not Linux.
pub(super) fn find_owner(port: HostPort) -> Option<String> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(fs::read_to_string);
    let inode = tables.iter().flatten().find_map(|table| listening_inode(table, port))?;
    let socket = format!("socket:[{inode}]");
    let holds = |pid: &str| {
        let files = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
        files.flat_map(|file| fs::read_link(file.path())).any(|link| link.as_os_str() == &*socket)
    };
    let processes = fs::read_dir("/proc").ok()?.flatten();
    let pid = processes
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.bytes().all(|b| b.is_ascii_digit()))
        .find(|pid| holds(pid))?;
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    Some(format!("`{}` (process {pid})", name.trim_end().escape_debug()))
}

/// Returns the inode of the listening socket of a port: proc_net_tcp(5). Its
/// state is `0A`; the local address ends with the port in hexadecimal.
fn listening_inode(table: &str, port: HostPort) -> Option<&str> {
    let ending = format!(":{:04X}", port.get());
    table.lines().skip(1).find_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let listens = words.get(1)?.ends_with(&ending) && *words.get(3)? == "0A";
        listens.then_some(*words.get(9)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_this_process() -> Result<(), Box<dyn std::error::Error>> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        let port = HostPort::new(listener.local_addr()?.port())?;
        let holder = find_owner(port).unwrap_or_default();
        assert!(holder.ends_with(&format!("(process {})", std::process::id())), "{holder}");
        drop(listener);
        assert_eq!(find_owner(port), None);
        Ok(())
    }
}
