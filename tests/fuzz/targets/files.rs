//! A form that a browser sends by itself, with files (RFC 7578), in pieces of any size. Whatever comes, no panic and no end
//! that does not come; names are fit to be shown; and nobody gets more bytes than were sent.
#![no_main]

use axum::body::{Body, Bytes};
use futures::{StreamExt, stream};
use headers::HeaderMap;
use libfuzzer_sys::fuzz_target;
use tutanak::web::site::files::Files;

fuzz_target!(|bytes: &[u8]| {
    let Some((piece, body)) = bytes.split_first() else { return };
    let pieces: Vec<_> = body
        .chunks(1 + usize::from(*piece))
        .map(|piece| Ok::<_, std::io::Error>(Bytes::copy_from_slice(piece)))
        .collect();
    let length = body.len();
    let body = Body::from_stream(stream::iter(pieces));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let mut files = Files::of("multipart/form-data; boundary=X", &HeaderMap::new(), body).unwrap();
        if files.token().await.is_none() {
            return;
        }
        let mut came = 0;
        while let Ok(Some(mut file)) = files.next().await {
            assert!(!file.name.is_empty() && file.name.chars().count() <= 120 && !file.name.contains(char::is_control));
            if came % 2 == 0 {
                while let Some(Ok(chunk)) = file.next().await {
                    came += chunk.len();
                }
            } else {
                file.skip(7).await;
            }
        }
        assert!(came <= length);
    });
});
