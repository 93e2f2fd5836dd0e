//! The page of a simulated day: its results, and plots of what happened. With another day beside
//! it, both in each plot and each row.

use std::fmt::Write as _;
use std::time::Duration;

use sim::{Lived, Minute, Results};

use super::plot::{Dots, Line, escaped, plot, scatter};

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:960px;margin:2em auto;\
    padding:0 1em;color:#222}table{border-collapse:collapse}td,th{padding:.15em .8em;\
    border-bottom:1px solid #ddd;text-align:right}td:first-child,th:first-child{text-align:left}\
    svg{width:100%}svg text{font-size:12px;fill:#666}.grid{stroke:#e4e4e4}.key{margin:0 0 1.5em}\
    polyline{stroke-width:1.6}";

/// A day and what it is called.
pub(super) type Named<'a> = (&'a str, &'a Lived);

/// How many of something there were in a minute.
type Count = fn(&Minute) -> u32;

/// The whole page.
pub(super) fn page(days: &[Named<'_>]) -> String {
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>A day of Rappel</title>\n\
         <style>{STYLE}</style>\n<h1>A day of Rappel</h1>\n<table><tr><th></th>"
    );
    for (name, _) in days {
        let _ = write!(html, "<th>{}</th>", escaped(name));
    }
    html.push_str("</tr>\n");
    for (name, values) in rows(&results(days)) {
        let cells: String = values.iter().map(|value| format!("<td>{value}</td>")).collect();
        let _ = writeln!(html, "<tr><td>{}</td>{cells}</tr>", escaped(name.trim_start()));
    }
    html.push_str("</table>\n");
    let counts: [(&str, Count); 4] = [
        ("Callers who wait on the line", |minute| minute.callers),
        ("Callbacks due: customers who wait to be called back", |minute| minute.callbacks),
        ("Agents online", |minute| minute.online),
        ("Agents in calls", |minute| minute.busy),
    ];
    for (title, count) in counts {
        let _ = writeln!(html, "<h2>{title}</h2>");
        let lines: Vec<Line<'_>> = days
            .iter()
            .zip(COLOURS)
            .map(|((name, day), colour)| {
                let values = day.series.minutes.iter().map(|minute| f64::from(count(minute)));
                Line { name, colour, values: values.collect() }
            })
            .collect();
        html.push_str(&plot("", minutes(days), &lines, &[]));
    }
    for (title, called_back) in
        [("Waits on the line, by arrival", false), ("Waits for the callback, by arrival", true)]
    {
        let _ = writeln!(html, "<h2>{title}</h2>");
        let dots: Vec<Dots<'_>> = days
            .iter()
            .zip(COLOURS)
            .map(|((name, day), colour)| {
                let served = day.series.served.iter().filter(|it| it.called_back == called_back);
                let at = served.map(|served| {
                    (served.arrived.as_secs_f64() / 60.0, served.waited.as_secs_f64() / 60.0)
                });
                Dots { name, colour, at: at.collect() }
            })
            .collect();
        html.push_str(&plot(" min", minutes(days), &[], &dots));
    }
    html.push_str(&guesses(days));
    html.push_str("</html>\n");
    html
}

/// What was estimated on arrival against what the wait was, and how often the range was kept.
fn guesses(days: &[Named<'_>]) -> String {
    let mut html = "<h2>Estimated wait on the line against the real one</h2>\n".to_owned();
    let dots = days.iter().zip(COLOURS).map(|((name, day), colour)| {
        let minutes = |time: Duration| time.as_secs_f64() / 60.0;
        let at = day.series.guessed.iter().map(|it| (minutes(it.mean), minutes(it.waited)));
        Dots { name, colour, at: at.collect() }
    });
    let words = ("estimated on arrival", "waited");
    html.push_str(&scatter(" min", words, &dots.collect::<Vec<_>>()));
    for (name, day) in days {
        let name = escaped(name);
        let count = day.series.guessed.len();
        let _ = match day.series.kept_percent() {
            Some([half, most]) => writeln!(
                html,
                "<p>{name}: {count} estimates; {half} % waited no longer than the beginning of \
                 the range (P50), {most} % no longer than its end (P80)</p>"
            ),
            None => writeln!(html, "<p>{name}: too little was seen to estimate a wait</p>"),
        };
    }
    html
}

const COLOURS: [&str; 2] = ["#1866b4", "#d0561b"];

fn minutes(days: &[Named<'_>]) -> usize {
    days.iter().map(|(_, day)| day.series.minutes.len()).max().unwrap_or(0)
}

/// The results of each.
pub(super) fn results<'a>(days: &[Named<'a>]) -> Vec<(&'a str, &'a Results)> {
    days.iter().map(|(name, day)| (*name, &day.results)).collect()
}

/// Every row of the results, with its value in each day; `-` where a day has no such row.
pub(crate) fn rows(days: &[(&str, &Results)]) -> Vec<(String, Vec<String>)> {
    let tables: Vec<Vec<(String, String)>> = days.iter().map(|(_, day)| day.rows()).collect();
    let mut names: Vec<&String> = Vec::new();
    for (name, _) in tables.iter().flatten() {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let value = |table: &Vec<(String, String)>, name: &String| {
        let row = table.iter().find(|(row, _)| row == name);
        row.map_or_else(|| "-".to_owned(), |(_, value)| value.clone())
    };
    let row =
        |name: &String| (name.clone(), tables.iter().map(|table| value(table, name)).collect());
    names.into_iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use sim::Day;

    use super::*;

    #[test]
    fn a_page_shows_both_days_and_fetches_nothing() {
        let mut day = Day { length: Duration::from_secs(900), ..Day::default() };
        day.staff.agents = 1;
        let one = day.run();
        day.staff.agents = 3;
        let two = day.run();
        let html = page(&[("one < agent", &one), ("three agents", &two)]);
        assert!(html.contains("<th>one &lt; agent</th><th>three agents</th>"), "{html}");
        assert_eq!(html.matches("<svg").count(), 7);
        assert_eq!(html.matches("<polyline").count(), 8);
        let waits = one.series.served.len() + two.series.served.len();
        let waits = waits + one.series.guessed.len() + two.series.guessed.len();
        assert_eq!(html.matches("<circle").count(), waits);
        assert!(waits > 5 && !html.contains("http"), "{html}");
        assert!(html.contains("<line class=\"same\""), "the diagonal");
        let most = |day: &Lived| day.series.minutes.iter().map(|minute| minute.online).max();
        assert_eq!((most(&one), most(&two)), (Some(1), Some(3)));
    }

    #[test]
    fn the_page_says_how_often_the_range_was_kept() {
        let mut day = Day::default();
        day.staff.agents = 2;
        let lived = day.run();
        let [half, most] = lived.series.kept_percent().expect("a day is long enough to estimate");
        assert!(half < most && most > 60, "{half} {most}");
        let html = page(&[("a day", &lived)]);
        let count = lived.series.guessed.len();
        let words = format!("{count} estimates; {half} % waited");
        assert!(count > 20 && html.contains(&words) && html.contains(&format!(", {most} %")));
        let short = Day { length: Duration::from_secs(60), ..Day::default() }.run();
        assert!(page(&[("short", &short)]).contains("too little was seen"));
    }
}
