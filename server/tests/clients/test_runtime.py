"""A runtime that is not ours, AWS's for Python, as a function of `wordfall local`."""

import base64
import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile
import unittest

import awslambdaric
import boto3

import test_stand_in
from test_stand_in import SETTINGS, free_port

HANDLER = '''
import os

print("imported")


def handler(event, context):
    print("hello", event["name"], context.aws_request_id)
    if event["name"] == "nobody":
        raise ValueError("there is nobody")
    return {
        "greeting": "hello " + event["name"],
        "memory": context.memory_limit_in_mb,
        "arn": context.invoked_function_arn,
        "left": context.get_remaining_time_in_millis(),
        "process": os.getpid(),
        "token": os.environ.get("WORDFALL_TOKEN"),
    }
'''


class Processes(test_stand_in.StandIn):
    """All that its clients see of the stand-in, where its own functions are processes."""

    options = ["--functions", "processes"]


class Runtime(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="wordfall-runtime-")
        cls.addClassCleanup(cls.folder.cleanup)
        pathlib.Path(cls.folder.name, "app.py").write_text(HANDLER)
        installed = pathlib.Path(awslambdaric.__file__).parent.parent
        runtime = ["env", f"PYTHONPATH={installed}", "PYTHONDONTWRITEBYTECODE=1"]
        runtime += [sys.executable, "-m", "awslambdaric", "app.handler"]
        command = [os.environ["WORDFALL_BIN"], "local", "--port", str(free_port()), "--data", "data"]
        command += ["--function-memory-mb", "256", "--function", f"hello={shlex.join(runtime)}"]
        pathlib.Path(cls.folder.name, "texts").mkdir()
        command += ["--mount", "texts=texts"]
        environment = {**os.environ, "WORDFALL_TOKEN": "secret"}
        cls.server = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, cwd=cls.folder.name, env=environment
        )
        cls.addClassCleanup(cls.stop)
        settings = dict(cls.server.stdout.readline().strip().split("=", 1) for _ in SETTINGS)
        cls.lambda_client = boto3.client(
            "lambda",
            endpoint_url=settings["AWS_ENDPOINT_URL"],
            aws_access_key_id=settings["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=settings["AWS_SECRET_ACCESS_KEY"],
            region_name="us-east-1",
        )

    @classmethod
    def stop(cls):
        cls.server.terminate()
        cls.server.wait()
        cls.server.stdout.close()

    def invoke(self, name):
        payload = json.dumps({"name": name})
        answer = self.lambda_client.invoke(FunctionName="hello", Payload=payload, LogType="Tail")
        log = base64.b64decode(answer["LogResult"]).decode()
        return json.loads(answer["Payload"].read()), answer.get("FunctionError"), log

    def test_it_answers_and_is_reused(self):
        first, error, log = self.invoke("world")
        self.assertIsNone(error, log)
        self.assertEqual(first["greeting"], "hello world")
        self.assertEqual(first["memory"], "256")
        self.assertTrue(first["arn"].endswith(":function:hello"))
        self.assertGreater(first["left"], 60_000)
        self.assertIsNone(first["token"])
        second, _, _ = self.invoke("moon")
        self.assertEqual((second["greeting"], second["process"]), ("hello moon", first["process"]))

    def test_its_log_is_the_invocations(self):
        _, _, log = self.invoke("log")
        self.assertIn("hello log ", log)
        self.assertIn("REPORT RequestId: ", log)
        self.assertLess(log.index("START "), log.index("hello log "))

    def test_an_exception_is_a_function_error_with_its_stack(self):
        told, error, log = self.invoke("nobody")
        self.assertEqual(error, "Unhandled")
        self.assertEqual((told["errorType"], told["errorMessage"]), ("ValueError", "there is nobody"))
        self.assertTrue(any("app.py" in line for line in told["stackTrace"]), told)
        self.assertIn("[ERROR] ValueError", log)
        self.assertEqual(self.invoke("again")[0]["greeting"], "hello again")

    def test_a_stream_takes_its_answer_too(self):
        answer = self.lambda_client.invoke_with_response_stream(FunctionName="hello", Payload=b'{"name":"stream"}')
        body = b"".join(event["PayloadChunk"]["Payload"] for event in answer["EventStream"] if "PayloadChunk" in event)
        self.assertEqual(json.loads(body)["greeting"], "hello stream")


if __name__ == "__main__":
    unittest.main()
