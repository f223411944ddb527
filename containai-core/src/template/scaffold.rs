//! The scaffold of a new template.

use crate::naming::TemplateName;

/// Returns the Dockerfile of a new template.
pub fn scaffold(name: &TemplateName) -> String {
    format!(
        "# Additions of template `{name}` to a ContainAI image.\n\
         # Build it with `cai template build {name}`, use it with `cai run --template {name}`.\n\
         ARG BASE_IMAGE\n\
         FROM ${{BASE_IMAGE}}\n\
         \n\
         # RUN apt-get update \\\n\
         #     && apt-get install -y --no-install-recommends ffmpeg \\\n\
         #     && rm -rf /var/lib/apt/lists/*\n\
         \n\
         # Commands to run as the agent's user:\n\
         # USER agent\n\
         # RUN pipx install httpie\n"
    )
}

#[cfg(test)]
mod tests {
    use super::super::{Dockerfile, ImageBuilder, check_dockerfile};
    use super::*;

    #[test]
    fn new_template_passes_the_check() {
        let text = scaffold(&TemplateName::parse("ml").expect("a name"));
        let file = Dockerfile::parse(&text).expect("a Dockerfile");
        assert_eq!(check_dockerfile(&file, ImageBuilder::Classic), []);
        assert_eq!(file.base_image("ours"), "ours");
        insta::assert_snapshot!(text);
    }
}
