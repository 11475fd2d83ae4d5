//! The paths that a file names, and the bindings that its `use` lines make.

use super::tokens::{Token, tokens};

/// A module that stands in a file: where it is, and what is named in it.
#[derive(Debug, Default)]
pub struct Module {
    /// The names of inline modules down to this one, from the file's own.
    pub inline: Vec<String>,
    /// Modules that it declares and that are files of their own.
    pub files: Vec<String>,
    /// Inline modules.
    pub modules: Vec<Module>,
    /// Every path that it names, as it is written.
    pub paths: Vec<Vec<String>>,
    /// What its `use` lines bind: the name, and the path that it stands for.
    pub bindings: Vec<(String, Vec<String>)>,
    /// Paths whose every public name is bound.
    pub globs: Vec<Vec<String>>,
}

/// Reads a file.
pub fn read(text: &str) -> Module {
    let tokens = tokens(text);
    let mut module = Module::default();
    let mut reader = Reader { tokens: &tokens, at: 0 };
    reader.module(&mut module);
    module
}

struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
}

impl Reader<'_> {
    fn word(&self, at: usize) -> Option<&str> {
        if let Some(Token::Word(word)) = self.tokens.get(at) { Some(word) } else { None }
    }

    fn is(&self, at: usize, sign: char) -> bool {
        self.tokens.get(at) == Some(&Token::Sign(sign))
    }

    /// Reads to the bracket that closes the module, or to the end.
    fn module(&mut self, module: &mut Module) {
        let mut depth = 0;
        while let Some(token) = self.tokens.get(self.at) {
            match token {
                Token::Sign('{') => depth += 1,
                Token::Sign('}') if depth == 0 => break,
                Token::Sign('}') => depth -= 1,
                Token::Quoted(path) => module.paths.push(path.split("::").map(str::to_owned).collect()),
                Token::Word(word) if word == "use" && self.begins_statement() => {
                    self.at += 1;
                    self.tree(&[], module);
                }
                Token::Word(word) if word == "mod" && self.word(self.at + 1).is_some() => {
                    let name = self.word(self.at + 1).expect("it was looked at").to_owned();
                    if self.is(self.at + 2, ';') {
                        module.files.push(name);
                    } else if self.is(self.at + 2, '{') {
                        self.at += 3;
                        let inline = [&module.inline[..], &[name]].concat();
                        let mut inner = Module { inline, ..Module::default() };
                        self.module(&mut inner);
                        module.modules.push(inner);
                    }
                }
                Token::Word(_) if self.tokens.get(self.at + 1) == Some(&Token::Colons) => {
                    let path = self.path();
                    module.paths.push(path);
                    continue;
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    /// Not the `use<…>` of a return type.
    fn begins_statement(&self) -> bool {
        !self.is(self.at + 1, '<')
    }

    fn path(&mut self) -> Vec<String> {
        let mut path = Vec::new();
        while let Some(word) = self.word(self.at) {
            path.push(word.to_owned());
            self.at += 1;
            if self.tokens.get(self.at) != Some(&Token::Colons) || self.word(self.at + 1).is_none() {
                break;
            }
            self.at += 1;
        }
        path
    }

    /// Reads one tree of a `use` line.
    fn tree(&mut self, before: &[String], module: &mut Module) {
        if self.tokens.get(self.at) == Some(&Token::Colons) {
            self.at += 1; // `::name`, from the outermost
        }
        let path = [before, &self.path()].concat();
        if self.tokens.get(self.at) == Some(&Token::Colons) {
            self.at += 1;
        }
        if self.is(self.at, '*') {
            self.at += 1;
            module.paths.push(path.clone());
            module.globs.push(path);
        } else if self.is(self.at, '{') {
            self.at += 1;
            while !self.is(self.at, '}') {
                self.tree(&path, module);
                if self.is(self.at, ',') {
                    self.at += 1;
                }
            }
            self.at += 1;
        } else {
            self.leaf(path, module);
        }
    }

    fn leaf(&mut self, mut path: Vec<String>, module: &mut Module) {
        if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        let mut name = path.last().cloned();
        if self.word(self.at) == Some("as") {
            name = self.word(self.at + 1).map(str::to_owned);
            self.at += 2;
        }
        module.paths.push(path.clone());
        module.bindings.extend(name.map(|name| (name, path)));
    }
}

#[test]
fn paths_are_found_wherever_they_stand() {
    let module = read(
        "use crate::a::{self, b::C as D, e::*}; mod file; #[cfg(test)] mod tests { use super::*; fn f() { super::g::h(); } }
         fn x() -> impl Fn() + use<> { crate::i::J::k(Vec::<crate::l::M>::new()) }",
    );
    let joined = |paths: &[Vec<String>]| paths.iter().map(|path| path.join("::")).collect::<Vec<_>>();
    assert_eq!(
        joined(&module.paths),
        ["crate::a", "crate::a::b::C", "crate::a::e", "crate::i::J::k", "Vec", "crate::l::M"]
    );
    assert_eq!(module.bindings.iter().map(|(name, _)| &**name).collect::<Vec<_>>(), ["a", "D"]);
    assert_eq!(joined(&module.globs), ["crate::a::e"]);
    assert_eq!(module.files, ["file"]);
    assert_eq!(module.modules[0].inline, ["tests"]);
    assert_eq!(joined(&module.modules[0].paths), ["super", "super::g::h"]);
}
