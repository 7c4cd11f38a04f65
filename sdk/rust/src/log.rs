use std::fmt;

/// How grave a line of the log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

#[doc(hidden)]
pub fn __log(level: Level, text: fmt::Arguments<'_>) {
    crate::host::log(level, &text.to_string());
}

/// Writes a line to the log of this generation, which wisr shows with the plugin's name, and
/// together with the failure when the generation fails.
#[macro_export]
macro_rules! debug {
    ($($format:tt)*) => { $crate::__log($crate::Level::Debug, ::std::format_args!($($format)*)) };
}

/// Does what [`debug!`] does, at level info.
#[macro_export]
macro_rules! info {
    ($($format:tt)*) => { $crate::__log($crate::Level::Info, ::std::format_args!($($format)*)) };
}

/// Does what [`debug!`] does, at level warning.
#[macro_export]
macro_rules! warn {
    ($($format:tt)*) => { $crate::__log($crate::Level::Warn, ::std::format_args!($($format)*)) };
}

/// Does what [`debug!`] does, at level error. It does not make the generation fail: a function does
/// that by returning an error.
#[macro_export]
macro_rules! error {
    ($($format:tt)*) => { $crate::__log($crate::Level::Error, ::std::format_args!($($format)*)) };
}
