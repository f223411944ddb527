//! The user's image templates.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use crate::error::ResultExt as _;
use containai_core::engine::ImageRequest;
use containai_core::hint::Hint;
use containai_core::layout::Layout;
use containai_core::naming::{BuiltImage, Fingerprint, TemplateName};
use containai_core::template::{
    ContextEntry, CopySources, Dockerfile, DockerfileError, DockerfileFinding, ImageBuilder,
    Severity, check_dockerfile, check_sources, fingerprint, template_labels,
};
use containai_docker::image::custom::{self, BuildContext, ContextDir, ImageRecipe, RecipeSource};
use containai_docker::image::local_reference;

use crate::error::OperationError;

mod batch;
mod check;
mod create;
mod image;
mod upgrade;

pub use batch::TemplateBatch;
pub use check::TemplateCheck;
pub use create::create;
pub use image::TemplateImage;
pub use upgrade::TemplateUpgrade;

/// The file that makes a directory a template.
pub const DOCKERFILE: &str = "Dockerfile";

/// An image template: a directory with a Dockerfile.
#[derive(Clone, Debug)]
pub struct Template {
    /// The name of the directory.
    pub name: TemplateName,
    /// The build context.
    directory: PathBuf,
    /// The text of the Dockerfile.
    pub text: String,
}

/// Lists the names of all templates, sorted. Entries that are not directories with a valid name
/// are ignored.
///
/// # Errors
///
/// The directory of templates cannot be read; a missing one has no templates.
pub fn list(layout: &Layout) -> crate::Result<Vec<TemplateName>> {
    let directory = layout.template_dir();
    let entries = match fs::read_dir(&directory) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.with_context(|| format!("cannot read `{}`", directory.display()))?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.with_context(|| format!("cannot read `{}`", directory.display()))?;
        let name = entry.file_name().to_str().and_then(|name| TemplateName::parse(name).ok());
        names.extend(name.filter(|_| entry.path().is_dir()));
    }
    names.sort();
    Ok(names)
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    ///
    /// The template does not exist, or its Dockerfile cannot be read.
    pub fn load(layout: &Layout, name: &TemplateName) -> crate::Result<Self> {
        let directory = layout.template(name);
        let path = directory.join(DOCKERFILE);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Self { name: name.clone(), directory, text }),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let names = list(layout)?;
                let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
                let hint = match names.as_slice() {
                    [] => Hint::run(&format!("cai template new {name}"), "create it"),
                    names => Hint::new(format!("use one of {}", names.join(", "))),
                };
                Err(OperationError::usage(format!("template `{name}` does not exist"))
                    .hint(hint)
                    .into())
            }
            Err(error) => Err(error).with_context(|| format!("cannot read `{}`", path.display())),
        }
    }

    /// Returns the path of the Dockerfile.
    pub fn path(&self) -> PathBuf {
        self.directory.join(DOCKERFILE)
    }

    /// Checks the Dockerfile, and that `context` has the files that it copies. An engine without
    /// BuildKit refuses more.
    fn findings(
        &self,
        context: &[ContextEntry],
    ) -> Result<Vec<DockerfileFinding>, DockerfileError> {
        let file = Dockerfile::parse(&self.text)?;
        let mut findings = check_dockerfile(&file, ImageBuilder::BuildKit);
        findings.extend(check_sources(&file, None, context));
        findings.sort_by_key(|finding| (finding.line, finding.severity));
        Ok(findings)
    }

    /// Reads the entries of the build context.
    fn context(&self) -> crate::Result<Vec<ContextEntry>> {
        let context = BuildContext::open(&ContextDir::at(&self.directory))
            .and_then(|it| it.entries(&CopySources::all()));
        context.with_context(|| format!("cannot read `{}`", self.directory.display()))
    }

    /// Returns the recipe that builds the image on `base`.
    ///
    /// # Errors
    ///
    /// The Dockerfile cannot be parsed or has errors, with their line; or the build context cannot be
    /// read.
    pub fn recipe(&self, base: &ImageRequest) -> crate::Result<ImageRecipe> {
        let refuse = |text: String| {
            let check = format!("cai template check {}", self.name);
            let hint = Hint::run(&check, "list all problems");
            OperationError::usage(format!("template `{}` cannot be built: {text}", self.name))
                .hint(hint)
        };
        let context = self.context()?;
        let file = Dockerfile::parse(&self.text).map_err(|error| refuse(error.to_string()))?;
        let uses_base = file.declares_base_image();
        let findings = self.findings(&context).map_err(|error| refuse(error.to_string()))?;
        if let Some(error) = findings.iter().find(|it| it.severity == Severity::Error) {
            return Err(refuse(format!("line {}: {}", error.line, error.text)).into());
        }
        let fingerprint = self.fingerprint(&context, base);
        let labels = template_labels(self.name.as_str(), fingerprint.as_str());
        let source = RecipeSource::Dockerfile {
            context: ContextDir::at(&self.directory),
            path: DOCKERFILE.to_owned(),
            text: self.text.clone(),
            base: uses_base.then(|| base.clone()),
            arguments: BTreeMap::new(),
            target: None,
        };
        let reference = BuiltImage::of_template(&self.name, &fingerprint);
        let labels = labels.map(|(key, value)| (key.to_owned(), value.to_owned()));
        Ok(ImageRecipe::new(reference, fingerprint, source).with_labels(labels))
    }

    fn fingerprint(&self, context: &[ContextEntry], base: &ImageRequest) -> Fingerprint {
        let base = match base {
            ImageRequest::Shipped(image) => local_reference(*image),
            ImageRequest::Reference(reference) => reference.clone(),
        };
        let common_inputs = custom::common_inputs();
        let texts: Vec<&str> = [self.text.as_str(), base.as_str()]
            .into_iter()
            .chain(common_inputs.iter().map(String::as_str))
            .collect();
        fingerprint(context, &texts)
    }
}
