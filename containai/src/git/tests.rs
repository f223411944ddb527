use super::*;

fn sh(directory: &Path, script: &str) {
    let mut shell = Command::new("sh");
    shell.args(["-ec", script]).current_dir(directory);
    shell.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    assert!(shell.status().is_ok_and(|status| status.success()), "{script}");
}

fn repository(directory: &Path) -> anyhow::Result<WorkspacePath> {
    let path = directory.canonicalize()?.join("api");
    std::fs::create_dir(&path)?;
    sh(
        &path,
        "git init -q -b main; git config user.name A; git config user.email a@b
         echo text > file; git add file; git commit -q -m first",
    );
    Ok(WorkspacePath::new(path)?)
}

fn names(directory: &Path) -> anyhow::Result<Vec<std::ffi::OsString>> {
    let mut names: Vec<_> =
        std::fs::read_dir(directory)?.flatten().map(|it| it.file_name()).collect();
    names.sort();
    Ok(names)
}

/// Settings that make git run programs of the repository.
const HOSTILE_CONFIG: &str = r"git config filter.evil.smudge 'touch ../smudged; cat'
    git config core.fsmonitor 'touch ../monitored'
    for hook in post-checkout reference-transaction; do
      printf '#!/bin/sh\ntouch ../hooked\n' > .git/hooks/$hook; chmod +x .git/hooks/$hook
    done";

#[test]
fn worktree_is_created_without_running_repository_programs() -> anyhow::Result<()> {
    let root = tempfile::TempDir::new()?;
    let repository = repository(root.path())?;
    sh(
        repository.as_path(),
        &format!("{HOSTILE_CONFIG}; echo '* filter=evil' > .git/info/attributes"),
    );
    let tree = WorkspacePath::new(repository.as_path().with_file_name("api-fork"))?;
    assert_eq!(worktree_head(&repository, &tree), None);
    add_worktree(&repository, &tree, "fork/one")?;
    let branch = GitHead::Branch("fork/one".into());
    assert_eq!(worktree_head(&repository, &tree), Some(branch));
    assert_eq!(names(root.path())?, ["api", "api-fork"]);
    assert_eq!(std::fs::read_dir(tree.as_path())?.count(), 1, "no file is checked out");
    let refused = add_worktree(&repository, &tree, "fork/two");
    assert!(refused.is_err_and(|error| error.to_string().contains("exists")));
    assert_eq!(worktree_head(&repository, &tree), Some(GitHead::Branch("fork/one".into())));
    Ok(())
}

#[test]
fn worktrees_of_repositories_in_any_state() -> anyhow::Result<()> {
    let root = tempfile::TempDir::new()?;
    let repository = repository(root.path())?;
    let path = |name: &str| WorkspacePath::new(repository.as_path().with_file_name(name));
    let add = |name: &str, branch: &str| -> anyhow::Result<String> {
        Ok(match add_worktree(&repository, &path(name)?, branch) {
            Ok(()) => "created".to_owned(),
            Err(error) => error.to_string().replace(repository.as_str(), "API"),
        })
    };
    sh(
        repository.as_path(),
        "git branch side; git branch held; git worktree add -q ../api-held held
         git branch packed/one; git pack-refs --all",
    );
    assert_eq!(add("a", "side")?, "created");
    assert_eq!(add("b", "side")?, "branch `side` is checked out in another worktree");
    assert_eq!(add("b", "held")?, "branch `held` is checked out in another worktree");
    assert_eq!(add("b", "main")?, "branch `main` is checked out in another worktree");
    assert_eq!(add("b", "side/x")?, "branch `side` conflicts with branch `side/x`");
    assert_eq!(add("b", "packed")?, "branch `packed/one` conflicts with branch `packed`");
    for name in ["-x", "a..b", "x.lock", "a b", "HEAD", "../x", "/x", "x/"] {
        assert!(add("b", name)?.contains("is not a valid branch name"), "{name}");
    }
    sh(repository.as_path(), "git checkout -q --detach");
    assert_eq!(add("b", "new/one")?, "created");
    assert_eq!(add("c", "new/two")?, "created");
    assert_eq!(add("d", "new")?, "branch `new` conflicts with branch `new`");
    // An interrupted creation is finished.
    std::fs::remove_dir_all(path("c")?.as_path())?;
    assert_eq!(add("c", "new/three")?, "created");
    // A worktree of a linked worktree.
    let linked = path("b")?;
    add_worktree(&linked, &path("e")?, "new/four")?;
    sh(
        repository.as_path(),
        "git worktree list --porcelain | grep -c ^worktree | grep -qx 6
         for tree in a b c e; do
           git -C ../$tree reset -q --hard; git -C ../$tree fsck --strict
           test \"$(cat ../$tree/file)\" = text; test -z \"$(git -C ../$tree status --short)\"
         done
         test -z \"$(git worktree prune --dry-run -v 2>&1)\"
         git worktree remove ../a; git branch -q -D side",
    );
    sh(root.path(), "mkdir empty reftable; git -C empty init -q -b trunk");
    let empty = path("empty")?;
    let none = add_worktree(&empty, &path("f")?, "x").expect_err("the branch has no commit");
    assert!(none.to_string().contains("has no commit yet"), "{none}");
    assert_eq!(head(&empty), GitHead::Branch("trunk".into()));
    if Command::new("git")
        .args(["init", "-q", "-b", "main", "--ref-format=reftable", "reftable"])
        .current_dir(root.path())
        .status()?
        .success()
    {
        assert_eq!(head(&path("reftable")?), GitHead::Branch("main".into()));
        sh(
            path("reftable")?.as_path(),
            "git -c user.name=A -c user.email=a@b commit -q --allow-empty -m first",
        );
        assert_eq!(head(&path("reftable")?), GitHead::Branch("main".into()));
        let refused = add_worktree(&path("reftable")?, &path("f")?, "x").expect_err("reftable");
        assert!(refused.to_string().contains("reftable format"), "{refused}");
    }
    assert!(!path("f")?.as_path().exists());
    Ok(())
}

