//! What is wrong with a file, where, and what to write instead.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic};
use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};
use serde::Serialize;

/// Most findings of one file; a file with more is reported with the first ones, in the file's
/// order.
pub const FINDINGS_MAX: usize = 200;

/// Most findings that are gathered before the first are chosen.
const GATHERED_MAX: usize = 10_000;

/// Columns of a rendered finding.
const WIDTH: usize = 100;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// The file can be used, but probably does not do what was meant.
    Warning,
}

/// One thing that is wrong in a file. It serialises, and debugs, without the source text, which may
/// hold a hash that stands for a password.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The file, as the caller of [`crate::read`] called it.
    pub file: String,
    /// Which line, from 1.
    pub line: usize,
    /// Which character of the line, from 1.
    pub column: usize,
    /// What is wrong, in one sentence.
    pub problem: String,
    /// What should stand there.
    pub expected: String,
    /// What to do.
    pub hint: String,
    #[serde(skip)]
    span: Range<usize>,
    #[serde(skip)]
    text: Arc<str>,
}

impl fmt::Debug for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Finding")
            .field("severity", &self.severity)
            .field("file", &self.file)
            .field("line", &self.line)
            .field("column", &self.column)
            .field("problem", &self.problem)
            .field("expected", &self.expected)
            .field("hint", &self.hint)
            .finish_non_exhaustive()
    }
}

impl Finding {
    /// The finding with its line of the file, as plain text without colours.
    pub fn render(&self) -> String {
        self.render_in(GraphicalTheme::unicode_nocolor())
    }

    /// The finding with its line of the file, in the colours of a terminal.
    pub fn render_in_colour(&self) -> String {
        self.render_in(GraphicalTheme::unicode())
    }

    fn render_in(&self, theme: GraphicalTheme) -> String {
        let severity = match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        };
        let label = LabeledSpan::at(self.span.clone(), format!("expected {}", self.expected));
        let diagnostic = MietteDiagnostic::new(&*self.problem)
            .with_severity(severity)
            .with_label(label)
            .with_help(&self.hint);
        let source = Line { finding: self.clone() };
        let report = miette::Report::new(diagnostic).with_source_code(source);
        let mut rendered = String::new();
        GraphicalReportHandler::new_themed(theme)
            .with_links(false)
            .with_width(WIDTH)
            .with_context_lines(1)
            .render_report(&mut rendered, report.as_ref())
            .expect("writing into a string does not fail, and every span lies in the text");
        rendered
    }
}

/// The line of the file that a finding is about, as miette asks for it.
struct Line {
    finding: Finding,
}

impl SourceCode for Line {
    /// With context, the line; without, the part of it that the finding marks.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let Finding { file, line, column, text, .. } = &self.finding;
        let at = span.offset();
        let whole = before + after > 0;
        let start = match text[..at].rfind(LINE_ENDS) {
            Some(end) if whole => end + 1,
            None if whole => 0,
            Some(_) | None => at,
        };
        let end = text[at..].find(LINE_ENDS).map_or(text.len(), |length| at + length);
        Ok(Box::new(MietteSpanContents::new_named(
            file.clone(),
            &text.as_bytes()[start..end],
            (start..end).into(),
            line - 1,
            if whole { 0 } else { column - 1 },
            1,
        )))
    }
}

const LINE_ENDS: [char; 2] = ['\n', '\r'];

/// Gathers what is wrong, so that one reading of a file reports it all.
pub(crate) struct Findings {
    /// Where each file begins in the text, and its name; the first begins at 0.
    files: Vec<(usize, String)>,
    text: Arc<str>,
    /// The byte at which each line begins.
    line_starts: Vec<usize>,
    list: Vec<Finding>,
    /// The lines that are no TOML. What seems absent may stand there, and what is read from there
    /// is a guess.
    broken_lines: BTreeSet<usize>,
    /// What is wrong in files that this one names.
    elsewhere: Vec<Finding>,
}

impl Findings {
    pub(crate) fn new(file: &str, text: &str) -> Findings {
        Findings::of(vec![(0, file.into())], text)
    }

    /// Of several files, of which the text holds one behind another.
    pub(crate) fn of(files: Vec<(usize, String)>, text: &str) -> Findings {
        let newlines = text.match_indices('\n').map(|(at, _)| at + 1);
        Findings {
            files,
            text: text.into(),
            line_starts: std::iter::once(0).chain(newlines).collect(),
            list: Vec::new(),
            broken_lines: BTreeSet::new(),
            elsewhere: Vec::new(),
        }
    }

