//! The port of a new container.

use std::collections::BTreeMap;

use containai_core::naming::{HostPort, PortRange};
use containai_core::remote::RemoteError;

/// Chooses the lowest port of the range that is neither reserved by a container
/// nor in use on the host.
///
/// # Errors
///
/// [`RemoteError::NoFreePort`] with the holders of the ports.
pub fn choose(
    range: PortRange,
    reserved: &BTreeMap<HostPort, String>,
    mut is_taken: impl FnMut(HostPort) -> bool,
) -> Result<HostPort, RemoteError> {
    let free = range.iter().find(|port| !reserved.contains_key(port) && !is_taken(*port));
    free.ok_or_else(|| RemoteError::NoFreePort {
        start: range.start().get(),
        end: range.end().get(),
        holders: holders(range, reserved),
    })
}

/// Returns one line for each container, and one for each run of ports that
/// other programs use.
fn holders(range: PortRange, reserved: &BTreeMap<HostPort, String>) -> Vec<String> {
    let mut lines = Vec::new();
    let mut run: Option<(HostPort, HostPort)> = None;
    for port in range.iter() {
        if let Some(holder) = reserved.get(&port) {
            lines.extend(run.take().map(other_programs));
            lines.push(format!("{port}: {holder}"));
        } else {
            run = Some((run.map_or(port, |(start, _)| start), port));
        }
    }
    lines.extend(run.map(other_programs));
    lines
}

fn other_programs((start, end): (HostPort, HostPort)) -> String {
    if start == end {
        format!("{start}: another program")
    } else {
        format!("{start}-{end}: other programs")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

    fn pick(end: u16, reserved: &[u16], taken: &[u16]) -> Result<String> {
        let range = PortRange::new(HostPort::new(2300)?, HostPort::new(end)?)?;
        let name = |port: &u16| Ok((HostPort::new(*port)?, format!("container `c{port}`")));
        let reserved = reserved.iter().map(name).collect::<Result<_>>()?;
        let chosen = choose(range, &reserved, |port| taken.contains(&port.get()));
        Ok(chosen.map_or_else(|error| error.to_string(), |port| port.to_string()))
    }

    #[test]
    fn chooses_the_lowest_free_port() -> Result {
        assert_eq!(pick(2302, &[], &[])?, "2300");
        assert_eq!(pick(2302, &[2300], &[2301])?, "2302");
        assert_eq!(pick(2302, &[2301], &[])?, "2300");
        Ok(())
    }

    #[test]
    fn the_error_lists_the_holders() -> Result {
        insta::assert_snapshot!(pick(2304, &[2301, 2302], &[2300, 2303, 2304])?, @r"
        no free port from 2300 to 2304
          2300: another program
          2301: container `c2301`
          2302: container `c2302`
          2303-2304: other programs
        ");
        Ok(())
    }
}
