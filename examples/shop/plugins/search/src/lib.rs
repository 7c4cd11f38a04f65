//! The page at /search.json: every tea with the words that it is found by.

mod words;

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use wisr_page::{config, fetch, Answer, Input, Page, Request, Result};

struct Search;

/// A tea as the shop's API tells of it, as far as a search is concerned.
#[derive(Deserialize)]
struct Tea {
    slug: String,
    name: String,
    kind: String,
    origin: String,
    summary: String,
    text: String,
}

#[derive(Serialize, Deserialize)]
struct Props {
    entries: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    slug: String,
    name: String,
    kind: String,
    origin: String,
    /// In lower case, without accents, each once.
    words: BTreeSet<String>,
}

impl From<Tea> for Entry {
    fn from(tea: Tea) -> Entry {
        let all = [&tea.name, &tea.kind, &tea.origin, &tea.summary, &tea.text];
        let words = all.iter().flat_map(|text| words::of(text)).collect();
        Entry { slug: tea.slug, name: tea.name, kind: tea.kind, origin: tea.origin, words }
    }
}

impl Page for Search {
    type Props = Props;

    fn props(_: &Input) -> Result<Answer<Props>> {
        let answer = fetch(Request::get(config("api") + "/teas"))?;
        if answer.status != 200 {
            return Err(format!("the shop's API answers with status {}", answer.status).into());
        }
        let teas: Vec<Tea> = answer.json()?;
        let entries = teas.into_iter().map(Entry::from).collect();
        Ok(Answer::props(Props { entries }).revalidate(Duration::from_secs(60)).tag("teas"))
    }

    fn render(_: &Input, props: Props, out: &mut Vec<u8>) -> Result<()> {
        serde_json::to_writer(out, &props.entries)?;
        Ok(())
    }
}

wisr_page::page!(Search);

#[cfg(test)]
mod tests {
    use super::*;
    use wisr_page::testing::Host;
    use wisr_page::{call, Response};

    #[test]
    fn a_tea_is_found_by_all_that_is_said_of_it() {
        let _host = Host::new()
            .config("api", "http://api")
            .fetch(|request| {
                assert_eq!(request.url, "http://api/teas");
                Ok(Response {
                    status: 200,
                    body: r#"[{"slug":"a","name":"Café Noir","kind":"black","origin":"Wuyi, China",
                        "summary":"Smoke.","text":"smoke of a pine"}]"#
                        .into(),
                    ..Default::default()
                })
            })
            .install();
        let result = call::<Search>("getStaticProps", b"{}").unwrap();
        assert!(String::from_utf8(result)
            .unwrap()
            .contains(r#""words":["black","cafe","china","noir","of","pine","smoke","wuyi"]}]},"revalidate":60"#));
    }
}
