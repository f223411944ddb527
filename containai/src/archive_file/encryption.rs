//! Encryption of archives with `age`, <https://age-encryption.org/v1>.

use std::io::{self, BufReader, Read, Write};
use std::str::FromStr as _;

use age::secrecy::SecretString;
use age::stream::StreamWriter;
use age::{DecryptError, Decryptor, Encryptor, Identity, IdentityFile, Recipient, scrypt, x25519};
use containai_core::hint::Hint;

use crate::error::OperationError;

/// The largest accepted scrypt work factor, as a power of two. It costs about ten seconds and
/// one gibibyte, more than any honest file requires.
const MAX_WORK_FACTOR: u8 = 20;

/// The encryption of an archive that is written.
#[derive(Clone, Default)]
pub enum Encryption {
    /// No encryption.
    #[default]
    None,
    /// Encryption with a passphrase.
    Passphrase(SecretString),
    /// Encryption to these recipients.
    Recipients(Vec<x25519::Recipient>),
}

impl Encryption {
    /// Parses recipients in the format of `age-keygen`.
    ///
    /// # Errors
    ///
    /// A usage error that names the first malformed recipient.
    pub fn for_recipients(recipients: &[String]) -> Result<Self, OperationError> {
        let read = |text: &String| {
            x25519::Recipient::from_str(text).map_err(|error| {
                OperationError::usage(format!("`{text}` is not a recipient: {error}"))
                    .hint(Hint::new("a recipient begins with `age1`; create one with `age-keygen`"))
            })
        };
        Ok(Self::Recipients(recipients.iter().map(read).collect::<Result<_, _>>()?))
    }

    /// Returns whether the archive is written without encryption.
    pub fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    /// Starts an encrypted stream; `Err` returns `output` if there is no encryption.
    pub(crate) fn encrypt<W: Write>(self, output: W) -> io::Result<Result<StreamWriter<W>, W>> {
        let encryptor = match &self {
            Self::None => return Ok(Err(output)),
            Self::Passphrase(passphrase) => Encryptor::with_user_passphrase(passphrase.clone()),
            Self::Recipients(recipients) => {
                let recipients = recipients.iter().map(|it| it as &dyn Recipient);
                Encryptor::with_recipients(recipients).map_err(io::Error::other)?
            }
        };
        Ok(Ok(encryptor.wrap_output(output)?))
    }
}

/// The keys that decrypt an archive.
#[derive(Clone, Default)]
pub struct DecryptionKeys {
    /// The passphrase; `None` if the archive does not require one.
    pub passphrase: Option<SecretString>,
    /// The text of an identity file in the format of `age-keygen`; `None` if the archive does not
    /// require one.
    pub identities: Option<SecretString>,
}

impl DecryptionKeys {
    /// Decrypts a stream.
    pub(crate) fn decrypt<R: Read>(&self, input: R) -> Result<impl Read + use<R>, OperationError> {
        let decryptor = Decryptor::new(input).map_err(|error| decrypt_error(&error))?;
        let mut identities: Vec<Box<dyn Identity>> = Vec::new();
        if let Some(passphrase) = &self.passphrase {
            let mut identity = scrypt::Identity::new(passphrase.clone());
            identity.set_max_work_factor(MAX_WORK_FACTOR);
            identities.push(Box::new(identity));
        }
        if let Some(text) = &self.identities {
            use age::secrecy::ExposeSecret as _;
            let file = IdentityFile::from_buffer(BufReader::new(text.expose_secret().as_bytes()));
            let file =
                file.map_err(|_| OperationError::usage("the identity file contains no identity"))?;
            identities.extend(file.into_identities().map_err(|error| decrypt_error(&error))?);
        }
        let decrypted = decryptor.decrypt(identities.iter().map(|it| &**it));
        decrypted.map_err(|error| decrypt_error(&error))
    }
}

fn decrypt_error(error: &DecryptError) -> OperationError {
    let hint = match error {
        DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed => {
            "check the passphrase"
        }
        DecryptError::NoMatchingKeys => {
            "name the file of the identity that the archive was encrypted to with `--identity`"
        }
        _ => "check that the file was copied completely",
    };
    OperationError::with_code(
        containai_core::exit::FAILED,
        format!("cannot decrypt the archive: {error}"),
    )
    .hint(Hint::new(hint))
}
