//! A page that does what the parameter "do" of its path says, called as wisr calls it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use wisr_page::testing::Host;
use wisr_page::{
    call, html, Answer, Empty, Fallback, Input, Level, Page, Paths, PathsInput, Request, Response, Result,
};

struct Doer;

#[derive(Debug, Serialize, Deserialize)]
struct Props {
    text: String,
    #[serde(default)]
    number: f64,
}

impl Page for Doer {
    type Props = Props;

    fn paths(input: &PathsInput) -> Result<Paths> {
        if input.cursor == "2" {
            return Ok(Paths::new(Fallback::True));
        }
        Ok(Paths::new(Fallback::False)
            .path("/do/plain")
            .params([("do", "é ☃")])
            .params_in("fr", [("path", vec!["a", "b"])])
            .cursor("2"))
    }

    fn props(input: &Input) -> Result<Answer<Props>> {
        let text = match input.param("do") {
            "missing" => return Ok(Answer::not_found().revalidate(Duration::from_secs(60))),
            "redirect" => return Ok(Answer::redirect("/a?b=1&c", 301).without_base_path()),
            "error" => return Err(std::fs::read("/no/such/file").map_err(Wrapped).unwrap_err().into()),
            "fetch" => {
                let answers = wisr_page::try_fetch_all(&[
                    Request::get("http://a/1"),
                    Request::get("http://hangup/?key=hunter2"),
                    Request::post("http://b/", "é").header("X-A", "b"),
                ])?;
                let tell = |a: Result<Response>| a.map_or_else(|e| e.to_string(), |r| r.text().unwrap_or_default());
                answers.into_iter().map(tell).collect::<Vec<_>>().join("|")
            }
            "all or nothing" => {
                wisr_page::fetch(Request::get("http://hangup/?key=hunter2"))?;
                String::new()
            }
            "log" => {
                wisr_page::debug!("d {}", 1);
                wisr_page::info!("é ☃ 😀");
                wisr_page::warn!("w");
                wisr_page::error!("e");
                wisr_page::config("key") + &wisr_page::config("absent")
            }
            _ => format!("{:?} {} {}", input.param_list("path"), input.draft_mode, input.revalidate_reason),
        };
        Ok(Answer::props(Props { text, number: 0.5 })
            .revalidate(Duration::from_secs(10))
            .expire(Duration::from_secs(3600))
            .tag("ü")
            .header("X-A", "b")
            .status(404))
    }

    fn render(input: &Input, props: Props, out: &mut Vec<u8>) -> Result<()> {
        html!(out, "<p title=\"{}\">{}", props.text, props.number);
        if input.is_fallback {
            html!(out, "shell");
        }
        Ok(())
    }
}

#[derive(Debug)]
struct Wrapped(std::io::Error);

impl std::fmt::Display for Wrapped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("reading the post")
    }
}

