//! An HTTP client as plain as can be, so that tests say exactly what is sent and see exactly what comes.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// No answer takes longer.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A request that is being put together.
pub(crate) struct Request {
    address: SocketAddr,
    line: String,
    headers: Vec<(String, String)>,
    body: String,
}

/// An answer whose body is still to be read.
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Box<dyn BufRead + Send>,
}

impl Request {
    pub(crate) fn new(address: SocketAddr, method: &str, path: &str) -> Self {
        let headers = vec![("host".to_owned(), address.to_string())];
        Self { address, line: format!("{method} {path} HTTP/1.1"), headers, body: String::new() }
    }

    /// Sets a header, and replaces one of that name.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends these fields as a form.
    pub(crate) fn form(self, fields: &[(&str, &str)]) -> Self {
        let encoded = |text: &str| {
            text.bytes()
                .map(|byte| match byte {
                    b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                        char::from(byte).to_string()
                    }
                    _ => format!("%{byte:02X}"),
                })
                .collect::<String>()
        };
        let pairs: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let form = self.header("content-type", "application/x-www-form-urlencoded");
        Self { body: pairs.join("&"), ..form }
    }

    /// Sends it and reads the answer's head.
    pub(crate) fn send(self) -> Response {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        let mut head =
            format!("{}\r\nconnection: close\r\ncontent-length: {}\r\n", self.line, self.body.len());
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        stream.write_all(format!("{head}\r\n{}", self.body).as_bytes()).unwrap();
        Response::read(BufReader::new(stream))
    }
}

impl Response {
    fn read(mut stream: BufReader<TcpStream>) -> Self {
        let mut line = String::new();
        stream.read_line(&mut line).unwrap();
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.unwrap_or_else(|| panic!("{line:?} is not a status line"));
        let mut headers = BTreeMap::new();
        loop {
            line.clear();
            stream.read_line(&mut line).unwrap();
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            headers.insert(name.to_lowercase(), value.to_owned());
        }
        let chunked = headers.get("transfer-encoding").is_some_and(|encoding| encoding == "chunked");
        let body: Box<dyn BufRead + Send> = match chunked {
            true => Box::new(BufReader::new(Chunked { stream, left: 0, ended: false })),
            false => Box::new(stream),
        };
        Self { status, headers, body }
    }

    /// The whole body.
    pub(crate) fn text(mut self) -> String {
        let mut text = String::new();
        self.body.read_to_string(&mut text).unwrap();
        text
    }

    /// The whole body as JSON.
    pub(crate) fn json(self) -> Value {
        let text = self.text();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }
}

/// A body in chunks.
struct Chunked {
    stream: BufReader<TcpStream>,
    left: usize,
    ended: bool,
}

impl Read for Chunked {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.left == 0 && !self.ended {
            let mut line = String::new();
            while line.trim().is_empty() {
                // Only the last chunk is an end; a connection that is gone before it has cut the body off.
                if self.stream.read_line(&mut line)? == 0 {
                    return Err(ErrorKind::UnexpectedEof.into());
                }
            }
            self.left = usize::from_str_radix(line.trim(), 16).unwrap_or_default();
            self.ended = self.left == 0;
        }
        let wanted = buffer.len().min(self.left);
        let read = self.stream.read(&mut buffer[..wanted])?;
        self.left -= read;
        Ok(read)
    }
}
