//! Whole runs with random limits over functions that misbehave in time: no limit is ever passed, by the
//! emulator's own journal, and whatever is shown as counted is exact.
//!
//! Every simulation is made from a seed and runs on a paused clock; one that fails prints how to run it alone.

use std::collections::BTreeMap;
use std::future::ready;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use aws_sdk_lambda::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_lambda::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_lambda::error::BoxError;
use futures_util::{FutureExt, StreamExt};
use lambdas::call;
use local::{Config, Function, Generated, Handler, HandlerError, Invocation, Response};
use server::engine::Engine;
use server::price::{Money, Rates, Usage};
use tokio::runtime::Builder;
use tokio::time::{Instant, sleep, timeout};
use wire::cascade::Frame;
use wire::row::{Object, ObjectRow, Reason, State};
use wire::run::{Limits, RunState};
use wire::tally::Tally;
use wire::wordcount::{Reply, Request};

use crate::bench::{self, BUCKET, Bench, Counted, MEMORY_MB, TIMEOUT};
use crate::faults::{Answer, crash, instead};
use crate::oracle::{self, Counts};
use crate::random::Random;

/// How many simulations to run; set it for more.
const SIMULATIONS: &str = "WORDFALL_TEST_SIMULATIONS";
const SIMULATIONS_DEFAULT: u64 = 60;
/// The first simulation's seed.
const SEED: &str = "WORDFALL_TEST_SEED";

/// The generated objects that simulations are run over.
const OBJECTS_MAX: u64 = 120;
const GENERATED_SEED: u64 = 2015;
/// Milliseconds on top of the time that a function is given: its environment's start, and stopping.
const START_MS_MAX: u64 = 200;
const STOP_MS_MAX: u64 = 98;
/// An invocation that runs when `max_seconds` are over ends this soon.
const GRACE: Duration = Duration::from_millis(500);
/// A simulated run that takes longer does not end.
const LONGEST: Duration = Duration::from_secs(24 * 3_600);

#[test]
fn no_limit_is_ever_passed() {
    let number = |name, default| std::env::var(name).map_or(default, |number| number.parse().unwrap());
    let first = number(SEED, 0);
    for seed in first..first + number(SIMULATIONS, SIMULATIONS_DEFAULT) {
        let _told = Told(seed);
        let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(simulated(seed));
    }
}

/// Says which simulation failed.
struct Told(u64);

impl Drop for Told {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("to run this simulation alone: {SEED}={} {SIMULATIONS}=1", self.0);
        }
    }
}

/// The behaviour of one simulation's functions, and what they did.
#[derive(Debug)]
struct World {
    seed: u64,
    random: Mutex<Random>,
    /// In a hundred: calls that crash, objects that never end, frames that are lost or robbed of their bill.
    crashes: u64,
    endless: u64,
    losses: u64,
    /// In a hundred: calls that use up all the time that they are given, and what stopping may take.
    idlers: u64,
    /// Milliseconds that most objects take at most.
    object_ms: u64,
    gets: AtomicU64,
    seen: Mutex<BTreeMap<u64, u64>>,
}

async fn simulated(seed: u64) {
    let mut random = Random::new(seed);
    let objects = random.below(OBJECTS_MAX) + 1;
    let generated = Generated { name: bench::bucket(), objects, seed: GENERATED_SEED };
    let config = Config {
        generated: vec![generated],
        cold_start: Duration::from_millis(random.below(START_MS_MAX)),
        account_concurrency: if random.percent(20) { 2 + random.small(5) } else { 1_000 },
        ..Config::default()
    };
    let mut bench = Bench::with(config, 1 + random.small(8), (1 + random.below(8)) << 20);
    let expected = expected().await;
    let limits = limits(&mut random);
    let concurrency = random.percent(30).then(|| 1 + random.small(4));
    let world = Arc::new(World::new(seed, random));
    let wordcount = instead(&bench.wordcount, {
        let world = Arc::clone(&world);
        move |_, handler, invocation| worked(Arc::clone(&world), handler, invocation).boxed()
    });
    bench.local.register(Function { concurrency, ..wordcount });
    bench.local.register(instead(&bench.cascade, {
        let world = Arc::clone(&world);
        move |_, handler, invocation| lossy(Arc::clone(&world), handler, invocation)
    }));
    let lambda = bench.engine.lambda.config().to_builder().interceptor(Broken(Arc::clone(&world))).build();
    let lambda = aws_sdk_lambda::Client::from_conf(lambda);
    bench.engine = Arc::new(Engine { lambda, ..(*bench.engine).clone() });
    let began = Instant::now();
    let counted = timeout(LONGEST, bench.count_within(limits)).await.expect("the run does not end");
    while bench.local.journal().running() > 0 {
        sleep(Duration::from_millis(100)).await;
    }
    check_counts(&counted, expected, limits);
    check_limits(&bench, &counted, &world, limits, began);
    bench.local.close().await;
}