impl std::error::Error for Wrapped {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

fn run(function: &str, input: &str) -> String {
    match call::<Doer>(function, input.as_bytes()) {
        Ok(output) => String::from_utf8(output).unwrap(),
        Err(error) => format!("error: {}", error),
    }
}

fn props(what: &str) -> String {
    run("getStaticProps", &format!(r#"{{"path":"/do/x","params":{{"do":"{}"}}}}"#, what))
}

#[test]
fn paths_come_in_pages() {
    assert_eq!(
        run("getStaticPaths", "{}"),
        r#"{"paths":["/do/plain",{"params":{"do":"é ☃"}},{"params":{"path":["a","b"]},"locale":"fr"}],"fallback":false,"cursor":"2"}"#
    );
    assert_eq!(run("getStaticPaths", r#"{"cursor":"2"}"#), r#"{"paths":[],"fallback":true}"#);
}

#[test]
fn a_result_says_all_that_there_is() {
    assert_eq!(
        run("getStaticProps", r#"{"params":{"path":["a","b"]},"draftMode":true,"revalidateReason":"stale","later":1}"#),
        concat!(
            r#"{"props":{"text":"[\"a\", \"b\"] true stale","number":0.5},"#,
            r#""revalidate":10,"expire":3600,"tags":["ü"],"headers":{"X-A":"b"},"status":404}"#
        )
    );
    assert_eq!(props("missing"), r#"{"notFound":true,"revalidate":60}"#);
    assert_eq!(props("redirect"), r#"{"redirect":{"destination":"/a?b=1&c","statusCode":301,"basePath":false}}"#);
}

#[test]
fn what_json_would_lose_is_an_error() {
    struct Bad<P>(P);
    impl Page for Bad<()> {
        type Props = String;
        fn props(_: &Input) -> Result<Answer<String>> {
            Ok(Answer::props("text".into()))
        }
        fn render(_: &Input, _: String, _: &mut Vec<u8>) -> Result<()> {
            Ok(())
        }
    }
    impl Page for Bad<u8> {
        type Props = Empty;
        fn props(_: &Input) -> Result<Answer<Empty>> {
            Ok(Answer::props(Empty {}).revalidate(Duration::from_millis(500)))
        }
        fn render(_: &Input, _: Empty, _: &mut Vec<u8>) -> Result<()> {
            Ok(())
        }
    }
    impl Page for Bad<u16> {
        type Props = Empty;
        fn render(_: &Input, _: Empty, _: &mut Vec<u8>) -> Result<()> {
            Ok(())
        }
    }
    let _ = (Bad(()), Bad(0_u8), Bad(0_u16)).0 .0;
    let text = |e: wisr_page::Error| e.to_string();
    assert!(call::<Bad<()>>("getStaticProps", b"{}").map_err(text).unwrap_err().contains("String, are no JSON object"));
    assert_eq!(
        call::<Bad<u8>>("getStaticProps", b"{}").map_err(text).unwrap_err(),
        "revalidate is 500ms: want whole seconds"
    );
    assert_eq!(call::<Bad<u16>>("getStaticProps", b"{}").unwrap(), br#"{"props":{}}"#);
    assert!(call::<Bad<u16>>("getStaticPaths", br#"{"route":"/[x]"}"#).map_err(text).unwrap_err().contains("\"/[x]\""));
}

#[test]
fn failures_are_errors() {
    assert_eq!(props("error"), "error: reading the post");
    assert!(run("render", r#"{"props":{"text":1}}"#).starts_with("error: input of render: invalid type: integer `1`"));
    assert!(run("getStaticPath", "{}").starts_with("error: no function is named \"getStaticPath\""));
}

#[test]
fn html_is_escaped() {
    assert_eq!(
        run("render", r#"{"props":{"text":"<é ☃ 😀> & 'q' \""},"isFallback":true}"#),
        "<p title=\"&lt;é ☃ 😀&gt; &amp; &#39;q&#39; &#34;\">0shell"
    );
    assert_eq!(wisr_page::script_json("</script>&\u{1}é").unwrap(), "\"\\u003c/script\\u003e\\u0026\\u0001é\"");
}

#[test]
fn the_host_answers() {
    let host = Host::new()
        .config("key", "value")
        .fetch(|r| match r.url.contains("hangup") {
            true => Err("it hung up".into()),
            false => Ok(Response {
                status: 200,
                body: format!("{} {:?} {}", r.method, r.headers, r.body.len()).into(),
                ..Response::default()
            }),
        })
        .install();
    let text =
        |what: &str| serde_json::from_str::<serde_json::Value>(&props(what)).unwrap()["props"]["text"].to_string();
    assert_eq!(text("log"), "\"value\"");
    let lines: Vec<_> = host.log().into_iter().map(|(level, text)| format!("{:?} {}", level, text)).collect();
    assert_eq!(lines, ["Debug d 1", "Info é ☃ 😀", "Warn w", "Error e"]);
    assert_eq!(host.log()[2].0, Level::Warn);
    assert_eq!(text("fetch"), r#""GET {} 0|fetch GET http://hangup/: it hung up|POST {\"X-A\": \"b\"} 2""#);
    assert_eq!(props("all or nothing"), "error: fetch GET http://hangup/: it hung up");
    drop(host);
    assert!(props("all or nothing").contains("there is no wisr around this program"));
}
