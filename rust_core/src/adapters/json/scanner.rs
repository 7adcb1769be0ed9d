//! The scanner.

use super::text::is_whitespace;
use super::{Fault, Span, escape};
use crate::model::IssueCode;

/// Deepest nesting that is read; the top-level value is level 1.
pub const MAX_DEPTH: u32 = 128;

/// What the scanner found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// `{`
    ObjectStart,
    /// `}`
    ObjectEnd,
    /// `[`
    ArrayStart,
    /// `]`
    ArrayEnd,
    /// A member's name, without its quotes.
    Key(Span),
    /// A string, without its quotes.
    Text(Span),
    /// The text of a number.
    Number(Span),
    /// `true` or `false`
    Bool(bool),
    /// `null`
    Null,
    /// The text is over.
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expect {
    Value,
    ValueOrArrayEnd,
    Key,
    KeyOrObjectEnd,
    CommaOrEnd,
    Done,
}

/// Reads one JSON text token by token. After a fault it must not be asked again.
///
/// The text must be valid UTF-8 (see [`check_text`](super::check_text)).
#[derive(Clone, Debug)]
pub struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
    expect: Expect,
    depth: u32,
    /// Bit `n` says whether level `n + 1` is an object.
    objects: u128,
}

impl<'a> Scanner<'a> {
    /// Starts at byte `start` of `text`; all offsets count from the start of `text`.
    #[must_use]
    pub fn new(text: &'a [u8], start: usize) -> Self {
        Self {
            text,
            at: start,
            expect: Expect::Value,
            depth: 0,
            objects: 0,
        }
    }

    /// Returns how many brackets are open.
    #[must_use]
    pub fn depth(&self) -> u32 {
        self.depth
    }

    /// Returns the next token.
    ///
    /// # Errors
    /// The first fault of the text: `truncated`, `trailing`, `encoding`, `depth` or `not_json`.
    pub fn next_token(&mut self) -> Result<Token, Fault> {
        loop {
            let byte = match self.skip_whitespace() {
                Some(byte) => byte,
                None if self.expect == Expect::Done => return Ok(Token::End),
                None => return Err(self.truncated()),
            };
            match (self.expect, byte) {
                (Expect::Done, _) => return Err(self.fault(IssueCode::Trailing)),
                (Expect::CommaOrEnd, b',') => {
                    self.at += 1;
                    self.expect = if self.in_object() {
                        Expect::Key
                    } else {
                        Expect::Value
                    };
                }
                (Expect::CommaOrEnd | Expect::KeyOrObjectEnd, b'}') if self.in_object() => {
                    return Ok(self.close(Token::ObjectEnd));
                }
                (Expect::CommaOrEnd | Expect::ValueOrArrayEnd, b']') if !self.in_object() => {
                    return Ok(self.close(Token::ArrayEnd));
                }
                (Expect::Key | Expect::KeyOrObjectEnd, b'"') => return self.key(),
                (Expect::Value | Expect::ValueOrArrayEnd, _) => return self.value(byte),
                _ => return Err(self.fault(IssueCode::NotJson)),
            }
        }
    }

    fn key(&mut self) -> Result<Token, Fault> {
        let span = self.string()?;
        match self.skip_whitespace() {
            None => Err(self.truncated()),
            Some(b':') => {
                self.at += 1;
                self.expect = Expect::Value;
                Ok(Token::Key(span))
            }
            Some(_) => Err(self.fault(IssueCode::NotJson)),
        }
    }

    fn value(&mut self, byte: u8) -> Result<Token, Fault> {
        let token = match byte {
            b'{' => return self.open(true),
            b'[' => return self.open(false),
            b'"' => Token::Text(self.string()?),
            b'-' | b'0'..=b'9' => Token::Number(self.number()?),
            b't' => self.literal(b"true", Token::Bool(true))?,
            b'f' => self.literal(b"false", Token::Bool(false))?,
            b'n' => self.literal(b"null", Token::Null)?,
            _ => return Err(self.fault(IssueCode::NotJson)),
        };
        self.expect = self.after_value();
        Ok(token)
    }

    fn open(&mut self, is_object: bool) -> Result<Token, Fault> {
        if self.depth >= MAX_DEPTH {
            return Err(self.fault(IssueCode::Depth));
        }
        let bit = 1_u128 << self.depth;
        self.objects = if is_object {
            self.objects | bit
        } else {
            self.objects & !bit
        };
        self.depth += 1;
        self.at += 1;
        self.expect = if is_object {
            Expect::KeyOrObjectEnd
        } else {
            Expect::ValueOrArrayEnd
        };
        Ok(if is_object {
            Token::ObjectStart
        } else {
            Token::ArrayStart
        })
    }

    fn close(&mut self, token: Token) -> Token {
        self.at += 1;
        self.depth = self.depth.saturating_sub(1);
        self.expect = self.after_value();
        token
    }

    fn after_value(&self) -> Expect {
        if self.depth == 0 {
            Expect::Done
        } else {
            Expect::CommaOrEnd
        }
    }

    fn in_object(&self) -> bool {
        self.depth > 0 && (self.objects >> (self.depth - 1)) & 1 == 1
    }

