//! Tells code, strings and comments of a Rust file apart, as far as the rules need it.
//!
//! Not a parser: it relies on rustfmt's layout, which `cargo verify` checks first.

/// One line of a file, split.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// The line as it stands.
    pub text: String,
    /// Without comments, and without what is between the quotes of strings.
    pub code: String,
    /// It is nothing but the inside of a string: an expected text, say.
    pub quoted: bool,
}

/// A function with its first line (from 1) and its length in lines.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// The line of `fn`, from 1.
    pub line: usize,
    /// From the line of `fn` to the closing brace, both counted; a recorded text is not code.
    pub length: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Code,
    /// A block comment, nested so deep.
    Comment(usize),
    /// A string with escapes.
    Text,
    /// A raw string that ends with a quote and so many `#`.
    Raw(usize),
}

/// Splits `text` into lines.
pub fn lines(text: &str) -> Vec<Line> {
    let mut inside = Inside::Code;
    let mut lines = Vec::new();
    for text in text.lines() {
        let begun = inside;
        let code = code_of(text, &mut inside);
        let quoted = matches!(begun, Inside::Text | Inside::Raw(_)) && inside == begun;
        lines.push(Line { text: text.to_owned(), code, quoted });
    }
    lines
}

/// The functions of a formatted file: a body ends at the first `}` that stands as far in as `fn`.
pub fn functions(lines: &[Line]) -> Vec<Function> {
    let mut functions = Vec::new();
    for (first, line) in lines.iter().enumerate() {
        let Some(name) = function_name(&line.code) else { continue };
        let indent = line.code.len() - line.code.trim_start().len();
        let closing = format!("{:indent$}}}", "");
        // A body on the same line, or a declaration without one, is one statement long.
        let length = lines[first..].iter().position(|line| {
            let end = line.code.trim_end();
            end == closing || end.ends_with(';') && depth(end) == 0 && ends_declaration(end)
        });
        let one_line = line.code.trim_end().ends_with('}');
        let length = if one_line { 1 } else { length.map_or(1, |last| last + 1) };
        let quoted = lines[first..first + length].iter().filter(|line| line.quoted).count();
        let length = length - quoted;
        functions.push(Function { name, line: first + 1, length });
    }
    functions
}

/// A trait's or an `extern` function without body: `…) -> T;` at the end of its signature.
fn ends_declaration(code: &str) -> bool {
    let code = code.trim_start();
    function_name(code).is_some() || code.starts_with(')')
}

fn depth(code: &str) -> i32 {
    code.chars().fold(0, |depth, c| depth + i32::from(c == '{') - i32::from(c == '}'))
}

fn function_name(code: &str) -> Option<String> {
    let mut words = code.split_whitespace();
    let name = words.by_ref().find_map(|word| match word {
        "pub" | "const" | "async" | "unsafe" | "extern" | "\"\"" => None,
        _ if word.starts_with("pub(") || word == "super)" => None,
        "fn" => Some(true),
        _ => Some(false),
    })?;
    let after = words.next().filter(|_| name)?;
    Some(after.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
}

fn code_of(text: &str, inside: &mut Inside) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut code = String::new();
    let mut at = 0;
    while at < chars.len() {
        let rest = &chars[at..];
        match *inside {
            Inside::Code => match token(rest, &chars[..at]) {
                Token::LineComment => break,
                Token::Enter(next, length) => {
                    if !matches!(next, Inside::Comment(_)) {
                        code.push('"');
                    }
                    *inside = next;
                    at += length;
                }
                Token::Plain(length) => {
                    code.extend(&rest[..length]);
                    at += length;
                }
            },
            Inside::Comment(deep) => {
                let (step, deeper) = match rest {
                    ['*', '/', ..] => (2, deep - 1),
                    ['/', '*', ..] => (2, deep + 1),
                    _ => (1, deep),
                };
                at += step;
                *inside = if deeper == 0 { Inside::Code } else { Inside::Comment(deeper) };
            }
            Inside::Text => {
                at += if rest[0] == '\\' { 2 } else { 1 };
                if rest[0] == '"' {
                    code.push('"');
                    *inside = Inside::Code;
                }
            }
            Inside::Raw(hashes) => {
                at += 1;
                let closing = rest[1..].iter().take_while(|c| **c == '#').count() >= hashes;
                if rest[0] == '"' && closing {
                    code.push('"');
                    at += hashes;
                    *inside = Inside::Code;
                }
            }
        }
    }
    code
}

