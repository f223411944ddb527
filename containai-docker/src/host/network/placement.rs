//! Position of the accepting rule in `FORWARD`.

/// The position of the jump.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Placement {
    /// The jump is in its position.
    InPlace,
    /// The jump must be deleted and inserted again as the rule with this number, counted from 1.
    InsertAt(usize),
}

/// Prefix of the jumps to the chains of all ContainAI engines of the host.
const OWN_JUMP_PREFIX: &str = "-A FORWARD -j CONTAINAI-FORWARD";

/// Parses `iptables -S FORWARD`. The jump to `chain` must follow every rule of the host, except
/// unconditional rejecting rules at the end. The order among jumps of several ContainAI engines
/// does not matter.
pub(super) fn placement(rules: &str, chain: &str) -> Placement {
    let rules: Vec<_> = rules.lines().filter(|line| line.starts_with("-A ")).collect();
    let jump = format!("-A FORWARD -j {chain}");
    let is_end =
        |line: &str| line == "-A FORWARD -j DROP" || line.starts_with("-A FORWARD -j REJECT");
    let of_host = |line: &&str| !line.starts_with(OWN_JUMP_PREFIX) && !is_end(line);
    let (before, tail) = rules.split_at(rules.iter().rposition(of_host).map_or(0, |at| at + 1));
    let accepting = tail.iter().take_while(|line| !is_end(line));
    let is_jump = |line: &&&str| **line == jump;
    if accepting.filter(is_jump).count() == 1 && rules.iter().filter(is_jump).count() == 1 {
        Placement::InPlace
    } else {
        Placement::InsertAt(before.iter().filter(|line| !is_jump(line)).count() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rules: &[&str], expected: Placement) {
        let lines = rules.iter().map(|rule| format!("-A FORWARD {rule}\n")).collect::<String>();
        let text = format!("-P FORWARD DROP\n{lines}");
        assert_eq!(placement(&text, "CONTAINAI-FORWARD"), expected, "{text}");
    }

    const OURS: &str = "-j CONTAINAI-FORWARD";
    const SECOND: &str = "-j CONTAINAI-FORWARD-f76b60";

    #[test]
    fn jump_comes_after_host_rules() {
        check(&[], Placement::InsertAt(1));
        check(&[OURS], Placement::InPlace);
        check(&["-j DOCKER-USER", OURS], Placement::InPlace);
        check(&["-j DOCKER-USER"], Placement::InsertAt(2));
        check(&[OURS, "-j DOCKER-USER", "-o docker0 -j DOCKER"], Placement::InsertAt(3));
        check(&[OURS, "-j ufw-before-forward", OURS], Placement::InsertAt(2));
        check(&[OURS, OURS], Placement::InsertAt(1));
    }

    #[test]
    fn order_among_own_engines_is_kept() {
        check(&["-j DOCKER-USER", OURS, SECOND], Placement::InPlace);
        check(&["-j DOCKER-USER", SECOND, OURS], Placement::InPlace);
        check(&["-j DOCKER-USER", SECOND], Placement::InsertAt(2));
    }

    #[test]
    fn jump_comes_before_final_reject() {
        let reject = "-j REJECT --reject-with icmp-host-prohibited";
        check(&["-i lan -j ACCEPT", reject], Placement::InsertAt(2));
        check(&["-i lan -j ACCEPT", OURS, reject], Placement::InPlace);
        check(&["-i lan -j ACCEPT", reject, OURS], Placement::InsertAt(2));
        check(&["-i lan -j ACCEPT", "-i bad -j REJECT --reject-with x", OURS], Placement::InPlace);
    }
}
