//! Every right that the code needs is given, and none besides.

use std::collections::BTreeSet;

use super::calls::{self, Call, Principal, Target};
use super::read;
use super::template::{Node, parse};

const TEMPLATE: &str = "deploy/template.yaml";

/// Rights that an operation takes, by AWS's Service Authorization Reference; for GetObject its API reference
/// too: without ListBucket a missing key is 403 and not 404, and with a KMS key it takes Decrypt.
const NEEDED: [(&str, &[Need]); 7] = [
    ("list_objects_v2", &[Need::Listed("s3:ListBucket")]),
    ("get_object", &[Need::Object("s3:GetObject"), Need::Bucket("s3:ListBucket"), Need::Key("kms:Decrypt")]),
    ("put_object", &[Need::Object("s3:PutObject")]),
    ("delete_object", &[Need::Object("s3:DeleteObject")]),
    // It asks for a bucket's region, which S3 sends also to those who are denied the bucket.
    ("head_bucket", &[]),
    ("invoke", &[Need::Function("lambda:InvokeFunction")]),
    ("invoke_with_response_stream", &[Need::Function("lambda:InvokeFunction")]),
];

/// Rights that every function on Lambda takes, for its lines to reach its log.
const LOGS: [&str; 2] = ["logs:CreateLogStream", "logs:PutLogEvents"];

