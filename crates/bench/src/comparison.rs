//! One table out of many runs of one session: every number beside its ratio to a peer or the floor.

use crate::{config::Mode, floor::Floor, machine::Machine, report::Report};
use std::fmt::Write;

/// A Markdown table of `reports`, compared with the first one of each mode among them that is not
/// [`Mode::Preconf`], and with `floor` when it is given.
pub fn markdown(reports: &[Report], floor: Option<&Floor>) -> String {
    let peers: Vec<&Report> = [Mode::Sync, Mode::Plain]
        .into_iter()
        .filter_map(|mode| reports.iter().find(|report| report.mode == mode))
        .collect();
    let mut out = String::new();
    header(&mut out, &peers, floor.is_some());
    for report in reports {
        row(&mut out, report, &peers, floor);
    }
    if let Some(floor) = floor {
        for (name, p) in floor.rows() {
            let dashes = " - |".repeat(4 + peers.len() * 2);
            let ratio = ratio(p.p50, floor.sync_ms.p50);
            let _ = writeln!(
                out,
                "| {name} | - | - | {} | {} | {} | {} |{dashes} {ratio} |",
                number(p.p50),
                number(p.p99),
                number(p.p999),
                number(p.max)
            );
        }
    }
    footer(&mut out, reports);
    out
}

fn header(out: &mut String, peers: &[&Report], floor: bool) {
    let mut columns: Vec<String> = [
        "run",
        "offered/s",
        "achieved/s",
        "p50 ms",
        "p99 ms",
        "p99.9 ms",
        "max ms",
        "server cores",
        "us/tx",
        "errors",
        "broken",
    ]
    .map(String::from)
    .to_vec();
    for peer in peers {
        columns.push(format!("p50 ÷ {}", peer.label));
        columns.push(format!("rate ÷ {}", peer.label));
    }
    if floor {
        columns.push("p50 ÷ sync".into());
    }
    let _ = writeln!(out, "| {} |", columns.join(" | "));
    let _ = writeln!(out, "|---{}|", "|--:".repeat(columns.len() - 1));
}

fn row(out: &mut String, report: &Report, peers: &[&Report], floor: Option<&Floor>) {
    let p = &report.latency_ms;
    let (cores, us) = report.server.map_or(("-".into(), "-".into()), |server| {
        (
            format!("{:.2}", server.cores),
            format!("{:.0}", server.cpu_us_per_tx),
        )
    });
    let check = &report.end_check;
    let _ = write!(
        out,
        "| {} | {} | {:.0} | {} | {} | {} | {} | {cores} | {us} | {} | {} |",
        report.label,
        report.offered_per_s,
        report.achieved_per_s,
        number(p.p50),
        number(p.p99),
        number(p.p999),
        number(p.max),
        report.error_count + report.unanswered,
        report.invalid + check.missing + check.misplaced + check.failed
    );
    for peer in peers {
        let _ = write!(
            out,
            " {} | {} |",
            ratio(p.p50, peer.latency_ms.p50),
            ratio(report.achieved_per_s, peer.achieved_per_s)
        );
    }
    if let Some(floor) = floor {
        let _ = write!(out, " {} |", ratio(p.p50, floor.sync_ms.p50));
    }
    out.push('\n');
}

fn footer(out: &mut String, reports: &[Report]) {
    let Some(first) = reports.first() else { return };
    let Machine { cpu, cores, date } = &first.machine;
    let _ = writeln!(
        out,
        "\nLatency from the scheduled send to the answer, verified by the client on the same machine: a signed and \
         synced preconfirmation (`preconf`), a receipt (`sync`) or the sight of the transaction in a block (`plain`). \
         {} s each after {} s of warm-up. Errors include transactions never answered; broken counts false answers and \
         promises that are not in the sealed chain at their place.\n\n{cores} cores of {cpu}, {date} UTC.",
        first.seconds, first.warmup_seconds
    );
    for report in reports {
        for note in &report.notes {
            let _ = writeln!(out, "\n{}: {note}.", report.label);
        }
        for error in &report.errors {
            let _ = writeln!(
                out,
                "\n{}: error x {}: {}",
                report.label, error.count, error.text
            );
        }
    }
}

/// Three significant digits are more than these numbers repeat.
fn number(value: f64) -> String {
    match value {
        v if v >= 100.0 => format!("{v:.0}"),
        v if v >= 10.0 => format!("{v:.1}"),
        v if v >= 1.0 => format!("{v:.2}"),
        v => format!("{v:.3}"),
    }
}

fn ratio(value: f64, of: f64) -> String {
    if of > 0.0 {
        number(value / of)
    } else {
        "-".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{latency::Percentiles, report::tests::report};

    #[test]
    fn rows_carry_their_ratios_to_the_first_peer_of_each_mode() {
        let rows = [
            report("ours", Mode::Preconf, 1_000, 0.5),
            report("automine", Mode::Sync, 100, 4.0),
            report("automine again", Mode::Sync, 150, 5.0),
            report("blocks", Mode::Plain, 1_000, 500.0),
        ];
        let p = Percentiles {
            p50: 0.25,
            ..Percentiles::default()
        };
        let machine = rows[0].machine.clone();
        let floor = Floor {
            sign_ms: p,
            recover_ms: p,
            sync_ms: p,
            machine,
        };
        let table = markdown(&rows, Some(&floor));
        let lines: Vec<_> = table.lines().collect();
        assert!(lines[0].contains("| p50 ÷ automine | rate ÷ automine | p50 ÷ blocks |"));
        assert!(!lines[0].contains("automine again"));
        assert!(
            lines[2].ends_with("| 0.125 | 10.0 | 0.001 | 1.00 | 2.00 |"),
            "{}",
            lines[2]
        );
        let columns = |line: &str| line.matches('|').count();
        for line in &lines[..9] {
            assert_eq!(columns(line), columns(lines[0]), "{line}");
        }
        assert!(table.contains("2 cores of Some CPU, 2026-01-02 03:04 UTC"));
    }

    #[test]
    fn without_peers_and_floor_there_are_no_ratio_columns() {
        let table = markdown(&[report("ours", Mode::Preconf, 100, 0.5)], None);
        assert!(!table.contains('÷'));
        assert_eq!(markdown(&[], None).lines().count(), 2);
    }
}
