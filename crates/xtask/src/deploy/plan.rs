//! The commands that a deployment consists of, before any of them runs.

use std::fmt;

use super::options::{Destroy, Results};
use super::settings::Settings;
use crate::package;
use crate::workspace;

/// The template as it is deployed, and as it is once its zips are uploaded; below the target folder's `package`.
pub(super) const TEMPLATE: &str = "template.yaml";
pub(super) const UPLOADED: &str = "uploaded.yaml";

/// The placeholder for an account that isn't known and need not be.
pub(super) const UNKNOWN: &str = "ACCOUNT";

/// The account and the region that commands go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) number: String,
    pub(super) region: String,
}

impl Account {
    /// Whether the account is known, so that AWS can be asked.
    pub(super) fn is_known(&self) -> bool {
        self.number != UNKNOWN
    }
}

/// The tool that deploys a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tool {
    /// AWS's tool for SAM templates, which makes a bucket for code by itself.
    Sam,
    /// The AWS command line, which anyone has.
    Aws,
}

/// One command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// The program and its arguments.
    pub(super) words: Vec<String>,
    /// When it runs, and what its failing means.
    pub(super) when: When,
}

/// When a command runs, and what its failing means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// In its order; failing ends everything.
    Always,
    /// Where this command fails.
    Unless(Vec<String>),
    /// In its order; failing ends everything, and mostly means this.
    Else(String),
    /// In its order; failing means no more than this sentence.
    Perhaps(String),
}

impl fmt::Display for Step {
    /// As a line for a shell.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let When::Unless(words) = &self.when {
            write!(f, "{} || ", line(words))?;
        }
        f.write_str(&line(&self.words))?;
        if let When::Perhaps(_) = &self.when {
            f.write_str(" || true")?;
        }
        Ok(())
    }
}

/// The bucket that code is uploaded to where the AWS command line deploys: one for all stacks of a region.
pub(super) fn code_bucket(account: &Account) -> String {
    format!("wordfall-code-{}-{}", account.number, account.region)
}

/// The commands that create or update a stack, once the functions are packaged.
pub(super) fn deployment(settings: &Settings, account: &Account, tool: Tool) -> Vec<Step> {
    let Account { number, region } = account;
    let parameters = settings.parameters().into_iter().map(|(name, value)| format!("{name}={value}"));
    match tool {
        Tool::Sam => {
            let mut words = split(&format!(
                "sam deploy --region {region} --stack-name {} --resolve-s3 --s3-prefix {0} --no-confirm-changeset \
                 --no-fail-on-empty-changeset --capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND",
                settings.stack
            ));
            words.extend([
                "--template-file".to_owned(),
                packaged(TEMPLATE),
                "--parameter-overrides".to_owned(),
            ]);
            words.extend(parameters.map(|parameter| quoted_for_sam(&parameter)));
            vec![always(words)]
        }
        Tool::Aws => {
            let bucket = code_bucket(account);
            let head = format!(
                "aws s3api head-bucket --region {region} --bucket {bucket} --expected-bucket-owner {number}"
            );
            let mut create = split(&format!("aws s3api create-bucket --region {region} --bucket {bucket}"));
            // The oldest region must not be named.
            if region != "us-east-1" {
                create.extend(split(&format!("--create-bucket-configuration LocationConstraint={region}")));
            }
            let mut upload = split(&format!(
                "aws cloudformation package --region {region} --s3-bucket {bucket} --s3-prefix {}",
                settings.stack
            ));
            upload.extend(["--template-file".to_owned(), packaged(TEMPLATE)]);
            upload.extend(["--output-template-file".to_owned(), packaged(UPLOADED)]);
            let mut words = split(&format!(
                "aws cloudformation deploy --region {region} --stack-name {} --no-fail-on-empty-changeset \
                 --capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND",
                settings.stack
            ));
            words.extend([
                "--template-file".to_owned(),
                packaged(UPLOADED),
                "--parameter-overrides".to_owned(),
            ]);
            words.extend(parameters);
            vec![Step { words: create, when: When::Unless(split(&head)) }, always(upload), always(words)]
        }
    }
}

/// The commands that delete a stack and what it leaves behind. Its runs are in this bucket, where it has one.
pub(super) fn undoing(destroy: &Destroy, account: &Account, results: Option<&str>) -> Vec<Step> {
    let (region, stack, code) = (&account.region, &destroy.stack, code_bucket(account));
    let mut steps = vec![
        always(split(&format!("aws cloudformation delete-stack --region {region} --stack-name {stack}"))),
        always(split(&format!(
            "aws cloudformation wait stack-delete-complete --region {region} --stack-name {stack}"
        ))),
    ];
    let perhaps =
        |command: String, sentence: String| Step { words: split(&command), when: When::Perhaps(sentence) };
    steps.extend([
        perhaps(
            format!("aws s3 rm --region {region} --recursive --only-show-errors s3://{code}/{stack}/"),
            format!("there is no bucket {code}: sam has uploaded the code to a bucket of its own, and keeps it there"),
        ),
        perhaps(
            format!("aws s3api delete-bucket --region {region} --bucket {code}"),
            format!("the bucket {code} is kept where other stacks have their code in it"),
        ),
    ]);
    // Last, so that all else is gone whatever is wrong with it.
    match (results, destroy.results) {
        (None, _) => {}
        (Some(bucket), Results::Kept) => steps.push(perhaps(
            format!("aws s3api delete-bucket --region {region} --bucket {bucket}"),
            format!("the bucket {bucket} is kept, with the runs that are stored in it"),
        )),
        (Some(bucket), Results::Deleted) => steps.extend([
            always(split(&format!(
                "aws s3 rm --region {region} --recursive --only-show-errors s3://{bucket}"
            ))),
            Step {
                words: split(&format!("aws s3api delete-bucket --region {region} --bucket {bucket}")),
                when: When::Else(format!(
                    "something is left in {bucket}; where it was told to keep versions, empty it in S3's console"
                )),
            },
        ]),
    }
    steps
}

fn always(words: Vec<String>) -> Step {
    Step { words, when: When::Always }
}

fn split(command: &str) -> Vec<String> {
    command.split_whitespace().map(str::to_owned).collect()
}

/// A file that `cargo xtask package` or a step before has written, as it is called from the root.
fn packaged(file: &str) -> String {
    workspace::from_root(&package::folder().join(file)).display().to_string()
}

/// sam takes a parameter apart again where there are spaces in it, and no empty value.
fn quoted_for_sam(parameter: &str) -> String {
    let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
    format!("{name}=\"{}\"", value.replace('\\', r"\\").replace('"', "\\\""))
}

/// Words as a shell takes them.
pub(super) fn line(words: &[String]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=.,:/@+%".contains(c);
    let quoted = words.iter().map(|word| match !word.is_empty() && word.chars().all(plain) {
        true => word.clone(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    });
    quoted.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
