//! Writable buckets: conditional puts, durability, checksums.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;

use crate::stand_in::{REACHES, StandIn};

fn put(s3: &Client, key: &str, body: &str) -> PutObjectFluentBuilder {
    s3.put_object().bucket("notes").key(key).body(body.as_bytes().to_vec().into())
}

async fn read(s3: &Client, key: &str) -> Vec<u8> {
    let object = s3.get_object().bucket("notes").key(key).send().await.unwrap();
    object.body.collect().await.unwrap().to_vec()
}

#[tokio::test]
async fn what_was_put_is_there_after_a_restart() {
    let stand_in = StandIn::new();
    let s3 = stand_in.s3();
    put(&s3, "runs/1/run.json", "first").send().await.unwrap();
    put(&s3, "runs/1/run.json", "second").content_type("application/json").send().await.unwrap();
    put(&s3, "../<hostile>\n", "third").send().await.unwrap();
    put(&s3, "gone", "x").send().await.unwrap();
    s3.delete_object().bucket("notes").key("gone").send().await.unwrap();
    let leftover = stand_in.directory.path().join("notes/00000000000000ff.part");
    std::fs::write(&leftover, "half").unwrap();
    let stand_in = stand_in.restarted();
    let s3 = stand_in.s3();
    assert_eq!(read(&s3, "runs/1/run.json").await, b"second");
    assert_eq!(read(&s3, "../<hostile>\n").await, b"third");
    let head = s3.head_object().bucket("notes").key("runs/1/run.json").send().await.unwrap();
    assert_eq!(head.content_type(), Some("application/json"));
    assert!(s3.head_object().bucket("notes").key("gone").send().await.is_err());
    assert!(!leftover.exists());
}

#[tokio::test]
async fn a_damaged_file_is_no_object() {
    let stand_in = StandIn::new();
    put(&stand_in.s3(), "key", "body").send().await.unwrap();
    let notes = stand_in.directory.path().join("notes");
    let file = notes.read_dir().unwrap().next().unwrap().unwrap().path();
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[1..]).unwrap();
    let stand_in = stand_in.restarted();
    let s3 = stand_in.s3();
    let page = s3.list_objects_v2().bucket("notes").send().await.unwrap();
    assert_eq!(page.key_count(), Some(0));
}

#[tokio::test]
async fn conditional_puts_let_one_writer_win() {
    let stand_in = StandIn::new();
    for reach in REACHES {
        let (s3, _) = stand_in.clients(reach).await;
        let key = format!("{reach:?}");
        let first = put(&s3, &key, "one").if_none_match("*").send().await.unwrap();
        let again = put(&s3, &key, "two").if_none_match("*").send().await.unwrap_err();
        assert_eq!(again.code(), Some("PreconditionFailed"));
        put(&s3, &key, "three").if_match(first.e_tag().unwrap()).send().await.unwrap();
        let stale = put(&s3, &key, "four").if_match(first.e_tag().unwrap()).send().await.unwrap_err();
        assert_eq!(stale.code(), Some("PreconditionFailed"));
        assert_eq!(read(&s3, &key).await, b"three");
    }
    let missing = put(&stand_in.s3(), "nowhere", "x").if_match("\"e\"").send().await.unwrap_err();
    assert_eq!(missing.code(), Some("NoSuchKey"));
}

#[tokio::test]
async fn of_many_writers_at_once_one_creates() {
    let stand_in = StandIn::new();
    let s3 = stand_in.s3();
    let writers = (0..16).map(|_| put(&s3, "key", "x").if_none_match("*").send());
    let created = futures_util::future::join_all(writers).await.into_iter().filter(Result::is_ok).count();
    assert_eq!(created, 1);
}

#[tokio::test]
async fn a_body_that_is_not_what_its_checksum_says_is_refused() {
    let stand_in = StandIn::new();
    let s3 = stand_in.s3();
    let wrong = put(&s3, "key", "body").content_md5("1B2M2Y8AsgTpgAmY7PhCfg==").send().await.unwrap_err();
    assert_eq!(wrong.code(), Some("BadDigest"));
    let wrong = put(&s3, "key", "body").checksum_crc32("AAAAAA==").send().await.unwrap_err();
    assert_eq!(wrong.code(), Some("BadDigest"));
    assert!(s3.head_object().bucket("notes").key("key").send().await.is_err());
}

#[tokio::test]
async fn a_large_object_is_written_and_read_back() {
    let stand_in = StandIn::new();
    let s3 = stand_in.s3();
    let body = "0123456789abcdef".repeat(300_000);
    let answer = put(&s3, "large", &body).send().await.unwrap();
    assert_eq!(read(&s3, "large").await, body.as_bytes());
    let head = s3.head_object().bucket("notes").key("large").send().await.unwrap();
    assert_eq!(head.e_tag(), answer.e_tag());
}
