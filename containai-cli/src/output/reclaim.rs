//! What is said of files that got another owner.

use containai_docker::Reclaimed;

/// One line a fact; none where nothing was found.
pub(crate) fn lines(workspace: &str, done: Reclaimed) -> Vec<String> {
    let Reclaimed { files, returned, cleared, failed: left } = done;
    let mut lines = Vec::new();
    let mut add = |number: u64, line: &dyn Fn(&str) -> String| {
        let files = if number == 1 { "1 file".to_owned() } else { format!("{number} files") };
        if number > 0 {
            lines.push(line(&files));
        }
    };
    add(returned, &|files| format!("returned {files} in `{workspace}` to root"));
    add(files, &|files| {
        format!("reclaimed {files} in `{workspace}` from other users of the container")
    });
    add(cleared, &|files| {
        format!("cleared set-user-id, set-group-id or capabilities of {files} in `{workspace}`")
    });
    add(left, &|files| {
        format!("could not reclaim {files}: run `cai workspace reclaim {workspace}`")
    });
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_output() {
        let done = Reclaimed { files: 2, returned: 5123, cleared: 1, failed: 1 };
        insta::assert_snapshot!(lines("/srv/api", done).join("\n"), @r"
        returned 5123 files in `/srv/api` to root
        reclaimed 2 files in `/srv/api` from other users of the container
        cleared set-user-id, set-group-id or capabilities of 1 file in `/srv/api`
        could not reclaim 1 file: run `cai workspace reclaim /srv/api`
        ");
        assert_eq!(lines("/srv/api", Reclaimed::default()), [""; 0]);
    }
}
