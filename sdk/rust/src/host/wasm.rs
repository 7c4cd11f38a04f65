use std::panic;

use crate::frame::Answer;
use crate::{Level, Request, Result};

/// Extism's functions. A u64 that is not a value is the handle of a block in the memory of Extism's
/// kernel; 0 is no block. `length_unsafe` is asked only about blocks that the host has just given.
mod extism {
    #[link(wasm_import_module = "extism:host/env")]
    extern "C" {
        pub fn alloc(length: u64) -> u64;
        pub fn free(block: u64);
        pub fn length_unsafe(block: u64) -> u64;
        pub fn load_u8(at: u64) -> u32;
        pub fn load_u64(at: u64) -> u64;
        pub fn store_u8(at: u64, value: u32);
        pub fn store_u64(at: u64, value: u64);
        pub fn error_set(block: u64);
        pub fn config_get(key: u64) -> u64;
        pub fn log_debug(text: u64);
        pub fn log_info(text: u64);
        pub fn log_warn(text: u64);
        pub fn log_error(text: u64);
        #[cfg(feature = "extism")]
        pub fn input_offset() -> u64;
        #[cfg(feature = "extism")]
        pub fn input_length() -> u64;
        #[cfg(feature = "extism")]
        pub fn output_set(at: u64, length: u64);
        #[cfg(feature = "extism")]
        pub fn http_request(request: u64, body: u64) -> u64;
        #[cfg(feature = "extism")]
        pub fn http_status_code() -> u32;
    }
}

// A call moves 1 or 8 bytes, and 8 are the cheaper by far: the last 8 overlap those before, and
// only what is shorter goes singly.
const WORD: usize = 8;

/// Makes a block with a copy of the bytes. It is 0 for none of them, and without room.
fn give(bytes: &[u8]) -> u64 {
    if bytes.is_empty() {
        return 0;
    }
    // SAFETY: the host checks every address; its memory is not this module's.
    unsafe {
        let block = extism::alloc(bytes.len() as u64);
        if block == 0 {
            return 0;
        }
        if bytes.len() < WORD {
            for (at, byte) in bytes.iter().enumerate() {
                extism::store_u8(block + at as u64, u32::from(*byte));
            }
            return block;
        }
        let put = |at: usize| {
            let mut word = [0; WORD];
            word.copy_from_slice(&bytes[at..at + WORD]);
            extism::store_u64(block + at as u64, u64::from_le_bytes(word));
        };
        (0..bytes.len() / WORD).for_each(|n| put(n * WORD));
        put(bytes.len() - WORD);
        block
    }
}

fn load(from: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    // SAFETY: as in give.
    unsafe {
        if length < WORD {
            for (at, byte) in bytes.iter_mut().enumerate() {
                *byte = extism::load_u8(from + at as u64) as u8;
            }
            return bytes;
        }
        let mut get = |at: usize| {
            let word = extism::load_u64(from + at as u64).to_le_bytes();
            bytes[at..at + WORD].copy_from_slice(&word);
        };
        (0..length / WORD).for_each(|n| get(n * WORD));
        get(length - WORD);
    }
    bytes
}

/// Copies a block that the host gave, and frees it.
fn take(block: u64) -> Vec<u8> {
    if block == 0 {
        return Vec::new();
    }
    // SAFETY: as in give.
    unsafe {
        let bytes = load(block, extism::length_unsafe(block) as usize);
        extism::free(block);
        bytes
    }
}

pub(crate) fn config(key: &str) -> String {
    let block = give(key.as_bytes());
    // SAFETY: as in give.
    let value = take(unsafe { extism::config_get(block) });
    unsafe { extism::free(block) };
    String::from_utf8_lossy(&value).into_owned()
}

pub(crate) fn log(level: Level, text: &str) {
    let block = give(text.as_bytes()); // the host frees it
    if block == 0 {
        return;
    }
    // SAFETY: as in give.
    unsafe {
        match level {
            Level::Debug => extism::log_debug(block),
            Level::Info => extism::log_info(block),
            Level::Warn => extism::log_warn(block),
            Level::Error => extism::log_error(block),
        }
    }
}

/// Tells why the running call fails.
pub(crate) fn tell(reason: &str) {
    // SAFETY: as in give.
    unsafe { extism::error_set(give(reason.as_bytes())) };
}

/// Lets a panic tell its text and its place before it becomes a trap, which has the stack.
pub(crate) fn tell_panics() {
    panic::set_hook(Box::new(|info| {
        let text = match (info.payload().downcast_ref::<&str>(), info.payload().downcast_ref::<String>()) {
            (Some(text), _) => text,
            (_, Some(text)) => text.as_str(),
            _ => "of an unknown type",
        };
        let place = info.location().map_or_else(String::new, |at| format!(" at {}", at));
        tell(&format!("panic: {}{}", text, place));
    }));
}

#[cfg(not(feature = "extism"))]
mod direct {
    use super::*;
    use crate::frame;

    /// wisr's own functions: they copy from and to this module's memory.
    mod wisr {
        #[link(wasm_import_module = "wisr")]
        extern "C" {
            pub fn input_read(at: *mut u8, size: usize) -> usize;
            pub fn output_write(at: *const u8, size: usize);
            pub fn fetch_all(at: *const u8, size: usize) -> usize;
            pub fn fetch_read(at: *mut u8, size: usize) -> usize;
        }
    }

    pub(crate) fn input() -> Vec<u8> {
        // SAFETY: the host writes at most as many bytes as it is told.
        unsafe {
            let mut bytes = vec![0; wisr::input_read(std::ptr::null_mut(), 0)];
            wisr::input_read(bytes.as_mut_ptr(), bytes.len());
            bytes
        }
    }

    pub(crate) fn output(bytes: &[u8]) {
        // SAFETY: the host only reads.
        unsafe { wisr::output_write(bytes.as_ptr(), bytes.len()) };
    }

    pub(crate) fn exchange(requests: &[Request]) -> Result<Vec<Answer>> {
        let frame = frame::encode(requests)?;
        // SAFETY: as in input.
        let answers = unsafe {
            let mut bytes = vec![0; wisr::fetch_all(frame.as_ptr(), frame.len())];
            wisr::fetch_read(bytes.as_mut_ptr(), bytes.len());
            bytes
        };
        frame::decode(&answers, requests.len())
    }
}
#[cfg(not(feature = "extism"))]
pub(crate) use direct::*;

#[cfg(feature = "extism")]
mod by_kernel {
    use super::*;
    use crate::Response;

    pub(crate) fn input() -> Vec<u8> {
        // SAFETY: as in give.
        unsafe { load(extism::input_offset(), extism::input_length() as usize) }
    }

    pub(crate) fn output(bytes: &[u8]) {
        // SAFETY: as in give.
        unsafe { extism::output_set(give(bytes), bytes.len() as u64) };
    }

    /// Makes the requests one after the other; the host ends the generation if one has no answer.
    pub(crate) fn exchange(requests: &[Request]) -> Result<Vec<Answer>> {
        let mut answers = Vec::with_capacity(requests.len());
        for r in requests {
            let text = serde_json::json!({ "method": r.method, "url": r.url, "headers": r.headers }).to_string();
            // SAFETY: as in give.
            let (body, status) = unsafe {
                let answer = extism::http_request(give(text.as_bytes()), give(&r.body));
                (take(answer), extism::http_status_code() as u16)
            };
            answers.push(Ok(Response { status, body, ..Response::default() }));
        }
        Ok(answers)
    }
}
#[cfg(feature = "extism")]
pub(crate) use by_kernel::*;
