//! Other clients: the AWS command line and boto3, where `WORDFALL_OUTSIDE_CLIENTS` is set.

use std::process::Command;

use futures_util::{StreamExt, stream};
use local::Response;
use tokio::task::spawn_blocking;

use crate::invoke::{echo, function};
use crate::stand_in::StandIn;

#[tokio::test]
async fn the_command_line_and_boto3_are_served() {
    if std::env::var_os("WORDFALL_OUTSIDE_CLIENTS").is_none() {
        return;
    }
    let stand_in = StandIn::new();
    stand_in.local.register(echo());
    stand_in.local.register(function("streams", |_| async {
        let pieces = ["one\n", "two\n"].map(|piece| Ok(piece.into()));
        Ok(Response::Streamed(stream::iter(pieces).boxed()))
    }));
    let address = stand_in.listen().await;
    let credentials = stand_in.local.credentials();
    let mut python = Command::new("python3");
    python
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/clients.py"))
        .env("AWS_ENDPOINT_URL", format!("http://{address}"))
        .env("AWS_ACCESS_KEY_ID", credentials.access_key_id())
        .env("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key())
        .env("BUCKET", "many")
        .env("FUNCTION", "echo")
        .env("STREAMING_FUNCTION", "streams");
    let output = spawn_blocking(move || python.output()).await.unwrap().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
