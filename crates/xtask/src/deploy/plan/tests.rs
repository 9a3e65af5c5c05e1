//! The commands, as lines.

use super::*;
use crate::deploy::options;

fn account(region: &str) -> Account {
    Account { number: "123456789012".to_owned(), region: region.to_owned() }
}

fn words(line: &str) -> impl Iterator<Item = String> {
    line.split_whitespace().map(str::to_owned)
}

fn settings(line: &str) -> Settings {
    Settings::of(&options::deploy(words(line)).unwrap(), None)
}

#[track_caller]
fn check(steps: &[Step], expected: &[&str]) {
    let folder = format!("{}/", workspace::from_root(&package::folder()).display());
    let lines: Vec<String> = steps.iter().map(|step| step.to_string().replace(&folder, "")).collect();
    assert_eq!(lines, expected);
}

#[test]
fn the_aws_command_line_makes_a_bucket_uploads_and_deploys() {
    let settings = settings("--bucket logs --prefix a/ --set FunctionMemory=3538");
    let steps = deployment(&settings, &account("eu-west-1"), Tool::Aws);
    let code = "wordfall-code-123456789012-eu-west-1";
    check(
        &steps,
        &[
            &format!(
                "aws s3api head-bucket --region eu-west-1 --bucket {code} --expected-bucket-owner 123456789012 || \
                 aws s3api create-bucket --region eu-west-1 --bucket {code} \
                 --create-bucket-configuration LocationConstraint=eu-west-1"
            ),
            &format!(
                "aws cloudformation package --region eu-west-1 --s3-bucket {code} --s3-prefix wordfall \
                 --template-file template.yaml --output-template-file uploaded.yaml"
            ),
            "aws cloudformation deploy --region eu-west-1 --stack-name wordfall --no-fail-on-empty-changeset \
             --capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND --template-file uploaded.yaml \
             --parameter-overrides Bucket=logs Prefix=a/ Architecture=x86_64 FunctionMemory=3538",
        ],
    );
}

#[test]
fn the_oldest_region_is_not_named_to_s3() {
    let settings = settings("--bucket logs");
    let steps = deployment(&settings, &account("us-east-1"), Tool::Aws);
    assert!(!steps[0].to_string().contains("LocationConstraint"), "{}", steps[0]);
}

#[test]
fn sam_does_it_all_at_once() {
    let settings = settings("--bucket logs --stack w --arch arm64");
    check(
        &deployment(&settings, &account("eu-west-1"), Tool::Sam),
        &["sam deploy --region eu-west-1 --stack-name w --resolve-s3 --s3-prefix w --no-confirm-changeset \
           --no-fail-on-empty-changeset --capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND \
           --template-file template.yaml --parameter-overrides 'Bucket=\"logs\"' 'Prefix=\"\"' 'Architecture=\"arm64\"'"],
    );
}

#[test]
fn what_is_stored_is_deleted_where_that_is_asked_for_only() {
    let begin = [
        "aws cloudformation delete-stack --region eu-west-1 --stack-name w",
        "aws cloudformation wait stack-delete-complete --region eu-west-1 --stack-name w",
    ];
    let code = "wordfall-code-123456789012-eu-west-1";
    let code = [
        format!("aws s3 rm --region eu-west-1 --recursive --only-show-errors s3://{code}/w/ || true"),
        format!("aws s3api delete-bucket --region eu-west-1 --bucket {code} || true"),
    ];
    let kept = options::destroy(words("--stack w")).unwrap();
    let delete = "aws s3api delete-bucket --region eu-west-1 --bucket runs";
    check(
        &undoing(&kept, &account("eu-west-1"), Some("runs")),
        &[begin[0], begin[1], &code[0], &code[1], &format!("{delete} || true")],
    );
    let deleted = options::destroy(words("--stack w --results")).unwrap();
    let empty = "aws s3 rm --region eu-west-1 --recursive --only-show-errors s3://runs";
    check(
        &undoing(&deleted, &account("eu-west-1"), Some("runs")),
        &[begin[0], begin[1], &code[0], &code[1], empty, delete],
    );
}

#[test]
fn a_stack_that_never_came_to_have_a_bucket_is_deleted_too() {
    let destroy = options::destroy(words("--results")).unwrap();
    let steps = undoing(&destroy, &account("eu-west-1"), None);
    assert_eq!(
        (steps.len(), steps.iter().any(|step| step.words.contains(&"s3://runs".to_owned()))),
        (4, false)
    );
}

#[test]
fn a_line_can_be_pasted_into_a_shell() {
    let words = ["a", "", "b c", "it's", "s3://b/k_1"].map(str::to_owned);
    assert_eq!(line(&words), r"a '' 'b c' 'it'\''s' s3://b/k_1");
}
