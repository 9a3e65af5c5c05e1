//! Functions that hang, and a program that gets the signal to end.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use crate::bombs::ended_within;
use crate::odd_store::{entry, page};
use crate::program;

/// The program takes about a second; a function that is waited for takes its whole time.
const ENDS_WITHIN: Duration = Duration::from_secs(8);

/// A store of one object whose bytes never come: its endpoint, and a message for each client that waits.
fn silent_store() -> (String, Receiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let (sender, waiting) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let waits = sender.clone();
            thread::spawn(move || answer(&stream.unwrap(), &waits));
        }
    });
    (endpoint, waiting)
}

fn answer(stream: &TcpStream, waits: &Sender<()>) {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    while let Some(request) = lines.next() {
        lines.by_ref().find(String::is_empty);
        if !request.contains("list-type=2") {
            waits.send(()).ok();
            // The connection stays open, and silent.
            lines.by_ref().for_each(drop);
            return;
        }
        let body = page(&[entry("a.log", 8)], None);
        let mut stream = stream;
        write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
    }
}

#[test]
fn a_count_whose_function_hangs_is_gone_when_it_is_interrupted() {
    for signal in ["TERM", "INT"] {
        let (endpoint, waiting) = silent_store();
        let home = tempfile::tempdir().unwrap();
        let mut command = program::command(&home, &["count", "s3://logs/", "--s3", "aws"]);
        command.env("AWS_ENDPOINT_URL_S3", endpoint).env("AWS_REGION", "us-east-1");
        command.env("AWS_ACCESS_KEY_ID", "a").env("AWS_SECRET_ACCESS_KEY", "b");
        let mut process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        waiting.recv().unwrap();
        assert_eq!(ended_within(ENDS_WITHIN, &mut process, signal).code(), Some(130));
    }
}
