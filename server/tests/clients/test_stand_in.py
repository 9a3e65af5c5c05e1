"""Other people's clients, boto3 and awscli, against `wordfall local`."""

import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import unittest

import boto3
import botocore.exceptions

TEXTS = {"a.txt": b"one two\nthree\n", "dir/b c+d.txt": b"four\n", "dir/\u00e9.txt": b""}
SETTINGS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class StandIn(unittest.TestCase):
    options = []

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="wordfall-clients-")
        cls.addClassCleanup(cls.folder.cleanup)
        texts = pathlib.Path(cls.folder.name, "texts")
        for key, text in TEXTS.items():
            texts.joinpath(key).parent.mkdir(parents=True, exist_ok=True)
            texts.joinpath(key).write_bytes(text)
        command = [os.environ["WORDFALL_BIN"], "local", "--port", str(free_port())]
        command += ["--data", os.path.join(cls.folder.name, "data"), "--mount", f"texts={texts}", *cls.options]
        cls.server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        cls.addClassCleanup(cls.stop)
        cls.settings = dict(cls.server.stdout.readline().strip().split("=", 1) for _ in SETTINGS)
        cls.settings["AWS_DEFAULT_REGION"] = "us-east-1"

    @classmethod
    def stop(cls):
        cls.server.terminate()
        cls.server.wait()
        cls.server.stdout.close()

    def client(self, service, **settings):
        settings = {**self.settings, **settings}
        return boto3.client(
            service,
            endpoint_url=settings["AWS_ENDPOINT_URL"],
            aws_access_key_id=settings["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=settings["AWS_SECRET_ACCESS_KEY"],
            region_name=settings["AWS_DEFAULT_REGION"],
        )

    def invoke(self, function, payload):
        answer = self.client("lambda").invoke(FunctionName=function, Payload=json.dumps(payload), LogType="Tail")
        self.assertNotIn("FunctionError", answer)
        return json.loads(answer["Payload"].read())

    def test_it_prints_what_a_client_needs(self):
        self.assertEqual(set(SETTINGS) - set(self.settings), set())

    def test_keys_are_listed_page_by_page(self):
        pages = self.client("s3").get_paginator("list_objects_v2").paginate(Bucket="texts", PaginationConfig={"PageSize": 1})
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        self.assertEqual(keys, sorted(TEXTS))

    def test_objects_are_read_whole_and_by_range(self):
        s3 = self.client("s3")
        for key, text in TEXTS.items():
            self.assertEqual(s3.get_object(Bucket="texts", Key=key)["Body"].read(), text)
        part = s3.get_object(Bucket="texts", Key="a.txt", Range="bytes=4-6")
        self.assertEqual(part["Body"].read(), b"two")

    def test_a_wrong_secret_is_refused(self):
        s3 = self.client("s3", AWS_SECRET_ACCESS_KEY="wrong")
        with self.assertRaises(botocore.exceptions.ClientError) as refused:
            s3.list_objects_v2(Bucket="texts")
        self.assertEqual(refused.exception.response["ResponseMetadata"]["HTTPStatusCode"], 403)

    def test_a_missing_key_is_not_found(self):
        s3 = self.client("s3")
        with self.assertRaises(s3.exceptions.NoSuchKey):
            s3.get_object(Bucket="texts", Key="none")

    def test_wordcount_answers_its_minimal_form(self):
        reply = self.invoke("wordcount", {"bucket": "texts", "keys": ["a.txt", "dir/b c+d.txt"]})
        self.assertEqual((reply["words"], reply["lines"]), (4, 3))

    def test_cascade_fans_out_and_adds_up(self):
        reply = self.invoke("cascade", {"bucket": "texts", "keys": ["a.txt", "dir/b c+d.txt"], "batch_size": 1})
        self.assertEqual((reply["words"], reply["lines"], reply["remaining"]), (4, 3, []))

    def test_cascade_streams_a_frame_for_every_child(self):
        batches = [{"id": str(n), "objects": [{"n": n, "key": key}]} for n, key in enumerate(sorted(TEXTS))]
        request = {"v": 1, "bucket": "texts", "batches": batches, "grain": "per_object"}
        answer = self.client("lambda").invoke_with_response_stream(
            FunctionName="cascade", Payload=json.dumps(request), LogType="Tail"
        )
        events = list(answer["EventStream"])
        body = b"".join(event["PayloadChunk"]["Payload"] for event in events if "PayloadChunk" in event)
        # A runtime writes a head and eight zero bytes in front of what it streams; a handler does not.
        frames = [json.loads(line) for line in body.split(b"\0" * 8)[-1].splitlines()]
        self.assertEqual(sorted(frame["batch"] for frame in frames), ["0", "1", "2"])
        self.assertTrue(all(frame["billed_ms"] > 0 for frame in frames))
        self.assertIn("InvokeComplete", events[-1])

    def test_a_missing_key_is_a_row_and_not_a_failure(self):
        reply = self.invoke("wordcount", {"bucket": "texts", "keys": ["none", "a.txt"], "grain": "total"})
        self.assertEqual([(row["key"], row["reason"]) for row in reply["objects"]], [("none", "gone")])
        self.assertEqual(reply["words"], 3)

    def test_a_payload_of_a_newer_version_is_refused(self):
        answer = self.client("lambda").invoke(FunctionName="wordcount", Payload=b'{"v":2,"bucket":"texts"}')
        self.assertIn("FunctionError", answer)
        self.assertIn("functions_outdated", json.loads(answer["Payload"].read())["errorMessage"])

    def test_awscli_lists_and_reads(self):
        listed = self.aws("s3", "ls", "--recursive", "s3://texts/")
        self.assertEqual([line.split(maxsplit=3)[3] for line in listed.splitlines()], sorted(TEXTS))
        self.assertEqual(self.aws("s3", "cp", "s3://texts/a.txt", "-"), TEXTS["a.txt"].decode())

    def aws(self, *arguments):
        command = [sys.executable, "-m", "awscli", *arguments]
        environment = {**os.environ, **self.settings, "PYTHONIOENCODING": "utf-8"}
        return subprocess.run(command, env=environment, check=True, capture_output=True, encoding="utf-8").stdout


if __name__ == "__main__":
    unittest.main()
