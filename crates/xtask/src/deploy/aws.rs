//! The tools that speak to AWS, started.

use std::env;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::options::Mode;
use super::plan::{Account, Step, Tool, UNKNOWN, When, line};
use super::stack::{self, Stack};
use crate::setup::{Installed, Tools, find};
use crate::workspace;

/// Events of a stack that are looked through for what failed.
const EVENTS_MAX: &str = "200";

/// The AWS command line, and sam where it is there.
pub(super) struct Aws {
    /// Where there is no `aws` on PATH.
    installed: Option<Installed>,
    tool: Tool,
}

impl Aws {
    /// The AWS command line of this machine; installed where it is missing, and more is wanted than to know commands.
    pub(super) fn found(mode: Mode) -> Result<Self> {
        let installed = match mode {
            Mode::DryRun => None,
            Mode::Ask | Mode::Go => Tools::open()?.aws_cli()?,
        };
        let tool = if find(&["sam"]).is_some() { Tool::Sam } else { Tool::Aws };
        Ok(Self { installed, tool })
    }

    /// The tool that deploys.
    pub(super) fn tool(&self) -> Tool {
        self.tool
    }

    /// Whose credentials these are, and where they lead.
    fn account(&self) -> Result<Account> {
        if self.installed.is_none() && find(&["aws"]).is_none() {
            bail!("there is no aws here to ask for the account");
        }
        let region = self.region()?;
        let asked =
            ["sts", "get-caller-identity", "--query", "Account", "--output", "text", "--region", &region];
        let number = self.answer(&asked).context(
            "AWS does not take these credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        )?;
        Ok(Account { number, region })
    }

    fn region(&self) -> Result<String> {
        let named = ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter().filter_map(|name| env::var(name).ok());
        if let Some(region) = named.into_iter().find(|region| !region.is_empty()) {
            return Ok(region);
        }
        let configured =
            self.answer(&["configure", "get", "region"]).ok().filter(|region| !region.is_empty());
        configured.context("no AWS region is set: set AWS_REGION, or a region in the AWS profile")
    }

    /// The account, of which a dry run need not know all.
    pub(super) fn account_for(&self, mode: Mode) -> Result<Account> {
        match (self.account(), mode) {
            (Err(error), Mode::DryRun) => {
                let region = self.region().unwrap_or_else(|_| "REGION".to_owned());
                let account = Account { number: UNKNOWN.to_owned(), region };
                eprintln!(
                    "dry run: {error:#}; below, {UNKNOWN} or REGION stands for what is missing, and of a stack that \
                     is there already nothing is known"
                );
                Ok(account)
            }
            (found, _) => found,
        }
    }

    /// A stack as it is; `None` where there is none.
    pub(super) fn stack(&self, account: &Account, name: &str) -> Result<Option<Stack>> {
        let asked = ["cloudformation", "describe-stacks", "--stack-name", name, "--query", stack::QUERY];
        match self.asked(account, &asked) {
            Ok(text) => Ok(Some(Stack::read(&text))),
            Err(error) if error.to_string().contains("does not exist") => Ok(None),
            Err(error) => Err(error.context(format!("asking whether there is a stack {name}"))),
        }
    }

    /// Stacks that import what this one exports. A caller that may not ask gets none, and fails later.
    pub(super) fn importers(&self, account: &Account, stack: &str) -> Vec<String> {
        let export = format!("{stack}-CascadeAlias");
        let asked = ["cloudformation", "list-imports", "--export-name", &export, "--query", "Imports"];
        let names = self.asked(account, &asked).unwrap_or_default();
        names.split_whitespace().filter(|name| *name != "None").map(str::to_owned).collect()
    }

    /// Where a bucket is; the command line's own words where AWS doesn't say.
    pub(super) fn bucket_region(&self, account: &Account, bucket: &str) -> Result<String> {
        self.asked(account, &["s3api", "head-bucket", "--bucket", bucket, "--query", "BucketRegion"])
    }

    /// The last of a stack's events; nothing where there is no stack.
    pub(super) fn last_event(&self, account: &Account, stack: &str) -> Option<String> {
        let asked = ["cloudformation", "describe-stack-events", "--stack-name", stack, "--max-items", "1"];
        let asked: Vec<&str> = asked.into_iter().chain(["--query", "StackEvents[0].EventId"]).collect();
        self.asked(account, &asked).ok()?.lines().next().map(str::to_owned)
    }

    /// The failures after that event, one a line.
    pub(super) fn failures(&self, account: &Account, stack: &str, before: Option<&str>) -> Vec<String> {
        let asked = ["cloudformation", "describe-stack-events", "--stack-name", stack];
        let bounded = ["--max-items", EVENTS_MAX, "--query", stack::EVENTS];
        let asked: Vec<&str> = asked.into_iter().chain(bounded).collect();
        stack::failures(&self.asked(account, &asked).unwrap_or_default(), before)
    }

    /// Runs the commands in their order, each printed first.
    pub(super) fn run_all(&self, steps: &[Step]) -> Result<()> {
        for step in steps {
            if let When::Unless(words) = &step.when {
                let found = self.program(words)?.stdout(Stdio::null()).stderr(Stdio::null()).status();
                if found.with_context(|| format!("starting {}", words[0]))?.success() {
                    continue;
                }
            }
            println!("\n$ {}", line(&step.words));
            let mut program = self.program(&step.words)?;
            if let When::Perhaps(_) = &step.when {
                program.stderr(Stdio::null());
            }
            let status = program.status().with_context(|| format!("starting {}", step.words[0]))?;
            match (&step.when, status.success()) {
                (_, true) => {}
                (When::Perhaps(sentence), false) => println!("{sentence}"),
                (When::Else(sentence), false) => bail!("`{}` failed: {sentence}", line(&step.words)),
                (When::Always | When::Unless(_), false) => bail!("`{}` failed ({status})", line(&step.words)),
            }
        }
        Ok(())
    }

    fn program(&self, words: &[String]) -> Result<Command> {
        let (name, arguments) = words.split_first().context("a step has no command")?;
        let mut program = Command::new(name);
        if let Some(installed) = &self.installed {
            installed.offer_to(&mut program)?;
        }
        program.args(arguments).current_dir(workspace::root()).env("AWS_PAGER", "");
        Ok(program)
    }

    /// An answer as text, from where the account is.
    fn asked(&self, account: &Account, arguments: &[&str]) -> Result<String> {
        let text = ["--output", "text", "--region", account.region.as_str()];
        self.answer(&arguments.iter().copied().chain(text).collect::<Vec<_>>())
    }

    /// The output of the AWS command line; its own words where it fails.
    fn answer(&self, arguments: &[&str]) -> Result<String> {
        let words: Vec<String> = ["aws"].iter().chain(arguments).map(|&word| word.to_owned()).collect();
        let output = self.program(&words)?.output().context("starting aws")?;
        if !output.status.success() {
            bail!("{}", String::from_utf8_lossy(&output.stderr).trim().to_owned());
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}
