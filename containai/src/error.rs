//! Errors, with their exit codes and hints.

use std::error::Error as StdError;
use std::fmt;

use containai_core::exit;
use containai_core::hint::{Advice, Hint, causes};

use crate::disk_full;

/// The result of an operation of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error with its own message, exit code and hints.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct OperationError {
    message: String,
    code: u8,
    hints: Vec<Hint>,
}

impl OperationError {
    /// Creates an error for an invalid request, with exit code [`exit::USAGE`].
    pub fn usage(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: exit::USAGE, hints: Vec::new() }
    }

    /// Creates an error with this exit code.
    pub fn with_code(code: u8, message: impl Into<String>) -> Self {
        Self { message: message.into(), code, hints: Vec::new() }
    }

    /// Adds a hint.
    #[must_use]
    pub fn hint(mut self, hint: Hint) -> Self {
        self.hints.push(hint);
        self
    }
}

impl Advice for OperationError {
    fn exit_code(&self) -> u8 {
        self.code
    }

    fn hints(&self) -> Vec<Hint> {
        self.hints.clone()
    }
}

macro_rules! errors {
    ($($(#[$doc:meta])* $variant:ident($of:ty),)*) => {
        /// An error of this crate, by the part that failed.
        ///
        /// [`Advice`] gives the exit code that `cai` ends with, and the hints that it prints.
        #[derive(Debug)]
        #[non_exhaustive]
        pub enum Error {
            $($(#[$doc])* $variant(Box<$of>),)*
            /// An error with its context.
            Context {
                /// The operation that failed.
                message: String,
                /// The error.
                source: Box<Error>,
            },
        }

        impl fmt::Display for Error {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$variant(error) => write!(f, "{error}")?,)*
                    Self::Context { message, .. } => f.write_str(message)?,
                }
                if f.alternate() {
                    for cause in causes(self) {
                        write!(f, ": {cause}")?;
                    }
                }
                Ok(())
            }
        }

        impl StdError for Error {
            fn source(&self) -> Option<&(dyn StdError + 'static)> {
                match self {
                    $(Self::$variant(error) => error.source(),)*
                    Self::Context { source, .. } => Some(source),
                }
            }
        }

        impl Error {
            /// Returns the error without its context.
            #[must_use]
            pub fn innermost(&self) -> &(dyn StdError + 'static) {
                match self {
                    $(Self::$variant(error) => error.as_ref(),)*
                    Self::Context { source, .. } => source.innermost(),
                }
            }
        }

        $(impl From<$of> for Error {
            fn from(error: $of) -> Self {
                Self::$variant(Box::new(error))
            }
        })*
    };
}

errors! {
    /// The operation itself was refused or failed.
    Operation(OperationError),
    /// A container did not reach the desired state.
    Lifecycle(containai_core::lifecycle::DriveError),
    /// A snapshot could not be created, restored or forked.
    Snapshot(containai_core::lifecycle::snapshot::SnapshotError),
    /// The container cannot be used as it is.
    Refusal(containai_core::lifecycle::Refusal),
    /// The engine refused or failed.
    Engine(containai_core::engine::EngineError),
    /// The container cannot be reached over SSH.
    Remote(containai_core::remote::RemoteError),
    /// Files could not be copied.
    Transfer(containai_ssh::transfer::TransferError),
    /// An archive could not be unpacked.
    Unpack(containai_ssh::transfer::UnpackError),
    /// SSH cannot carry the command line.
    Command(containai_ssh::CommandError),
    /// An archive of a volume is damaged or hostile.
    Archive(containai_core::archive::ArchiveError),
    /// A volume could not be read or written.
    Volume(containai_docker::VolumeError),
    /// This machine could not be set up.
    Setup(containai_docker::host::SetupError),
    /// A configuration file is invalid.
    Config(containai_core::config::ConfigError),
    /// A configuration file could not be changed.
    ConfigChange(containai_core::config::SettingChangeError),
    /// A `devcontainer.json` is invalid.
    Devcontainer(containai_core::devcontainer::DevcontainerError),
    /// Features depend on each other.
    FeatureCycle(containai_core::devcontainer::FeatureCycle),
    /// The archive of a feature is damaged or hostile.
    FeaturePackage(containai_core::devcontainer::FeaturePackageError),
    /// A feature could not be downloaded.
    Registry(containai_docker::registry::RegistryError),
    /// A file could not be read or written.
    Io(std::io::Error),
    /// A record is not valid JSON.
    Json(serde_json::Error),
    /// A background thread ended early.
    Thread(tokio::task::JoinError),
    /// Any other error, with its text.
    Other(Other),
}

/// An error of another library.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Other(#[from] Box<dyn StdError + Send + Sync>);

impl Error {
    /// Creates an error with a message and exit code [`exit::FAILED`].
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        OperationError::with_code(exit::FAILED, message).into()
    }

    /// Wraps any other error.
    pub(crate) fn other(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Other(Box::new(Other(error.into())))
    }

    /// Finds the first error of this type in the chain of causes.
    #[must_use]
    pub fn find<T: StdError + 'static>(&self) -> Option<&T> {
        let mut error = Some(self.innermost());
        while let Some(it) = error {
            let other = it.downcast_ref().and_then(|Other(other)| other.downcast_ref());
            if let Some(found) = it.downcast_ref().or(other) {
                return Some(found);
            }
            error = it.source();
        }
        None
    }

    fn advice(&self) -> Option<&dyn Advice> {
        match self {
            Self::Context { source, .. } => source.advice(),
            Self::Operation(error) => Some(error.as_ref()),
            Self::Lifecycle(error) => Some(error.as_ref()),
            Self::Snapshot(error) => Some(error.as_ref()),
            Self::Refusal(error) => Some(error.as_ref()),
            Self::Engine(error) => Some(error.as_ref()),
            Self::Remote(error) => Some(error.as_ref()),
            Self::Transfer(error) => Some(error.as_ref()),
            Self::Unpack(error) => Some(error.as_ref()),
            Self::Archive(error) => Some(error.as_ref()),
            Self::Volume(error) => Some(error.as_ref()),
            Self::Setup(error) => Some(error.as_ref()),
            Self::Config(error) => Some(error.as_ref()),
            Self::ConfigChange(error) => Some(error.as_ref()),
            Self::Devcontainer(error) => Some(error.as_ref()),
            Self::FeatureCycle(error) => Some(error.as_ref()),
            Self::FeaturePackage(error) => Some(error.as_ref()),
            Self::Registry(error) => Some(error.as_ref()),
            _ => None,
        }
    }
}

