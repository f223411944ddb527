//! From a plan to what is on the volume.

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

/// The way from a directory to a volume.
pub struct Import<'a> {
    pub source: Arc<ImportSource>,
    pub target: TargetQuery,
    pub reporter: &'a Reporter,
}

/// What an import did.
pub struct ImportOutcome {
    /// How many files; 0 is that nothing changed.
    pub files: usize,
    /// Where they are now.
    pub volume: VolumeName,
    /// Whether something had to be left out.
    pub is_partial: bool,
    /// What it was about.
    pub(crate) entries: Vec<ImportItem>,
    /// Where it looked, below the home directory.
    pub(crate) directories: BTreeSet<String>,
}

impl Import<'_> {
    /// A line for each file that would be sent.
    pub async fn preview(&self, told: &mut WarnOnce<'_>) -> crate::Result<Vec<String>> {
        let place = self.target.resolve().await?;
        let is_there = self.target.context.engine()?.has_volume(&place.volume).await?;
        let mut plan = self.source.scan()?;
        plan.warnings.drain(..).for_each(|text| told.warn(text));
        let record = match is_there {
            true => record_file::load(&self.record_path(&place))?,
            false => ImportRecord::default(),
        };
        let gathered =
            PendingChanges::new(&plan.candidates, &record, &self.source.root()?, plan.now);
        gathered.withheld.lines().into_iter().for_each(|text| told.warn(text));
        Ok(gathered.lines)
    }

    /// Sends what changed since the last time.
    pub async fn send(&self, told: &mut WarnOnce<'_>) -> crate::Result<ImportOutcome> {
        let lock = self.source.layout.import_lock();
        let _turn = lock::acquire(&lock, "an import", self.reporter).await?;
        // There is a look at the files while the way is opened.
        let source = Arc::clone(&self.source);
        let looking = spawn_blocking(move || source.scan());
        let engine = self.target.context.engine()?;
        let (place, observed) = self.target.resolve_with_observed().await?;
        let path = self.record_path(&place);
        let loading = spawn_blocking(move || record_file::load(&path));
        place.finish_interrupted_restore_among(&engine, &observed).await?;
        for door in observed.leftover_import_helpers(&place.volume) {
            engine.remove(&door.id).await?;
        }
        let mut way = VolumeWriter::open(&self.target.context, &engine, &place).await?;
        let outcome = async {
            let record = loading.await??;
            let is_known = way.has_stamp(&record.stamp).await?;
            let record = if is_known { record } else { ImportRecord::default() };
            self.send_with(&mut way, place, looking.await??, record, told).await
        };
        let outcome = outcome.await;
        way.close().await?;
        outcome
    }

    async fn send_with(
        &self,
        way: &mut VolumeWriter<'_>,
        place: VolumeTarget,
        mut plan: ImportScan,
        record: ImportRecord,
        told: &mut WarnOnce<'_>,
    ) -> crate::Result<ImportOutcome> {
        plan.warnings.drain(..).for_each(|text| told.warn(text));
        let path = self.record_path(&place);
        let root = self.source.root()?;
        let mut gathered = PendingChanges::new(&plan.candidates, &record, &root, plan.now);
        gathered.withheld.lines().into_iter().for_each(|text| told.warn(text));
        let mut sent = ImportOutcome {
            files: gathered.lines.len(),
            volume: place.volume,
            is_partial: plan.is_partial,
            entries: plan.entries,
            directories: plan.candidates.directories,
        };
        if gathered.is_empty() {
            if gathered.changes_record() {
                let stamp = record.stamp.clone();
                record_file::save(
                    &path,
                    &gathered.record(record, stamp, &PackedEntries::default()),
                )?;
            }
            return Ok(sent);
        }
        let stamp = match record.stamp.as_str() {
            "" => format!("{:x}-{:x}", plan.now, std::process::id()),
            stamp => stamp.to_owned(),
        };
        let (parcels, spare) = (gathered.entries.clone(), std::mem::take(&mut gathered.defaults));
        let delivery =
            ImportStream { root, entries: parcels, defaults: spare, import_id: stamp.clone() };
        let packed = way.send(delivery, gathered.bytes).await?;
        for failure in packed.report.failures() {
            sent.is_partial = true;
            told.warn(failure.to_string());
        }
        record_file::save(&path, &gathered.record(record, stamp, &packed))?;
        for (link, state) in way.repair_links(&home_links(&plan.manifests)).await? {
            if state.starts_with("in the way") {
                told.warn(format!("`~/{link}` does not lead to the volume: {state}"));
            }
        }
        Ok(sent)
    }

    fn record_path(&self, place: &VolumeTarget) -> PathBuf {
        let engine = self.target.context.address.to_string();
        self.source.layout.import_record(&engine, &place.volume)
    }
}
