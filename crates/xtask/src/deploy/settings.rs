//! The settings of a stack, from the options, the present stack and the template; and checks of them.

use super::options::Deploy;
use super::stack::Stack;
use crate::package::arch::Arch;

/// The settings of a deployment, once the present stack is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) stack: String,
    pub(super) bucket: String,
    pub(super) prefix: String,
    pub(super) arch: Arch,
    /// Further parameters of the template and their values, as typed.
    pub(super) set: Vec<(String, String)>,
}

impl Settings {
    /// An option that was not typed stays as it is: leaving the prefix out must not widen what may be read.
    pub(super) fn of(typed: &Deploy, current: Option<&Stack>) -> Self {
        let current = |name| current.and_then(|stack| stack.parameter(name));
        Self {
            stack: typed.stack.clone(),
            bucket: typed.bucket.clone(),
            prefix: typed.prefix.clone().unwrap_or_else(|| current("Prefix").unwrap_or_default().to_owned()),
            arch: typed.arch.or_else(|| Arch::named(current("Architecture")?)).unwrap_or(Arch::X86_64),
            set: typed.set.clone(),
        }
    }

    /// Parameters of the template with their values.
    pub(super) fn parameters(&self) -> Vec<(&str, &str)> {
        let own = [("Bucket", &*self.bucket), ("Prefix", &*self.prefix), ("Architecture", self.arch.name())];
        own.into_iter().chain(self.set.iter().map(|(name, value)| (&**name, &**value))).collect()
    }

    /// The differences to the present stack, one a line.
    pub(super) fn changes(&self, current: &Stack) -> Vec<String> {
        let changed = |&(name, value): &(&str, &str)| {
            let was = current.parameter(name).unwrap_or_default();
            (was != value).then(|| format!("{name} from {was:?} to {value:?}"))
        };
        self.parameters().iter().filter_map(changed).collect()
    }

    /// Whether the server deletes runs before their bucket does: there they go one object at a time, in any order.
    pub(super) fn check_days(&self, current: Option<&Stack>, template: &str) -> Result<(), String> {
        let days = |name: &str| -> Option<u32> {
            let typed = self.set.iter().rev().find(|(own, _)| own == name).map(|(_, value)| value.as_str());
            let now = current.and_then(|stack| stack.parameter(name));
            typed.or(now).or(default(template, name))?.trim().parse().ok()
        };
        match (days("RunRetentionDays"), days("ResultsExpirationDays")) {
            // CloudFormation itself refuses a value that is no number.
            (Some(runs), Some(bucket)) if runs >= bucket => Err(format!(
                "RunRetentionDays is {runs} and ResultsExpirationDays {bucket}: the bucket would drop parts of runs that \
                 the server still shows; set ResultsExpirationDays to more than {runs}"
            )),
            _ => Ok(()),
        }
    }
}

/// The default of a parameter of the template.
fn default<'a>(template: &'a str, name: &str) -> Option<&'a str> {
    let (_, parameter) = template.split_once(&format!("\n  {name}:\n"))?;
    parameter
        .lines()
        .take_while(|line| line.starts_with("    "))
        .find_map(|line| line.strip_prefix("    Default: "))
}

