//! Private keys in text.

/// Returns whether a text contains a private key with a body: PEM, OpenSSH, OpenPGP or
/// PuTTY. Code that searches for keys contains the first line only.
pub(super) fn has_private_key(text: &str) -> bool {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("-----BEGIN ") {
        let head = after.split("-----").next().unwrap_or_default();
        if head.len() < 40 && head.contains("PRIVATE KEY") {
            let body = after.get(head.len() + 5..).unwrap_or_default();
            let body = body.split("-----").next().unwrap_or_default();
            let length =
                body.replace("\\n", "").chars().filter(char::is_ascii_alphanumeric).count();
            if length >= 48 {
                return true;
            }
        }
        rest = after;
    }
    text.starts_with("PuTTY-User-Key-File-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_keys_need_a_body() {
        let key = |kind: &str, body: &str| {
            format!("x\n-----BEGIN {kind}-----\n{body}\n-----END {kind}-----\n")
        };
        let body = "MIIEpAIBAAKCAQEA7v1X".repeat(4);
        assert!(has_private_key(&key("OPENSSH PRIVATE KEY", &body)));
        assert!(has_private_key(&key("PRIVATE KEY", &body).replace('\n', "\\n")));
        assert!(has_private_key(&key("PGP PRIVATE KEY BLOCK", &body)));
        assert!(!has_private_key(&key("PUBLIC KEY", &body)));
        assert!(!has_private_key(&key("CERTIFICATE", &body)));
        assert!(!has_private_key("if (text.startsWith('-----BEGIN RSA PRIVATE KEY-----')) {}"));
    }
}
