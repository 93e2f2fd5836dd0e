//! Plots as SVG: lines over a day, and dots. Nothing is fetched by whoever looks at them.

use std::fmt::Write as _;

/// The drawing within its margins, in pixels.
const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 220.0;
const LEFT: f64 = 60.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 30.0;

/// Most points of one line; of a longer one every so many are drawn.
pub(crate) const POINTS_MAX: usize = 2_000;

/// One line of a plot: its name, its colour, a value for each minute.
pub(crate) struct Line<'a> {
    pub(crate) name: &'a str,
    pub(crate) colour: &'a str,
    pub(crate) values: Vec<f64>,
}

/// Dots of a plot: along and up.
pub(crate) struct Dots<'a> {
    pub(crate) name: &'a str,
    pub(crate) colour: &'a str,
    pub(crate) at: Vec<(f64, f64)>,
}

/// A plot over the minutes of a day.
pub(crate) fn plot(unit: &str, minutes: usize, lines: &[Line<'_>], dots: &[Dots<'_>]) -> String {
    let values = lines.iter().flat_map(|line| line.values.iter().copied());
    let values = values.chain(dots.iter().flat_map(|dots| dots.at.iter().map(|(_, value)| *value)));
    let most = ceiling(values.fold(1.0, f64::max));
    let last = minutes.max(2) as f64 - 1.0;
    let x = |minute: f64| LEFT + WIDTH * (minute / last).min(1.0);
    let y = |value: f64| TOP + HEIGHT * (1.0 - value / most);
    let (width, height) = (LEFT + WIDTH + 20.0, TOP + HEIGHT + BOTTOM);
    let mut svg = format!("<svg viewBox=\"0 0 {width} {height}\" role=\"img\">\n");
    for step in 0..=4 {
        let value = most * f64::from(step) / 4.0;
        let at = y(value);
        let _ = writeln!(
            svg,
            "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{value}{unit}</text>",
            LEFT + WIDTH,
            LEFT - 6.0,
            at + 4.0,
        );
    }
    let hours = (minutes / 60).div_ceil(12).max(1);
    for hour in (0..=minutes / 60).step_by(hours) {
        let at = x((hour * 60) as f64);
        let low = TOP + HEIGHT + 18.0;
        let _ =
            writeln!(svg, "<text x=\"{at:.1}\" y=\"{low}\" text-anchor=\"middle\">{hour} h</text>");
    }
    for line in lines {
        let every = line.values.len().div_ceil(POINTS_MAX).max(1);
        let points: Vec<String> = line
            .values
            .iter()
            .enumerate()
            .step_by(every)
            .map(|(minute, value)| format!("{:.1},{:.1}", x(minute as f64), y(*value)))
            .collect();
        let _ = writeln!(
            svg,
            "<polyline fill=\"none\" stroke=\"{}\" points=\"{}\"/>",
            line.colour,
            points.join(" ")
        );
    }
    draw_dots(&mut svg, dots, x, y);
    svg.push_str("</svg>\n<p class=\"key\">");
    let names = lines.iter().map(|line| (line.name, line.colour));
    for (name, colour) in names.chain(dots.iter().map(|dots| (dots.name, dots.colour))) {
        let _ = write!(svg, "<span style=\"color:{colour}\">\u{25cf}</span> {} ", escaped(name));
    }
    svg.push_str("</p>\n");
    svg
}

/// A plot of what was told against what was, in the same unit, with the diagonal on which both are
/// the same: above it somebody waited longer than was told.
pub(crate) fn scatter(unit: &str, (told, was): (&str, &str), dots: &[Dots<'_>]) -> String {
    let values = dots.iter().flat_map(|dots| dots.at.iter().flat_map(|(x, y)| [*x, *y]));
    let most = ceiling(values.fold(1.0, f64::max));
    let x = |value: f64| LEFT + WIDTH * value / most;
    let y = |value: f64| TOP + HEIGHT * (1.0 - value / most);
    let (width, height) = (LEFT + WIDTH + 20.0, TOP + HEIGHT + BOTTOM);
    let mut svg = format!("<svg viewBox=\"0 0 {width} {height}\" role=\"img\">\n");
    for step in 0..=4 {
        let value = most * f64::from(step) / 4.0;
        let (down, along) = (y(value), x(value));
        let _ = writeln!(
            svg,
            "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{down:.1}\" y2=\"{down:.1}\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{value}{unit}</text>\
             <text x=\"{along:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{value}{unit}</text>",
            LEFT + WIDTH,
            LEFT - 6.0,
            down + 4.0,
            TOP + HEIGHT + 18.0,
        );
    }
    let (from, until) = ((x(0.0), y(0.0)), (x(most), y(most)));
    let _ = writeln!(
        svg,
        "<line class=\"same\" stroke=\"#999\" x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\"/>",
        from.0, from.1, until.0, until.1,
    );
    draw_dots(&mut svg, dots, x, y);
    let _ = write!(
        svg,
        "</svg>\n<p class=\"key\">{} \u{2192} {} \u{2191} ",
        escaped(told),
        escaped(was)
    );
    for Dots { name, colour, .. } in dots {
        let _ = write!(svg, "<span style=\"color:{colour}\">\u{25cf}</span> {} ", escaped(name));
    }
    svg.push_str("</p>\n");
    svg
}

fn draw_dots(svg: &mut String, dots: &[Dots<'_>], x: impl Fn(f64) -> f64, y: impl Fn(f64) -> f64) {
    for Dots { colour, at, .. } in dots {
        for (along, up) in at.iter().step_by(at.len().div_ceil(POINTS_MAX).max(1)) {
            let (x, y) = (x(*along), y(*up));
            let _ =
                writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2\" fill=\"{colour}\"/>");
        }
    }
}

/// A round number that is not below `value`: 1, 2, 4, 5, 8 or 10 times a power of ten.
fn ceiling(value: f64) -> f64 {
    let mut power = 1.0;
    while power * 10.0 < value {
        power *= 10.0;
    }
    let steps = [1.0, 2.0, 4.0, 5.0, 8.0, 10.0];
    steps.iter().map(|step| step * power).find(|round| *round >= value).unwrap_or(value)
}

/// Text that says in HTML what it says.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_ends_at_a_round_number() {
        let ends = [0.5, 1.0, 3.0, 4.5, 7.0, 9.0, 11.0, 170.0, 999.0].map(ceiling);
        assert_eq!(ends, [1.0, 1.0, 4.0, 5.0, 8.0, 10.0, 20.0, 200.0, 1_000.0]);
    }

    #[test]
    fn a_long_line_is_drawn_with_few_points() {
        let values = vec![1.0; POINTS_MAX * 3];
        let line = Line { name: "a < b", colour: "#000", values };
        let svg = plot("", POINTS_MAX * 3, &[line], &[]);
        assert_eq!(svg.matches(',').count(), POINTS_MAX);
        assert!(svg.contains("a &lt; b"), "{svg}");
    }
}
