use std::fmt::Write as _;

use serde::Deserialize;

use crate::{Input, Page, Result};

/// Runs one function of a page, `getStaticPaths`, `getStaticProps` or `render`, on the JSON that
/// wisr would send, and gives what wisr would receive. The exports of the module are this function,
/// so that a test on the author's machine goes the same way as a page in the sandbox.
pub fn call<P: Page>(function: &str, input: &[u8]) -> Result<Vec<u8>> {
    match function {
        "getStaticPaths" => P::paths(&decode(function, input)?)?.encode(),
        "getStaticProps" => P::props(&decode(function, input)?)?.encode(),
        "render" => {
            #[derive(Deserialize)]
            struct Rendered<P> {
                props: P,
            }
            let Rendered { props } = decode::<Rendered<P::Props>>(function, input)?;
            let mut body = Vec::new();
            P::render(&decode::<Input>(function, input)?, props, &mut body)?;
            Ok(body)
        }
        _ => Err(format!("no function is named {:?}", function).into()),
    }
}

/// Reads a function's input. An error here is most often a type of props whose JSON does not read
/// back into it.
fn decode<'a, T: Deserialize<'a>>(function: &str, input: &'a [u8]) -> Result<T> {
    serde_json::from_slice(input).map_err(|error| format!("input of {}: {}", function, error).into())
}

/// Tells an error and its sources, which many errors leave out of their own text.
#[cfg_attr(not(target_arch = "wasm32"), allow(dead_code))]
pub(crate) fn describe(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let cause = error.to_string();
        if !text.contains(&cause) {
            let _ = write!(text, ": {}", cause);
        }
        source = error.source();
    }
    if text.is_empty() {
        text.push_str("an error without a text");
    }
    text
}