/// An action, and what of a call's target it is needed for.
enum Need {
    /// Objects.
    Object(&'static str),
    /// The bucket, whatever is asked of it.
    Bucket(&'static str),
    /// The bucket, below a prefix.
    Listed(&'static str),
    /// The KMS key that objects are encrypted with.
    Key(&'static str),
    /// A function.
    Function(&'static str),
}

impl Need {
    /// The right as the template should give it; `None` where this target takes none.
    fn right(&self, target: Target) -> Option<String> {
        let bucket = match target {
            Target::Counted => "!Sub arn:${AWS::Partition}:s3:::${Bucket}",
            Target::Results => "!GetAtt Results.Arn",
            Target::WordcountAlias => "!Ref WordcountFunction.Alias",
            Target::CascadeAlias => "!Ref CascadeFunction.Alias",
        };
        match (self, target) {
            (Self::Object(action), Target::Counted) => Some(format!("{action} on {bucket}/${{Prefix}}*")),
            (Self::Object(action), _) => Some(format!("{action} on !Sub ${{Results.Arn}}/*")),
            (Self::Listed(action), Target::Counted) => {
                Some(format!("{action} on {bucket} where {{StringLike: {{s3:prefix: !Sub ${{Prefix}}*}}}}"))
            }
            (Self::Listed(action) | Self::Bucket(action) | Self::Function(action), _) => {
                Some(format!("{action} on {bucket}"))
            }
            (Self::Key(action), Target::Counted) => Some(format!("{action} on !Ref KmsKey if HasKmsKey")),
            // An object that S3 encrypts with its own key takes no right.
            (Self::Key(_), _) => None,
        }
    }
}

fn needed(calls: &BTreeSet<Call>, principal: Principal) -> BTreeSet<String> {
    let mut rights = BTreeSet::new();
    for call in calls.iter().filter(|call| call.principal == principal) {
        let (_, needs) = NEEDED
            .iter()
            .find(|(operation, _)| *operation == call.operation)
            .unwrap_or_else(|| panic!("{call:?}: say here which rights it takes"));
        rights.extend(needs.iter().filter_map(|need| need.right(call.target)));
    }
    let log = match principal {
        Principal::Wordcount => Some("WordcountLogs"),
        Principal::Cascade => Some("CascadeLogs"),
        Principal::Server => None,
    };
    for (log, action) in log.iter().flat_map(|log| LOGS.map(move |action| (log, action))) {
        rights.insert(format!("{action} on !GetAtt {log}.Arn"));
    }
    rights
}

/// Rights that the template gives, by the role that the function names, or the server's policy.
fn given(template: &Node, principal: Principal) -> BTreeSet<String> {
    let function = match principal {
        Principal::Wordcount => "WordcountFunction",
        Principal::Cascade => "CascadeFunction",
        Principal::Server => {
            return rights_of(template.at("Resources/ServerPolicy/Properties/PolicyDocument"));
        }
    };
    let role = template.text(&format!("Resources/{function}/Properties/Role"));
    let role = role.strip_prefix("!GetAtt ").and_then(|role| role.strip_suffix(".Arn")).unwrap();
    let properties = template.at(&format!("Resources/{role}/Properties"));
    let assumed = "AssumeRolePolicyDocument/Statement";
    assert!(properties.text(assumed).contains("Principal: {Service: lambda.amazonaws.com}"), "{role}");
    assert_eq!(properties.find("ManagedPolicyArns"), None, "{role} has rights that are written elsewhere");
    let policies = properties.at("Policies").items();
    policies.into_iter().flat_map(|policy| rights_of(policy.at("PolicyDocument"))).collect()
}

fn rights_of(document: &Node) -> BTreeSet<String> {
    let mut rights = BTreeSet::new();
    for statement in document.statements() {
        let only: String = statement.only.iter().map(|only| format!(" {only}")).collect();
        for action in &statement.actions {
            let given = |resource: &String| format!("{action} on {resource}{only}");
            rights.extend(statement.resources.iter().map(given));
        }
    }
    rights
}

/// Rights that are missing or spare, one a line.
fn faults(template: &Node, calls: &BTreeSet<Call>) -> Vec<String> {
    let mut faults = Vec::new();
    for principal in [Principal::Wordcount, Principal::Cascade, Principal::Server] {
        let (needed, given) = (needed(calls, principal), given(template, principal));
        faults.extend(needed.difference(&given).map(|right| format!("{principal:?} lacks {right}")));
        faults.extend(given.difference(&needed).map(|right| format!("{principal:?} has no use for {right}")));
    }
    faults
}

#[test]
fn no_right_is_missing_and_none_is_spare() {
    assert_eq!(faults(&parse(&read(TEMPLATE)), &calls::all()), [""; 0]);
}

#[test]
fn the_code_is_known_to_call_aws() {
    let call =
        |principal, operation: &str, target| Call { principal, operation: operation.to_owned(), target };
    let calls = calls::all();
    for known in [
        call(Principal::Wordcount, "get_object", Target::Counted),
        call(Principal::Cascade, "invoke", Target::WordcountAlias),
        call(Principal::Server, "list_objects_v2", Target::Counted),
        call(Principal::Server, "invoke_with_response_stream", Target::CascadeAlias),
        call(Principal::Server, "invoke", Target::WordcountAlias),
        call(Principal::Server, "put_object", Target::Results),
    ] {
        assert!(calls.contains(&known), "{known:?} is not among {calls:#?}");
    }
    let of_cascade = calls.iter().filter(|call| call.principal == Principal::Cascade);
    assert!(
        of_cascade.clone().all(|call| call.target == Target::WordcountAlias),
        "a cascade invokes wordcount alone"
    );
}

/// Each change of the template is reported as the fault that it makes.
#[test]
fn a_template_that_gives_too_much_or_too_little_is_told() {
    let (text, calls) = (read(TEMPLATE), calls::all());
    let check = |from: &str, to: &str, expected: &[&str]| {
        assert!(text.contains(from), "the template has no {from:?}");
        assert_eq!(faults(&parse(&text.replacen(from, to, 1)), &calls), expected, "{from:?} -> {to:?}");
    };
    check(
        "Action: s3:GetObject\n",
        "Action: [s3:GetObject, s3:GetObjectVersion]\n",
        &[
            "Wordcount has no use for s3:GetObjectVersion on !Sub arn:${AWS::Partition}:s3:::${Bucket}/${Prefix}*",
        ],
    );
    check(
        "[s3:GetObject, s3:PutObject, s3:DeleteObject]",
        "[s3:GetObject, s3:PutObject]",
        &["Server lacks s3:DeleteObject on !Sub ${Results.Arn}/*"],
    );
    check(
        "Resource: !Ref WordcountFunction.Alias",
        "Resource: !GetAtt WordcountFunction.Arn",
        &[
            "Cascade lacks lambda:InvokeFunction on !Ref WordcountFunction.Alias",
            "Cascade has no use for lambda:InvokeFunction on !GetAtt WordcountFunction.Arn",
        ],
    );
    check(
        "s3:prefix: !Sub ${Prefix}*",
        "s3:prefix: \"*\"",
        &[
            "Server lacks s3:ListBucket on !Sub arn:${AWS::Partition}:s3:::${Bucket} where {StringLike: {s3:prefix: !Sub ${Prefix}*}}",
            "Server has no use for s3:ListBucket on !Sub arn:${AWS::Partition}:s3:::${Bucket} where {StringLike: {s3:prefix: *}}",
        ],
    );
    check(
        "Action: s3:ListBucket\n                Resource: !Sub arn:${AWS::Partition}:s3:::${Bucket}",
        "Action: s3:ListBucket\n                Resource: \"*\"",
        &[
            "Wordcount lacks s3:ListBucket on !Sub arn:${AWS::Partition}:s3:::${Bucket}",
            "Wordcount has no use for s3:ListBucket on *",
        ],
    );
}

#[test]
fn code_that_calls_something_else_is_told() {
    let template = parse(&read(TEMPLATE));
    let mut calls = calls::all();
    calls.retain(|call| call.operation != "delete_object");
    assert_eq!(faults(&template, &calls), ["Server has no use for s3:DeleteObject on !Sub ${Results.Arn}/*"]);
    let moved =
        Call { principal: Principal::Cascade, operation: "invoke".to_owned(), target: Target::CascadeAlias };
    let mut calls = calls::all();
    calls.insert(moved);
    assert_eq!(
        faults(&template, &calls),
        ["Cascade lacks lambda:InvokeFunction on !Ref CascadeFunction.Alias"]
    );
}
