"""Drives a running stand-in with the AWS command line and boto3.

Reads AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY from the environment, as `wordfall local`
prints them, and BUCKET, a bucket with at least one object of ten bytes or more. Functions are asked for only
where FUNCTION and STREAMING_FUNCTION name them. Ends with status 0 when all that was asked held.
"""

import json
import os
import subprocess
import sys
import tempfile

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

BUCKET = os.environ["BUCKET"]
FUNCTION = os.environ.get("FUNCTION")
STREAMING_FUNCTION = os.environ.get("STREAMING_FUNCTION")
PAYLOAD = os.environ.get("PAYLOAD", "{}")
CONFIG = Config(region_name="us-east-1", retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})


def aws(*arguments):
    """The output of the AWS command line."""
    command = ["aws", "--region", "us-east-1", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def refused(code, call, **arguments):
    """Checks that a call is refused by that code."""
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        return
    raise AssertionError(f"{code} was expected")


def an_object_is_listed_and_read(s3):
    listed = s3.list_objects_v2(Bucket=BUCKET, MaxKeys=1)
    assert listed["KeyCount"] == 1, listed
    key, size = listed["Contents"][0]["Key"], listed["Contents"][0]["Size"]
    head = s3.head_object(Bucket=BUCKET, Key=key)
    assert (head["ContentLength"], head["ETag"]) == (size, listed["Contents"][0]["ETag"]), head
    whole = s3.get_object(Bucket=BUCKET, Key=key, IfMatch=head["ETag"])["Body"].read()
    assert len(whole) == size
    part = s3.get_object(Bucket=BUCKET, Key=key, Range="bytes=2-5")
    assert part["Body"].read() == whole[2:6]
    assert part["ContentRange"] == f"bytes 2-5/{size}"
    refused("PreconditionFailed", s3.get_object, Bucket=BUCKET, Key=key, IfMatch='"another"')
    refused("InvalidRange", s3.get_object, Bucket=BUCKET, Key=key, Range=f"bytes={size}-")
    return key, whole


def what_is_not_there_is_refused(s3):
    refused("NoSuchBucket", s3.list_objects_v2, Bucket="no-such-bucket")
    refused("NoSuchKey", s3.get_object, Bucket=BUCKET, Key="no/such/key")
    refused("404", s3.head_object, Bucket=BUCKET, Key="no/such/key")
    stranger = boto3.client("s3", config=CONFIG, aws_secret_access_key="wrong",
                            aws_access_key_id=os.environ["AWS_ACCESS_KEY_ID"])
    refused("SignatureDoesNotMatch", stranger.list_objects_v2, Bucket=BUCKET)


def pages_lead_to_every_key(s3):
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, PaginationConfig={"MaxItems": 3000})
    keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
    assert keys == sorted(keys, key=lambda key: key.encode()), "keys are in the order of their bytes"
    assert len(keys) == len(set(keys))


def the_command_line_reads_too(key, whole):
    assert BUCKET in aws("s3", "ls")
    aws("s3", "ls", f"s3://{BUCKET}/")
    listed = json.loads(aws("s3api", "list-objects-v2", "--bucket", BUCKET, "--max-items", "1", "--output", "json"))
    assert listed["Contents"][0]["Key"] == key, listed
    with tempfile.TemporaryDirectory() as directory:
        copy = os.path.join(directory, "copy")
        aws("s3", "cp", f"s3://{BUCKET}/{key}", copy)
        with open(copy, "rb") as file:
            assert file.read() == whole


def a_function_answers(functions):
    assert functions.invoke(FunctionName=FUNCTION, InvocationType="DryRun")["StatusCode"] == 204
    answer = functions.invoke(FunctionName=FUNCTION, Payload=PAYLOAD, LogType="Tail")
    assert answer["StatusCode"] == 200 and "LogResult" in answer, answer
    json.loads(answer["Payload"].read())
    refused("ResourceNotFoundException", functions.invoke, FunctionName="no-such-function")
    refused("InvalidRequestContentException", functions.invoke, FunctionName=FUNCTION, Payload="{nope")
    with tempfile.NamedTemporaryFile() as file:
        aws("lambda", "invoke", "--function-name", FUNCTION, "--payload", PAYLOAD,
            *binary_format(), file.name)
        json.load(file)


def binary_format():
    """Version 2 of the command line takes payloads as base64 unless it is told otherwise."""
    version = subprocess.run(["aws", "--version"], check=True, capture_output=True, text=True).stdout
    return ["--cli-binary-format", "raw-in-base64-out"] if version.startswith("aws-cli/2") else []


def a_function_streams(functions):
    answer = functions.invoke_with_response_stream(FunctionName=STREAMING_FUNCTION, Payload=PAYLOAD, LogType="Tail")
    events = list(answer["EventStream"])
    assert "InvokeComplete" in events[-1], events[-1]
    assert "LogResult" in events[-1]["InvokeComplete"]
    assert all("PayloadChunk" in event for event in events[:-1])


def main():
    s3 = boto3.client("s3", config=CONFIG)
    key, whole = an_object_is_listed_and_read(s3)
    what_is_not_there_is_refused(s3)
    pages_lead_to_every_key(s3)
    the_command_line_reads_too(key, whole)
    functions = boto3.client("lambda", config=CONFIG)
    if FUNCTION:
        a_function_answers(functions)
    if STREAMING_FUNCTION:
        a_function_streams(functions)
    print("all held")


if __name__ == "__main__":
    sys.exit(main())
