//! Operations on several templates.

use std::vec::IntoIter;

use containai_core::exit;
use containai_core::hint::Advice as _;
use containai_core::layout::Layout;
use containai_core::naming::TemplateName;

use super::{Template, list};
use crate::report::Reporter;

/// The templates of one command. A failure of one is reported, and the others go on.
#[derive(Debug)]
pub struct TemplateBatch<'a> {
    layout: &'a Layout,
    reporter: &'a Reporter,
    names: IntoIter<TemplateName>,
    exit_code: u8,
}

impl<'a> TemplateBatch<'a> {
    /// Selects the named templates; all of them if `names` is empty.
    ///
    /// # Errors
    ///
    /// The directory of templates cannot be read.
    pub fn new(
        layout: &'a Layout,
        names: &[TemplateName],
        reporter: &'a Reporter,
    ) -> crate::Result<Self> {
        let names = if names.is_empty() { list(layout)? } else { names.to_vec() };
        Ok(Self { layout, reporter, names: names.into_iter(), exit_code: exit::OK })
    }

    /// Reports an error; returns the value of a success.
    pub fn accept<T>(&mut self, outcome: crate::Result<T>) -> Option<T> {
        match outcome {
            Ok(value) => Some(value),
            Err(error) => {
                self.reporter.error(&error);
                if self.exit_code == exit::OK {
                    self.exit_code = error.exit_code();
                }
                None
            }
        }
    }

    /// Returns the exit code of the first failure; 0 without one.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        self.exit_code
    }
}

impl Iterator for TemplateBatch<'_> {
    type Item = Template;

    /// Reads the next template that can be read.
    fn next(&mut self) -> Option<Template> {
        while let Some(name) = self.names.next() {
            let template = Template::load(self.layout, &name);
            if let Some(template) = self.accept(template) {
                return Some(template);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn one_bad_template_does_not_stop_the_others() -> anyhow::Result<()> {
        let home = tempfile::tempdir()?;
        let layout = Layout::new(home.path(), None, None);
        let directory = layout.template_dir();
        for (name, text) in
            [("a", "FROM debian:12\n"), ("b", "{% x %}\n"), ("d", "FROM debian:12\n")]
        {
            fs::create_dir_all(directory.join(name))?;
            fs::write(directory.join(name).join("Dockerfile"), text)?;
        }
        fs::create_dir(directory.join("c"))?;
        let reporter = Reporter::default();
        let mut batch = TemplateBatch::new(&layout, &[], &reporter)?;
        while let Some(template) = batch.next() {
            let upgrade = template.upgrade();
            if let Some(Some(upgrade)) = batch.accept(upgrade) {
                upgrade.apply()?;
            }
        }
        assert_eq!(batch.exit_code(), exit::USAGE);
        let is_upgraded = |name: &str| {
            let text = fs::read_to_string(directory.join(name).join("Dockerfile"));
            text.is_ok_and(|text| text.contains("BASE_IMAGE"))
        };
        assert!(is_upgraded("a") && is_upgraded("d") && !is_upgraded("b"));
        assert!(directory.join("c").is_dir());
        Ok(())
    }
}
