//! Comparisons whose readers are slow: they hold up nobody, and their number is bounded.

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt};
use server::changes::{Compared, portions};
use server::run::Sees;
use server::runs::Runs;
use wire::api::StartRun;
use wire::error::ErrorCode;

use crate::bench::until;
use crate::several::Shared;
use crate::tree::Tree;

/// More changes than a comparison looks for at a time.
const OBJECTS: usize = 1_100;

async fn counted(runs: &Runs, prefix: &str) -> String {
    let form = StartRun { prefix: Some(prefix.to_owned()), ..StartRun::default() };
    let id = runs.start(&form).await.unwrap().id;
    let run = runs.get(&id).await.unwrap();
    until("the run's end", || run.is_over() && run.is_kept()).await;
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn comparisons_that_nobody_reads_keep_nobody_from_comparing_and_are_bounded() {
    let mut tree = Tree::small_files(OBJECTS);
    let shared = Shared::on(&tree, Duration::ZERO);
    let runs = shared.server(true);
    let before = counted(&runs, "").await;
    for key in tree.keys() {
        tree.add(&key, "all of it is another text");
    }
    let after = counted(&runs, "").await;
    let compared = || runs.compared(&after, Some(&before), Sees::One);
    let mut unread: Vec<_> = Vec::new();
    let is_open = |compared: Compared| Box::pin(portions(compared));
    for _ in 0..3 {
        let mut comparison = is_open(compared().await.unwrap());
        assert_eq!(comparison.next().await.unwrap().unwrap().changes.len(), 1_000);
        unread.push(comparison);
    }
    let changes = runs.changes(&after, Some(&before), Sees::One).await.unwrap();
    assert_eq!((changes.changed, changes.unchanged), (OBJECTS as u64, 0));
    unread.push(is_open(compared().await.unwrap()));
    assert_eq!(compared().await.unwrap_err().code, ErrorCode::Busy);
    assert!(runs.compared(&before, Some(&after), Sees::One).await.is_ok(), "another run has its own share");
    let rest: Vec<_> = unread.remove(0).try_collect().await.unwrap();
    assert_eq!(rest.iter().map(|portion| portion.changes.len()).sum::<usize>(), OBJECTS - 1_000);
    assert!(compared().await.is_ok());
}