fn limits(random: &mut Random) -> Limits {
    // From too little for one batch to plenty.
    let max_usd = 0.000_002 * 2_f64.powf(f64::from(random.small(1_200)) / 100.0);
    Limits {
        max_usd: random.percent(70).then_some(max_usd),
        max_objects: random.percent(20).then(|| random.below(OBJECTS_MAX)),
        max_bytes: random.percent(20).then(|| random.below(OBJECTS_MAX * 230)),
        max_seconds: random.percent(40).then(|| random.below(6)),
    }
}

/// The counts that each generated object should have.
async fn expected() -> &'static BTreeMap<String, Counts> {
    static EXPECTED: OnceLock<BTreeMap<String, Counts>> = OnceLock::new();
    if let Some(expected) = EXPECTED.get() {
        return expected;
    }
    let generated = vec![Generated { name: bench::bucket(), objects: OBJECTS_MAX, seed: GENERATED_SEED }];
    let bench = Bench::with(Config { generated, ..Config::default() }, 1, 1 << 20);
    let mut expected = BTreeMap::new();
    for number in 0..OBJECTS_MAX {
        let key = format!("part-{number:07}.txt");
        let got = bench.engine.s3.get_object().bucket(BUCKET).key(&key).send().await.unwrap();
        let bytes = got.body.collect().await.unwrap().into_bytes();
        expected.insert(key, oracle::count(&bytes, "wc"));
    }
    bench.local.close().await;
    EXPECTED.get_or_init(|| expected)
}

impl World {
    fn new(seed: u64, mut random: Random) -> Self {
        let crashes = if random.percent(50) { random.below(40) } else { 0 };
        let endless = if random.percent(50) { random.below(20) } else { 0 };
        let losses = if random.percent(40) { random.below(30) } else { 0 };
        let idlers = if random.percent(50) { random.below(101) } else { 0 };
        let object_ms = 1 + random.below(400);
        let (gets, seen) = (AtomicU64::new(0), Mutex::default());
        Self { seed, random: Mutex::new(random), crashes, endless, losses, idlers, object_ms, gets, seen }
    }

    fn draw<T>(&self, draw: impl FnOnce(&mut Random) -> T) -> T {
        draw(&mut self.random.lock().unwrap())
    }

