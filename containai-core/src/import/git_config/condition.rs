//! Conditions of included configurations (`includeIf`).

use crate::layout::CONTAINER_WORKSPACE;

/// The place of a configuration, for the conditions in it.
#[derive(Clone, Copy, Debug)]
pub struct IncludePlace<'a> {
    /// The path of the workspace on the host; `None` if it is unknown.
    pub workspace: Option<&'a str>,
    /// The home directory.
    pub home: &'a str,
    /// The directory of the configuration.
    pub directory: &'a str,
}

impl IncludePlace<'_> {
    /// Returns the condition that is true in the container where this one is true on the host, as far
    /// as the workspace is concerned; `None` if it is about other repositories.
    ///
    /// The source is git-config(1), "Conditional includes". Patterns with wildcards are other
    /// repositories, unless they end with `/**`.
    #[must_use]
    pub fn in_container(&self, condition: &str) -> Option<String> {
        let (keyword, pattern) = condition.split_once(':')?;
        match keyword {
            "gitdir" | "gitdir/i" => Some(format!("{keyword}:{}", self.map_directory(pattern)?)),
            // They are about the content of a repository, which is the same in the container.
            "onbranch" | "hasconfig" => Some(condition.to_owned()),
            _ => None,
        }
    }

    fn map_directory(&self, pattern: &str) -> Option<String> {
        let workspace = self.workspace?.trim_end_matches('/');
        let (tree, pattern) = match pattern.strip_suffix("/**").or(pattern.strip_suffix('/')) {
            Some(tree) => (true, tree),
            None => (false, pattern),
        };
        let absolute = match (pattern.strip_prefix("~/"), pattern.strip_prefix("./")) {
            (Some(below), _) => format!("{}/{below}", self.home),
            (_, Some(below)) => format!("{}/{below}", self.directory),
            _ if pattern == "~" => self.home.to_owned(),
            _ => pattern.strip_prefix("**/").unwrap_or(pattern).to_owned(),
        };
        if absolute.contains(['*', '?', '[', '\\']) {
            return None;
        }
        // The root directory is empty by now.
        if !absolute.is_empty() && !absolute.starts_with('/') {
            // It matches at any depth.
            let is_within = format!("{workspace}/").contains(&format!("/{absolute}/"));
            return (tree && is_within).then(|| format!("{CONTAINER_WORKSPACE}/"));
        }
        if tree && is_at_or_below(workspace, &absolute) {
            return Some(format!("{CONTAINER_WORKSPACE}/"));
        }
        let below = absolute.strip_prefix(workspace).filter(|it| it.starts_with('/'))?;
        let end = if tree { "/" } else { "" };
        Some(format!("{CONTAINER_WORKSPACE}{below}{end}"))
    }
}

fn is_at_or_below(path: &str, directory: &str) -> bool {
    path.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_about_the_workspace_are_mapped() {
        let place = IncludePlace {
            workspace: Some("/home/me/work/api"),
            home: "/home/me",
            directory: "/home/me/.config/git",
        };
        let workspace = Some("gitdir:/home/agent/workspace/");
        for (condition, expected) in [
            ("gitdir:~/work/", workspace),
            ("gitdir:~/work/**", workspace),
            ("gitdir:~/work/api/", workspace),
            ("gitdir:~/", workspace),
            ("gitdir:/", workspace),
            ("gitdir:/home/me/work/", workspace),
            ("gitdir:work/", workspace),
            ("gitdir:**/work/api/", workspace),
            ("gitdir/i:~/work/", Some("gitdir/i:/home/agent/workspace/")),
            ("gitdir:~/work/api/vendor/", Some("gitdir:/home/agent/workspace/vendor/")),
            ("gitdir:~/work/api/.git", Some("gitdir:/home/agent/workspace/.git")),
            ("gitdir:../../work/", None),
            ("gitdir:~/work", None),
            ("gitdir:~/wor/", None),
            ("gitdir:~/work/ap/", None),
            ("gitdir:~/play/", None),
            ("gitdir:~/w*/", None),
            ("gitdir:play/", None),
            ("onbranch:main", Some("onbranch:main")),
            ("hasconfig:remote.*.url:https://x/**", Some("hasconfig:remote.*.url:https://x/**")),
            ("other:x", None),
            ("", None),
        ] {
            assert_eq!(place.in_container(condition).as_deref(), expected, "{condition}");
        }
        let nowhere = IncludePlace { workspace: None, ..place };
        assert_eq!(nowhere.in_container("gitdir:~/work/"), None);
    }
}
