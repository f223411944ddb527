//! The arguments of `docker run`, split into options and values.

use super::table::{RunArgValue, find_option};

/// An option of `docker run` with its value; empty for an option without one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in super::super) struct RunArgument {
    /// The long name, such as `--env`; for an unknown option, the text as given.
    pub(in super::super) name: String,
    /// The value.
    pub(in super::super) value: String,
}

/// The arguments of `docker run`, in order.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(in super::super) struct RunArguments(pub(in super::super) Vec<RunArgument>);

impl RunArguments {
    /// Splits the arguments as the `docker` command does. An option whose value is missing has an
    /// empty one.
    pub(in super::super) fn parse(words: &[String]) -> Self {
        let (mut arguments, mut words) = (Vec::new(), words.iter());
        while let Some(word) = words.next() {
            let mut next = || words.next().cloned().unwrap_or_default();
            match word.strip_prefix("--") {
                Some(_) => arguments.push(long_option(word, &mut next)),
                None => arguments.extend(short_options(word, &mut next)),
            }
        }
        Self(arguments)
    }
}

fn long_option(word: &str, next: &mut dyn FnMut() -> String) -> RunArgument {
    let (name, given) = match word.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (word, None),
    };
    let Some(option) = find_option(name) else {
        return RunArgument { name: word.to_owned(), value: String::new() };
    };
    let value = match (given, option.value) {
        (Some(value), _) => value,
        (None, RunArgValue::Required) => next(),
        (None, RunArgValue::Switch) => String::new(),
    };
    RunArgument { name: option.name.to_owned(), value }
}

/// Splits a word such as `-it` or `-p8080:80`. A word that is no option is kept as it is.
fn short_options(word: &str, next: &mut dyn FnMut() -> String) -> Vec<RunArgument> {
    let unknown = |text: &str| RunArgument { name: text.to_owned(), value: String::new() };
    let Some(letters) = word.strip_prefix('-').filter(|it| !it.is_empty()) else {
        return vec![unknown(word)];
    };
    let mut arguments = Vec::new();
    for (at, letter) in letters.char_indices() {
        let Some(option) = find_option(&format!("-{letter}")) else {
            arguments.push(unknown(&format!("-{}", &letters[at..])));
            return arguments;
        };
        let name = option.name.to_owned();
        if option.value == RunArgValue::Required {
            let rest = &letters[at + letter.len_utf8()..];
            let rest = rest.strip_prefix('=').unwrap_or(rest);
            let value = if rest.is_empty() { next() } else { rest.to_owned() };
            arguments.push(RunArgument { name, value });
            return arguments;
        }
        arguments.push(RunArgument { name, value: String::new() });
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_split_as_docker_does() {
        let check = |words: &[&str]| {
            let words: Vec<_> = words.iter().map(|word| (*word).to_owned()).collect();
            let split = RunArguments::parse(&words).0;
            let shown: Vec<_> =
                split.iter().map(|it| format!("{}|{}", it.name, it.value)).collect();
            shown.join(" ")
        };
        for (words, expected) in [
            (["--env", "A=b=c"].as_slice(), "--env|A=b=c"),
            (&["--env=A=b", "-eC=d", "-e", "E"], "--env|A=b --env|C=d --env|E"),
            (&["-it", "--init", "--rm"], "--interactive| --tty| --init| --rm|"),
            (
                &["-itp", "80:80", "--net=host"],
                "--interactive| --tty| --publish|80:80 --network|host",
            ),
            (&["--unheard-of=1", "x", "-Z9"], "--unheard-of=1| x| -Z9|"),
            (&["--volume"], "--volume|"),
            (&["--privileged=true", "-u=root", "-"], "--privileged|true --user|root -|"),
        ] {
            assert_eq!(check(words), expected, "{words:?}");
        }
    }
}