    /// Milliseconds that an object takes, the same at every attempt.
    fn duration_ms(&self, object: &Object) -> u64 {
        let mut random = Random::new(self.seed ^ (object.n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        if random.percent(self.endless) { 1_000 + random.below(5_000) } else { random.below(self.object_ms) }
    }

    /// Those of the objects that are done in so many milliseconds, one after the other; the others; how long
    /// it takes.
    fn done_in(&self, objects: Vec<Object>, allowed_ms: u64) -> (Vec<Object>, Vec<Object>, u64) {
        let mut spent_ms = 0;
        let (done, rest): (Vec<_>, Vec<_>) = objects.into_iter().partition(|object| {
            let ms = self.duration_ms(object);
            let fits = spent_ms + ms <= allowed_ms;
            spent_ms += if fits { ms } else { 0 };
            fits
        });
        let spent_ms = if rest.is_empty() { spent_ms } else { allowed_ms };
        (done, rest, spent_ms)
    }
}

/// `wordcount` as the world has it: it keeps to its time, give or take what it takes to stop, and may crash.
async fn worked(
    world: Arc<World>,
    handler: Handler,
    invocation: Invocation,
) -> Result<Response, HandlerError> {
    let request: Request = serde_json::from_slice(&invocation.payload).unwrap();
    let sizes = request.objects.iter().map(|object| (object.n, object.size.unwrap()));
    world.seen.lock().unwrap().extend(sizes);
    let whole_ms = u64::try_from(TIMEOUT.as_millis()).unwrap() * 9 / 10;
    let allowed_ms = request.max_ms.unwrap_or(whole_ms).min(whole_ms);
    let alone = request.objects.len() == 1;
    let (done, rest, spent_ms) = world.done_in(request.objects.clone(), allowed_ms);
    let late_ms = world.draw(|random| if random.percent(30) { random.below(STOP_MS_MAX + 1) } else { 0 });
    let crashes = world.draw(|random| random.percent(world.crashes));
    let idles = world.draw(|random| random.percent(world.idlers));
    let worked_ms = if idles { allowed_ms + STOP_MS_MAX } else { spent_ms + late_ms };
    let slept_ms = if crashes { world.draw(|random| random.below(worked_ms + 1)) } else { worked_ms };
    sleep(Duration::from_millis(slept_ms)).await;
    let mut reply = counted(&world, &handler, invocation, &request, done).await;
    if crashes {
        return crash().await;
    }
    if let ([object], true) = (&rest[..], alone) {
        reply.objects.push(partial(object));
    }
    reply.remaining = rest;
    Ok(Response::Buffered(call::encoded(&reply).into()))
}

/// The reply of the real `wordcount` for these objects.
async fn counted(
    world: &World,
    handler: &Handler,
    invocation: Invocation,
    request: &Request,
    objects: Vec<Object>,
) -> Reply {
    if objects.is_empty() {
        return Reply::default();
    }
    let payload = call::encoded(&Request { objects, max_ms: None, ..request.clone() }).into();
    let Ok(Response::Buffered(bytes)) = handler(Invocation { payload, ..invocation }).await else {
        panic!("wordcount answers in one piece")
    };
    let reply: Reply = serde_json::from_slice(&bytes).unwrap();
    world.gets.fetch_add(reply.gets, Ordering::SeqCst);
    reply
}

fn partial(object: &Object) -> ObjectRow {
    ObjectRow {
        n: object.n,
        key: None,
        state: State::Partial,
        reason: Some(Reason::Deadline),
        detail: None,
        tally: Tally::default(),
        duration_ms: 0,
        etag: None,
        piece: None,
    }
}

/// `cascade`, of whose frames some are lost or come without a bill, and which may die or idle.
fn lossy(world: Arc<World>, handler: Handler, invocation: Invocation) -> Answer {
    async move {
        let request: wire::cascade::Request = serde_json::from_slice(&invocation.payload).unwrap();
        let idles = world.draw(|random| random.percent(world.idlers));
        let idle_ms = request.wait_ms.filter(|_| idles).map(|ms| ms + STOP_MS_MAX);
        let ends = Instant::now() + Duration::from_millis(idle_ms.unwrap_or_default());
        let Response::Streamed(frames) = handler(invocation).await? else { panic!("a cascade streams") };
        let killed =
            HandlerError { error_type: "Runtime.ExitError".to_owned(), message: "killed".to_owned() };
        let frames = frames.filter_map(move |frame| {
            let frame: Frame = serde_json::from_slice(&frame.unwrap()).unwrap();
            let fate = world.draw(|random| random.percent(world.losses).then(|| random.below(4)));
            let answer = match (fate, frame) {
                (None, frame) => Some(Ok(frame)),
                (Some(0), Frame::Reply { batch, reply, timing, .. }) => {
                    Some(Ok(Frame::Reply { batch, reply, billed_ms: None, timing }))
                }
                (Some(0 | 1), _) => None,
                (Some(2), _) => Some(Err(killed.clone())),
                (Some(_), _) => resume_unwind(Box::new("crashed")),
            };
            let line = |frame: Frame| {
                let mut line = serde_json::to_vec(&frame).unwrap();
                line.push(b'\n');
                line.into()
            };
            ready(answer.map(|answer| answer.map(line)))
        });
        let idle = futures_util::stream::once(tokio::time::sleep_until(ends)).filter_map(|()| ready(None));
        Ok(Response::Streamed(frames.chain(idle).boxed()))
    }
    .boxed()
}

/// A connection on which some answers to the server are lost: what it called runs on.
#[derive(Debug)]
struct Broken(Arc<World>);

impl Intercept for Broken {
    fn name(&self) -> &'static str {
        "broken connections"
    }

    fn read_after_transmit(
        &self,
        _: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        match self.0.draw(|random| random.percent(self.0.losses / 2)) {
            true => Err("the connection broke".into()),
            false => Ok(()),
        }
    }
}

/// Checks that every count shown is exact, nothing is missing, and only a limit ends a run before its time.
fn check_counts(counted: &Counted, expected: &BTreeMap<String, Counts>, limits: Limits) {
    let end = &counted.end;
    let limited = limits != Limits::default();
    let may_end = [RunState::Finished, RunState::Budget];
    assert!(may_end.contains(&end.state) && (limited || end.state == RunState::Finished), "{end:?}");
    assert_eq!(
        (end.states.total(), counted.rows.len() as u64),
        (end.progress.objects_found, end.states.total())
    );
    let total = counted.exact(expected);
    let progress = &end.progress;
    assert_eq!(
        (progress.words, progress.lines, progress.bytes_in),
        (total.words, total.lines, total.bytes_in)
    );
}

/// Checks that what the journal has as begun, dispatched and billed is within limits and in the run's
/// figures.
fn check_limits(bench: &Bench, counted: &Counted, world: &World, limits: Limits, began: Instant) {
    let (entries, progress) = (bench.local.journal().entries(), &counted.end.progress);
    let invocations = entries.len() as u64;
    let billed_ms = entries.iter().map(|entry| entry.end.as_ref().unwrap().billed_ms).sum();
    let (gets, lists) = (world.gets.load(Ordering::SeqCst), u64::from(progress.objects_found > 0));
    let billed = Usage { invocations, wordcount_ms: billed_ms, gets, lists, ..Usage::default() };
    let billed = billed.money_max(Rates::of_memory(MEMORY_MB));
    if let Some(max_usd) = limits.max_usd {
        assert!(billed <= Money::from_usd(max_usd), "{} of {max_usd} US dollars", billed.usd());
    }
    assert!(invocations <= progress.invocations, "{invocations} of {}", progress.invocations);
    if progress.cost.unreported == 0 {
        assert_eq!((invocations, billed_ms), (progress.invocations, progress.billed_ms));
    }
    let most_usd = progress.cost_usd + progress.cost.unreported_usd;
    assert!(billed.usd() <= most_usd * (1.0 + 1e-9), "{} billed, {most_usd} told", billed.usd());
    assert!((progress.cost.total_usd() - progress.cost_usd).abs() < f64::EPSILON);
    let seen = world.seen.lock().unwrap();
    assert!(seen.len() as u64 <= limits.max_objects.unwrap_or(u64::MAX), "{} objects", seen.len());
    let bytes: u64 = seen.values().sum();
    assert!(bytes <= limits.max_bytes.unwrap_or(u64::MAX), "{bytes} bytes");
    let Some(seconds) = limits.max_seconds else { return };
    let limit = began + Duration::from_secs(seconds);
    for entry in entries {
        assert!(entry.started <= limit, "{entry:?} began after {limit:?}");
        let ended = entry.end.unwrap().ended;
        assert!(ended <= limit + GRACE, "an invocation ended {:?} after {seconds} s", ended - limit);
    }
}
