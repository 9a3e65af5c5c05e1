//! `cargo xtask deploy` and `cargo xtask destroy`: the template, by tools that people already use.
//!
//! First it prints what will be done, where, and what it costs; then it asks for consent; then it prints and
//! runs commands that could as well be typed. Nothing here speaks to AWS itself.

mod aws;
pub(crate) mod options;
mod plan;
mod settings;
mod stack;

use std::fs;
use std::io::{self, BufRead, IsTerminal, Write};

use anyhow::{Context, Error, Result, bail, ensure};

use crate::arguments::Part;
use crate::package;
use crate::package::arch::Arch;
use crate::workspace;

use self::aws::Aws;
use self::options::{Deploy, Destroy, Mode, Results};
use self::plan::{Account, Step, TEMPLATE, Tool};
use self::settings::Settings;
use self::stack::Stack;

const SOURCE: &str = "deploy/template.yaml";

/// Creates a stack, or brings it up to date.
pub(crate) fn deploy(deploy: &Deploy) -> Result<()> {
    check_parameters(&source()?, &deploy.set)?;
    let aws = Aws::found(deploy.mode)?;
    let account = aws.account_for(deploy.mode)?;
    let current = if account.is_known() { aws.stack(&account, &deploy.stack)? } else { None };
    if let Some(stack) = &current {
        stack.can_be_updated(&deploy.stack).map_err(Error::msg)?;
    }
    let settings = Settings::of(deploy, current.as_ref());
    let template = template_for(settings.arch)?;
    settings.check_days(current.as_ref(), &template).map_err(Error::msg)?;
    if account.is_known() {
        check_region(&aws, &account, &settings.bucket)?;
    }
    let tool = aws.tool();
    let steps = plan::deployment(&settings, &account, tool);
    println!("{}", intention(&settings, &account, tool, current.as_ref()));
    let arch = settings.arch;
    if !agreed(deploy.mode, &format!("cargo xtask package --arch {}", arch.name()), &steps)? {
        return Ok(());
    }
    package::run(&[arch], Part::LeftOut)?;
    let path = package::folder().join(TEMPLATE);
    fs::write(&path, template).with_context(|| format!("writing {}", path.display()))?;
    carry_out(&aws, &account, &settings.stack, &steps)?;
    tell_commands(&aws, &settings, &account)
}

/// Runs the commands; where one fails, what the stack says of it comes first.
fn carry_out(aws: &Aws, account: &Account, stack: &str, steps: &[Step]) -> Result<()> {
    let before = aws.last_event(account, stack);
    aws.run_all(steps).inspect_err(|_| {
        for failure in aws.failures(account, stack, before.as_deref()) {
            eprintln!("{failure}");
        }
    })
}

fn check_region(aws: &Aws, account: &Account, bucket: &str) -> Result<()> {
    let told = aws.bucket_region(account, bucket).map_err(|error| error.to_string());
    let told = told.as_deref().map_err(String::as_str);
    if let Some(warning) = settings::check_region(bucket, &account.region, told).map_err(Error::msg)? {
        eprintln!("deploy: {warning}");
    }
    Ok(())
}

/// Deletes a stack.
pub(crate) fn destroy(destroy: &Destroy) -> Result<()> {
    let name = &destroy.stack;
    let aws = Aws::found(destroy.mode)?;
    let account = aws.account_for(destroy.mode)?;
    let results = if account.is_known() {
        let stack = aws.stack(&account, name)?.with_context(|| nothing_there(name, &account.region))?;
        let importers = aws.importers(&account, name);
        ensure!(importers.is_empty(), used_by(name, &importers));
        stack.output("ResultsBucket").map(str::to_owned)
    } else {
        Some("RESULTS-BUCKET".to_owned())
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
        "destroy: deletes the stack {name} in the account {}, region {}:\n  \
         both functions, their roles and logs, the server's policy, the uploaded code;\n  {stored}.\n  \
         The buckets that were counted are not touched.",
        account.number, account.region
    );
    let steps = plan::undoing(destroy, &account, results.as_deref());
    if agreed(destroy.mode, "", &steps)? {
        carry_out(&aws, &account, name, &steps)?;
        println!("destroy: the stack {name} is gone");
    }
    Ok(())
}