    /// Takes in what is wrong in a file that this one names: it stands behind the rest.
    pub(crate) fn absorb(&mut self, other: Findings) {
        self.elsewhere.extend(other.into_list());
    }

    pub(crate) fn text(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }

    /// What is no TOML: the first such mistake of each line. From now on nothing is reported about
    /// this line, nor what rests on something being absent.
    pub(crate) fn broken(
        &mut self,
        span: &Range<usize>,
        problem: impl Into<String>,
        expected: impl Into<String>,
        hint: String,
    ) {
        self.error(span, problem, expected, hint);
        self.broken_lines.insert(self.line_of(span));
    }

    pub(crate) fn error(
        &mut self,
        span: &Range<usize>,
        problem: impl Into<String>,
        expected: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.push(Severity::Error, span, problem.into(), expected.into(), hint.into());
    }

    /// An error that rests on something being absent from the file.
    pub(crate) fn missing(
        &mut self,
        span: &Range<usize>,
        problem: impl Into<String>,
        expected: impl Into<String>,
        hint: impl Into<String>,
    ) {
        if self.broken_lines.is_empty() {
            self.error(span, problem, expected, hint);
        }
    }

    pub(crate) fn warning(
        &mut self,
        span: &Range<usize>,
        problem: impl Into<String>,
        expected: impl Into<String>,
        hint: impl Into<String>,
    ) {
        if self.broken_lines.is_empty() {
            self.push(Severity::Warning, span, problem.into(), expected.into(), hint.into());
        }
    }

    /// The line that a span begins in, from 1.
    pub(crate) fn line_of(&self, span: &Range<usize>) -> usize {
        self.place(inside(&self.text, span).start).0
    }

    pub(crate) fn has_errors(&self) -> bool {
        let mut all = self.list.iter().chain(&self.elsewhere);
        all.any(|finding| finding.severity == Severity::Error)
    }

    /// Everything found, in the order of the file.
    pub(crate) fn into_list(mut self) -> Vec<Finding> {
        self.list.sort_by_key(|finding| (finding.span.start, finding.severity));
        // Errors must not be pushed out by warnings that stand before them.
        if self.list.len() > FINDINGS_MAX && self.has_errors() {
            self.list.retain(|finding| finding.severity == Severity::Error);
        }
        self.list.append(&mut self.elsewhere);
        self.list.truncate(FINDINGS_MAX);
        self.list
    }

    fn push(
        &mut self,
        severity: Severity,
        span: &Range<usize>,
        problem: String,
        expected: String,
        hint: String,
    ) {
        let span = inside(&self.text, span);
        let (line, column) = self.place(span.start);
        let (file, first) = self.file(span.start);
        let file = file.to_owned();
        if self.broken_lines.contains(&line) || self.list.len() == GATHERED_MAX {
            return;
        }
        self.list.push(Finding {
            severity,
            file,
            line: line - first,
            column,
            problem,
            expected,
            hint,
            span,
            text: self.text(),
        });
    }

    /// The file that a byte stands in, and how many lines stand before that file.
    fn file(&self, at: usize) -> (&str, usize) {
        let place = self.files.partition_point(|(start, _)| *start <= at).max(1) - 1;
        let (start, name) = &self.files[place];
        (name, self.place(*start).0 - 1)
    }

    /// The file and the line, in words.
    pub(crate) fn place_of(&self, span: &Range<usize>) -> String {
        let at = span.start.min(self.text.len());
        match self.file(at) {
            (name, _) if name.starts_with("the environment") => name.to_owned(),
            (name, first) => format!("{name}:{}", self.line_of(span) - first),
        }
    }

    /// Line and column, from 1, of a byte; columns count characters.
    fn place(&self, at: usize) -> (usize, usize) {
        let line = self.line_starts.partition_point(|&start| start <= at);
        let before = &self.text[self.line_starts[line - 1]..at];
        (line, before.chars().count() + 1)
    }
}

/// The part of `span` that lies in the first line it touches, on character boundaries. Behind the
/// last character of a line there is nothing to mark, so that character is marked instead.
fn inside(text: &str, span: &Range<usize>) -> Range<usize> {
    let mut start = span.start.min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let line_end = text[start..].find(LINE_ENDS).map_or(text.len(), |length| start + length);
    let mut end = span.end.clamp(start, line_end);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    if start == line_end {
        let last = text[..start].chars().next_back().filter(|c| !LINE_ENDS.contains(c));
        start -= last.map_or(0, char::len_utf8);
    }
    start..end
}
