//! From a plan to what is on the volume.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use containai_core::engine::Engine as _;
use containai_core::import::{Job, Record, home_links};
use containai_core::naming::VolumeName;
use containai_ssh::transfer::{Delivery, Packed};
use tokio::task::spawn_blocking;

use super::gather::Gathered;
use super::plan::{Plan, Source, Told};
use super::record_file;
use super::way::Way;
use crate::lock;
use crate::place::{Place, Target};
use crate::report::Reporter;

/// The way from a directory to a volume.
pub struct Import<'a> {
    pub source: Arc<Source>,
    pub target: Target,
    pub reporter: &'a Reporter,
}

/// What an import did.
pub struct Sent {
    /// How many files; 0 is that nothing changed.
    pub files: usize,
    /// Where they are now.
    pub volume: VolumeName,
    /// Whether something had to be left out.
    pub is_partial: bool,
    /// What it was about.
    pub(crate) jobs: Vec<Job>,
    /// Where it looked, below the home directory.
    pub(crate) directories: BTreeSet<String>,
}

impl Import<'_> {
    /// A line for each file that would be sent.
    pub async fn preview(&self, told: &mut Told<'_>) -> crate::Result<Vec<String>> {
        let place = self.target.place().await?;
        let is_there = self.target.context.engine()?.has_volume(&place.volume).await?;
        let mut plan = self.source.plan()?;
        plan.warnings.drain(..).for_each(|text| told.warn(text));
        let record = match is_there {
            true => record_file::load(&self.record(&place))?,
            false => Record::default(),
        };
        let gathered = Gathered::new(&plan.found, &record, &self.source.root()?, plan.now);
        gathered.kept_back.lines().into_iter().for_each(|text| told.warn(text));
        Ok(gathered.lines)
    }

    /// Sends what changed since the last time.
    pub async fn send(&self, told: &mut Told<'_>) -> crate::Result<Sent> {
        let lock = self.source.layout.import_lock();
        let _turn = lock::hold(&lock, "an import", self.reporter).await?;
        // There is a look at the files while the way is opened.
        let source = Arc::clone(&self.source);
        let looking = spawn_blocking(move || source.plan());
        let engine = self.target.context.engine()?;
        let (place, observed) = self.target.look().await?;
        let path = self.record(&place);
        let loading = spawn_blocking(move || record_file::load(&path));
        place.mend_among(&engine, &observed).await?;
        for door in observed.doors(&place.volume) {
            engine.remove(&door.id).await?;
        }
        let mut way = Way::open(&self.target.context, &engine, &place).await?;
        let outcome = async {
            let record = loading.await??;
            let is_known = way.has_stamp(&record.stamp).await?;
            let record = if is_known { record } else { Record::default() };
            self.send_by(&mut way, place, looking.await??, record, told).await
        };
        let outcome = outcome.await;
        way.close().await?;
        outcome
    }

    async fn send_by(
        &self,
        way: &mut Way<'_>,
        place: Place,
        mut plan: Plan,
        record: Record,
        told: &mut Told<'_>,
    ) -> crate::Result<Sent> {
        plan.warnings.drain(..).for_each(|text| told.warn(text));
        let path = self.record(&place);
        let root = self.source.root()?;
        let mut gathered = Gathered::new(&plan.found, &record, &root, plan.now);
        gathered.kept_back.lines().into_iter().for_each(|text| told.warn(text));
        let mut sent = Sent {
            files: gathered.lines.len(),
            volume: place.volume,
            is_partial: plan.is_partial,
            jobs: plan.jobs,
            directories: plan.found.directories,
        };
        if gathered.is_empty() {
            if gathered.has_news() {
                let stamp = record.stamp.clone();
                record_file::save(&path, &gathered.record(record, stamp, &Packed::default()))?;
            }
            return Ok(sent);
        }
        let stamp = match record.stamp.as_str() {
            "" => format!("{:x}-{:x}", plan.now, std::process::id()),
            stamp => stamp.to_owned(),
        };
        let (parcels, spare) = (gathered.parcels.clone(), std::mem::take(&mut gathered.spare));
        let delivery = Delivery { root, parcels, spare, stamp: stamp.clone() };
        let packed = way.deliver(delivery, gathered.bytes).await?;
        for failure in packed.report.failures() {
            sent.is_partial = true;
            told.warn(failure.to_string());
        }
        record_file::save(&path, &gathered.record(record, stamp, &packed))?;
        for (link, state) in way.mend(&home_links(&plan.manifests)).await? {
            if state.starts_with("in the way") {
                told.warn(format!("`~/{link}` does not lead to the volume: {state}"));
            }
        }
        Ok(sent)
    }

    fn record(&self, place: &Place) -> PathBuf {
        let engine = self.target.context.address.to_string();
        self.source.layout.import_record(&engine, &place.volume)
    }
}
