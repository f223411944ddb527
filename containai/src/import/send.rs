//! Sending the changes of an import to the volume.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use containai_core::engine::Engine as _;
use containai_core::import::{ImportItem, ImportRecord, home_links};
use containai_core::naming::VolumeName;
use containai_ssh::transfer::{ImportStream, PackedEntries};
use tokio::task::spawn_blocking;

use super::changes::PendingChanges;
use super::record_file;
use super::source::{ImportScan, ImportSource, WarnOnce};
use super::volume_writer::VolumeWriter;
use crate::lock;
use crate::report::Reporter;
use crate::volume_target::{TargetQuery, VolumeTarget};

/// An import from a directory to a volume.
pub struct Import<'a> {
    /// The files to import.
    pub source: Arc<ImportSource>,
    /// The volume.
    pub target: TargetQuery,
    /// The receiver of messages.
    pub reporter: &'a Reporter,
}

/// The outcome of an import.
pub struct ImportOutcome {
    /// The number of files sent; 0 if nothing changed.
    pub files: usize,
    /// The volume.
    pub volume: VolumeName,
    /// Whether files were skipped.
    pub is_partial: bool,
    /// The entries of the manifests that were imported.
    pub(crate) entries: Vec<ImportItem>,
    /// The directories that contain imported files, relative to the home directory.
    pub(crate) directories: BTreeSet<String>,
}

impl Import<'_> {
    /// Returns a line for each file that [`Self::send`] would send.
    ///
    /// # Errors
    ///
    /// The volume or the manifests cannot be determined, or the engine fails.
    pub async fn preview(&self, warnings: &mut WarnOnce<'_>) -> crate::Result<Vec<String>> {
        let target = self.target.resolve().await?;
        let exists = self.target.context.engine()?.has_volume(&target.volume).await?;
        let mut scan = self.source.scan()?;
        let record = match exists {
            true => record_file::load(&self.record_path(&target))?,
            false => ImportRecord::default(),
        };
        scan.warn_all(&record, warnings);
        let changes =
            PendingChanges::new(&scan.candidates, &record, &self.source.root()?, scan.now);
        changes.withheld.lines().into_iter().for_each(|text| warnings.warn(text));
        Ok(changes.lines)
    }

    /// Sends the files that changed since the last import.
    ///
    /// # Errors
    ///
    /// The volume or the manifests cannot be determined, or the transfer fails.
    pub async fn send(&self, warnings: &mut WarnOnce<'_>) -> crate::Result<ImportOutcome> {
        let lock = self.source.layout.import_lock();
        let _lock = lock::acquire(&lock, "an import", self.reporter).await?;
        // Scan the files while connecting.
        let source = Arc::clone(&self.source);
        let scanning = spawn_blocking(move || source.scan());
        let engine = self.target.context.engine()?;
        let (target, observed) = self.target.resolve_with_observed().await?;
        let path = self.record_path(&target);
        let loading = spawn_blocking(move || record_file::load(&path));
        target.finish_interrupted_restore_among(&engine, &observed).await?;
        for helper in observed.leftover_import_helpers(&target.volume) {
            engine.remove(&helper.id).await?;
        }
        let mut writer = VolumeWriter::open(&self.target.context, &engine, &target).await?;
        let outcome = async {
            let record = loading.await??;
            let is_known = writer.has_import_id(&record.stamp).await?;
            let record = if is_known { record } else { ImportRecord::default() };
            self.send_with(&mut writer, target, scanning.await??, record, warnings).await
        };
        let outcome = outcome.await;
        writer.close().await?;
        outcome
    }

    async fn send_with(
        &self,
        writer: &mut VolumeWriter<'_>,
        target: VolumeTarget,
        mut scan: ImportScan,
        record: ImportRecord,
        warnings: &mut WarnOnce<'_>,
    ) -> crate::Result<ImportOutcome> {
        scan.warn_all(&record, warnings);
        let path = self.record_path(&target);
        let root = self.source.root()?;
        let mut changes = PendingChanges::new(&scan.candidates, &record, &root, scan.now);
        changes.withheld.lines().into_iter().for_each(|text| warnings.warn(text));
        // A change of a file that a link leads to is a change of the link's item.
        let followed = scan.candidates.followed.iter();
        let followed = followed.map(|directory| ImportItem::directory(directory, ""));
        let mut sent = ImportOutcome {
            files: changes.lines.len(),
            volume: target.volume,
            is_partial: scan.is_partial,
            entries: scan.entries.into_iter().chain(followed).collect(),
            directories: scan.candidates.directories,
        };
        if changes.is_empty() {
            if changes.changes_record() {
                let import_id = record.stamp.clone();
                record_file::save(
                    &path,
                    &changes.record(record, import_id, &PackedEntries::default()),
                )?;
            }
            return Ok(sent);
        }
        let import_id = match record.stamp.as_str() {
            "" => format!("{:x}-{:x}", scan.now, std::process::id()),
            import_id => import_id.to_owned(),
        };
        let (entries, defaults) = (changes.entries.clone(), std::mem::take(&mut changes.defaults));
        let stream = ImportStream { root, entries, defaults, import_id: import_id.clone() };
        let packed = writer.send(stream, changes.bytes).await?;
        for failure in packed.report.failures() {
            sent.is_partial = true;
            warnings.warn(failure.to_string());
        }
        record_file::save(&path, &changes.record(record, import_id, &packed))?;
        for (link, state) in writer.repair_links(&home_links(&scan.manifests)).await? {
            if state.is_blocked() {
                warnings.warn(format!("`~/{link}` does not point to the volume: {state}"));
            }
        }
        Ok(sent)
    }

    fn record_path(&self, target: &VolumeTarget) -> PathBuf {
        let engine = self.target.context.address.to_string();
        self.source.layout.import_record(&engine, &target.volume)
    }
}
