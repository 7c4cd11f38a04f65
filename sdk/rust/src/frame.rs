//! Requests and answers as they travel: four bytes, little-endian, with the length of a JSON
//! array; the array; and the bodies of its members, one after the other.
#![cfg_attr(any(not(target_arch = "wasm32"), feature = "extism"), allow(dead_code))]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Request, Response, Result};

/// An answer, or why there is none.
pub(crate) type Answer = std::result::Result<Response, String>;

#[derive(Serialize)]
struct Asked<'a> {
    method: &'a str,
    url: &'a str,
    headers: &'a BTreeMap<String, String>,
    body: usize,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Answered {
    status: u16,
    headers: BTreeMap<String, String>,
    body: usize,
    error: String,
}

pub(crate) fn encode(requests: &[Request]) -> Result<Vec<u8>> {
    let members: Vec<_> = requests
        .iter()
        .map(|r| Asked { method: &r.method, url: &r.url, headers: &r.headers, body: r.body.len() })
        .collect();
    let array = serde_json::to_vec(&members)?;
    let mut frame = (array.len() as u32).to_le_bytes().to_vec();
    frame.extend_from_slice(&array);
    for request in requests {
        frame.extend_from_slice(&request.body);
    }
    Ok(frame)
}

pub(crate) fn decode(frame: &[u8], count: usize) -> Result<Vec<Answer>> {
    split(frame, count).ok_or_else(|| "fetch: the host's answer is broken".into())
}

fn split(frame: &[u8], count: usize) -> Option<Vec<Answer>> {
    let size = u32::from_le_bytes(frame.get(..4)?.try_into().ok()?) as usize;
    let members: Vec<Answered> = serde_json::from_slice(frame[4..].get(..size)?).ok()?;
    let mut bodies = &frame[4 + size..];
    let mut answers = Vec::with_capacity(count);
    for member in members {
        let body = bodies.get(..member.body)?;
        bodies = &bodies[member.body..];
        answers.push(if member.error.is_empty() {
            Ok(Response { status: member.status, headers: member.headers, body: body.to_vec() })
        } else {
            Err(cause(&member.error).to_owned())
        });
    }
    (answers.len() == count).then_some(answers)
}

/// Returns an error of the host without the request, "GET https://…: ", which the page knows.
fn cause(text: &str) -> &str {
    text.split_once(": ").map_or(text, |(_, after)| after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_holds_requests_and_their_bodies() {
        let requests = [Request::get("http://a/"), Request::post("http://b/", "é").header("X-A", "b")];
        let frame = encode(&requests).unwrap();
        let array = concat!(
            r#"[{"method":"GET","url":"http://a/","headers":{},"body":0},"#,
            r#"{"method":"POST","url":"http://b/","headers":{"X-A":"b"},"body":2}]"#
        );
        assert_eq!(frame[..4], (array.len() as u32).to_le_bytes());
        assert_eq!(&frame[4..], [array, "é"].concat().as_bytes());
    }

    #[test]
    fn answers_are_told_apart_from_failures() {
        let array =
            br#"[{"status":200,"headers":{"x":"y"},"body":2},{"error":"GET http://b: slow"},{"status":404,"body":1}]"#;
        let mut frame = (array.len() as u32).to_le_bytes().to_vec();
        frame.extend_from_slice(array);
        frame.extend_from_slice(b"abc");
        let answers = decode(&frame, 3).unwrap();
        assert_eq!(answers[0].as_ref().unwrap().body, b"ab");
        assert_eq!(answers[0].as_ref().unwrap().headers["x"], "y");
        assert_eq!(answers[1].as_ref().unwrap_err(), "slow");
        assert_eq!(answers[2].as_ref().unwrap().status, 404);
    }

    #[test]
    fn a_broken_frame_is_an_error() {
        for frame in [&b""[..], b"\x09\0\0\0[", b"\x02\0\0\0[]", b"\x0c\0\0\0[{\"body\":9}]"] {
            assert!(decode(frame, 1).is_err(), "{:?}", frame);
        }
    }
}
