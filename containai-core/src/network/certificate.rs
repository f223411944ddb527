//! Public certificates.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The tag of a SEQUENCE in DER, X.690 §8.9.
const SEQUENCE: u8 = 0x30;
/// The largest accepted certificate, in bytes.
const MAX_SIZE: usize = 64 << 10;
/// The lines around a certificate, RFC 7468 §5.
const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";
/// Characters of a line in PEM.
const LINE_LENGTH: usize = 64;

/// An X.509 certificate in DER. Only its outer structure is checked.
#[derive(Clone, Eq, Ord, PartialEq, PartialOrd)]
pub struct Certificate(Vec<u8>);

impl Certificate {
    /// Reads the certificates of a file: all of a PEM file, or the one of a DER file. Everything
    /// else is skipped, private keys included.
    #[must_use]
    pub fn read_all(bytes: &[u8]) -> Vec<Self> {
        if let Some(one) = Self::from_der(bytes.to_vec()) {
            return vec![one];
        }
        let text = String::from_utf8_lossy(bytes);
        let blocks = text.split(BEGIN).skip(1);
        blocks
            .filter_map(|block| {
                let body: String =
                    block.split_once(END)?.0.split_ascii_whitespace().collect::<Vec<_>>().concat();
                Self::from_der(STANDARD.decode(body).ok()?)
            })
            .collect()
    }

    /// Returns the certificate in PEM, with a final newline.
    #[must_use]
    pub fn to_pem(&self) -> String {
        let text = STANDARD.encode(&self.0);
        let mut pem = format!("{BEGIN}\n");
        // Base64 is ASCII, so every position is a character boundary.
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let (line, more) = rest.split_at(rest.len().min(LINE_LENGTH));
            pem.push_str(line);
            pem.push('\n');
            rest = more;
        }
        pem.push_str(END);
        pem.push('\n');
        pem
    }

    /// `None` unless this is one SEQUENCE that begins with another one, as in RFC 5280 §4.1. Private
    /// keys begin with a number.
    fn from_der(bytes: Vec<u8>) -> Option<Self> {
        let content = sequence(&bytes).filter(|_| bytes.len() <= MAX_SIZE)?;
        (content.first() == Some(&SEQUENCE)).then_some(Self(bytes))
    }
}

/// Returns the content of a SEQUENCE that fills the bytes.
fn sequence(bytes: &[u8]) -> Option<&[u8]> {
    let (&[tag, first], rest) = bytes.split_first_chunk::<2>()?;
    let size = usize::from(first & 0x7f);
    let (length, content) = match first {
        0..=0x7f => (size, rest),
        // More than four octets are more than any certificate has.
        0x81..=0x84 => {
            let (octets, content) = rest.split_at_checked(size)?;
            (octets.iter().fold(0, |sum, octet| sum << 8 | usize::from(*octet)), content)
        }
        _ => return None,
    };
    (tag == SEQUENCE && content.len() == length).then_some(content)
}

/// Prints the size only: a certificate is long.
impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn der(content: &[u8]) -> Vec<u8> {
        let inner = [&[SEQUENCE, u8::try_from(content.len()).expect("short")], content].concat();
        [&[SEQUENCE, 0x81, u8::try_from(inner.len()).expect("short")], inner.as_slice()].concat()
    }

    #[test]
    fn certificates_of_pem_and_der_files_are_read() {
        let (one, two) = (Certificate(der(&[1; 100])), Certificate(der(b"x")));
        assert_eq!(Certificate::read_all(&one.0), std::slice::from_ref(&one));
        let file = format!("# Corp\n{}junk\n{}", one.to_pem(), two.to_pem().replace('\n', "\r\n"));
        assert_eq!(Certificate::read_all(file.as_bytes()), [one, two]);
    }

    #[test]
    fn keys_and_damaged_certificates_are_skipped() {
        let whole = Certificate(der(b"abc")).to_pem();
        let key = whole.replace("CERTIFICATE", "PRIVATE KEY");
        let trusted = whole.replace("CERTIFICATE", "TRUSTED CERTIFICATE");
        for file in [&key, &trusted, &whole[..whole.len() - 30], &whole.replace("MI", "-I")] {
            assert_eq!(Certificate::read_all(file.as_bytes()), [], "{file}");
        }
        // A private key of PKCS #8: the version comes first.
        let key = [SEQUENCE, 3, 2, 1, 0];
        assert_eq!(Certificate::read_all(&key), []);
        assert_eq!(Certificate::read_all(&[SEQUENCE, 0x84, 0xff, 0xff, 0xff, 0xff, SEQUENCE]), []);
    }

    proptest! {
        #[test]
        fn pem_parses_back(content in proptest::collection::vec(any::<u8>(), 0..120)) {
            let one = Certificate(der(&content));
            prop_assert_eq!(Certificate::read_all(one.to_pem().as_bytes()), vec![one]);
        }

        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..40), text in "(-----BEGIN CERTIFICATE-----|[A-Za-z=\n]|-----END CERTIFICATE-----){0,8}") {
            let _ = Certificate::read_all(&bytes);
            let _ = Certificate::read_all(text.as_bytes());
        }
    }
}
