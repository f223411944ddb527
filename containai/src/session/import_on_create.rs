//! The import of settings to a container that was just created.

use containai_core::config::{Flags, Origin};
use containai_core::engine::Lifetime;
use containai_core::import::{Exclusions, SecretEntries};

use super::{ResolvedWorkspace, SetupConsent};
use crate::config::{self, ConfigScope};
use crate::import::{ImportMode, ImportRequest, ImportSelection};
use crate::volume_target::VolumeQuery;

/// The setting that remembers the answer.
const SETTING: &str = "import.on_create";
const QUESTION: &str = "Import your settings of git, shell, editors and agents to new containers (no logins, no secrets)?";

impl ResolvedWorkspace {
    /// Imports the user's settings, if this command created the container and the user wants it.
    /// An import that fails does not prevent the session.
    pub(crate) async fn import_on_create(&self) {
        let is_new = !self.has_container() && self.options.lifetime == Lifetime::Persistent;
        if !is_new || self.setup_consent == SetupConsent::Never || !self.wants_import().await {
            return;
        }
        let context = &self.context;
        let address = context.address.to_string();
        let workspace = Some(self.path.as_path().to_owned());
        let request = ImportRequest {
            query: VolumeQuery { workspace, ..VolumeQuery::default() },
            docker_host: Some(&address),
            selection: ImportSelection {
                only: Vec::new(),
                credentials: Vec::new(),
                allowed_secrets: Vec::new(),
                secrets: SecretEntries::Included,
                exclusions: Exclusions::Patterns(Vec::new()),
            },
            mode: ImportMode::Once,
            env: &context.env,
            reporter: &context.reporter,
        };
        if let Err(error) = Box::pin(request.run(None)).await {
            let warning =
                format!("your settings were not imported: {error}; `cai import` tries again");
            context.reporter.warn(&warning);
        }
    }

    /// Returns the setting; without one, asks once and remembers the answer.
    async fn wants_import(&self) -> bool {
        let context = &self.context;
        let setting = &context.config.import_on_create;
        let reporter = &context.reporter;
        if setting.origin != Origin::Default || !reporter.can_ask() {
            return setting.value;
        }
        reporter.finish_work();
        let is_wanted = reporter.ask(QUESTION);
        let (values, flags) = ([is_wanted.to_string()], Flags::default());
        let saved =
            config::set(SETTING, &values, &ConfigScope::Global, flags, &context.env, reporter)
                .await;
        if let Err(error) = saved {
            reporter.warn(&format!("the answer was not saved: {error}"));
        }
        is_wanted
    }
}