/// Whether a bucket is where the functions will be: from another region every byte is paid for, and read slowly.
/// A warning where that isn't known.
pub(super) fn check_region(
    bucket: &str,
    region: &str,
    told: Result<&str, &str>,
) -> Result<Option<String>, String> {
    match told {
        Ok(found) if found == region => Ok(None),
        Ok("" | "None") => Ok(Some(format!("it isn't known in which region {bucket} is"))),
        Ok(found) => Err(format!(
            "the bucket {bucket} is in {found} and this would deploy to {region}: set AWS_REGION={found}"
        )),
        Err(error) if error.contains("(404)") => Err(format!(
            "there is no bucket {bucket}: --bucket names the one whose objects are to be counted"
        )),
        Err(error) => Ok(Some(format!("whether {bucket} is in {region} isn't told: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::options;

    const TEMPLATE: &str = "Parameters:\n  RunRetentionDays:\n    Default: 90\n  ResultsExpirationDays:\n    Type: Number\n    Default: 120\n";

    fn typed(line: &str) -> Deploy {
        options::deploy(line.split_whitespace().map(str::to_owned)).unwrap()
    }

    fn current() -> Stack {
        let parameters = "parameter\tBucket\tlogs\nparameter\tPrefix\t2026/\nparameter\tArchitecture\tarm64\n\
                          parameter\tFunctionMemory\t1769\nparameter\tRunRetentionDays\t200\nparameter\tResultsExpirationDays\t300";
        Stack::read(parameters)
    }

    #[track_caller]
    fn check(line: &str, expected: (&str, Arch), expected_changes: &[&str]) {
        let settings = Settings::of(&typed(line), Some(&current()));
        assert_eq!((settings.prefix.as_str(), settings.arch), expected);
        assert_eq!(settings.changes(&current()), expected_changes);
    }

    #[test]
    fn what_is_not_typed_stays_as_it_is() {
        check("--bucket logs", ("2026/", Arch::Arm64), &[]);
        check("--bucket logs --set FunctionMemory=1769", ("2026/", Arch::Arm64), &[]);
        check(
            "--bucket logs --prefix a/ --arch x86_64 --set FunctionMemory=3538",
            ("a/", Arch::X86_64),
            &[
                "Prefix from \"2026/\" to \"a/\"",
                "Architecture from \"arm64\" to \"x86_64\"",
                "FunctionMemory from \"1769\" to \"3538\"",
            ],
        );
        let all = typed("--bucket logs");
        let all = Settings::of(&Deploy { prefix: Some(String::new()), ..all }, Some(&current()));
        assert_eq!(all.changes(&current()), ["Prefix from \"2026/\" to \"\""]);
        let new = Settings::of(&typed("--bucket logs"), None);
        assert_eq!((new.prefix.as_str(), new.arch), ("", Arch::X86_64));
    }

    #[track_caller]
    fn check_days(line: &str, current: Option<&Stack>, expected: Result<(), &str>) {
        let told = Settings::of(&typed(line), current).check_days(current, TEMPLATE);
        assert_eq!(told.is_ok(), expected.is_ok(), "{told:?}");
        if let (Err(told), Err(expected)) = (told, expected) {
            assert!(told.starts_with(expected), "{told}");
        }
    }

    #[test]
    fn runs_are_not_to_outlive_their_bucket_s_objects() {
        check_days("--bucket b", None, Ok(()));
        check_days("--bucket b --set RunRetentionDays=119", None, Ok(()));
        let equal = "RunRetentionDays is 120 and ResultsExpirationDays 120";
        check_days("--bucket b --set RunRetentionDays=120", None, Err(equal));
        check_days("--bucket b --set RunRetentionDays=250", Some(&current()), Ok(()));
        let less = "RunRetentionDays is 200 and ResultsExpirationDays 100";
        check_days("--bucket b --set ResultsExpirationDays=100", Some(&current()), Err(less));
        check_days("--bucket b --set RunRetentionDays=soon", None, Ok(()));
    }

    #[test]
    fn a_bucket_elsewhere_is_told_before_anything_is_done() {
        let check = |told| check_region("logs", "eu-west-1", told);
        assert_eq!(check(Ok("eu-west-1")), Ok(None));
        assert!(check(Ok("us-east-1")).unwrap_err().contains("set AWS_REGION=us-east-1"));
        assert!(check(Ok("None")).unwrap().is_some());
        let forbidden = "An error occurred (403) when calling the HeadBucket operation: Forbidden";
        assert!(check(Err(forbidden)).unwrap().unwrap().contains("Forbidden"));
        let missing = "An error occurred (404) when calling the HeadBucket operation: Not Found";
        assert!(check(Err(missing)).unwrap_err().starts_with("there is no bucket logs"));
    }
}
