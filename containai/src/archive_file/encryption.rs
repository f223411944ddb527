//! Who may read an archive: `age`, <https://age-encryption.org/v1>.

use std::io::{self, BufReader, Read, Write};
use std::str::FromStr as _;

use age::secrecy::SecretString;
use age::stream::StreamWriter;
use age::{DecryptError, Decryptor, Encryptor, Identity, IdentityFile, Recipient, scrypt, x25519};
use containai_core::hint::Hint;

use crate::error::OperationError;

/// The work that a passphrase may cost at most, as a power of two: some ten
/// seconds and a gibibyte, more than any honest file asks for.
const MAX_WORK_FACTOR: u8 = 20;

/// Who may read what is written.
#[derive(Clone, Default)]
pub enum Encryption {
    /// Everybody who has the file.
    #[default]
    None,
    /// Who knows this.
    Passphrase(SecretString),
    /// Who has the identity of one of these.
    Recipients(Vec<x25519::Recipient>),
}

impl Encryption {
    /// Takes recipients as `age-keygen` writes them.
    pub fn for_recipients(recipients: &[String]) -> Result<Self, OperationError> {
        let read = |text: &String| {
            x25519::Recipient::from_str(text).map_err(|error| {
                OperationError::usage(format!("`{text}` is no recipient: {error}"))
                    .hint(Hint::new("a recipient begins with `age1`; `age-keygen` makes one"))
            })
        };
        Ok(Self::Recipients(recipients.iter().map(read).collect::<Result<_, _>>()?))
    }

    pub fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    /// Begins a sealed stream; `None` when it is open.
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

/// What opens a sealed archive.
#[derive(Clone, Default)]
pub struct DecryptionKeys {
    /// The passphrase.
    pub passphrase: Option<SecretString>,
    /// The text of a file of identities, as `age-keygen` writes it.
    pub identities: Option<SecretString>,
}

impl DecryptionKeys {
    /// Opens a sealed stream.
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
                file.map_err(|_| OperationError::usage("the identity file holds no identity"))?;
            identities.extend(file.into_identities().map_err(|error| decrypt_error(&error))?);
        }
        let opened = decryptor.decrypt(identities.iter().map(|it| &**it));
        opened.map_err(|error| decrypt_error(&error))
    }
}

fn decrypt_error(error: &DecryptError) -> OperationError {
    let hint = match error {
        DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed => {
            "the passphrase is another one"
        }
        DecryptError::NoMatchingKeys => {
            "name the file with the identity that it was sealed to with `--identity`"
        }
        _ => "see that the file was copied whole",
    };
    OperationError::with_code(
        containai_core::exit::FAILED,
        format!("the archive cannot be opened: {error}"),
    )
    .hint(Hint::new(hint))
}
