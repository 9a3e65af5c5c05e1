//! The options of `cargo xtask deploy` and `cargo xtask destroy`.

use crate::package::arch::Arch;

/// The stack's name where none is given.
const STACK: &str = "wordfall";
/// Characters of a stack's name: Lambda's 64, without what comes behind it.
const STACK_CHARS_MAX: usize = 64 - "-wordcount".len();

/// A deployment, as typed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Deploy {
    pub(crate) stack: String,
    pub(crate) bucket: String,
    /// Where it isn't given, that of the stack as it is.
    pub(crate) prefix: Option<String>,
    /// As the prefix.
    pub(crate) arch: Option<Arch>,
    /// Further parameters of the template and their values, as typed.
    pub(crate) set: Vec<(String, String)>,
    pub(crate) mode: Mode,
}

/// A deletion, as typed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Destroy {
    pub(crate) stack: String,
    pub(crate) results: Results,
    pub(crate) mode: Mode,
}

/// Whether it is done at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// After a question.
    Ask,
    /// At once.
    Go,
    /// Not; the commands are printed.
    DryRun,
}

/// Treatment of the stored runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Results {
    Kept,
    Deleted,
}

/// Parameters that have an option of their own.
const OWN: [(&str, &str); 3] = [("Bucket", "--bucket"), ("Prefix", "--prefix"), ("Architecture", "--arch")];

/// Reads the words after `deploy`. The error is a sentence.
pub(crate) fn deploy(mut words: impl Iterator<Item = String>) -> Result<Deploy, String> {
    let (mut bucket, mut mode) = (None, Mode::Ask);
    let mut deploy = Deploy {
        stack: STACK.to_owned(),
        bucket: String::new(),
        prefix: None,
        arch: None,
        set: Vec::new(),
        mode: Mode::Ask,
    };
    while let Some(word) = words.next() {
        match word.as_str() {
            "--stack" => deploy.stack = stack(value("--stack", &mut words)?)?,
            "--bucket" => bucket = Some(value("--bucket", &mut words)?),
            "--prefix" => deploy.prefix = Some(prefix(value("--prefix", &mut words)?)?),
            "--arch" => {
                let name = value("--arch", &mut words)?;
                let arch = Arch::named(&name).ok_or(format!("--arch {name:?}: use x86_64 or arm64"))?;
                deploy.arch = Some(arch);
            }
            "--set" => deploy.set.push(parameter(&value("--set", &mut words)?)?),
            "--yes" => mode = mode.or(Mode::Go)?,
            "--dry-run" => mode = mode.or(Mode::DryRun)?,
            _ => {
                let right = "--bucket, --prefix, --stack, --arch, --set, --yes or --dry-run";
                return Err(format!("unknown option {word:?} of deploy: use {right}"));
            }
        }
    }
    let bucket = bucket.ok_or("deploy needs --bucket NAME: the bucket whose objects are to be counted")?;
    Ok(Deploy { bucket, mode, ..deploy })
}

/// Reads the words after `destroy`. The error is a sentence.
pub(crate) fn destroy(mut words: impl Iterator<Item = String>) -> Result<Destroy, String> {
    let mut destroy = Destroy { stack: STACK.to_owned(), results: Results::Kept, mode: Mode::Ask };
    while let Some(word) = words.next() {
        match word.as_str() {
            "--stack" => destroy.stack = stack(value("--stack", &mut words)?)?,
            "--results" => destroy.results = Results::Deleted,
            "--yes" => destroy.mode = destroy.mode.or(Mode::Go)?,
            "--dry-run" => destroy.mode = destroy.mode.or(Mode::DryRun)?,
            _ => {
                let right = "--stack, --results, --yes or --dry-run";
                return Err(format!("unknown option {word:?} of destroy: use {right}"));
            }
        }
    }
    Ok(destroy)
}

impl Mode {
    fn or(self, asked: Self) -> Result<Self, String> {
        match self {
            Self::Ask => Ok(asked),
            mode if mode == asked => Ok(mode),
            _ => Err("give either --yes or --dry-run, not both".to_owned()),
        }
    }
}

fn value(option: &str, words: &mut impl Iterator<Item = String>) -> Result<String, String> {
    words.next().ok_or_else(|| format!("{option} needs a value"))
}

