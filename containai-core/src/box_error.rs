use std::error::Error;

/// The cause of an error in an implementation.
pub type BoxError = Box<dyn Error + Send + Sync + 'static>;
