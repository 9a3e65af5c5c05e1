//! GetObject and HeadObject.

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

use crate::stand_in::{REACHES, StandIn};

/// More than one chunk, so that the body streams.
fn large() -> Vec<u8> {
    (0..1_000_003_u32).flat_map(u32::to_le_bytes).collect()
}

#[tokio::test]
async fn an_object_comes_back_whole_however_large() {
    let stand_in = StandIn::new();
    stand_in.write("large", large());
    stand_in.write("small", "abc");
    stand_in.write("empty", "");
    for reach in REACHES {
        let (s3, _) = stand_in.clients(reach).await;
        for (key, expected) in [("large", large()), ("small", b"abc".to_vec()), ("empty", Vec::new())] {
            let object = s3.get_object().bucket("docs").key(key).send().await.unwrap();
            assert_eq!(object.content_length(), Some(expected.len() as i64));
            assert!(object.last_modified().is_some());
            let bytes = object.body.collect().await.unwrap().into_bytes();
            assert!(bytes == expected, "{key} by {reach:?}");
        }
    }
}

#[tokio::test]
async fn a_range_is_cut_out_of_the_object() {
    let stand_in = StandIn::new();
    stand_in.write("small", "0123456789");
    stand_in.write("large", large());
    let s3 = stand_in.s3();
    for (range, expected) in [
        ("bytes=2-4", "234"),
        ("bytes=8-", "89"),
        ("bytes=-3", "789"),
        ("bytes=-99", "0123456789"),
        ("bytes=5-99", "56789"),
    ] {
        let object = s3.get_object().bucket("docs").key("small").range(range).send().await.unwrap();
        let content_range = object.content_range().unwrap().to_owned();
        assert!(content_range.ends_with("/10"), "{content_range}");
        assert_eq!(object.body.collect().await.unwrap().into_bytes(), expected);
    }
    let object =
        s3.get_object().bucket("docs").key("large").range("bytes=300000-900000").send().await.unwrap();
    assert_eq!(object.body.collect().await.unwrap().into_bytes(), large()[300_000..=900_000]);
}

#[tokio::test]
async fn a_range_behind_the_end_is_416() {
    let stand_in = StandIn::new();
    stand_in.write("small", "0123456789");
    stand_in.write("empty", "");
    for (key, range) in
        [("small", "bytes=10-"), ("small", "bytes=-0"), ("empty", "bytes=0-"), ("empty", "bytes=-1")]
    {
        let refused =
            stand_in.s3().get_object().bucket("docs").key(key).range(range).send().await.unwrap_err();
        assert_eq!(refused.code(), Some("InvalidRange"), "{key} {range}");
        assert_eq!(refused.raw_response().unwrap().status().as_u16(), 416);
    }
}

#[tokio::test]
async fn conditions_are_held_against_the_etag() {
    let stand_in = StandIn::new();
    stand_in.write("key", "one");
    for reach in REACHES {
        let (s3, _) = stand_in.clients(reach).await;
        let head = s3.head_object().bucket("docs").key("key").send().await.unwrap();
        assert_eq!(head.content_length(), Some(3));
        let etag = head.e_tag().unwrap();
        let get = || s3.get_object().bucket("docs").key("key");
        get().if_match(etag).send().await.unwrap();
        let changed = get().if_match("\"another\"").send().await.unwrap_err();
        assert_eq!(changed.code(), Some("PreconditionFailed"));
        assert_eq!(changed.raw_response().unwrap().status().as_u16(), 412);
        let SdkError::ServiceError(known) = get().if_none_match(etag).send().await.unwrap_err() else {
            panic!("304 is an error to the SDK");
        };
        assert_eq!(known.raw().status().as_u16(), 304);
        let modified = *head.last_modified().unwrap();
        get().if_unmodified_since(modified).send().await.unwrap();
        assert!(get().if_modified_since(modified).send().await.is_err());
    }
}

#[tokio::test]
async fn a_missing_object_is_404_and_a_missing_bucket_too() {
    let stand_in = StandIn::new();
    let s3 = stand_in.s3();
    let get = s3.get_object().bucket("docs").key("nowhere").send().await.unwrap_err();
    assert_eq!(get.code(), Some("NoSuchKey"));
    let head = s3.head_object().bucket("docs").key("nowhere").send().await.unwrap_err();
    assert!(head.into_service_error().is_not_found());
    let bucket = s3.get_object().bucket("nowhere").key("key").send().await.unwrap_err();
    assert_eq!(bucket.code(), Some("NoSuchBucket"));
}

#[tokio::test]
async fn generated_objects_add_up_to_their_totals() {
    let stand_in = StandIn::new();
    let totals = stand_in.local.totals("many").unwrap();
    let s3 = stand_in.s3();
    let mut pages = s3.list_objects_v2().bucket("many").into_paginator().send();
    let mut listed_bytes = 0;
    while let Some(page) = pages.next().await {
        listed_bytes +=
            page.unwrap().contents().iter().map(|object| object.size().unwrap() as u64).sum::<u64>();
    }
    assert_eq!(listed_bytes, totals.bytes);
    let object = s3.get_object().bucket("many").key("part-0000042.txt").send().await.unwrap();
    let length = object.content_length().unwrap() as usize;
    assert_eq!(object.body.collect().await.unwrap().into_bytes().len(), length);
}
