//! `cargo xtask deploy` and `cargo xtask destroy`: the template, by tools that people already use.
//!
//! First it is said what will be done, where, and what it costs; then it is asked for; then commands run that could as
//! well be typed, and are printed. Nothing here speaks to AWS itself.

mod aws;
pub(crate) mod options;
mod plan;

use std::fs;
use std::io::{self, BufRead, IsTerminal, Write};

use anyhow::{Context, Result, bail, ensure};

use crate::arguments::Part;
use crate::package;
use crate::package::arch::Arch;
use crate::workspace;

use self::aws::Aws;
use self::options::{Deploy, Destroy, Mode, Results};
use self::plan::{Account, Step, TEMPLATE, Tool};

const SOURCE: &str = "deploy/template.yaml";

/// What an account is called where it isn't known and need not be.
const UNKNOWN: &str = "ACCOUNT";
const UNKNOWN_REGION: &str = "REGION";

/// Creates a stack, or brings it up to date.
pub(crate) fn deploy(deploy: &Deploy) -> Result<()> {
    let template = template_for(deploy.arch)?;
    check_parameters(&template, &deploy.set)?;
    let aws = Aws::found()?;
    let account = account(&aws, deploy.mode)?;
    let tool = aws.tool();
    let steps = plan::deployment(deploy, &account, tool);
    println!("{}", intention(deploy, &account, tool));
    if !agreed(deploy.mode, &format!("cargo xtask package --arch {}", deploy.arch.name()), &steps)? {
        return Ok(());
    }
    package::run(&[deploy.arch], Part::LeftOut)?;
    let path = package::folder().join(TEMPLATE);
    fs::write(&path, template).with_context(|| format!("writing {}", path.display()))?;
    aws.run_all(&steps)?;
    tell_commands(&aws, deploy, &account)
}

/// Deletes a stack.
pub(crate) fn destroy(destroy: &Destroy) -> Result<()> {
    let aws = Aws::found()?;
    let account = account(&aws, destroy.mode)?;
    let results = match aws.output(&account, &destroy.stack, "ResultsBucket") {
        Err(_) if destroy.mode == Mode::DryRun => Some("RESULTS-BUCKET".to_owned()),
        found => found?,
    };
    let stored = match (&results, destroy.results) {
        (None, _) => "it has no bucket for runs".to_owned(),
        (Some(bucket), Results::Deleted) => {
            format!("and the bucket {bucket} with every run that is stored in it")
        }
        (Some(bucket), Results::Kept) => {
            format!("the bucket {bucket} stays where runs are stored in it; --results would delete it too")
        }
    };
    println!(
        "destroy: deletes the stack {} in the account {}, region {}:\n  \
         both functions, their roles and logs, the server's policy, the uploaded code;\n  {stored}.\n  \
         The buckets that were counted are not touched.",
        destroy.stack, account.number, account.region
    );
    let steps = plan::undoing(destroy, &account, results.as_deref());
    if agreed(destroy.mode, "", &steps)? {
        aws.run_all(&steps)?;
        println!("destroy: the stack {} is gone", destroy.stack);
    }
    Ok(())
}

/// The account, which a dry run need not know.
fn account(aws: &Aws, mode: Mode) -> Result<Account> {
    match (aws.account(), mode) {
        (Err(error), Mode::DryRun) => {
            eprintln!("dry run: {error:#}; below, {UNKNOWN} and {UNKNOWN_REGION} stand for what is missing");
            Ok(Account { number: UNKNOWN.to_owned(), region: UNKNOWN_REGION.to_owned() })
        }
        (found, _) => found,
    }
}

fn intention(deploy: &Deploy, account: &Account, tool: Tool) -> String {
    let Deploy { stack, bucket, prefix, arch, .. } = deploy;
    let Account { number, region } = account;
    let code = match tool {
        Tool::Sam => "the bucket that sam makes for code".to_owned(),
        Tool::Aws => format!("the bucket {}, made where it is missing", plan::code_bucket(account)),
    };
    format!(
        "deploy: creates or updates the stack {stack} in the account {number}, region {region}:\n  \
         the functions {stack}-wordcount, which may read s3://{bucket}/{prefix}*, and {stack}-cascade, which may\n  \
         invoke it, both for {} and behind aliases; a bucket for runs; a policy for the server;\n  \
         the code goes to {code}.\n  \
         Idle, it costs nothing but what is stored: some MB of code, logs, and the runs. A run costs what it uses.",
        arch.name()
    )
}

