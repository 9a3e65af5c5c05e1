//! Log lines of several programs, made once and used over and over with another time of day.

use std::collections::BTreeMap;

use super::random::Random;

/// Lines of each program.
const LINES: usize = 4096;

/// Lines of them that a text keeps to at least. Together they are longer than what gzip looks back on, or a long
/// text would shrink to nothing.
const REGION_LINES_MIN: usize = 1024;

/// Choices that a region of a pool has, so that one text has other words than another.
const CHOICES_NEARBY: u64 = 3;

/// The program that wrote a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    /// A web server's access log, in the combined format.
    Web,
    /// A load balancer's access log.
    Balancer,
    /// An application's log, with a stack trace now and then.
    App,
    /// A mail queue's terse log.
    Mail,
}

/// Lines of one program, each cut where its time stands.
#[derive(Debug)]
pub(super) struct Pool {
    source: Source,
    lines: Vec<(String, String)>,
}

/// A stretch of one day in a pool's lines.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    /// The day of October 2026.
    pub(super) day: u32,
    /// Its first second in that day.
    pub(super) start: usize,
    /// How long it is.
    pub(super) seconds: usize,
    /// How many lines it has.
    pub(super) lines: usize,
}

impl Pool {
    /// A pool for each source.
    pub(super) fn all() -> BTreeMap<Source, Self> {
        [Source::Web, Source::Balancer, Source::App, Source::Mail]
            .into_iter()
            .map(|source| (source, Self::new(source)))
            .collect()
    }

    fn new(source: Source) -> Self {
        let mut random = Random::new(source as u64);
        let make = match source {
            Source::Web => web,
            Source::Balancer => balancer,
            Source::App => app,
            Source::Mail => mail,
        };
        Self { source, lines: (0..LINES).map(|at| make(&mut random, at)).collect() }
    }

    /// Text of this many lines, out of a random region.
    pub(super) fn text(&self, stretch: Stretch, random: &mut Random) -> Vec<u8> {
        let (mut stamp, clock) = self.stamp(stretch.day);
        let region = REGION_LINES_MIN << random.below(3);
        let first = random.below(LINES as u64) as usize;
        let mut text = Vec::with_capacity(stretch.lines * 160);
        for at in 0..stretch.lines {
            let (before, after) = &self.lines[(first + at % region) % LINES];
            set_clock(&mut stamp[clock..], stretch.start + at * stretch.seconds / stretch.lines);
            text.extend_from_slice(before.as_bytes());
            text.extend_from_slice(&stamp);
            text.extend_from_slice(after.as_bytes());
        }
        text
    }

    /// The time as this source writes it, and where in it the time of day stands.
    fn stamp(&self, day: u32) -> (Vec<u8>, usize) {
        match self.source {
            Source::Web => (format!("{day:02}/Oct/2026:00:00:00").into_bytes(), 12),
            Source::Balancer | Source::App | Source::Mail => {
                (format!("2026-10-{day:02}T00:00:00").into_bytes(), 11)
            }
        }
    }
}

fn set_clock(clock: &mut [u8], second: usize) {
    for (at, number) in [(0, second / 3600), (3, second / 60 % 60), (6, second % 60)] {
        clock[at] = b'0' + (number / 10) as u8;
        clock[at + 1] = b'0' + (number % 10) as u8;
    }
}

fn web(random: &mut Random, at: usize) -> (String, String) {
    let before = format!("{} - - [", address(random));
    let request = request(random);
    let (status, bytes) = (status(random), random.below(60_000));
    let referrer = random.pick(&["-", "-", "https://www.example.com/", "https://shop.example.com/cart"]);
    let agent = nearby(random, &AGENTS, at);
    (before, format!(" +0000] \"{request} HTTP/1.1\" {status} {bytes} \"{referrer}\" \"{agent}\"\n"))
}

fn balancer(random: &mut Random, at: usize) -> (String, String) {
    let kind = random.pick(&["https", "https", "h2", "http"]);
    let (micros, port) = (random.below(1_000_000), 1024 + random.below(60_000));
    let (client, target) = (address(random), random.below(64));
    let seconds = random.below(900);
    let (request, status, agent) = (request(random), status(random), nearby(random, &AGENTS, at));
    let (received, sent, trace) = (random.below(4_000), random.below(90_000), random.below(1 << 32));
    let after = format!(
        ".{micros:06}Z app/front/50dc6c495c0c9188 {client}:{port} 10.0.3.{target}:8080 0.000 0.{seconds:03} 0.000 \
         {status} {status} {received} {sent} \"{request} HTTP/1.1\" \"{agent}\" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 \
         \"Root=1-58337262-{trace:08x}\"\n"
    );
    (format!("{kind} "), after)
}

fn app(random: &mut Random, at: usize) -> (String, String) {
    let (millis, took, id) = (random.below(1000), random.below(3000), random.below(1 << 20));
    let thread = random.below(16);
    let message = nearby(random, &MESSAGES, at);
    let level = random.pick(&["INFO", "INFO", "INFO", "DEBUG", "WARN", "ERROR"]);
    let mut after = format!(".{millis:03}Z {level} [worker-{thread}] {message} id={id} took={took}ms\n");
    if level == "ERROR" {
        for frame in 0..3 + random.below(9) {
            let class = random.pick(&["OrderService", "RetryPolicy", "HttpClient", "Ledger", "Pool"]);
            after += &format!("\tat com.example.shop.{class}.call({class}.java:{})\n", 20 + frame * 17);
        }
    }
    (String::new(), after)
}

fn mail(random: &mut Random, at: usize) -> (String, String) {
    let (queue, host) = (random.below(1 << 32), random.below(12));
    let delay = random.below(400);
    let outcome = nearby(random, &OUTCOMES, at);
    (String::new(), format!("Z mx{host} {queue:08X}: delay={delay} status={outcome}\n"))
}

/// One of the choices that this line's region of the pool has.
fn nearby<'a>(random: &mut Random, choices: &[&'a str], at: usize) -> &'a str {
    let first = at * choices.len() / LINES;
    choices[(first + random.below(CHOICES_NEARBY) as usize) % choices.len()]
}

fn address(random: &mut Random) -> String {
    let [a, b, c] = [0; 3].map(|_| random.below(256));
    format!("{}.{a}.{b}.{c}", 11 + random.below(200))
}

fn request(random: &mut Random) -> String {
    let method = random.pick(&["GET", "GET", "GET", "GET", "POST", "HEAD"]);
    let path = random.pick(&PATHS);
    format!("{method} {path}{}", random.below(20_000))
}

fn status(random: &mut Random) -> u64 {
    [200, 200, 200, 200, 200, 204, 301, 304, 304, 404, 403, 500, 503][random.below(13) as usize]
}

const PATHS: [&str; 8] = [
    "/api/items/",
    "/api/orders?page=",
    "/search?q=lamp&from=",
    "/static/app.js?v=",
    "/images/thumb/",
    "/cart/add?item=",
    "/account/invoices/",
    "/blog/2026/10/post-",
];

const AGENTS: [&str; 6] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "curl/8.16.0",
    "health-check/2.0",
];

const OUTCOMES: [&str; 6] = [
    "sent",
    "sent",
    "sent",
    "deferred (mailbox full)",
    "bounced (no such user here)",
    "deferred (try again)",
];

const MESSAGES: [&str; 8] = [
    "order accepted, reserving stock",
    "payment authorised by the bank after one retry",
    "cache miss: reading the price list from the database",
    "search index refreshed",
    "customer session expired",
    "stock is low, asking the warehouse for more",
    "slow query: select * from orders where state = 'open' order by placed_at",
    "shipment label printed",
];
