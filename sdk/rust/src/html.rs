use std::fmt::{self, Display, Write};

use serde::Serialize;

/// Escapes a value for HTML, between tags and in quoted attributes, when it is displayed:
///
/// ```
/// assert_eq!(format!("<p>{}", wisr_page::escape("<é>")), "<p>&lt;é&gt;");
/// ```
pub fn escape<T: Display>(value: T) -> Escaped<T> {
    Escaped(value)
}

/// A value that is escaped for HTML when it is displayed; see [`escape`].
#[derive(Clone, Copy, Debug)]
pub struct Escaped<T>(T);

impl<T: Display> Display for Escaped<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaper(f), "{}", self.0)
    }
}

struct Escaper<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl Write for Escaper<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut from = 0;
        for (at, byte) in text.bytes().enumerate() {
            let instead = match byte {
                b'&' => "&amp;",
                b'<' => "&lt;",
                b'>' => "&gt;",
                b'"' => "&#34;",
                b'\'' => "&#39;",
                _ => continue,
            };
            self.0.write_str(&text[from..at])?;
            self.0.write_str(instead)?;
            from = at + 1;
        }
        self.0.write_str(&text[from..])
    }
}

/// Writes HTML to what [`Page::render`](crate::Page::render) got, as `write!` does, and escapes
/// every value. `write!` itself is for what is HTML already.
///
/// ```
/// # let mut out = Vec::new();
/// wisr_page::html!(out, "<a href=\"{}\">{}</a>", "/a?b&c", "<é>");
/// assert_eq!(String::from_utf8(out).unwrap(), "<a href=\"/a?b&amp;c\">&lt;é&gt;</a>");
/// ```
///
/// Values stand behind the format; variables within it do not compile:
///
/// ```compile_fail
/// # let (mut out, name) = (Vec::new(), "<b>");
/// wisr_page::html!(out, "<p>{name}");
/// ```
#[macro_export]
macro_rules! html {
    ($out:expr, $format:literal $(, $value:expr)* $(,)?) => {{
        use ::std::io::Write as _;
        // Writing to a Vec cannot fail.
        // concat keeps a format from naming variables, which would not be escaped.
        let _ = $out.write_fmt(::std::format_args!(::std::concat!($format) $(, $crate::escape(&$value))*));
    }};
}

/// Gives the JSON of a value, fit for the inside of a `<script>`: no text in it ends the script.
pub fn script_json<T: Serialize + ?Sized>(value: &T) -> crate::Result<String> {
    let json = serde_json::to_string(value)?;
    if !json.contains(&['<', '>', '&'][..]) {
        return Ok(json);
    }
    Ok(json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026"))
}
