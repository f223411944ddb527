//! The IPv4 networks in use on the host.

use std::net::Ipv4Addr;

use super::subnet::Subnet;

/// Parses `/proc/net/fib_trie`: all prefixes of all routing tables, including policy tables of VPN
/// clients and the host's own addresses.
///
/// A leaf line `|-- ADDRESS` is followed by lines `/LENGTH SCOPE TYPE` (the kernel's
/// `net/ipv4/fib_trie.c`, `fib_trie_seq_show`).
pub(super) fn parse_fib_trie(text: &str) -> Vec<Subnet> {
    let mut address: Option<Ipv4Addr> = None;
    let mut found = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(leaf) = line.strip_prefix("|-- ") {
            address = leaf.parse().ok();
        } else if let (Some(address), Some(rest)) = (address, line.strip_prefix('/')) {
            let length = rest.split(' ').next().and_then(|length| length.parse().ok());
            found.extend(length.map(|length| Subnet::new(address, length)));
        }
    }
    found.sort_by_key(|subnet| (subnet.gateway(), subnet.prefix()));
    found.dedup();
    found
}

/// Parses the IPv4 name servers of a resolv.conf(5), in order.
pub(super) fn parse_name_servers(resolv_conf: &str) -> Vec<Ipv4Addr> {
    resolv_conf
        .lines()
        .filter_map(|line| line.trim().strip_prefix("nameserver"))
        .filter_map(|address| address.trim().parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_fib_trie() {
        let text = "\
Main:
  +-- 0.0.0.0/0 3 0 5
     +-- 0.0.0.0/4 2 0 2
        |-- 0.0.0.0
           /0 universe UNICAST
        +-- 10.211.77.0/24 2 0 2
           +-- 10.211.77.0/31 1 0 0
              |-- 10.211.77.0
                 /24 link UNICAST
              |-- 10.211.77.1
                 /32 host LOCAL
     |-- 100.64.0.0
        /10 universe UNICAST
";
        let found: Vec<_> = parse_fib_trie(text).into_iter().map(String::from).collect();
        assert_eq!(found, ["0.0.0.0/0", "10.211.77.0/24", "10.211.77.1/32", "100.64.0.0/10"]);
        assert!(parse_fib_trie("invalid\n/8").is_empty());
    }

    #[test]
    fn parses_name_servers() {
        let text = "# nameserver 1.1.1.1\nnameserver 127.0.0.53\nnameserver fe80::1\nnameserver\t10.0.0.2\nsearch x\n";
        let expected = [Ipv4Addr::new(127, 0, 0, 53), Ipv4Addr::new(10, 0, 0, 2)];
        assert_eq!(parse_name_servers(text), expected);
    }
}