/// Scripts that replace a part of `.git` by a symbolic link to the outside.
const HOSTILE_LINKS: [&str; 16] = [
    "rm -rf logs; ln -s $OUT logs",
    "rm logs/HEAD; ln -s $OUT/file logs/HEAD",
    "mkdir -p logs/refs; rm -rf logs/refs/heads; ln -s $OUT logs/refs/heads",
    "cp -r refs $OUT/; rm -rf refs; ln -s $OUT/refs refs",
    "cp -r refs/heads $OUT/; rm -rf refs/heads; ln -s $OUT/heads refs/heads",
    "ln -s $OUT refs/heads/fork",
    "mkdir refs/heads/fork; ln -s $OUT/file refs/heads/fork/one",
    "mkdir refs/heads/fork; ln -s $OUT/new refs/heads/fork/one.lock",
    "ln -s $OUT worktrees",
    "mkdir worktrees; ln -s $OUT worktrees/api-fork",
    "cp -r objects $OUT/; rm -rf objects; ln -s $OUT/objects objects",
    "ln -s $OUT/new packed-refs.lock; ln -s $OUT/file packed-refs",
    "cp HEAD $OUT/head; ln -sf $OUT/head HEAD; ln -s $OUT/new HEAD.lock",
    "cp config $OUT/config; ln -sf $OUT/config config; ln -s $OUT/new config.lock",
    "cp index $OUT/index; ln -sf $OUT/index index; ln -s $OUT/new index.lock",
    "cd ..; mv .git $OUT/git; ln -s $OUT/git .git",
];

#[test]
fn hostile_links_are_not_followed() -> anyhow::Result<()> {
    for (number, script) in HOSTILE_LINKS.into_iter().enumerate() {
        let root = tempfile::TempDir::new()?;
        let repository = repository(root.path())?;
        let out = root.path().canonicalize()?.join("out");
        std::fs::create_dir(&out)?;
        let prepare = "echo kept > $OUT/file; git config user.name 'x; touch pwned'; cd .git; ";
        let out_is = format!("OUT={}; ", out.display());
        sh(repository.as_path(), &format!("{out_is}{prepare}{script}"));
        let state = || -> anyhow::Result<String> {
            let find = Command::new("sh")
                .args(["-c", "find . -printf '%p %y %T@\\n' | sort; cat file"])
                .current_dir(&out)
                .output()?;
            Ok(String::from_utf8(find.stdout)?)
        };
        let before = state()?;
        for (name, kind) in [("api-fork", "worktree"), ("api-clone", "clone")] {
            let tree = WorkspacePath::new(repository.as_path().with_file_name(name))?;
            let outcome = match kind {
                "worktree" => add_worktree(&repository, &tree, "fork/one"),
                _ => clone_with_clean_config(&repository, &tree, "fork/one"),
            };
            assert_eq!(state()?, before, "{number}: {script}");
            if let Err(error) = outcome {
                let error = format!("{error:#}");
                let expected = ["symbolic link", "exists", "conflicts with"];
                assert!(expected.iter().any(|it| error.contains(it)), "{script}: {error}");
                assert!(!tree.as_path().exists(), "{script}");
            }
            head(&repository);
        }
    }
    Ok(())
}

