//! Lifecycle commands.

use serde_json::Value;

use super::compose::ComposeProject;
use super::error::DevcontainerError;
use super::fields::{JsonFields, wrong_type};

/// A lifecycle command.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum LifecycleCommand {
    /// A shell command line.
    Shell(String),
    /// A program and its arguments, run without a shell.
    Exec(Vec<String>),
    /// Named commands, run in parallel.
    Parallel(Vec<(String, LifecycleCommand)>),
}

/// The lifecycle commands of a container. Commands of features precede those of the file itself.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Lifecycle {
    /// The text of the program that runs Compose services beside the container; run before all
    /// commands, after each start of the container.
    pub services: Option<String>,
    /// Run once, after the container was created.
    pub on_create: Vec<LifecycleCommand>,
    /// Run once, after `on_create`.
    pub update_content: Vec<LifecycleCommand>,
    /// Run once, after `update_content`.
    pub post_create: Vec<LifecycleCommand>,
    /// Run after each start of the container.
    pub post_start: Vec<LifecycleCommand>,
    /// Run at the beginning of each session.
    pub post_attach: Vec<LifecycleCommand>,
    /// Whether sessions wait until `post_start` has ended.
    pub start_wait: StartWait,
}

/// The wait of sessions for the commands that run after each start, of which one may be a server.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum StartWait {
    /// For a moment; they then continue in the background.
    #[default]
    Brief,
    /// Until they have ended: `waitFor` is `postStartCommand`.
    Complete,
}

impl Lifecycle {
    /// The keys, in execution order.
    pub const KEYS: [&str; 5] = [
        "onCreateCommand",
        "updateContentCommand",
        "postCreateCommand",
        "postStartCommand",
        "postAttachCommand",
    ];

    pub(super) fn read(fields: JsonFields<'_>) -> Result<Self, DevcontainerError> {
        let command = |key| Ok(LifecycleCommand::read(fields, key)?.into_iter().collect());
        let [on_create, update_content, post_create, post_start, post_attach] = Self::KEYS;
        Ok(Self {
            services: None,
            on_create: command(on_create)?,
            update_content: command(update_content)?,
            post_create: command(post_create)?,
            post_start: command(post_start)?,
            post_attach: command(post_attach)?,
            start_wait: match fields.string("waitFor")? {
                Some("postStartCommand") => StartWait::Complete,
                _ => StartWait::Brief,
            },
        })
    }

    /// Adds the services that run beside the container.
    pub(super) fn with_services(self, compose: Option<&ComposeProject>) -> Self {
        Self { services: compose.and_then(ComposeProject::program), ..self }
    }

    /// Returns the commands of each key, in the order of [`KEYS`](Self::KEYS).
    pub fn phases(&self) -> [(&'static str, &[LifecycleCommand]); 5] {
        let [on_create, update_content, post_create, post_start, post_attach] = Self::KEYS;
        [
            (on_create, &self.on_create),
            (update_content, &self.update_content),
            (post_create, &self.post_create),
            (post_start, &self.post_start),
            (post_attach, &self.post_attach),
        ]
    }

    /// Whether there are no commands.
    pub fn is_empty(&self) -> bool {
        self.services.is_none() && self.phases().iter().all(|(_, commands)| commands.is_empty())
    }

    /// Appends the commands of another lifecycle.
    pub fn extend(&mut self, other: Self) {
        if other.start_wait == StartWait::Complete {
            self.start_wait = StartWait::Complete;
        }
        self.services = self.services.take().or(other.services);
        self.on_create.extend(other.on_create);
        self.update_content.extend(other.update_content);
        self.post_create.extend(other.post_create);
        self.post_start.extend(other.post_start);
        self.post_attach.extend(other.post_attach);
    }
}

impl LifecycleCommand {
    /// Reads the command of a key; `None` for an empty one.
    pub(super) fn read(
        fields: JsonFields<'_>,
        key: &str,
    ) -> Result<Option<Self>, DevcontainerError> {
        fields.get(key).map_or(Ok(None), |value| Self::from_value(value, key))
    }

    fn from_value(value: &Value, key: &str) -> Result<Option<Self>, DevcontainerError> {
        let expected = "a string, an array of strings, or an object of these";
        let command = match value {
            Value::String(line) if line.trim().is_empty() => return Ok(None),
            Value::String(line) => Self::Shell(line.clone()),
            Value::Array(items) => {
                let words = items.iter().map(|item| item.as_str().map(str::to_owned));
                let words: Vec<_> =
                    words.collect::<Option<_>>().ok_or_else(|| wrong_type(key, expected))?;
                if words.is_empty() {
                    return Ok(None);
                }
                Self::Exec(words)
            }
            Value::Object(object) => {
                let mut together = Vec::new();
                for (name, value) in object {
                    let key = format!("{key}.{name}");
                    if value.is_object() {
                        return Err(wrong_type(&key, "a string or an array of strings"));
                    }
                    let command = Self::from_value(value, &key)?;
                    together.extend(command.map(|command| (name.clone(), command)));
                }
                if together.is_empty() {
                    return Ok(None);
                }
                Self::Parallel(together)
            }
            _ => return Err(wrong_type(key, expected)),
        };
        let has_nul = |text: &String| text.contains('\0');
        match &command {
            Self::Shell(line) if has_nul(line) => Err(wrong_type(key, expected)),
            Self::Exec(words) if words.iter().any(has_nul) => Err(wrong_type(key, expected)),
            _ => Ok(Some(command)),
        }
    }
}
