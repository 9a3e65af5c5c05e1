//! Functions that misbehave in any order: whatever is shown as counted is exact, and nothing goes missing.

use std::time::Duration;

use futures_util::{FutureExt, StreamExt};
use local::{Function, Handler, HandlerError, Invocation, Response};
use proptest::collection::vec;
use proptest::prelude::*;
use tokio::runtime::Builder;

use crate::bench::Bench;
use crate::faults::{Answer, changed, crash, instead, objects};
use crate::tree::Tree;

/// The behaviour of one call of `wordcount`.
#[derive(Clone, Copy, Debug)]
enum Fault {
    None,
    Crash,
    CrashWithAnOpenObject,
    Error,
    Hang,
    Unreadable,
    Omits,
    Twice,
    Unasked,
    WrongNumbers,
    NewerVersion,
}

fn fault() -> impl Strategy<Value = Fault> {
    use Fault::*;
    let faults = [
        Crash,
        CrashWithAnOpenObject,
        Error,
        Hang,
        Unreadable,
        Omits,
        Twice,
        Unasked,
        WrongNumbers,
        NewerVersion,
    ];
    prop_oneof![2 => Just(None), 3 => proptest::sample::select(faults.to_vec())]
}

fn answer(fault: Fault, handler: &Handler, invocation: Invocation) -> Answer {
    match fault {
        Fault::None => handler(invocation),
        Fault::Crash => crash(),
        Fault::CrashWithAnOpenObject => {
            invocation.log.line(&format!("open {}", objects(&invocation)[0].n));
            crash()
        }
        Fault::Error => async { Err(killed()) }.boxed(),
        Fault::Hang => std::future::pending().boxed(),
        Fault::Unreadable => async { Ok(Response::Buffered("{".into())) }.boxed(),
        Fault::Omits => changed(handler, invocation, |reply| reply.objects.truncate(reply.objects.len() / 2)),
        Fault::Twice => changed(handler, invocation, |reply| reply.objects.extend(reply.objects.clone())),
        Fault::Unasked => changed(handler, invocation, |reply| {
            let mut row = reply.objects[0].clone();
            row.n = row.n.wrapping_sub(1);
            row.tally.words = 1_000_000;
            if reply.objects.iter().all(|asked| asked.n != row.n) {
                reply.objects.push(row);
            }
        }),
        Fault::WrongNumbers => {
            changed(handler, invocation, |reply| reply.objects.iter_mut().for_each(|row| row.n += 1_000_000))
        }
        Fault::NewerVersion => changed(handler, invocation, |reply| reply.v = u32::MAX),
    }
}

fn killed() -> HandlerError {
    HandlerError { error_type: "Runtime.ExitError".to_owned(), message: "killed".to_owned() }
}

/// `cascade`, of which call number i answers only so many frames.
fn dying(real: &Function, frames_max: Vec<Option<usize>>) -> Function {
    instead(real, move |call, handler, invocation| {
        let frames_max = frames_max.get(call).copied().flatten();
        async move {
            match (handler(invocation).await?, frames_max) {
                (Response::Streamed(frames), Some(frames_max)) => {
                    let end = futures_util::stream::once(async { Err(killed()) });
                    Ok(Response::Streamed(frames.take(frames_max).chain(end).boxed()))
                }
                (response, _) => Ok(response),
            }
        }
        .boxed()
    })
}

async fn counted(faults: Vec<Fault>, frames_max: Vec<Option<usize>>, concurrency: Option<u32>) {
    let mut tree = Tree::small_files(40);
    tree.add("log.gz", crate::tree::gzip(&crate::tree::text(50_000)));
    let bench = Bench::on(&tree, 8, 6);
    let faulty = instead(&bench.wordcount, move |call, handler, invocation| {
        let fault = faults.get(call).copied().unwrap_or(Fault::None);
        async move {
            tokio::time::sleep(Duration::from_millis(10)).await;
            answer(fault, &handler, invocation).await
        }
        .boxed()
    });
    bench.local.register(Function { concurrency, ..faulty });
    bench.local.register(dying(&bench.cascade, frames_max));
    let uncounted = bench.count().await.check(&tree.counts("wc"));
    assert!(uncounted.values().all(|why| ["failed function", "failed unreachable"].contains(&why.as_str())));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_functions_do_totals_are_exact_and_every_object_is_accounted_for(
        faults in vec(fault(), 0..24),
        frames_max in vec(proptest::option::weighted(0.3, 0..3_usize), 0..8),
        concurrency in proptest::option::weighted(0.3, 1..4_u32),
    ) {
        let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(counted(faults, frames_max, concurrency));
    }
}