#[test]
fn files_of_other_repositories_are_not_exposed() -> anyhow::Result<()> {
    let root = tempfile::TempDir::new()?;
    let repository = repository(root.path())?;
    sh(root.path(), "cp -r api private; mkdir ws; ln -s private/.git private-link");
    sh(root.path(), "git -C private branch secret");
    let ws = WorkspacePath::new(repository.as_path().with_file_name("ws"))?;
    let to = WorkspacePath::new(repository.as_path().with_file_name("to"))?;
    for pointer in [
        "rm -rf .git; echo \"gitdir: $PWD/../private/.git\" > .git",
        "rm -rf .git; ln -s ../private/.git .git",
        "rm -rf .git; git init -q; echo $PWD/../private/.git/objects > .git/objects/info/alternates
         cat ../private/.git/refs/heads/main > .git/refs/heads/$(git branch --show-current)",
    ] {
        sh(ws.as_path(), pointer);
        assert!(clone_with_clean_config(&ws, &to, "fork/one").is_err(), "{pointer}");
        if !pointer.contains("alternates") {
            assert!(add_worktree(&ws, &to, "fork/one").is_err(), "{pointer}");
        }
        assert!(!to.as_path().exists(), "{pointer}");
    }
    let refs = std::fs::read_dir(root.path().join("private/.git/refs/heads"))?.count();
    assert_eq!(refs, 2);
    Ok(())
}

#[test]
fn clone_is_created_without_running_repository_programs() -> anyhow::Result<()> {
    let root = tempfile::TempDir::new()?;
    let repository = repository(root.path())?;
    sh(
        repository.as_path(),
        &format!(
            "echo '* filter=evil' > .gitattributes; git add .gitattributes
             git commit -q -m second; git branch side; git tag v1; git checkout -q --detach
             git config remote.origin.url https://git.example/api.git; {HOSTILE_CONFIG}"
        ),
    );
    let path = WorkspacePath::new(repository.as_path().with_file_name("api-fork"))?;
    assert_eq!(clone_head(&repository, &path), None);
    clone_with_clean_config(&repository, &path, "fork/one")?;
    assert_eq!(clone_head(&repository, &path), Some(GitHead::Branch("fork/one".into())));
    assert_eq!(names(root.path())?, ["api", "api-fork"]);
    sh(
        path.as_path(),
        "test \"$(cat file)\" = text; test -z \"$(git status --short)\"
         test \"$(git branch --show-current)\" = fork/one
         test \"$(git for-each-ref --format='%(refname)' | tr '\\n' ' ')\" = \\
           'refs/heads/fork/one refs/heads/main refs/heads/side refs/tags/v1 '
         test \"$(git remote get-url origin)\" = https://git.example/api.git
         ! test -e .git/hooks && ! test -e .git/bundle",
    );
    assert!(
        clone_with_clean_config(&repository, &path, "fork/two").is_err(),
        "existing files are not replaced"
    );
    let other = WorkspacePath::new(repository.as_path().with_file_name("api-side"))?;
    clone_with_clean_config(&repository, &other, "side")?;
    sh(other.as_path(), "test \"$(git branch --show-current)\" = side; test -e file");
    assert_eq!(clone_head(&other, &path), None, "a clone of another repository");
    sh(root.path(), "git clone -q api theirs; mkdir empty; ln -s api-fork link");
    for name in ["theirs", "empty", "link"] {
        let path = WorkspacePath::new(repository.as_path().with_file_name(name))?;
        assert_eq!(clone_head(&repository, &path), None, "{name}");
    }
    Ok(())
}

#[test]
fn missing_objects_are_not_fetched() -> anyhow::Result<()> {
    let root = tempfile::TempDir::new()?;
    let repository = repository(root.path())?;
    sh(
        repository.as_path(),
        "git config core.repositoryFormatVersion 1; git config extensions.partialClone evil
         git config remote.evil.promisor true; git config protocol.ext.allow always
         git config remote.evil.url 'ext::sh -c touch% ../fetched'
         rm -r .git/objects/??",
    );
    let tree = WorkspacePath::new(repository.as_path().with_file_name("api-fork"))?;
    let error = clone_with_clean_config(&repository, &tree, "fork/one")
        .expect_err("the objects are missing");
    assert!(error.to_string().contains("cannot clone to"), "{error}");
    assert!(!tree.as_path().exists());
    assert!(!repository.as_path().with_file_name("fetched").exists());
    Ok(())
}
