//! Problems of a template.

use containai_core::template::Severity;

use super::Template;
use crate::legacy_files;
use crate::report::{Reporter, escape_control};

/// The result of a check.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TemplateCheck {
    /// The problems with their positions, one text each.
    pub problems: Vec<String>,
    /// Whether the template can be built.
    pub is_valid: bool,
}

impl Template {
    /// Checks the template; warns about files that are no longer used.
    #[must_use]
    pub fn check(&self, reporter: &Reporter) -> TemplateCheck {
        if let Some(text) = legacy_files::template_warning(&self.directory) {
            reporter.warn(&text);
        }
        let path = self.path();
        let problem = |text: String| escape_control(&format!("{}:{text}", path.display()));
        let context = self.context();
        let findings = context
            .map_err(|error| format!("{error:#}"))
            .and_then(|context| self.findings(&context).map_err(|error| error.to_string()));
        match findings {
            Ok(findings) => TemplateCheck {
                problems: findings.iter().map(|finding| problem(finding.to_string())).collect(),
                is_valid: findings.iter().all(|finding| finding.severity != Severity::Error),
            },
            Err(error) => TemplateCheck {
                problems: vec![problem(format!(" error: {error}"))],
                is_valid: false,
            },
        }
    }
}
