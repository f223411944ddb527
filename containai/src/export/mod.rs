//! Exports of data volumes to archives.

mod destination;
mod on_stop;
mod paused;
mod request;
mod run;

pub use destination::{ArchiveDestination, DestinationChooser, EncryptionUse, workspaces};
pub use on_stop::ExportOnStop;
pub use request::{ExportExcludes, export};
pub use run::VolumeExport;
