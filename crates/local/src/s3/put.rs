//! PUT of an object: its body streams into a draft, which becomes the object at the end.

use std::time::SystemTime;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use s3s::dto::{ETag, PutObjectInput, PutObjectOutput, StreamingBlob};
use s3s::{S3Error, S3Request, S3Result, s3_error};
use tokio::task::spawn_blocking;

use super::checksum::{Checksums, Expected};
use super::condition::WriteConditions;
use super::draft::Draft;
use super::footer::Footer;
use super::stat::Stat;
use super::store::{Store, Stored};

/// Bytes gathered before they are written.
const WRITE_BYTES: usize = 1024 * 1024;

pub(crate) async fn put_object(
    store: &Store,
    request: S3Request<PutObjectInput>,
) -> S3Result<PutObjectOutput> {
    let S3Request { mut input, headers, trailing_headers, .. } = request;
    let expected = Expected::new(&input, headers, trailing_headers);
    let body = input.body.take();
    let upload = Upload { checksums: Checksums::new(&expected), draft: draft(store).await? };
    let (upload, rest) = upload.receive(body).await?;
    let store = store.clone();
    let etag = spawn_blocking(move || upload.finish(&rest, &store, input, &expected)).await;
    let etag = etag.map_err(S3Error::internal_error)??;
    Ok(PutObjectOutput { e_tag: Some(ETag::Strong(etag)), ..PutObjectOutput::default() })
}

async fn draft(store: &Store) -> S3Result<Draft> {
    let store = store.clone();
    let draft = spawn_blocking(move || store.draft()).await.map_err(S3Error::internal_error)?;
    draft.map_err(S3Error::internal_error)
}

/// A body on its way to the disk.
struct Upload {
    draft: Draft,
    checksums: Checksums,
}

impl Upload {
    /// Writes the body but for its last bytes, which are given back.
    async fn receive(mut self, body: Option<StreamingBlob>) -> S3Result<(Self, Bytes)> {
        let mut gathered = BytesMut::new();
        let Some(mut body) = body else { return Ok((self, Bytes::new())) };
        while let Some(bytes) = body.next().await {
            let bytes = bytes.map_err(|error| s3_error!(IncompleteBody, "{error}"))?;
            gathered.extend_from_slice(&bytes);
            if gathered.len() >= WRITE_BYTES {
                let bytes = gathered.split().freeze();
                let written = spawn_blocking(move || self.write(&bytes).map(|()| self)).await;
                self = written.map_err(S3Error::internal_error)??;
            }
        }
        Ok((self, gathered.freeze()))
    }

    fn write(&mut self, bytes: &[u8]) -> S3Result<()> {
        self.checksums.update(bytes);
        self.draft.write(bytes).map_err(S3Error::internal_error)
    }

    fn finish(
        mut self,
        rest: &[u8],
        store: &Store,
        input: PutObjectInput,
        expected: &Expected,
    ) -> S3Result<String> {
        self.write(rest)?;
        let sums = self.checksums.finish();
        sums.check(expected)?;
        let mut draft = self.draft;
        let stat = Stat { size: draft.size(), modified: SystemTime::now().into(), etag: sums.etag.clone() };
        let stored = Stored::new(&draft, stat.clone(), input.content_type.clone());
        let footer = Footer { key: input.key.clone(), stat, content_type: input.content_type };
        let footer = footer.to_bytes().map_err(S3Error::internal_error)?;
        draft.finish(&footer).map_err(S3Error::internal_error)?;
        let conditions = WriteConditions { if_match: input.if_match, if_none_match: input.if_none_match };
        store.commit(input.key, draft, stored, &conditions)?;
        Ok(sums.etag)
    }
}
