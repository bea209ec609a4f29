use std::time::Duration;

use forebond_protocol::SlotClock;
use forebond_runtime::{Clock, SystemClock};
use url::Url;

use super::Report;
use crate::{config::OwnConfig, guard::source, http_client::http_client, served::DELEGATIONS};

/// How long one of them may take.
const DEADLINE: Duration = Duration::from_secs(3);
/// Where an upstream of the guard says that it is well.
const BUILDER_STATUS: &str = "/eth/v1/builder/status";

/// Whom the proposer asks over HTTP while it works, beside nodes and signer: relays, the guard's upstream, sources of batches.
///
/// While it works it only counts that one of them is silent, and the guard then has the beacon node build locally: a mistyped address
/// would cost each bid, and nobody would be told before.
pub(super) async fn neighbours(own: &OwnConfig, slots: &SlotClock, report: &mut Report) {
    let client = match http_client(DEADLINE) {
        Ok(client) => client,
        Err(error) => {
            report.fail("HTTP", error.to_string(), "see the words of the error");
            return;
        }
    };
    let slot = slots.slot_at_ms(SystemClock.now_ms());
    let wanted = questions(own, slot);
    let answers = wanted.iter().map(|one| ask(&client, one));
    let answers = futures_util::future::join_all(answers).await;
    for (one, answer) in wanted.iter().zip(answers) {
        tell(one, answer, report);
    }
}

/// What one of them is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Question {
    what: &'static str,
    url: Url,
    mend: &'static str,
}

/// All of them; the configuration bounds how many there are.
fn questions(own: &OwnConfig, slot: u64) -> Vec<Question> {
    let at = |what, url: &Url, route: &str, mend| {
        let mut url = url.clone();
        let path = format!("{}{route}", url.path().trim_end_matches('/'));
        url.set_path(&path);
        Question { what, url, mend }
    };
    let relays = own.relays.iter().map(|url| {
        let mend = "correct `relays`, or look at the relay: it is not told of signed slots";
        at("relay", url, &format!("{DELEGATIONS}{slot}"), mend)
    });
    let upstream = own.guard.upstream.iter().map(|url| {
        let mend = "correct `guard.upstream`, or start what should stand there: until then there is no bid for any slot";
        at("guard.upstream", url, BUILDER_STATUS, mend)
    });
    let batches = own.gateways.iter().filter_map(|gateway| {
        let mend = "correct `batches`, or ask the gateway: until then no bid passes for slots that are lent to it";
        let route = format!("{}{slot}", source::EXPECTED_BATCH);
        Some(at("batches", gateway.batches.as_ref()?, &route, mend))
    });
    relays.chain(upstream).chain(batches).collect()
}

async fn ask(client: &reqwest::Client, one: &Question) -> Result<u16, String> {
    let answer = client.get(one.url.clone()).send().await;
    let answer = answer.map_err(|error| error.without_url().to_string())?;
    Ok(answer.status().as_u16())
}

fn tell(one: &Question, answer: Result<u16, String>, report: &mut Report) {
    let place = one.url.origin().ascii_serialization();
    match answer {
        Ok(200..=299) => report.ok(one.what, format!("{place} answers")),
        Ok(status) => report.warn(one.what, format!("{place} answers {status}"), one.mend),
        Err(words) => report.warn(one.what, format!("{place}: {words}"), one.mend),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Verdict, *};

    #[test]
    fn whoever_is_asked_at_work_is_asked_by_the_doctor_and_one_that_fails_is_named() {
        let own: OwnConfig = toml::from_str(
            r#"
            relays = ["http://relay:1/"]
            [guard]
            upstream = "http://boost:2/base"
            [[gateways]]
            id = 1
            batches = "http://batcher:3"
            [[gateways]]
            id = 2
            "#,
        )
        .unwrap();
        let asked = questions(&own, 77);
        let urls: Vec<_> = asked.iter().map(|one| one.url.as_str()).collect();
        let expected = [
            "http://relay:1/constraints/v0/relay/delegations/77",
            "http://boost:2/base/eth/v1/builder/status",
            "http://batcher:3/forebond/v1/expected-batch/77",
        ];
        assert_eq!(urls, expected);
        let mut report = Report::default();
        tell(&asked[0], Ok(204), &mut report);
        assert_eq!(report.verdict(), Verdict::Ok);
        tell(&asked[1], Ok(404), &mut report);
        tell(&asked[2], Err("refused".to_owned()), &mut report);
        assert_eq!(report.verdict(), Verdict::Warn);
        let text = report.to_string();
        assert!(text.contains("http://boost:2 answers 404"), "{text}");
        assert!(text.contains("http://batcher:3: refused"), "{text}");
    }
}
