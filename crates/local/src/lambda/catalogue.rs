//! Facts about functions that can be asked for without invoking them.

use http::{HeaderValue, Response, header};
use s3s::Body;
use serde_json::{Value, json};

use crate::{Function, REGION};

/// The account that owns all functions here.
const ACCOUNT: &str = "000000000000";

/// The ARN of the function of that name.
pub(crate) fn arn(name: &str) -> String {
    format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}")
}

pub(crate) fn function(function: &Function) -> Response<Body> {
    response(&json!({ "Configuration": configuration(function) }))
}

pub(crate) fn functions<'a>(functions: impl Iterator<Item = &'a Function>) -> Response<Body> {
    response(&json!({ "Functions": functions.map(configuration).collect::<Vec<_>>() }))
}

fn configuration(function: &Function) -> Value {
    json!({
        "FunctionName": function.name,
        "FunctionArn": arn(&function.name),
        "MemorySize": function.memory_mb,
        "Timeout": function.timeout.as_secs(),
        "Version": "$LATEST",
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "PackageType": "Zip",
        "Runtime": "provided.al2023",
    })
}

fn response(body: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_string()));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