enum Token {
    LineComment,
    Enter(Inside, usize),
    Plain(usize),
}

fn token(rest: &[char], before: &[char]) -> Token {
    let in_word = before.last().is_some_and(|c| c.is_alphanumeric() || *c == '_');
    match rest {
        ['/', '/', ..] => Token::LineComment,
        ['/', '*', ..] => Token::Enter(Inside::Comment(1), 2),
        ['"', ..] => Token::Enter(Inside::Text, 1),
        ['b', 'r', after @ ..] if !in_word => raw(after, 2),
        ['r', after @ ..] if !in_word => raw(after, 1),
        // A character literal may hold a quote; a lifetime has no closing mark.
        ['\'', '\\', after @ ..] => {
            let length = after.iter().skip(1).position(|c| *c == '\'').unwrap_or(0);
            Token::Plain(length + 4)
        }
        ['\'', _, '\'', ..] => Token::Plain(3),
        _ => Token::Plain(1),
    }
}

/// A raw string's opening after `r`, or else the letter itself.
fn raw(after: &[char], prefix: usize) -> Token {
    let hashes = after.iter().take_while(|c| **c == '#').count();
    if after.get(hashes) == Some(&'"') {
        Token::Enter(Inside::Raw(hashes), prefix + hashes + 1)
    } else {
        Token::Plain(prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Vec<String> {
        lines(text).into_iter().map(|line| line.code.trim_end().to_owned()).collect()
    }

    #[test]
    fn comments_and_the_insides_of_strings_are_not_code() {
        assert_eq!(code("let a = \"x // y\"; // z"), ["let a = \"\";"]);
        assert_eq!(code("a /* b\n c */ d"), ["a", " d"]);
        assert_eq!(code("let a = r#\"}\n\"}\"#;"), ["let a = \"", "\";"]);
        assert_eq!(code(r#"let a = "\""; b"#), ["let a = \"\"; b"]);
    }

    #[test]
    fn quotes_in_characters_and_lifetimes_open_nothing() {
        assert_eq!(code("let a = '\"'; b // c"), ["let a = '\"'; b"]);
        assert_eq!(code("let a = '\\''; b // c"), ["let a = '\\''; b"]);
        assert_eq!(code("fn a<'b>(c: &'b str) {} // d"), ["fn a<'b>(c: &'b str) {}"]);
    }

    #[test]
    fn a_function_is_counted_from_its_first_line_to_its_closing_brace() {
        let text = "pub(crate) async fn long(\n    a: u8,\n) -> u8 {\n    match a {\n        _ => \
                    1,\n    }\n}\nfn short() {}\ntrait T {\n    fn declared(\n        &self,\n    \
                    ) -> u8;\n    fn also(&self);\n}\n";
        let found: Vec<_> =
            functions(&lines(text)).into_iter().map(|f| (f.name, f.line, f.length)).collect();
        assert_eq!(
            found,
            [
                ("long".to_owned(), 1, 7),
                ("short".to_owned(), 8, 1),
                ("declared".to_owned(), 10, 3),
                ("also".to_owned(), 13, 1)
            ]
        );
    }

    #[test]
    fn a_brace_in_a_raw_string_ends_no_function() {
        let text = "fn a() {\n    let b = r\"\n}\n\";\n}\n";
        assert_eq!(functions(&lines(text))[0].length, 4, "the line in the string does not count");
    }
}
