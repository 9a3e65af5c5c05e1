//! Guesses of the token: they are slowed, and lock nobody out.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::{TOKEN, bearer, guarded};
use crate::tree::Tree;

#[test]
fn wrong_tokens_are_slowed_and_the_right_one_is_let_in_among_them() {
    let tree = Tree::small_files(1);
    let site = guarded(&tree);
    let session = site.post("/login", &[("token", TOKEN)]).send().headers["set-cookie"].clone();
    let session = session.split(';').next().unwrap().to_owned();
    let (over, guessed) = (AtomicBool::new(false), AtomicU32::new(0));
    let begun = Instant::now();
    let mut admitted = Vec::new();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let (site, over, guessed) = (&site, &over, &guessed);
            scope.spawn(move || {
                let guess = format!("Bearer a-guess-of-the-token-{number}");
                while !over.load(Ordering::Relaxed) {
                    assert_eq!(site.get("/metrics").header("authorization", &guess).send().status, 401);
                    guessed.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        std::thread::sleep(Duration::from_secs(2));
        for (name, value) in [("authorization", bearer()), ("cookie", session), ("authorization", bearer())] {
            admitted.push(site.get("/metrics").header(name, &value).send().status);
        }
        over.store(true, Ordering::Relaxed);
    });
    assert_eq!(admitted, [200, 200, 200]);
    // A bound of the server's and not of this machine's: it would answer thousands.
    let (guessed, seconds) = (guessed.load(Ordering::Relaxed), begun.elapsed().as_secs_f64());
    assert!(f64::from(guessed) <= 10.0 + 20.0 * seconds + 8.0, "{guessed} guesses in {seconds} s");
}

#[test]
fn too_many_guesses_at_once_are_refused_without_a_look() {
    let tree = Tree::small_files(1);
    let site = guarded(&tree);
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let guess = || site.get("/runs").header("authorization", "Bearer a-guess-of-the-token").send();
        let guesses: Vec<_> = (0..150).map(|_| scope.spawn(move || guess().status)).collect();
        guesses.into_iter().map(|guess| guess.join().unwrap()).collect()
    });
    let refused = statuses.iter().filter(|status| **status == 429).count();
    assert!(refused > 0 && statuses.iter().all(|status| [401, 429].contains(status)), "{statuses:?}");
    let answer = site.get("/healthz").send();
    assert_eq!(answer.status, 200);
}
