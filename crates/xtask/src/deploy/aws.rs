//! The tools that speak to AWS, started.

use std::env;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::plan::{Account, Step, Tool, When, line};
use crate::setup::{Clients, Tools, find};
use crate::workspace;

/// The AWS command line, and sam where it is there.
pub(super) struct Aws {
    clients: Clients,
    tool: Tool,
}

impl Aws {
    /// The AWS command line is installed where it is missing; sam is taken where it is.
    pub(super) fn found() -> Result<Self> {
        let clients = Tools::open()?.python_clients()?;
        let tool = if find(&["sam"]).is_some() { Tool::Sam } else { Tool::Aws };
        Ok(Self { clients, tool })
    }

    /// What deploys.
    pub(super) fn tool(&self) -> Tool {
        self.tool
    }

    /// Whose credentials these are, and where they lead.
    pub(super) fn account(&self) -> Result<Account> {
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

    /// A stack's output; a stack whose creation failed has none.
    pub(super) fn output(&self, account: &Account, stack: &str, name: &str) -> Result<Option<String>> {
        let query = format!("Stacks[0].Outputs[?OutputKey=='{name}'].OutputValue");
        let region = account.region.as_str();
        let asked = ["cloudformation", "describe-stacks", "--stack-name", stack, "--query", &query];
        let asked: Vec<&str> = asked.into_iter().chain(["--output", "text", "--region", region]).collect();
        let value = self.answer(&asked).with_context(|| format!("there is no stack {stack} in {region}"))?;
        Ok(Some(value).filter(|value| !value.is_empty() && value != "None"))
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
                (When::Always | When::Unless(_), false) => bail!("`{}` failed ({status})", line(&step.words)),
            }
        }
        Ok(())
    }

    fn program(&self, words: &[String]) -> Result<Command> {
        let (name, arguments) = words.split_first().context("a step has no command")?;
        let mut program = Command::new(name);
        self.clients
            .offer_to(&mut program)
            .args(arguments)
            .current_dir(workspace::root())
            .env("AWS_PAGER", "");
        Ok(program)
    }

    /// What the AWS command line prints; its own words where it fails.
    fn answer(&self, arguments: &[&str]) -> Result<String> {
        let words: Vec<String> = ["aws"].iter().chain(arguments).map(|&word| word.to_owned()).collect();
        let output = self.program(&words)?.output().context("starting aws")?;
        if !output.status.success() {
            bail!("{}", String::from_utf8_lossy(&output.stderr).trim().to_owned());
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}
