"""An S3 that is not ours, moto's, counted by the embedded functions: the same totals as by the embedded S3."""

import bz2
import gzip
import json
import logging
import os
import pathlib
import subprocess
import tempfile
import unittest

import boto3
from moto.server import ThreadedMotoServer

REGION = "eu-west-1"
BUCKET = "stored-elsewhere"
LOG = b"GET /index.html 200\n" * 5_000
OBJECTS = {
    "plain.txt": b"one two\nthree\n",
    "logs/a.log.gz": gzip.compress(LOG),
    "logs/two members.log.gz": gzip.compress(LOG) + gzip.compress(b"and some more\n"),
    "logs/b.log.bz2": bz2.compress(LOG),
    "empty.txt": b"",
    "a+b & c%20d.txt": b"plus and per cent\n",
    "\u00e9t\u00e9/\u4e2d\u6587 \U0001f600.txt": b"not ASCII\n",
    "folder/": b"",
    "cut.log.gz": gzip.compress(LOG)[:200],
}
#: More than one page of a listing holds.
SMALL = {f"many/{number:04}.txt": b"word " * (number % 7) + b"\n" for number in range(1_100)}
#: What a file system can't hold beside the others, or holds in another way.
NO_FILES = {"folder/"}


class OtherS3(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        cls.moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
        cls.moto.start()
        cls.addClassCleanup(cls.moto.stop)
        host, port = cls.moto.get_host_and_port()
        cls.folder = tempfile.TemporaryDirectory(prefix="wordfall-moto-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.settings = {
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_ENDPOINT_URL_S3": f"http://{host}:{port}",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        cls.s3 = boto3.client(
            "s3",
            endpoint_url=cls.settings["AWS_ENDPOINT_URL_S3"],
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
            region_name=REGION,
        )
        cls.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        mounted = pathlib.Path(cls.folder.name, "mounted")
        for key, body in {**OBJECTS, **SMALL}.items():
            cls.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
            if key not in NO_FILES:
                mounted.joinpath(key).parent.mkdir(parents=True, exist_ok=True)
                mounted.joinpath(key).write_bytes(body)
        cls.mount = ["--mount", f"{BUCKET}={mounted}"]

    def count(self, *arguments, region=REGION):
        """The exit code, the rows by key, and the end."""
        command = [os.environ["WORDFALL_BIN"], "count", f"s3://{BUCKET}", "--json", "--grain", "per_object", *arguments]
        environment = {name: os.environ[name] for name in ("PATH", "WORDFALL_FUNCTIONS") if name in os.environ}
        environment.update(self.settings, HOME=self.folder.name)
        if region:
            environment["AWS_REGION"] = region
        ran = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", timeout=120)
        lines = [json.loads(line) for line in ran.stdout.splitlines()]
        self.assertTrue(lines, ran.stderr)
        return ran.returncode, {row["key"]: row for row in lines[:-1]}, lines[-1]

    def test_it_is_counted_as_the_embedded_s3_is(self):
        embedded_code, embedded, embedded_end = self.count(*self.mount)
        code, rows, end = self.count("--s3", "aws")
        self.assertEqual((code, embedded_code), (1, 1), "one object is cut off")
        self.assertEqual(set(rows) - set(embedded), NO_FILES)
        self.assertEqual(set(rows), set(OBJECTS) | set(SMALL))
        for key, row in embedded.items():
            for field in ("state", "reason", "words", "lines", "bytes_in", "bytes_out"):
                self.assertEqual(rows[key][field], row[field], (key, field))
        for field in ("state", "words", "lines", "bytes_in", "bytes_out", "objects_failed"):
            self.assertEqual(end[field], embedded_end[field], field)
        self.assertEqual(rows["folder/"]["reason"], "marker")
        self.assertEqual(end["lines"], 15_000 + 1 + 2 + 2 + len(SMALL))

    def test_it_is_counted_by_processes_too(self):
        _, rows, told = self.count("--s3", "aws")
        code, counted, end = self.count("--s3", "aws", "--functions", "processes")
        self.assertEqual(code, 1, "one object is cut off")
        for key, row in rows.items():
            for field in ("state", "reason", "words", "lines", "bytes_in", "bytes_out"):
                self.assertEqual(counted[key][field], row[field], (key, field))
        self.assertEqual([end[field] for field in ("words", "lines")], [told[field] for field in ("words", "lines")])

    def test_the_region_of_a_bucket_is_found(self):
        _, _, told = self.count("--s3", "aws")
        code, _, end = self.count("--s3", "aws", region=None)
        self.assertEqual((code, end["words"], end["lines"]), (1, told["words"], told["lines"]))

    def test_runs_are_stored_there_too(self):
        """The store needs conditional puts; moto has them."""
        self.s3.create_bucket(Bucket="results-elsewhere", CreateBucketConfiguration={"LocationConstraint": REGION})
        home = os.path.join(self.folder.name, "site")
        os.makedirs(home)
        command = [os.environ["WORDFALL_BIN"], "serve", "--s3", "aws", "--bucket", BUCKET]
        command += ["--results-bucket", "results-elsewhere"]
        environment = {**self.settings, "HOME": home, "AWS_REGION": REGION, "LEPTOS_SITE_ADDR": "127.0.0.1:0"}
        server = subprocess.Popen(command, env=environment, cwd=home, stdout=subprocess.PIPE, text=True)
        try:
            address = server.stdout.readline().strip().removeprefix("wordfall listens on ")
            self.assertTrue(address.startswith("http://"), address)
            stored, end = self.stored_run(address)
            self.assertEqual(stored["state"], "finished")
            self.assertEqual(stored["lines"], end["lines"])
        finally:
            server.terminate()
            server.wait()
            server.stdout.close()

    def stored_run(self, address):
        _, _, end = self.count(*self.mount)
        started = self.curl(address + "/api/start_run", "-d", f"bucket={BUCKET}&prefix=")
        while True:
            run = self.curl(f"{address}/runs/{started['id']}.json")
            if run["state"] not in ("starting", "running"):
                break
        keys = [entry["Key"] for entry in self.s3.list_objects_v2(Bucket="results-elsewhere")["Contents"]]
        self.assertIn(f"runs/{started['id']}/run.json", keys)
        return run, end

    def curl(self, url, *arguments):
        return json.loads(subprocess.run(["curl", "-sS", url, *arguments], check=True, capture_output=True).stdout)


if __name__ == "__main__":
    unittest.main()