/// Prints the commands of a dry run; else waits for a yes.
fn agreed(mode: Mode, before: &str, steps: &[Step]) -> Result<bool> {
    match mode {
        Mode::Go => Ok(true),
        Mode::DryRun => {
            println!();
            let before = Some(before).filter(|line| !line.is_empty()).map(str::to_owned);
            for line in before.into_iter().chain(steps.iter().map(ToString::to_string)) {
                println!("{line}");
            }
            Ok(false)
        }
        Mode::Ask => {
            if !io::stdin().is_terminal() {
                bail!("there is no terminal to ask at: add --yes to go on, or --dry-run to see the commands");
            }
            print!("Go on? [y/N] ");
            io::stdout().flush()?;
            let mut answer = String::new();
            io::stdin().lock().read_line(&mut answer)?;
            let yes = matches!(answer.trim(), "y" | "Y" | "yes");
            if !yes {
                println!("Nothing was done.");
            }
            Ok(yes)
        }
    }
}

/// The template beside its zips, with those of this processor.
fn template_for(arch: Arch) -> Result<String> {
    let path = workspace::root().join(SOURCE);
    let template = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    Ok(template.replace("../target/package/", "").replace("-x86_64.zip", &format!("-{}.zip", arch.name())))
}

fn check_parameters(template: &str, set: &[(String, String)]) -> Result<()> {
    let known = parameters(template);
    for (name, _) in set {
        ensure!(
            known.contains(&name.as_str()),
            "--set {name}: the template's parameters are {}",
            known.join(", ")
        );
    }
    Ok(())
}

/// Names of the template's parameters: what is indented by two under that heading.
fn parameters(template: &str) -> Vec<&str> {
    let lines = template.lines().skip_while(|line| *line != "Parameters:").skip(1);
    lines
        .take_while(|line| line.is_empty() || line.starts_with(' '))
        .filter_map(|line| line.strip_prefix("  ")?.strip_suffix(':'))
        .filter(|name| !name.starts_with([' ', '#']))
        .collect()
}

fn tell_commands(aws: &Aws, deploy: &Deploy, account: &Account) -> Result<()> {
    let told = |name| {
        let output = aws.output(account, &deploy.stack, name)?;
        output.with_context(|| format!("the stack {} has no output {name}: it is not whole", deploy.stack))
    };
    let (options, serve) = (told("Options")?, told("Serve")?);
    let url = plan::line(&[format!("s3://{}/{}", deploy.bucket, deploy.prefix)]);
    let region = &account.region;
    println!(
        "\ndeploy: the stack {} is up. Count by\n\n  AWS_REGION={region} wordfall count {url} {options}\n\n\
         or serve the site by\n\n  AWS_REGION={region} wordfall serve {options} {serve}",
        deploy.stack
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_from_the_template() {
        let template = template_for(Arch::Arm64).unwrap();
        let known = parameters(&template);
        assert_eq!((known.first(), known.last()), (Some(&"Bucket"), Some(&"AlarmTopic")));
        let wrong = [("Memory".to_owned(), "1".to_owned())];
        let error = check_parameters(&template, &wrong).unwrap_err().to_string();
        assert!(error.starts_with("--set Memory: the template's parameters are Bucket, Prefix,"), "{error}");
        check_parameters(&template, &[("FunctionMemory".to_owned(), "1".to_owned())]).unwrap();
    }

    #[test]
    fn the_template_names_the_zips_that_were_packaged() {
        for arch in Arch::ALL {
            let template = template_for(arch).unwrap();
            let zips: Vec<&str> =
                template.lines().filter_map(|line| line.trim().strip_prefix("CodeUri: ")).collect();
            let name = arch.name();
            assert_eq!(zips, [format!("wordcount-{name}.zip"), format!("cascade-{name}.zip")]);
        }
    }

    #[test]
    fn it_is_said_first_what_will_be_done() {
        let words = ["--bucket", "logs", "--prefix", "2026/"].map(str::to_owned);
        let deploy = options::deploy(words.into_iter()).unwrap();
        let account = Account { number: "123456789012".to_owned(), region: "eu-west-1".to_owned() };
        let said = intention(&deploy, &account, Tool::Aws);
        for part in
            ["stack wordfall", "account 123456789012", "eu-west-1", "s3://logs/2026/*", "costs nothing"]
        {
            assert!(said.contains(part), "{part:?} is missing in {said}");
        }
    }
}