/// CloudFormation's own rule, and Lambda's for the names that begin with this one.
fn stack(name: String) -> Result<String, String> {
    let good = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if !good {
        return Err(format!("--stack {name:?}: use letters, digits and hyphens, a letter first"));
    }
    if name.len() > STACK_CHARS_MAX {
        let function = "the functions are called by it, and Lambda's names are short";
        return Err(format!("--stack {name:?}: use at most {STACK_CHARS_MAX} characters; {function}"));
    }
    Ok(name)
}

/// Checks a prefix: the template refuses the same ones, only later.
fn prefix(prefix: String) -> Result<String, String> {
    match prefix.find(['*', '?', '$', '\'']) {
        None => Ok(prefix),
        Some(_) => Err(format!("--prefix {prefix:?}: it is taken as it stands; leave out *, ?, $ and '")),
    }
}

fn parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or_else(|| format!("--set {text:?}: use PARAMETER=VALUE"))?;
    if let Some((_, option)) = OWN.iter().find(|(own, _)| *own == name) {
        return Err(format!("--set {name}: use {option}"));
    }
    Ok((name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> impl Iterator<Item = String> {
        line.split_whitespace().map(str::to_owned)
    }

    #[track_caller]
    fn check(line: &str, expected: Result<&Deploy, &str>) {
        assert_eq!(
            deploy(words(line)).as_ref(),
            expected.map_err(str::to_owned).as_ref().map(|&deploy| deploy)
        );
    }

    #[test]
    fn a_deployment_is_read() {
        let least = Deploy {
            stack: "wordfall".to_owned(),
            bucket: "logs".to_owned(),
            prefix: None,
            arch: None,
            set: Vec::new(),
            mode: Mode::Ask,
        };
        check("--bucket logs", Ok(&least));
        let most = Deploy {
            stack: "words-2".to_owned(),
            prefix: Some("2026/".to_owned()),
            arch: Some(Arch::Arm64),
            set: vec![
                ("FunctionMemory".to_owned(), "3538".to_owned()),
                ("KmsKey".to_owned(), "a=b".to_owned()),
            ],
            mode: Mode::DryRun,
            ..least
        };
        let line = "--stack words-2 --bucket logs --prefix 2026/ --arch arm64 --set FunctionMemory=3538 --set KmsKey=a=b";
        check(&format!("{line} --dry-run"), Ok(&most));
    }

    #[test]
    fn a_wrong_deployment_is_told_what_would_be_right() {
        check("", Err("deploy needs --bucket NAME: the bucket whose objects are to be counted"));
        check("--bucket", Err("--bucket needs a value"));
        check("--bucket b --arch arm", Err("--arch \"arm\": use x86_64 or arm64"));
        check("--bucket b --stack 1", Err("--stack \"1\": use letters, digits and hyphens, a letter first"));
        let long = "s".repeat(55);
        let told = "use at most 54 characters; the functions are called by it, and Lambda's names are short";
        check(&format!("--bucket b --stack {long}"), Err(&format!("--stack {long:?}: {told}")));
        check(
            "--bucket b --prefix a*",
            Err("--prefix \"a*\": it is taken as it stands; leave out *, ?, $ and '"),
        );
        check("--bucket b --set x", Err("--set \"x\": use PARAMETER=VALUE"));
        check("--bucket b --set Architecture=arm64", Err("--set Architecture: use --arch"));
        check("--bucket b --yes --dry-run", Err("give either --yes or --dry-run, not both"));
        let right = "--bucket, --prefix, --stack, --arch, --set, --yes or --dry-run";
        check("--now", Err(&format!("unknown option \"--now\" of deploy: use {right}")));
    }

    #[test]
    fn what_is_undone_is_read() {
        let stack = "wordfall".to_owned();
        let least = Destroy { stack, results: Results::Kept, mode: Mode::Ask };
        assert_eq!(destroy(words("")).as_ref(), Ok(&least));
        let all = Destroy { stack: "w".to_owned(), results: Results::Deleted, mode: Mode::Go };
        assert_eq!(destroy(words("--results --stack w --yes")), Ok(all));
        let right = "--stack, --results, --yes or --dry-run";
        assert_eq!(
            destroy(words("--bucket b")),
            Err(format!("unknown option \"--bucket\" of destroy: use {right}"))
        );
    }
}