impl Advice for Error {
    fn exit_code(&self) -> u8 {
        self.advice().map_or(exit::FAILED, Advice::exit_code)
    }

    fn hints(&self) -> Vec<Hint> {
        let hints = self.advice().map_or_else(Vec::new, Advice::hints);
        disk_full::refine_hints(self, self.innermost(), hints)
    }
}

/// Returns the exit code and hints of an error of this crate or the libraries below it; `None` for
/// any other error. The causes of the error are not searched.
#[must_use]
pub fn find_advice<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a dyn Advice> {
    fn downcast<'a, T: Advice + StdError + 'static>(
        error: &'a (dyn StdError + 'static),
    ) -> Option<&'a dyn Advice> {
        error.downcast_ref::<T>().map(|error| error as &dyn Advice)
    }
    downcast::<Error>(error)
        .or_else(|| downcast::<OperationError>(error))
        .or_else(|| downcast::<containai_core::lifecycle::snapshot::SnapshotError>(error))
        .or_else(|| downcast::<containai_core::engine::EngineError>(error))
        .or_else(|| downcast::<containai_core::remote::RemoteError>(error))
        .or_else(|| downcast::<containai_ssh::transfer::TransferError>(error))
        .or_else(|| downcast::<containai_core::lifecycle::Refusal>(error))
        .or_else(|| downcast::<containai_core::config::ConfigError>(error))
        .or_else(|| downcast::<containai_core::config::SettingChangeError>(error))
}

/// Adds the failed operation to an error.
pub(crate) trait ResultExt<T> {
    fn context(self, message: impl Into<String>) -> Result<T>;
    fn with_context<M: Into<String>>(self, message: impl FnOnce() -> M) -> Result<T>;
}

impl<T, E: Into<Error>> ResultExt<T> for std::result::Result<T, E> {
    fn context(self, message: impl Into<String>) -> Result<T> {
        self.with_context(|| message)
    }

    fn with_context<M: Into<String>>(self, message: impl FnOnce() -> M) -> Result<T> {
        self.map_err(|error| Error::Context {
            message: message().into(),
            source: Box::new(error.into()),
        })
    }
}

impl<T> ResultExt<T> for Option<T> {
    fn context(self, message: impl Into<String>) -> Result<T> {
        self.ok_or_else(|| Error::failed(message))
    }

    fn with_context<M: Into<String>>(self, message: impl FnOnce() -> M) -> Result<T> {
        self.ok_or_else(|| Error::failed(message()))
    }
}

/// Creates an error with a formatted message.
macro_rules! failed {
    ($($format:tt)*) => { $crate::Error::failed(format!($($format)*)) };
}
/// Returns an error with a formatted message unless the condition holds.
macro_rules! ensure {
    ($condition:expr, $($format:tt)*) => {
        if !$condition {
            return Err($crate::Error::failed(format!($($format)*)));
        }
    };
}
pub(crate) use {ensure, failed};

macro_rules! others {
    ($($of:ty),* $(,)?) => {
        $(impl From<$of> for Error {
            fn from(error: $of) -> Self {
                Self::other(error)
            }
        })*
    };
}

others! {
    containai_ssh::transfer::CopyFailure,
    containai_core::import::OutsideHomeError,
    containai_core::naming::ClientIdError,
    containai_core::naming::WorkspacePathError,
    containai_core::workspace_record::WorkspaceRecordError,
    landlock::RulesetError,
    nix::errno::Errno,
    std::num::TryFromIntError,
    tempfile::PersistError,
    tokio::time::error::Elapsed,
}
