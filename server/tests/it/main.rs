//! The program as its users see it: the command line, the site over HTTP, and runs that are stopped or meet
//! faults. No mocks: the real SDK against the emulator of AWS, in this process or in the built binary.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its own functions included")]

// What a user does.
mod access;
mod agreed;
mod anatomy;
mod audience;
mod aws_settings;
mod browsed;
mod chosen;
mod compared;
mod connections;
mod count;
mod count_refused;
mod detailed;
mod doors;
mod doors_guarded;
mod doors_started;
mod events;
mod files;
mod filters;
mod legacy;
mod metrics;
mod mounted;
mod output;
mod private;
mod ready;
mod remote;
mod retried;
mod secrets;
mod shared;
mod shared_at_scale;
mod strangers;
mod telemetry;
mod terminal;
mod traced;
mod unlisted;
mod watched;
// What must hold whatever happens.
mod bombs;
mod faults;
mod faults_at_random;
mod faults_planned;
mod hung;
mod killed;
mod limits;
mod limits_at_random;
mod listings;
mod pushed_back;
mod repeated;
mod rest;
mod resumed;
mod scale;
mod stopping;
mod taken;
mod torn;
mod viewers;
// What the tests are made of.
mod bench;
mod http;
mod odd_store;
mod oracle;
mod program;
mod random;
mod scrape;
mod several;
mod site;
mod sse;
mod tree;