/// CloudFormation deletes no stack that others import from.
fn used_by(stack: &str, importers: &[String]) -> String {
    let first = importers.iter().map(|name| format!("`aws cloudformation delete-stack --stack-name {name}`"));
    let first = first.collect::<Vec<_>>().join(" and ");
    format!("the stack {stack} is used by {}: delete that first, with {first}", importers.join(" and "))
}

/// The error where there is no stack: it names the command that deletes a bucket which outlived its stack.
fn nothing_there(stack: &str, region: &str) -> String {
    format!(
        "there is no stack {stack} in {region}, so that nothing is to be deleted; where a bucket with runs was kept, \
         `aws s3 rb --force s3://BUCKET` deletes it: its name begins with {stack}-results-"
    )
}

fn intention(settings: &Settings, account: &Account, tool: Tool, current: Option<&Stack>) -> String {
    let Settings { stack, bucket, prefix, arch, .. } = settings;
    let Account { number, region } = account;
    let code = match tool {
        Tool::Sam => "the bucket that sam makes for code".to_owned(),
        Tool::Aws => format!("the bucket {}, made where it is missing", plan::code_bucket(account)),
    };
    let (does, changes) = match current.map(|current| settings.changes(current)) {
        None if account.is_known() => ("creates", String::new()),
        None => ("creates or updates", String::new()),
        Some(changes) if changes.is_empty() => ("updates", "\n  It changes no parameter.".to_owned()),
        Some(changes) => ("updates", format!("\n  It changes {}.", changes.join(", "))),
    };
    format!(
        "deploy: {does} the stack {stack} in the account {number}, region {region}:\n  \
         the functions {stack}-wordcount, which may read s3://{bucket}/{prefix}*, and {stack}-cascade, which may\n  \
         invoke it, both for {} and behind aliases; a bucket for runs; a policy for the server;\n  \
         the code goes to {code}.{changes}\n  \
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

fn source() -> Result<String> {
    let path = workspace::root().join(SOURCE);
    fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))
}

/// The template beside its zips, with those of this processor.
fn template_for(arch: Arch) -> Result<String> {
    let template = source()?;
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

fn tell_commands(aws: &Aws, settings: &Settings, account: &Account) -> Result<()> {
    let name = &settings.stack;
    let stack = aws.stack(account, name)?.with_context(|| format!("the stack {name} is gone again"))?;
    let told = |output| {
        stack
            .output(output)
            .with_context(|| format!("the stack {name} has no output {output}: it is not whole"))
    };
    let (options, serve) = (told("Options")?, told("Serve")?);
    let url = plan::line(&[format!("s3://{}/{}", settings.bucket, settings.prefix)]);
    let region = &account.region;
    println!(
        "\ndeploy: the stack {name} is up. Count by\n\n  AWS_REGION={region} wordfall count {url} {options}\n\n\
         or serve the site by\n\n  AWS_REGION={region} wordfall serve {options} {serve}"
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
        let settings = Settings::of(&deploy, None);
        let said = intention(&settings, &account, Tool::Aws, None);
        for part in [
            "creates the stack wordfall",
            "account 123456789012",
            "eu-west-1",
            "s3://logs/2026/*",
            "costs nothing",
        ] {
            assert!(said.contains(part), "{part:?} is missing in {said}");
        }
        let current =
            Stack::read("parameter\tBucket\tlogs\nparameter\tPrefix\t\nparameter\tArchitecture\tx86_64");
        let said = intention(&settings, &account, Tool::Aws, Some(&current));
        assert!(
            said.contains("updates") && said.contains("It changes Prefix from \"\" to \"2026/\"."),
            "{said}"
        );
    }
}
