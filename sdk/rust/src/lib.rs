//! Pages for wisr, which serves sites whose pages are WebAssembly modules.
//!
//! A page is three functions. One says which paths exist, one gathers the data of a path, one
//! writes what the path looks like. wisr runs them in a sandbox, keeps what they made, and makes
//! it anew behind the visitors' back when it is too old. A page that fails never replaces a good
//! one.
//!
//! ```
//! use std::time::Duration;
//! use serde::{Deserialize, Serialize};
//! use wisr_page::{html, Answer, Fallback, Input, Page, Paths, PathsInput, Result};
//!
//! struct Hello;
//!
//! #[derive(Serialize, Deserialize)]
//! struct Greeting {
//!     name: String,
//! }
//!
//! impl Page for Hello {
//!     type Props = Greeting;
//!
//!     fn paths(_: &PathsInput) -> Result<Paths> {
//!         // Any other name is made when it is first asked for.
//!         Ok(Paths::new(Fallback::Blocking).path("/hello/ann"))
//!     }
//!
//!     fn props(input: &Input) -> Result<Answer<Greeting>> {
//!         let name = input.param("name").to_owned();
//!         Ok(Answer::props(Greeting { name }).revalidate(Duration::from_secs(10)))
//!     }
//!
//!     fn render(_: &Input, props: Greeting, out: &mut Vec<u8>) -> Result<()> {
//!         html!(out, "<!doctype html><title>{}</title><p>Hello!", props.name);
//!         Ok(())
//!     }
//! }
//!
//! wisr_page::page!(Hello);
//! # let out = wisr_page::call::<Hello>("render", br#"{"props":{"name":"<Ann>"}}"#).unwrap();
//! # assert_eq!(out, b"<!doctype html><title>&lt;Ann&gt;</title><p>Hello!");
//! ```
//!
//! Every generation runs in a fresh instance: a `static` lives from the data to the body of one
//! path and then is gone. An error, or a panic, fails the generation: visitors keep the page they
//! had, and wisr reports the error with the log, the panic with its stack. "There is no such
//! page" is [`Answer::not_found`], not an error.
//!
//! Tests run natively: [`call`] runs a function on the JSON that wisr would send, and
//! [`testing::Host`] answers for the host.

mod answer;
mod call;
mod fetch;
mod frame;
mod host;
mod html;
mod input;
mod log;
mod paths;

pub use answer::Answer;
pub use call::call;
pub use fetch::{fetch, fetch_all, try_fetch_all, Request, Response};
pub use html::{escape, script_json, Escaped};
pub use input::{Input, Param, PathsInput};
#[doc(hidden)]
pub use log::__log;
pub use log::Level;
pub use paths::{Fallback, Paths};

#[cfg(not(target_arch = "wasm32"))]
pub mod testing;

use serde::{de::DeserializeOwned, Deserialize, Serialize};

/// Any error fails a generation; its text and those of its sources are reported.
pub type Error = Box<dyn std::error::Error>;

/// What the functions of a page return.
pub type Result<T> = std::result::Result<T, Error>;

/// A page module: up to three functions, tied together by the type of the page's props.
///
/// Props travel as JSON between [`props`](Page::props) and [`render`](Page::render), and are what
/// the data URL of the page answers, so their fields are fit to be seen by anyone.
pub trait Page {
    /// A struct or a map: what JSON makes an object of. [`Empty`] for a page without data.
    type Props: Serialize + DeserializeOwned;

    /// Which paths a route with parameters has. It runs when the plugin is loaded and when the
    /// site is built, never while a visitor waits.
    fn paths(input: &PathsInput) -> Result<Paths> {
        Err(format!(
            "the route {:?} has parameters, so wisr asks which paths exist: add the function `paths` to the page",
            input.route
        )
        .into())
    }

    /// Gathers the data of one path.
    fn props(_input: &Input) -> Result<Answer<Self::Props>> {
        Ok(Answer::empty())
    }

    /// Writes the body of one path. What was written is dropped when it returns an error.
    fn render(input: &Input, props: Self::Props, out: &mut Vec<u8>) -> Result<()>;
}

/// The props of a page without data.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub struct Empty {}

/// Returns a value of `[config]` in `plugin.toml`, "" if it is not there.
pub fn config(key: &str) -> String {
    host::config(key)
}

/// Makes a type the page of this module: exports the functions that wisr calls.
#[macro_export]
macro_rules! page {
    ($page:ty) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            #[export_name = "getStaticPaths"]
            extern "C" fn paths() -> i32 {
                $crate::__export::<$page>("getStaticPaths")
            }
            #[export_name = "getStaticProps"]
            extern "C" fn props() -> i32 {
                $crate::__export::<$page>("getStaticProps")
            }
            #[export_name = "render"]
            extern "C" fn render() -> i32 {
                $crate::__export::<$page>("render")
            }
        };
    };
}

#[doc(hidden)]
#[cfg(target_arch = "wasm32")]
pub fn __export<P: Page>(function: &str) -> i32 {
    host::tell_panics();
    match call::<P>(function, &host::input()) {
        Ok(output) => {
            host::output(&output);
            0
        }
        Err(error) => {
            host::tell(&call::describe(error.as_ref()));
            1
        }
    }
}