    fn literal(&mut self, word: &[u8], token: Token) -> Result<Token, Fault> {
        for expected in word {
            match self.peek() {
                None => return Err(self.truncated()),
                Some(byte) if byte == *expected => self.at += 1,
                Some(_) => return Err(self.fault(IssueCode::NotJson)),
            }
        }
        Ok(token)
    }

    /// Reads a string whose opening quote is the current byte.
    fn string(&mut self) -> Result<Span, Fault> {
        let start = self.at + 1;
        let mut has_escapes = false;
        self.at = start;
        loop {
            match self.peek() {
                None => return Err(self.truncated()),
                Some(b'"') => break,
                Some(b'\\') => {
                    has_escapes = true;
                    self.at = escape::check(self.text, self.at)?;
                }
                Some(0..=0x1f) => return Err(self.fault(IssueCode::NotJson)),
                Some(_) => self.at += 1,
            }
        }
        let span = Span {
            start,
            end: self.at,
            has_escapes,
        };
        self.at += 1;
        Ok(span)
    }

    fn number(&mut self) -> Result<Span, Fault> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(Span {
            start,
            end: self.at,
            has_escapes: false,
        })
    }

    /// Skips one digit or more.
    fn digits(&mut self) -> Result<(), Fault> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        match self.peek() {
            _ if self.at > start => Ok(()),
            None => Err(self.truncated()),
            Some(_) => Err(self.fault(IssueCode::NotJson)),
        }
    }

    fn skip_whitespace(&mut self) -> Option<u8> {
        while let Some(byte) = self.peek() {
            if !is_whitespace(byte) {
                return Some(byte);
            }
            self.at += 1;
        }
        None
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn truncated(&self) -> Fault {
        Fault::new(IssueCode::Truncated, self.text.len())
    }

    fn fault(&self, reason: IssueCode) -> Fault {
        Fault::new(reason, self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(text: &str) -> Result<usize, (IssueCode, usize)> {
        let mut scanner = Scanner::new(text.as_bytes(), 0);
        let mut count = 0;
        loop {
            match scanner.next_token() {
                Ok(Token::End) => return Ok(count),
                Ok(_) => count += 1,
                Err(fault) => return Err((fault.reason, fault.offset)),
            }
        }
    }

    #[test]
    fn well_formed_text_is_read_to_its_end() {
        for (text, tokens) in [
            ("{}", 2),
            (" [1 , -2.5e+7,true,null] ", 6),
            ("\"a\\u00e9\\ud83d\\ude00\"", 1),
            (r#"{"a":{"b":[[]]},"c":""}"#, 12),
            ("0", 1),
        ] {
            assert_eq!(scan(text), Ok(tokens), "{text}");
        }
    }

    #[test]
    fn the_first_fault_and_its_place_are_told() {
        use IssueCode::{Encoding, NotJson, Trailing, Truncated};
        for (text, fault) in [
            ("{\"a\":01}", (NotJson, 6)),
            ("01", (Trailing, 1)),
            ("-", (Truncated, 1)),
            ("-x", (NotJson, 1)),
            ("[1.]", (NotJson, 3)),
            ("[1,]", (NotJson, 3)),
            ("{\"a\":1,}", (NotJson, 7)),
            ("[NaN]", (NotJson, 1)),
            ("[-Infinity]", (NotJson, 2)),
            ("tru", (Truncated, 3)),
            ("trux", (NotJson, 3)),
            ("{} {}", (Trailing, 3)),
            ("[\"\u{1}\"]", (NotJson, 2)),
            (r#"["\x"]"#, (NotJson, 3)),
            (r#"["\u12g4"]"#, (NotJson, 6)),
            (r#"["\ud83d"]"#, (Encoding, 2)),
            (r#"["\udc00"]"#, (Encoding, 2)),
            (r#"["\ud83d\ud83d"]"#, (Encoding, 2)),
            (r#"["\ud83d\u"#, (Truncated, 10)),
            (r#"["\ud83dx"#, (Encoding, 2)),
            ("{1:2}", (NotJson, 1)),
            ("{\"a\" 1}", (NotJson, 5)),
            ("[}", (NotJson, 1)),
            ("{]", (NotJson, 1)),
            ("", (Truncated, 0)),
        ] {
            assert_eq!(scan(text), Err(fault), "{text}");
        }
    }

    #[test]
    fn the_depth_is_bounded() {
        let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        assert_eq!(scan(&deep(128)), Ok(256));
        assert_eq!(scan(&deep(129)), Err((IssueCode::Depth, 128)));
        assert_eq!(scan(&"[".repeat(1_000_000)), Err((IssueCode::Depth, 128)));
    }

    #[test]
    fn escapes_are_resolved() {
        let text = br#""\"\\\/\b\f\n\r\t\u0070\u00e9\ud83d\ude00x""#;
        let Ok(Token::Text(span)) = Scanner::new(text, 0).next_token() else {
            panic!("no text")
        };
        let mut target = Vec::new();
        span.unescape_into(text, &mut target);
        assert_eq!(target, "\"\\/\u{8}\u{c}\n\r\tp\u{e9}\u{1f600}x".as_bytes());
    }
}
