//! HTTP by hand, one connection for each request.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Where the Runtime API is.
pub(crate) struct Api {
    address: String,
}

/// Its answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Api {
    pub(crate) fn from_environment() -> Self {
        Self { address: std::env::var("AWS_LAMBDA_RUNTIME_API").expect("Lambda says where its API is") }
    }

    pub(crate) fn next(&self) -> Answer {
        let mut stream = self.begin("GET", "invocation/next", &["Content-Length: 0"]);
        read(&mut stream)
    }

    /// Asks for an invocation, and does not wait for it.
    pub(crate) fn ask_and_leave(&self) {
        drop(self.begin("GET", "invocation/next", &["Content-Length: 0"]));
    }

    pub(crate) fn post(&self, path: &str, headers: &[&str], body: &[u8]) -> Answer {
        let length = format!("Content-Length: {}", body.len());
        let mut stream = self.begin("POST", path, &[headers, &[length.as_str()]].concat());
        // A body that is refused may not be taken to its end.
        drop(stream.write_all(body));
        read(&mut stream)
    }

    /// A streamed answer, with an error behind it where there is one.
    pub(crate) fn stream(
        &self,
        path: &str,
        pieces: impl IntoIterator<Item = String>,
        error: Option<(&str, &str)>,
    ) -> Answer {
        let mut stream = self.begin_stream(path);
        send_chunk(&mut stream, b"{\"statusCode\":200}");
        send_chunk(&mut stream, &[0; 8]);
        for piece in pieces {
            send_chunk(&mut stream, piece.as_bytes());
        }
        let mut end = "0\r\n".to_owned();
        if let Some((error_type, body)) = error {
            end += &format!("Lambda-Runtime-Function-Error-Type: {error_type}\r\n");
            end += &format!("Lambda-Runtime-Function-Error-Body: {}\r\n", STANDARD.encode(body));
        }
        stream.write_all(format!("{end}\r\n").as_bytes()).expect("the API listens");
        read(&mut stream)
    }

    /// Begins a streamed answer and is gone.
    pub(crate) fn die_midway(&self, path: &str) {
        let mut stream = self.begin_stream(path);
        send_chunk(&mut stream, b"first");
        std::thread::sleep(std::time::Duration::from_millis(200));
        std::process::abort();
    }

    fn begin_stream(&self, path: &str) -> TcpStream {
        let headers = [
            "Transfer-Encoding: chunked",
            "Lambda-Runtime-Function-Response-Mode: streaming",
            "Content-Type: application/vnd.awslambda.http-integration-response",
            "Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body",
        ];
        self.begin("POST", path, &headers)
    }

    fn begin(&self, method: &str, path: &str, headers: &[&str]) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).expect("the API listens");
        let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
        let host = &self.address;
        let head = format!(
            "{method} /2018-06-01/runtime/{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n"
        );
        stream.write_all(head.as_bytes()).expect("the API listens");
        stream
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Status and error type, as JSON.
    pub(crate) fn summary(&self) -> String {
        let body: serde_json::Value = serde_json::from_slice(&self.body).unwrap_or_default();
        serde_json::json!([self.status, body["errorType"]]).to_string()
    }
}

fn send_chunk(stream: &mut TcpStream, bytes: &[u8]) {
    let head = format!("{:x}\r\n", bytes.len());
    let chunk = [head.as_bytes(), bytes, b"\r\n"].concat();
    stream.write_all(&chunk).expect("the API listens");
}

fn read(stream: &mut TcpStream) -> Answer {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).expect("the API answers");
    let status = line.split_whitespace().nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    let mut headers = Vec::new();
    loop {
        line.clear();
        reader.read_line(&mut line).expect("the API answers");
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let mut body = Vec::new();
    reader.read_to_end(&mut body).expect("the API answers");
    Answer { status, headers, body }
}
