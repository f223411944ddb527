//! The certificates that the host trusts beyond those of its distribution.

use std::collections::BTreeSet;

use super::Certificate;

/// The largest number of certificates that a container gets. An organisation has a few.
const MAX_COUNT: usize = 200;

/// Certificates without duplicates, in the order in which they were added.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct CertificateSet {
    known: BTreeSet<Certificate>,
    added: Vec<Certificate>,
}

impl CertificateSet {
    /// Starts with the certificates that the distribution trusts, which containers have anyway.
    #[must_use]
    pub fn without(defaults: Vec<Certificate>) -> Self {
        Self { known: defaults.into_iter().collect(), added: Vec::new() }
    }

    /// Adds the certificates that are new.
    pub fn extend(&mut self, certificates: Vec<Certificate>) {
        for certificate in certificates {
            if self.known.insert(certificate.clone()) {
                self.added.push(certificate);
            }
        }
    }

    /// Returns the added certificates in PEM.
    #[must_use]
    pub fn to_pem(&self) -> String {
        self.added.iter().take(MAX_COUNT).map(Certificate::to_pem).collect()
    }

    /// Returns the number of added certificates that exceed the limit of 200 and are left out.
    #[must_use]
    pub fn omitted(&self) -> usize {
        self.added.len().saturating_sub(MAX_COUNT)
    }

    /// Whether nothing was added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.added.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(number: u8) -> Vec<Certificate> {
        Certificate::read_all(&[0x30, 3, 0x30, 1, number])
    }

    #[test]
    fn defaults_and_duplicates_are_left_out() {
        let mut set = CertificateSet::without(certificate(1));
        for number in [1, 2, 3, 2] {
            set.extend(certificate(number));
        }
        let expected = [certificate(2), certificate(3)].concat();
        assert_eq!(Certificate::read_all(set.to_pem().as_bytes()), expected);
        assert_eq!(set.omitted(), 0);
    }

    #[test]
    fn the_number_is_limited() {
        let mut set = CertificateSet::default();
        for number in 0..=u8::MAX {
            set.extend(certificate(number));
        }
        assert_eq!(set.omitted(), 56);
        assert_eq!(Certificate::read_all(set.to_pem().as_bytes()).len(), 200);
    }
}
